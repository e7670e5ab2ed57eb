//! What administrators read: one file a page. Reads the records that nodes' logs came to; decides
//! nothing and changes nothing.

mod exceptions;
mod fleet;
mod node_hours;
mod order_detail;
mod orders;
mod paging;
mod quarantine;
mod reading;
mod rights;
mod stock;
mod trial_balance;

use axum::Router;
use axum::routing::get;

pub(super) use exceptions::word;
pub use fleet::{Fleet, FleetItem, fleet};
pub use trial_balance::{CurrencyTrial, TrialAccount, trial_balance};

use super::router::Console;

/// What the hub itself is called where a record's author has a site.
pub(crate) const HUB_SITE: &str = "HUB";

/// The author's site. To be joined as `n` on the author of the record.
const SITE_OF_AUTHOR: &str = "coalesce(n.site, 'HUB')";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/api/v1/fleet", get(fleet::show))
        .route("/api/v1/fleet/{node}/hours", get(node_hours::show))
        .route("/api/v1/orders", get(orders::list))
        .route("/api/v1/orders/{node}/{order}", get(orders::show))
        .route("/api/v1/stock", get(stock::list))
        .route("/api/v1/trial-balance", get(trial_balance::show))
        .route("/api/v1/exceptions", get(exceptions::list))
        .route("/api/v1/quarantine", get(quarantine::list))
        .route("/api/v1/rights", get(rights::list))
}
