//! Li & Lim's format of pickups and deliveries: `vehicles capacity speed`, then nine columns. May not read others.
//!
//! Li & Lim 2001, *A metaheuristic for the pickup and delivery problem with time windows*.

use super::matrix::euclidean;
use super::solomon::{Row, columns, numbered};
use super::vrplib::fleet_of_one_type;
use super::{Rounding, bounded, number, refusal, whole};
use crate::problem::bounds::{PLACES_MAX, VEHICLES_MAX};
use crate::problem::{Draft, Job, Kind, Load, PlaceIx, Refusal, Refusals, Rule};

/// A task and the numbers of its partner: exactly one of them is not 0, except for the depot.
struct Task {
    row: Row,
    line: usize,
    pickup: usize,
    delivery: usize,
}

/// # Errors
/// What is not of the format, by line.
pub fn read(text: &str, rounding: Rounding) -> Result<Draft, Refusals> {
    bounded(text)?;
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty());
    let (line, head) = lines
        .next()
        .ok_or_else(|| Refusal::new(Rule::FieldMissing, "line 1", "vehicles, capacity, speed"))?;
    let [vehicles, capacity, _speed] = columns(head, line)?;
    let vehicles: usize = whole(vehicles, line)?;
    let capacity: i64 = whole(capacity, line)?;
    if !(1..=VEHICLES_MAX).contains(&vehicles) {
        return Err(refusal(Rule::ListTooLong, line, "vehicles").into());
    }
    let mut tasks = Vec::new();
    for (line, text) in lines {
        if tasks.len() == PLACES_MAX {
            return Err(refusal(Rule::ListTooLong, line, "tasks").into());
        }
        tasks.push(task(text, line, tasks.len())?);
    }
    Ok(draft(&tasks, vehicles, capacity, rounding)?)
}

fn task(text: &str, line: usize, expected: usize) -> Result<Task, Refusal> {
    let [index, x, y, demand, ready, due, service, pickup, delivery] = columns(text, line)?;
    if whole::<usize>(index, line)? != expected {
        return Err(refusal(Rule::ValueWrong, line, index));
    }
    let row = Row {
        point: (number(x, line)?, number(y, line)?),
        demand: whole(demand, line)?,
        ready: number(ready, line)?,
        due: number(due, line)?,
        service: number(service, line)?,
    };
    Ok(Task { row, line, pickup: whole(pickup, line)?, delivery: whole(delivery, line)? })
}

fn draft(
    tasks: &[Task],
    vehicles: usize,
    capacity: i64,
    rounding: Rounding,
) -> Result<Draft, Refusal> {
    let depot = tasks.first().ok_or_else(|| Refusal::new(Rule::ListEmpty, "tasks", "no depot"))?;
    let points: Vec<_> = tasks.iter().map(|task| task.row.point).collect();
    let mut draft = fleet_of_one_type(
        euclidean(&points, rounding)?,
        vehicles,
        Load::capacity(capacity),
        depot.row.window(rounding)?,
    );
    draft.places = numbered(tasks.len());
    for (at, task) in tasks.iter().enumerate().skip(1) {
        let wrong = |what: &str| refusal(Rule::ValueWrong, task.line, what);
        if (task.pickup == 0) == (task.delivery == 0) {
            return Err(wrong("either the pickup or the delivery is the partner"));
        }
        let partner = tasks
            .get(task.pickup.max(task.delivery))
            .ok_or_else(|| refusal(Rule::IndexDangling, task.line, "partner"))?;
        if partner.pickup.max(partner.delivery) != at || (partner.pickup == 0) == (task.pickup == 0)
        {
            return Err(wrong("the partner names another task"));
        }
        if task.pickup != 0 {
            continue;
        }
        if partner.row.demand != -task.row.demand {
            return Err(wrong("the partner takes another amount"));
        }
        let kind = Kind::Shipment {
            pickup: task.row.visit(PlaceIx::of(at), rounding)?,
            delivery: partner.row.visit(PlaceIx::of(task.delivery), rounding)?,
            load: Load::single(task.row.demand),
            ride_s_max: None,
        };
        draft.jobs.push(Job::required(&at.to_string(), kind));
    }
    Ok(draft)
}
