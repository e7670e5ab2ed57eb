//! Published solutions: `Route #1: 3 5 2` lines of places, then a cost that nobody has to believe. May not judge them.

use super::{bounded, refusal, whole};
use crate::plan::{Action, Plan, Route};
use crate::problem::{DepotIx, JobIx, Kind, PlaceIx, Problem, Refusals, Rule, VehicleIx};

/// A plan and the cost that its file claims.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    pub plan: Plan,
    /// As written, in the units of the publisher.
    pub cost: Option<f64>,
}

/// Reads CVRPLIB's, SINTEF's and PyVRP's layout: the numbers are places of a problem read from a benchmark, a depot among
/// them is a reload, and the n-th route belongs to the n-th vehicle. Routes start as early as the shift allows, or when
/// the first trip's goods are released.
///
/// # Errors
/// When a line is of another layout, or names a place where nothing is to be done.
pub fn read(text: &str, problem: &Problem) -> Result<Published, Refusals> {
    bounded(text)?;
    let actions_at = actions_at(problem);
    let mut published = Published { plan: Plan::default(), cost: None };
    let mut vehicle = 0;
    for (at, line) in text.lines().enumerate() {
        let (at, line) = (at + 1, line.trim());
        let Some((head, tail)) = line.split_once(':').or_else(|| line.split_once(' ')) else {
            continue;
        };
        if head.eq_ignore_ascii_case("cost") {
            published.cost = Some(super::number(tail.trim(), at)?);
        }
        if !is_route(head) {
            continue;
        }
        if vehicle >= problem.vehicles.len() {
            return Err(refusal(Rule::ListTooLong, at, "more routes than vehicles").into());
        }
        let mut actions = Vec::new();
        for token in tail.split_whitespace() {
            let place: usize = whole(token, at)?;
            let action = actions_at.get(place).copied().flatten();
            actions.push(action.ok_or_else(|| refusal(Rule::NameUnknown, at, token))?);
        }
        if !actions.is_empty() {
            published.plan.routes.push(route(problem, VehicleIx::of(vehicle), actions));
        }
        vehicle += 1;
    }
    Ok(published)
}

fn is_route(head: &str) -> bool {
    let head = head.trim().to_ascii_lowercase();
    head.strip_prefix("route").is_some_and(|rest| {
        let number = rest.trim().trim_start_matches('#').trim();
        !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit())
    })
}

/// What is done at each place.
fn actions_at(problem: &Problem) -> Vec<Option<Action>> {
    let mut actions = vec![None; problem.places.len()];
    let mut put = |place: PlaceIx, action| actions[place.at()] = Some(action);
    for (at, depot) in problem.depots.iter().enumerate() {
        put(depot.place, Action::Reload(DepotIx::of(at)));
    }
    for (at, job) in problem.jobs.iter().enumerate() {
        let at = JobIx::of(at);
        match &job.kind {
            Kind::Visit { visit, .. } => put(visit.place, Action::Visit(at)),
            Kind::Shipment { pickup, delivery, .. } => {
                put(pickup.place, Action::Pickup(at));
                put(delivery.place, Action::Deliver(at));
            }
        }
    }
    actions
}

fn route(problem: &Problem, vehicle: VehicleIx, actions: Vec<Action>) -> Route {
    let first_trip = actions.iter().take_while(|action| !matches!(action, Action::Reload(_)));
    let released = first_trip
        .filter_map(|action| action.job())
        .map(|job| problem.jobs[job.at()].release_s)
        .max()
        .unwrap_or(0);
    let start_s = problem.vehicles[vehicle.at()].shift.from_s.max(released);
    Route { vehicle, start_s, actions }
}
