//! Who does what: routes, jobs, frozen stops, skills. May not look at times or loads.

use super::Violation;
use crate::plan::{Action, Plan, Route};
use crate::problem::{JobIx, Kind, Problem, VehicleIx};

/// What the plan names and does not exist, or is of another kind.
pub(super) fn names(problem: &Problem, plan: &Plan) -> Vec<Violation> {
    let mut found = Vec::new();
    for route in &plan.routes {
        let vehicle = route.vehicle;
        let Some(known) = problem.vehicles.get(vehicle.at()) else {
            found.push(Violation::Unknown { vehicle, stop: None });
            continue;
        };
        let is_shipment = |job: JobIx| {
            problem.jobs.get(job.at()).map(|job| matches!(job.kind, Kind::Shipment { .. }))
        };
        for (stop, action) in route.actions.iter().enumerate() {
            let exists = match *action {
                Action::Visit(job) => is_shipment(job) == Some(false),
                Action::Pickup(job) | Action::Deliver(job) => is_shipment(job) == Some(true),
                Action::Break(number) => (number as usize) < known.breaks.len(),
                Action::Reload(depot) => depot.at() < problem.depots.len(),
            };
            if !exists {
                found.push(Violation::Unknown { vehicle, stop: Some(stop) });
            }
        }
    }
    found
}

/// Order of routes, emptiness, and that what is done stays done.
pub(super) fn routes(problem: &Problem, plan: &Plan, found: &mut Vec<Violation>) {
    for pair in plan.routes.windows(2) {
        if pair[0].vehicle >= pair[1].vehicle {
            found.push(Violation::RoutesUnordered { vehicle: pair[1].vehicle });
        }
    }
    for route in &plan.routes {
        if route.actions.is_empty() && problem.underway(route.vehicle).is_none() {
            found.push(Violation::RouteEmpty { vehicle: route.vehicle });
        }
    }
    let underway = problem.standing.iter().flat_map(|standing| &standing.underway);
    for known in underway {
        let route = plan.routes.iter().find(|route| route.vehicle == known.vehicle);
        let kept = route.is_some_and(|route| {
            route.start_s == known.started_s
                && route.actions.len() >= known.frozen.len()
                && known
                    .frozen
                    .iter()
                    .zip(&route.actions)
                    .all(|(stop, &action)| stop.action == action)
        });
        if !kept {
            found.push(Violation::FrozenChanged { vehicle: known.vehicle });
        }
    }
}

/// How often each stop of a job is done, and by whom it is begun.
#[derive(Clone, Copy, Default)]
struct Tally {
    visits: u32,
    pickups: u32,
    deliveries: u32,
    is_broken: bool,
}

/// That each job is done whole and once. Returns the jobs left out.
pub(super) fn jobs(problem: &Problem, plan: &Plan, found: &mut Vec<Violation>) -> Vec<JobIx> {
    let mut tallies = vec![Tally::default(); problem.jobs.len()];
    let mut on_board = vec![None; problem.jobs.len()];
    for route in &plan.routes {
        for action in &route.actions {
            match *action {
                Action::Visit(job) => tallies[job.at()].visits += 1,
                Action::Pickup(job) => {
                    tallies[job.at()].pickups += 1;
                    on_board[job.at()] = Some(route.vehicle);
                }
                Action::Deliver(job) => {
                    tallies[job.at()].deliveries += 1;
                    tallies[job.at()].is_broken |= on_board[job.at()] != Some(route.vehicle);
                }
                Action::Break(_) | Action::Reload(_) => {}
            }
        }
    }
    // A shipment on board when planning began may stay there: it is left out, not broken.
    for stop in
        problem.standing.iter().flat_map(|standing| &standing.underway).flat_map(|one| &one.frozen)
    {
        if let Action::Pickup(job) = stop.action
            && tallies[job.at()].pickups == 1
            && tallies[job.at()].deliveries == 0
        {
            tallies[job.at()].pickups = 0;
        }
    }
    let mut unserved = Vec::new();
    for (at, tally) in tallies.iter().enumerate() {
        let job = JobIx::of(at);
        if tally.visits > 1 || tally.pickups > 1 || tally.deliveries > 1 {
            found.push(Violation::JobTwice { job });
        } else if tally.pickups != tally.deliveries || tally.is_broken {
            found.push(Violation::ShipmentBroken { job });
        }
        if tally.visits + tally.deliveries == 0 {
            unserved.push(job);
        }
    }
    unserved
}

/// The planned part of a route: its actions behind the frozen ones.
pub(super) fn planned<'a>(problem: &Problem, route: &'a Route) -> &'a [Action] {
    let frozen = problem.underway(route.vehicle).map_or(0, |known| known.frozen.len());
    route.actions.get(frozen..).unwrap_or_default()
}

/// Skills, types, whose goods are on board where, and how many jobs one vehicle takes.
pub(super) fn fitness(problem: &Problem, route: &Route, found: &mut Vec<Violation>) {
    let vehicle = route.vehicle;
    let known = &problem.vehicles[vehicle.at()];
    let planned = planned(problem, route);
    for job in planned.iter().filter_map(|action| begins(*action)) {
        let asked = &problem.jobs[job.at()];
        if !known.skills.cover(asked.skills) {
            found.push(Violation::SkillMissing { vehicle, job });
        }
        if !asked.types.contains(known.vehicle_type) {
            found.push(Violation::TypeForbidden { vehicle, job });
        }
        let underway = problem.standing.iter().flat_map(|standing| &standing.underway);
        if underway.into_iter().any(|other| other.vehicle != vehicle && other.loaded.contains(&job))
        {
            found.push(Violation::LoadedElsewhere { vehicle, job });
        }
    }
    let count =
        |actions: &[Action]| actions.iter().filter(|action| begins(**action).is_some()).count();
    let jobs = u32::try_from(count(&route.actions)).unwrap_or(u32::MAX);
    let most = problem.type_of(vehicle).jobs_max.unwrap_or(u32::MAX);
    if jobs > most && count(planned) > 0 {
        found.push(Violation::JobsExceeded { vehicle, over: jobs - most });
    }
}

/// The job whose first stop this is.
pub(super) fn begins(action: Action) -> Option<JobIx> {
    match action {
        Action::Visit(job) | Action::Pickup(job) => Some(job),
        Action::Deliver(_) | Action::Break(_) | Action::Reload(_) => None,
    }
}

/// The vehicle of each job in the plan handed out.
pub(super) fn handed_out(problem: &Problem) -> Vec<Option<VehicleIx>> {
    let mut by_job = vec![None; problem.jobs.len()];
    for route in problem.standing.iter().flat_map(|standing| &standing.handed_out.routes) {
        for job in route.actions.iter().filter_map(|action| begins(*action)) {
            by_job[job.at()] = by_job[job.at()].or(Some(route.vehicle));
        }
    }
    by_job
}

/// Jobs begun here after planning, that the plan handed out gave to another vehicle.
pub(super) fn moved(problem: &Problem, route: &Route, handed_out: &[Option<VehicleIx>]) -> i64 {
    let begun = planned(problem, route).iter().filter_map(|action| begins(*action));
    begun
        .map(|job| i64::from(handed_out[job.at()].is_some_and(|before| before != route.vehicle)))
        .sum()
}
