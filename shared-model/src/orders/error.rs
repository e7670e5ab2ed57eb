//! Why a command about an order is refused.

use crate::id::{ArticleCode, OrderId};
use crate::refusal::refusals;

refusals! {
    /// A refusal by the orders' rules.
    Error {
        OrderUnknown { order: OrderId }
            => "order-unknown", "order",
               "no order {order} belongs to this site",
               "choose the order from the list; an order of another depot is changed there";
        AlreadyPlaced { order: OrderId }
            => "order-already-placed", "order",
               "order {order} was placed before by another command",
               "open the order; mint a new id for a new order";
        WrongStatus { number: String, status: &'static str, wanted: &'static str }
            => "wrong-status", "order",
               "order {number} is {status}; this needs an order that is {wanted}",
               "reload the order and take the step that is due";
        LineUnknown { number: String, line: u32 }
            => "line-unknown", "line",
               "order {number} has no line {line}",
               "choose a line of the order, counted from 1";
        ArticleDiffers { scanned: String, ordered: String }
            => "wrong-article", "article",
               "{scanned} was scanned, the line asks for {ordered}",
               "put it back and scan the article on the line";
        OverPick { left: i64 }
            => "over-pick", "quantity",
               "only {left} are left to pick on this line",
               "pick no more than is ordered";
        NothingPicked
            => "nothing-picked", "order",
               "nothing of the order was picked",
               "pick at least one line, or cancel the order";
        OverRefund { left: i64 }
            => "over-refund", "lines",
               "only {left} of that line were delivered and not refunded yet",
               "refund no more than was delivered";
        LineRepeated { line: u32 }
            => "line-repeated", "lines",
               "line {line} is named twice",
               "name each line once, with its whole quantity";
        NothingPaid
            => "nothing-paid", "order",
               "the customer has paid nothing that could be given back",
               "cancel the order instead";
        GoodsElsewhere { article: ArticleCode }
            => "goods-elsewhere", "restock_bin",
               "{article} was sold from another depot's stock and does not belong into ours",
               "leave restock_bin out; the depot that keeps the goods takes them back";
        TenderedTooLittle { total_minor: i64 }
            => "tendered-too-little", "tendered_minor",
               "the total is {total_minor} in minor units, which is more than was tendered",
               "take at least the total, or remove a line";
    }
}
