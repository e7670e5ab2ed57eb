//! The depot's goods: arrivals, reservations, moves between bins, counts. What happened to goods
//! is never refused; what is promised of them is bounded by what is there.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{
    ApproveCount, DamagedGoods, MoveStock, PickLine, RECEIPT_LINES_MAX, ReceiveGoods, ReceiveLine,
    RecordCount, StartCount, TakeBack,
};
pub use decide::{
    approve_count, choose_bins, count_variance_due, record_count, reserve, start_count,
};
pub use error::Error;
pub use event::{Event, ReceivedLine};
pub use state::{ArticleStock, Count, CountStatus, Receipt, cost_of};
