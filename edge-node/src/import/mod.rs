//! Taking in other people's files. Parsing is pure and streams: a file of any length costs the memory
//! of a few orders. What is wrong with a line is reported with its number, its field and a remedy, and
//! never stops the lines after it. Nothing here writes to the store.

mod command;
mod gathering;
mod line;
mod moment;
pub mod orders_csv;
mod problem;
pub mod report;
mod take_in;

pub use gathering::{Buyer, ImportedLine, ImportedOrder};
pub use orders_csv::{Conversion, Item, OpenError, OrdersCsv};
pub use problem::{LineProblem, Reason};
pub use report::{ProblemsCsv, Report};
pub use shared_model::decimal::{InvalidRate, Rate};
pub use take_in::{BATCH_ORDERS_MAX, Stopped, Taken, take_in};
