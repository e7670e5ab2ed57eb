//! Orders: what a customer was promised, and how far it got. One depot owns an order and alone
//! advances it. Holds no stock and no cash: only what was promised, picked, paid and refunded.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{
    BASKET_LINES_MAX, CancelOrder, OrderLine, PackOrder, PlaceOrder, RefundLine, RefundOrder,
    ReserveOrder, SaleLine, Sell, Terms, WriteDeliveryNote,
};
pub use decide::{
    LINES_MAX, NewOrder, OrderIntake, RefundSum, cancel, deliver, dispatch, fail, pack, pick,
    place, refund, reserve, take_back,
};
pub use error::Error;
pub use event::{Event, Refunded};
pub use state::{Channel, Line, Order, Status, Step, Totals};
