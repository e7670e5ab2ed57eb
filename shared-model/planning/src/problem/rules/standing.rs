//! Rules of a day that has begun. May be strict about facts (what was done) and not about the plan handed out, which may
//! be late, incomplete or infeasible: it only has to name what exists.

use std::collections::BTreeSet;

use super::super::bounds::{JOBS_MAX, METRES_MAX, TRIPS_MAX};
use super::super::refusal::Findings;
use super::super::{Draft, JobIx, Kind, Rule, Underway, VehicleIx};
use super::{index, time};
use crate::plan::Action;

/// Metres of the longest route: every job twice, every reload, at the longest way.
const ROUTE_METRES_MAX: i64 = (2 * JOBS_MAX as i64 + TRIPS_MAX as i64) * METRES_MAX as i64;

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    let Some(standing) = &draft.standing else { return };
    time(standing.now_s, || "standing.now_s".to_owned(), findings);
    let ascending = standing.underway.windows(2).all(|pair| pair[0].vehicle < pair[1].vehicle);
    if !ascending {
        findings.add(Rule::UnderwayUnordered, || "standing.underway".to_owned(), "");
    }
    let mut seen = Seen::default();
    for (at, one) in standing.underway.iter().enumerate() {
        let path = format!("standing.underway[{at}]");
        let vehicles = draft.vehicles.len();
        if index(one.vehicle.at(), vehicles, || path.clone() + ".vehicle", findings) {
            underway(draft, one, &path, &mut seen, findings);
        }
    }
    let routes = &standing.handed_out.routes;
    let mut vehicles = BTreeSet::new();
    for (at, route) in routes.iter().enumerate() {
        let path = |field: String| format!("standing.handed_out.routes[{at}].{field}");
        time(route.start_s, || path("start_s".to_owned()), findings);
        let known = index(
            route.vehicle.at(),
            draft.vehicles.len(),
            || path("vehicle".to_owned()),
            findings,
        );
        if !vehicles.insert(route.vehicle) {
            findings.add(Rule::NameRepeated, || path("vehicle".to_owned()), route.vehicle.0);
        }
        for (stop, &action) in route.actions.iter().enumerate().filter(|_| known) {
            if !fits(draft, route.vehicle, action) {
                findings.add(Rule::FrozenActionWrong, || path(format!("stops[{stop}]")), "");
            }
        }
    }
}

/// Jobs whose first stop, second stop or load is accounted for.
#[derive(Default)]
struct Seen {
    begun: BTreeSet<JobIx>,
    ended: BTreeSet<JobIx>,
}

fn underway(draft: &Draft, one: &Underway, path: &str, seen: &mut Seen, findings: &mut Findings) {
    let field = |name: &str| format!("{path}.{name}");
    time(one.started_s, || field("started_s"), findings);
    time(one.position.at_s, || field("position.at_s"), findings);
    index(one.position.place.at(), draft.places.len(), || field("position.place"), findings);
    if !(0..=ROUTE_METRES_MAX).contains(&one.metres_done) {
        findings.add(Rule::ValueWrong, || field("metres_done"), one.metres_done);
    }
    let mut at_s = one.started_s;
    let mut mine = BTreeSet::new();
    for (number, stop) in one.frozen.iter().enumerate() {
        let path = || format!("{path}.frozen[{number}]");
        if stop.start_s < at_s || stop.depart_s < stop.start_s {
            findings.add(Rule::FrozenTimesWrong, path, "");
        }
        time(stop.depart_s, || path() + ".depart_s", findings);
        at_s = stop.depart_s;
        if !fits(draft, one.vehicle, stop.action) {
            findings.add(Rule::FrozenActionWrong, path, "");
            continue;
        }
        let fresh = match stop.action {
            Action::Visit(job) => seen.begun.insert(job),
            Action::Pickup(job) => mine.insert(job) && seen.begun.insert(job),
            Action::Deliver(job) => mine.contains(&job) && seen.ended.insert(job),
            Action::Break(_) | Action::Reload(_) => true,
        };
        if !fresh {
            findings.add(Rule::JobTwice, path, "");
        }
    }
    if one.position.at_s < at_s {
        findings.add(Rule::FrozenTimesWrong, || field("position.at_s"), one.position.at_s);
    }
    for (number, &job) in one.loaded.iter().enumerate() {
        let path = || format!("{path}.loaded[{number}]");
        if !index(job.at(), draft.jobs.len(), path, findings) {
            continue;
        }
        if draft.jobs[job.at()].delivers().is_zero() {
            findings.add(Rule::LoadedNotDelivered, path, &draft.jobs[job.at()].name);
        } else if !seen.begun.insert(job) {
            findings.add(Rule::JobTwice, path, &draft.jobs[job.at()].name);
        }
    }
}

/// Whether the action names what exists and is of its kind.
fn fits(draft: &Draft, vehicle: VehicleIx, action: Action) -> bool {
    let shipment =
        |job: JobIx| draft.jobs.get(job.at()).map(|job| matches!(job.kind, Kind::Shipment { .. }));
    match action {
        Action::Visit(job) => shipment(job) == Some(false),
        Action::Pickup(job) | Action::Deliver(job) => shipment(job) == Some(true),
        Action::Break(number) => (number as usize) < draft.vehicles[vehicle.at()].breaks.len(),
        Action::Reload(depot) => depot.at() < draft.depots.len(),
    }
}
