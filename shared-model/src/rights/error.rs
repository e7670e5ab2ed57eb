//! Why a command about a right is refused.

use crate::id::{ArticleCode, OrderId, RightId, SiteCode};
use crate::refusal::refusals;

refusals! {
    /// A refusal by the rules of rights.
    Error {
        RightKnown { right: RightId }
            => "right-known", "right",
               "right {right} was granted before by another command",
               "mint a new id for a new right";
        RightUnknown { right: RightId }
            => "right-unknown", "right",
               "no right {right} is held at this site",
               "choose one from the list of rights";
        /// The site has no right to sell another's stock.
        NoRight { article: ArticleCode, site: SiteCode, left: i64 }
            => "no-right", "quantity",
               "this site may sell {left} of the {article} kept at {site}",
               "sell at most that, or ask the other depot or the hub for a right";
        TooFewLeft { left: i64 }
            => "too-few-left", "quantity",
               "{left} of the right are left",
               "give back or pass on no more than that";
        SiteUnknown { site: SiteCode }
            => "site-unknown", "to_site",
               "no site {site} is enrolled in this region",
               "check the code of the site";
        /// One sale, one other depot: the goods are handed out in one place.
        TwoSites
            => "two-sites", "from_site",
               "one sale can draw on one other depot only",
               "make a sale for each depot";
        OwnSite
            => "own-site", "to_site",
               "a site needs no right to sell its own stock",
               "name another site";
        SaleUnknown { order: OrderId }
            => "remote-sale-unknown", "order",
               "no sale {order} by another site waits here",
               "choose it from the list of sales to hand over";
        AlreadyHandedOver
            => "already-handed-over", "order",
               "the goods of this sale have left",
               "nothing is to be done";
    }
}
