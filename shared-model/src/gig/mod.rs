//! Riders and their tasks: who carries what to whom, with which proof, and what they earn.
//! At most one live attempt per order; one earning per accepted attempt.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{
    DISPATCH_ORDERS_MAX, DispatchOrders, Proof, ProofKind, RecordDelivery, RecordFailedDelivery,
    RegisterRider,
};
pub use decide::{
    Attempt, allocate, check_ceiling, deliver, fail, register, task_id, task_returned,
};
pub use error::Error;
pub use event::{Carried, Event};
pub use state::{Rider, Task, TaskStatus};
