//! Cash: who holds it, and how it changes hands. Custody moves only when two people agreed, and
//! only by the amount that the second one counted.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{CosignHandover, CountHandover, DeclareHandover, DepositCash};
pub use decide::{cosign, count, declare, deposit, match_statement, pay_rider};
pub use error::Error;
pub use event::Event;
pub use state::{Deposit, Handover, HandoverStatus};
