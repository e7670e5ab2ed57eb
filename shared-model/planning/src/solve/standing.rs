//! How far each job has come when planning begins. May not plan anything.

use crate::plan::Action;
use crate::problem::{Problem, VehicleIx};

/// What of a job is left to plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// All of it.
    Open,
    /// A visit whose goods are on board of this vehicle.
    Loaded(VehicleIx),
    /// The delivery of a shipment that this vehicle has picked up.
    PickedUp(VehicleIx),
    /// Nothing.
    Done,
}

/// The stage of every job.
pub(crate) fn stages(problem: &Problem) -> Vec<Stage> {
    let mut stages = vec![Stage::Open; problem.jobs.len()];
    for known in problem.standing.iter().flat_map(|standing| &standing.underway) {
        for job in &known.loaded {
            stages[job.at()] = Stage::Loaded(known.vehicle);
        }
        for stop in &known.frozen {
            match stop.action {
                Action::Visit(job) | Action::Deliver(job) => stages[job.at()] = Stage::Done,
                Action::Pickup(job) => stages[job.at()] = Stage::PickedUp(known.vehicle),
                Action::Break(_) | Action::Reload(_) => {}
            }
        }
    }
    stages
}
