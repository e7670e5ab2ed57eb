//! Between plans and the routes of rows. May not judge: that is the checker's.

use std::collections::BTreeMap;

use anyhow::Context as _;
use planning::check;
use planning::plan::{Action, Plan, Route};
use planning::problem::{JobIx, Kind, PlaceIx, Problem, VehicleIx};

use crate::row::RouteRow;

/// The plan that a row's routes mean. Solvers say no more than the order of visits, so each route is
/// begun as late as costs no time.
///
/// # Errors
/// When a place is none of the file's, or a trip follows where nothing can be loaded.
pub(crate) fn plan_of(problem: &Problem, rows: &[RouteRow]) -> anyhow::Result<Plan> {
    let actions = actions(problem);
    let mut routes = rows
        .iter()
        .filter(|row| row.trips.iter().any(|trip| !trip.is_empty()))
        .map(|row| route_of(problem, &actions, row))
        .collect::<anyhow::Result<Vec<_>>>()?;
    routes.sort_by_key(|route| route.vehicle);
    Ok(Plan { routes })
}

/// What is done at each place of a file: one visit, pickup or delivery each.
fn actions(problem: &Problem) -> BTreeMap<u32, Action> {
    let mut actions = BTreeMap::new();
    for (index, job) in problem.jobs.iter().enumerate() {
        let job_ix = JobIx::of(index);
        match &job.kind {
            Kind::Visit { visit, .. } => {
                actions.insert(visit.place.0, Action::Visit(job_ix));
            }
            Kind::Shipment { pickup, delivery, .. } => {
                actions.insert(pickup.place.0, Action::Pickup(job_ix));
                actions.insert(delivery.place.0, Action::Deliver(job_ix));
            }
        }
    }
    actions
}

fn route_of(
    problem: &Problem,
    actions: &BTreeMap<u32, Action>,
    row: &RouteRow,
) -> anyhow::Result<Route> {
    let vehicle = problem
        .vehicles
        .get(row.vehicle as usize)
        .with_context(|| format!("there is no vehicle {}", row.vehicle))?;
    let mut steps = Vec::new();
    for (number, trip) in row.trips.iter().enumerate() {
        if number > 0 {
            let depot = vehicle.reload_depots.first();
            steps.push(Action::Reload(*depot.context("a second trip, and nowhere to load")?));
        }
        let breaks_at = |at: usize| {
            let here = row.breaks.iter().filter(move |found| found.0 == number && found.1 == at);
            here.map(|found| Action::Break(found.2))
        };
        for (at, place) in trip.iter().enumerate() {
            steps.extend(breaks_at(at));
            let action = actions.get(place);
            steps.push(*action.with_context(|| format!("nothing is to be done at place {place}"))?);
        }
        steps.extend(breaks_at(trip.len()));
    }
    let mut route = Route { vehicle: VehicleIx(row.vehicle), start_s: 0, actions: steps };
    route.start_s = match row.start_s {
        Some(start_s) => start_s,
        None => {
            check::latest_start(problem, &route).context("a route names what does not exist")?
        }
    };
    Ok(route)
}

/// The routes of a plan, as rows keep them.
pub(crate) fn rows_of(problem: &Problem, plan: &Plan) -> Vec<RouteRow> {
    plan.routes.iter().map(|route| row_of(problem, route)).collect()
}

fn row_of(problem: &Problem, route: &Route) -> RouteRow {
    let (mut trips, mut breaks) = (vec![Vec::new()], Vec::new());
    for action in &route.actions {
        let trip = trips.len() - 1;
        match *action {
            Action::Reload(_) => trips.push(Vec::new()),
            Action::Break(number) => breaks.push((trip, trips[trip].len(), number)),
            Action::Visit(_) | Action::Pickup(_) | Action::Deliver(_) => {
                trips[trip].extend(place_of(problem, *action).map(|place| place.0));
            }
        }
    }
    RouteRow { vehicle: route.vehicle.0, trips, breaks, start_s: Some(route.start_s) }
}

fn place_of(problem: &Problem, action: Action) -> Option<PlaceIx> {
    let job = &problem.jobs[action.job()?.at()];
    Some(match (&job.kind, action) {
        (Kind::Visit { visit, .. }, _) => visit.place,
        (Kind::Shipment { delivery, .. }, Action::Deliver(_)) => delivery.place,
        (Kind::Shipment { pickup, .. }, _) => pickup.place,
    })
}
