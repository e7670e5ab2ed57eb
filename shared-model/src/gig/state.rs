//! Riders and tasks.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::Proof;
use super::event::Carried;
use crate::delivery::FailureReason;
use crate::id::{OrderId, RiderId, StaffId, TaskId};

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Rider {
    #[n(0)]
    pub rider: RiderId,
    #[n(1)]
    pub staff: Option<StaffId>,
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub phone: Option<String>,
    #[n(4)]
    pub cash_ceiling_minor: i64,
    /// Tasks on the road.
    #[n(5)]
    pub open_tasks: i64,
    /// Cash due on the tasks on the road.
    #[n(6)]
    pub cash_due_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    #[n(0)]
    Allocated,
    #[n(1)]
    Delivered,
    #[n(2)]
    Failed,
    #[n(3)]
    Returned,
}

impl TaskStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allocated => "allocated",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }
}

/// One attempt to bring one order to its customer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Task {
    #[n(0)]
    pub task: TaskId,
    #[n(1)]
    pub order: OrderId,
    #[n(2)]
    pub number: String,
    #[n(3)]
    pub rider: RiderId,
    /// From 1.
    #[n(4)]
    pub attempt: u32,
    #[n(5)]
    pub status: TaskStatus,
    #[n(6)]
    pub cash_due_minor: i64,
    #[n(7)]
    pub goods: Vec<Carried>,
    #[n(8)]
    pub collected_minor: i64,
    #[n(9)]
    pub proof: Option<Proof>,
    #[n(10)]
    pub failure: Option<FailureReason>,
}

impl Task {
    /// Value at cost of all goods carried.
    #[must_use]
    pub fn cost_minor(&self) -> i64 {
        self.goods.iter().map(|goods| goods.cost_minor).sum()
    }
}
