//! What happened to riders and tasks.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::Proof;
use super::state::Task;
use crate::delivery::FailureReason;
use crate::id::{ArticleCode, RiderId, StaffId, TaskId};

/// One article that a rider carries on a task, with its value at cost.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Carried {
    #[n(0)]
    pub article: ArticleCode,
    #[n(1)]
    pub quantity: i64,
    #[n(2)]
    pub cost_minor: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    RiderRegistered {
        #[n(0)]
        rider: RiderId,
        #[n(1)]
        staff: Option<StaffId>,
        #[n(2)]
        name: String,
        #[n(3)]
        phone: Option<String>,
        #[n(4)]
        cash_ceiling_minor: i64,
    },
    #[n(1)]
    TaskAllocated(#[n(0)] Task),
    #[n(2)]
    TaskDelivered {
        #[n(0)]
        task: TaskId,
        #[n(1)]
        collected_minor: i64,
        #[n(2)]
        proof: Proof,
    },
    #[n(3)]
    TaskFailed {
        #[n(0)]
        task: TaskId,
        #[n(1)]
        reason: FailureReason,
    },
    #[n(4)]
    TaskReturned {
        #[n(0)]
        task: TaskId,
    },
    #[n(5)]
    EarningAccrued {
        #[n(0)]
        task: TaskId,
        #[n(1)]
        rider: RiderId,
        #[n(2)]
        amount_minor: i64,
    },
}
