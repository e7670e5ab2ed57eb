//! The rules of riders and tasks.

use super::command::{Proof, RegisterRider};
use super::error::Error;
use super::event::{Carried, Event};
use super::state::{Rider, Task, TaskStatus};
use crate::delivery::FailureReason;
use crate::id::{OrderId, TaskId};

/// The id of an order's `attempt`-th task: the natural key, so that one attempt cannot become two.
#[must_use]
pub fn task_id(order: OrderId, attempt: u32) -> TaskId {
    let mut input = order.as_uuid().as_bytes().to_vec();
    input.extend_from_slice(&attempt.to_be_bytes());
    let hash = blake3::derive_key("omniroute task of an order v1", &input);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    TaskId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// # Errors
/// [`Error::RiderKnown`] when the id is taken.
pub fn register(known: Option<&Rider>, command: &RegisterRider) -> Result<Event, Error> {
    if known.is_some() {
        return Err(Error::RiderKnown { rider: command.rider });
    }
    Ok(Event::RiderRegistered {
        rider: command.rider,
        staff: command.staff,
        name: command.name.as_str().to_owned(),
        phone: command.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        cash_ceiling_minor: command.cash_ceiling_minor.minor(),
    })
}

/// What an attempt is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub order: OrderId,
    pub number: String,
    pub attempt: u32,
    pub cash_due_minor: i64,
    pub goods: Vec<Carried>,
}

/// Gives a rider an order to deliver. `custody_minor` is the cash the rider holds; cash due on the
/// road counts too. Prepaid orders pass whatever the rider holds.
///
/// # Errors
/// [`Error::CeilingExceeded`].
pub fn allocate(rider: &Rider, custody_minor: i64, attempt: Attempt) -> Result<Event, Error> {
    check_ceiling(rider, custody_minor + rider.cash_due_minor, attempt.cash_due_minor)?;
    Ok(Event::TaskAllocated(Task {
        task: task_id(attempt.order, attempt.attempt),
        order: attempt.order,
        number: attempt.number,
        rider: rider.rider,
        attempt: attempt.attempt,
        status: TaskStatus::Allocated,
        cash_due_minor: attempt.cash_due_minor,
        goods: attempt.goods,
        collected_minor: 0,
        proof: None,
        failure: None,
    }))
}

/// Whether a rider may collect `due_minor` on top of `held_minor`.
///
/// # Errors
/// [`Error::CeilingExceeded`].
pub fn check_ceiling(rider: &Rider, held_minor: i64, due_minor: i64) -> Result<(), Error> {
    let would_hold_minor = held_minor.saturating_add(due_minor);
    if due_minor > 0 && would_hold_minor > rider.cash_ceiling_minor {
        return Err(Error::CeilingExceeded {
            name: rider.name.clone(),
            would_hold_minor,
            ceiling_minor: rider.cash_ceiling_minor,
        });
    }
    Ok(())
}

fn require(task: &Task, status: TaskStatus) -> Result<(), Error> {
    if task.status == status {
        return Ok(());
    }
    Err(Error::TaskOver { status: task.status.as_str() })
}

/// # Errors
/// [`Error::TaskOver`] unless on the road.
pub fn deliver(task: &Task, collected_minor: i64, proof: &Proof) -> Result<Event, Error> {
    require(task, TaskStatus::Allocated)?;
    Ok(Event::TaskDelivered { task: task.task, collected_minor, proof: proof.clone() })
}

/// # Errors
/// [`Error::TaskOver`] unless on the road.
pub fn fail(task: &Task, reason: FailureReason) -> Result<Event, Error> {
    require(task, TaskStatus::Allocated)?;
    Ok(Event::TaskFailed { task: task.task, reason })
}

/// # Errors
/// [`Error::TaskOver`] unless failed.
pub fn task_returned(task: &Task) -> Result<Event, Error> {
    require(task, TaskStatus::Failed)?;
    Ok(Event::TaskReturned { task: task.task })
}
