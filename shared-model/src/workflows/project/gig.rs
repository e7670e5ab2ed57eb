//! Riders and tasks.

use super::Stamp;
use crate::gig::{self, Rider, Task, TaskStatus};
use crate::id::{NodeId, TaskId};
use crate::records::{Load, View};

pub(super) fn apply<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &gig::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        gig::Event::RiderRegistered { rider, staff, name, phone, cash_ceiling_minor } => view.put(
            author,
            &rider.to_string(),
            Rider {
                rider: *rider,
                staff: *staff,
                name: name.clone(),
                phone: phone.clone(),
                cash_ceiling_minor: *cash_ceiling_minor,
                open_tasks: 0,
                cash_due_minor: 0,
            },
        ),
        gig::Event::TaskAllocated(task) => {
            view.amend::<Rider>(author, &task.rider.to_string(), |rider| {
                rider.open_tasks = rider.open_tasks.saturating_add(1);
                rider.cash_due_minor = rider.cash_due_minor.saturating_add(task.cash_due_minor);
            })?;
            view.put(author, &task.task.to_string(), task.clone())
        }
        gig::Event::TaskDelivered { task, collected_minor, proof } => {
            end_task(view, author, *task, |task| {
                task.status = TaskStatus::Delivered;
                task.collected_minor = *collected_minor;
                task.proof = Some(proof.clone());
            })
        }
        gig::Event::TaskFailed { task, reason } => end_task(view, author, *task, |task| {
            task.status = TaskStatus::Failed;
            task.failure = Some(*reason);
        }),
        gig::Event::TaskReturned { task } => {
            view.amend::<Task>(author, &task.to_string(), |task| {
                task.status = TaskStatus::Returned;
            })
        }
        gig::Event::EarningAccrued { .. } => Ok(()),
    }
}

/// The task leaves the road: the rider is due to collect that much less.
fn end_task<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    task: TaskId,
    change: impl FnOnce(&mut Task),
) -> Result<(), L::Error> {
    let key = task.to_string();
    let Some(known) = view.get::<Task>(author, &key)?.cloned() else {
        return Ok(());
    };
    view.amend::<Rider>(author, &known.rider.to_string(), |rider| {
        rider.open_tasks = rider.open_tasks.saturating_sub(1);
        rider.cash_due_minor = rider.cash_due_minor.saturating_sub(known.cash_due_minor);
    })?;
    view.amend::<Task>(author, &key, change)
}
