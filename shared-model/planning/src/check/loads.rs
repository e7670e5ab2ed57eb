//! What is on board: capacities, trips, backhauls, and that nothing is delivered that was not loaded. May not look at
//! times.

use super::Violation;
use super::cover::planned;
use crate::plan::{Action, Route};
use crate::problem::{Dimension, Kind, Load, Problem, Start, Underway};

pub(super) fn check(problem: &Problem, route: &Route, found: &mut Vec<Violation>) {
    trips(problem, route, found);
    let planned = planned(problem, route);
    let offset = route.actions.len() - planned.len();
    let mut board = Board { problem, route, on_board: Load::ZERO, shipped: Load::ZERO, found };
    let underway = problem.underway(route.vehicle);
    match underway {
        Some(known) => board.take_over(known),
        None if matches!(problem.vehicles[route.vehicle.at()].start, Start::Depot(_)) => {
            board.load(None, planned);
        }
        None => {}
    }
    let mut trips = planned.split(|action| matches!(action, Action::Reload(_)));
    let mut stop = offset;
    let first = trips.next().unwrap_or_default();
    let can_deliver =
        underway.is_some() || matches!(problem.vehicles[route.vehicle.at()].start, Start::Depot(_));
    board.drive(first, stop, can_deliver, underway);
    stop += first.len();
    for trip in trips {
        board.load(Some(stop), trip);
        board.drive(trip, stop + 1, true, None);
        stop += 1 + trip.len();
    }
}

/// What a vehicle carries, and what is wrong with it.
struct Board<'a> {
    problem: &'a Problem,
    route: &'a Route,
    /// Everything.
    on_board: Load,
    /// The part of it that belongs to shipments, which stay on board at a depot.
    shipped: Load,
    found: &'a mut Vec<Violation>,
}

impl Board<'_> {
    /// What is on board of a vehicle underway, as it is: facts are within every capacity.
    fn take_over(&mut self, known: &Underway) {
        let mut collected = Load::ZERO;
        for stop in &known.frozen {
            match stop.action {
                Action::Visit(job) => {
                    if let Kind::Visit { collect, .. } = &self.problem.jobs[job.at()].kind {
                        collected += *collect;
                    }
                }
                Action::Pickup(job) => self.shipped += self.shipment(job),
                Action::Deliver(job) => self.shipped -= self.shipment(job),
                Action::Reload(_) => collected = Load::ZERO,
                Action::Break(_) => {}
            }
        }
        let loaded = known
            .loaded
            .iter()
            .fold(Load::ZERO, |sum, job| sum + self.problem.jobs[job.at()].delivers());
        self.on_board = self.shipped + collected + loaded;
    }

    /// At a depot: what was collected leaves, what the trip delivers comes on board.
    fn load(&mut self, stop: Option<usize>, trip: &[Action]) {
        let to_deliver = trip
            .iter()
            .take_while(|action| !matches!(action, Action::Reload(_)))
            .filter_map(|action| action.job())
            .fold(Load::ZERO, |sum, job| sum + self.problem.jobs[job.at()].delivers());
        self.on_board = self.shipped + to_deliver;
        self.limit(stop, to_deliver);
    }

    /// A trip, from its first stop on. `underway`: the trip goes on, with what was loaded for it.
    fn drive(&mut self, trip: &[Action], first: usize, loads: bool, underway: Option<&Underway>) {
        let vehicle = self.route.vehicle;
        let mut backhaul_before = underway.is_some_and(|known| self.backhaul_done(known));
        for (at, &action) in trip.iter().enumerate() {
            let stop = first + at;
            match action {
                Action::Visit(job) => {
                    let Kind::Visit { deliver, collect, backhaul, .. } =
                        &self.problem.jobs[job.at()].kind
                    else {
                        continue;
                    };
                    let on_board =
                        loads && underway.is_none_or(|known| known.loaded.contains(&job));
                    if !deliver.is_zero() && !on_board {
                        self.found.push(Violation::NotLoaded { vehicle, job });
                    } else {
                        self.on_board -= *deliver;
                    }
                    if backhaul_before && !deliver.is_zero() {
                        self.found.push(Violation::BackhaulBefore { vehicle, stop });
                    }
                    backhaul_before |= *backhaul;
                    self.on_board += *collect;
                    self.limit(Some(stop), *collect);
                }
                Action::Pickup(job) => {
                    let load = self.shipment(job);
                    self.on_board += load;
                    self.shipped += load;
                    self.limit(Some(stop), load);
                }
                Action::Deliver(job) => {
                    let load = self.shipment(job);
                    self.on_board -= load;
                    self.shipped -= load;
                }
                Action::Break(_) | Action::Reload(_) => {}
            }
        }
    }

    /// Whether the trip going on has served a backhaul.
    fn backhaul_done(&self, known: &Underway) -> bool {
        let trip =
            known.frozen.iter().rev().take_while(|stop| !matches!(stop.action, Action::Reload(_)));
        trip.filter_map(|stop| stop.action.job()).any(|job| {
            matches!(self.problem.jobs[job.at()].kind, Kind::Visit { backhaul: true, .. })
        })
    }

    fn shipment(&self, job: crate::problem::JobIx) -> Load {
        match &self.problem.jobs[job.at()].kind {
            Kind::Shipment { load, .. } => *load,
            Kind::Visit { .. } => Load::ZERO,
        }
    }

    /// In each dimension in which something was `added`, no more than the capacity is on board.
    fn limit(&mut self, stop: Option<usize>, added: Load) {
        let capacity = self.problem.type_of(self.route.vehicle).capacity;
        for dimension in Dimension::ALL {
            let over = self.on_board.of(dimension) - capacity.of(dimension);
            if over > 0 && added.of(dimension) > 0 {
                let vehicle = self.route.vehicle;
                self.found.push(Violation::CapacityExceeded { vehicle, stop, dimension, over });
            }
        }
    }
}

/// How often the vehicle loads, and where.
fn trips(problem: &Problem, route: &Route, found: &mut Vec<Violation>) {
    let vehicle = route.vehicle;
    let known = &problem.vehicles[vehicle.at()];
    let reloads = |actions: &[Action]| {
        actions.iter().filter(|action| matches!(action, Action::Reload(_))).count()
    };
    let planned = planned(problem, route);
    for &action in planned {
        if let Action::Reload(depot) = action
            && !known.reload_depots.contains(&depot)
        {
            found.push(Violation::ReloadForbidden { vehicle, depot });
        }
    }
    let start = usize::from(matches!(known.start, Start::Depot(_)));
    let loadings = u32::try_from(start + reloads(&route.actions)).unwrap_or(u32::MAX);
    let most = problem.type_of(vehicle).trips_max;
    if loadings > most && reloads(planned) > 0 {
        found.push(Violation::TripsExceeded { vehicle, over: loadings - most });
    }
}
