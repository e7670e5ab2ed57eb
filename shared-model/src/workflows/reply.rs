//! What the person who asked is told once the entry is in the log.

use serde::Serialize;

use crate::id::{OrderId, TaskId};
use crate::warehouse::CountStatus;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    Done {},
    Sold { number: String, total_minor: i64, tax_minor: i64, change_minor: i64 },
    Placed { number: String, total_minor: i64, tax_minor: i64 },
    Picked { left_on_line: i64, lines_left: usize },
    Packed { total_minor: i64, tax_minor: i64 },
    Dispatched { tasks: Vec<DispatchedTask> },
    Refunded { refund_minor: i64, credit_note: String },
    CountStarted { position: u64 },
    CountRecorded { status: CountStatus },
    CountApproved { variance: i64 },
    HandoverClosed { counted_minor: i64, shortage_minor: i64 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DispatchedTask {
    pub task: TaskId,
    pub order: OrderId,
    pub cash_due_minor: i64,
}
