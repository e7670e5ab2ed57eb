//! What a plan does otherwise than another one, job by job: what was handed out was late, incomplete or impossible, and
//! whoever relied on it must hear what became of it. May not judge which of the two is better.

use super::{Audit, Timetable};
use crate::plan::Action;
use crate::problem::{JobIx, Problem, VehicleIx};

/// Who serves a job, and when its service begins; of a shipment, that of its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    pub vehicle: VehicleIx,
    pub start_s: i64,
}

/// A job that two plans do not serve alike; `None` where it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    pub job: JobIx,
    pub before: Option<Served>,
    pub after: Option<Served>,
}

/// The jobs that `after` serves by another vehicle than `before`, or at another time, or in one of the two alone;
/// ascending by job. Both are audits of this problem. A plan that names what does not exist serves nothing.
#[must_use]
pub fn differences(problem: &Problem, before: &Audit, after: &Audit) -> Vec<Difference> {
    let (before, after) = (served(problem, before), served(problem, after));
    (0..problem.jobs.len())
        .filter(|&job| before[job] != after[job])
        .map(|job| Difference { job: JobIx::of(job), before: before[job], after: after[job] })
        .collect()
}

/// Who serves each job: of one that is served twice, the first.
fn served(problem: &Problem, audit: &Audit) -> Vec<Option<Served>> {
    let mut served = vec![None; problem.jobs.len()];
    for Timetable { vehicle, stops, .. } in &audit.timetables {
        for stop in stops {
            let job = match stop.action {
                Action::Visit(job) | Action::Deliver(job) => job,
                Action::Pickup(_) | Action::Break(_) | Action::Reload(_) => continue,
            };
            if let Some(first @ None) = served.get_mut(job.at()) {
                *first = Some(Served { vehicle: *vehicle, start_s: stop.start_s });
            }
        }
    }
    served
}
