//! Why a command about riders or tasks is refused.

use crate::id::{RiderId, TaskId};
use crate::refusal::refusals;

refusals! {
    /// A refusal by the rules of the road.
    Error {
        RiderUnknown { rider: RiderId }
            => "rider-unknown", "rider",
               "no rider {rider} is registered at this site",
               "register the rider first";
        RiderKnown { rider: RiderId }
            => "rider-known", "rider",
               "rider {rider} is registered already",
               "choose the rider from the list";
        TaskUnknown { task: TaskId }
            => "task-unknown", "task",
               "no task {task} belongs to this site",
               "choose the task from the rider's list";
        TaskOver { status: &'static str }
            => "task-over", "task",
               "this attempt is {status} already",
               "reload the list; a new attempt is a new task";
        /// The rider would hold more cash than allowed.
        CeilingExceeded { name: String, would_hold_minor: i64, ceiling_minor: i64 }
            => "cash-ceiling", "rider",
               "{name} would be due to hold {would_hold_minor} in minor units, above the ceiling of {ceiling_minor}",
               "let the rider hand over cash first, or choose another rider";
        OrderRepeated
            => "order-repeated", "orders",
               "an order is named twice",
               "name each order once";
        /// Only the rider or the dispatch desk may speak for a task.
        NotYourTask
            => "not-your-task", "task",
               "this task is another rider's",
               "sign in as that rider, or ask the dispatch desk";
    }
}
