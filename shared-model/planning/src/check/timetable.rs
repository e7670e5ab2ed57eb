//! When a route is where. May not look at loads.

use std::collections::BTreeMap;

use super::Violation;
use super::clock::{arrival_s, opening_s};
use crate::plan::{Action, Route};
use crate::problem::{
    DepotIx, End, JobIx, Kind, PlaceIx, Problem, Start, Underway, VehicleIx, Visit,
};

/// One action with its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopTimes {
    pub action: Action,
    pub place: PlaceIx,
    pub arrive_s: i64,
    /// When service, break or loading begins.
    pub start_s: i64,
    pub depart_s: i64,
    /// By how much it begins after the last window.
    pub late_s: i64,
    /// From the start of the route to here.
    pub metres: i64,
    /// Done or committed already.
    pub is_frozen: bool,
}

/// A route with its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    pub vehicle: VehicleIx,
    pub start_s: i64,
    /// One per action.
    pub stops: Vec<StopTimes>,
    pub end_s: i64,
    pub metres: i64,
}

impl Timetable {
    #[must_use]
    pub fn duration_s(&self) -> i64 {
        self.end_s - self.start_s
    }
}

/// The route must name what exists.
pub(super) fn work_out(problem: &Problem, route: &Route, found: &mut Vec<Violation>) -> Timetable {
    let mut run = Run::begin(problem, route, found);
    for stop in run.stops.len()..route.actions.len() {
        run.go(stop);
    }
    run.finish()
}

/// See [`super::latest_start`].
pub(super) fn latest_start(problem: &Problem, route: &Route) -> i64 {
    if let Some(known) = problem.underway(route.vehicle) {
        return known.started_s;
    }
    let vehicle = &problem.vehicles[route.vehicle.at()];
    let mut earliest_s = vehicle.shift.from_s.max(problem.now_s());
    if let Start::Depot(depot) = vehicle.start {
        earliest_s = earliest_s.max(problem.depots[depot.at()].window.from_s);
    }
    let first_trip = route.actions.iter().take_while(|action| !matches!(action, Action::Reload(_)));
    let released =
        first_trip.filter_map(|action| action.job()).map(|job| problem.jobs[job.at()].release_s);
    earliest_s = released.fold(earliest_s, i64::max);
    let run = |start_s: i64| {
        let mut found = Vec::new();
        let route = Route { start_s, ..route.clone() };
        let timetable = work_out(problem, &route, &mut found);
        let late_s: i64 = timetable.stops.iter().map(|stop| stop.late_s).sum();
        let broken =
            found.iter().filter(|one| !matches!(one, Violation::DurationExceeded { .. })).count();
        (timetable.end_s, late_s, broken)
    };
    let wanted = run(earliest_s);
    // Ends, lateness and missed windows never get better by beginning later, so the good starts are an interval.
    let (mut good_s, mut bad_s) = (earliest_s, vehicle.shift.to_s.max(earliest_s) + 1);
    while bad_s - good_s > 1 {
        let middle_s = good_s + (bad_s - good_s) / 2;
        let got = run(middle_s);
        if got.0 <= wanted.0 && got.1 <= wanted.1 && got.2 <= wanted.2 {
            good_s = middle_s;
        } else {
            bad_s = middle_s;
        }
    }
    good_s
}

/// A vehicle on its way.
struct Run<'a> {
    problem: &'a Problem,
    route: &'a Route,
    found: &'a mut Vec<Violation>,
    underway: Option<&'a Underway>,
    stops: Vec<StopTimes>,
    /// `None` before the first stop of a route that starts anywhere.
    place: Option<PlaceIx>,
    ready_s: i64,
    metres: i64,
    /// When each shipment on board left its pickup.
    picked_up: BTreeMap<JobIx, i64>,
    breaks_taken: u64,
}

impl<'a> Run<'a> {
    fn begin(problem: &'a Problem, route: &'a Route, found: &'a mut Vec<Violation>) -> Self {
        let underway = problem.underway(route.vehicle);
        let mut run = Self {
            problem,
            route,
            found,
            underway,
            stops: Vec::with_capacity(route.actions.len()),
            place: None,
            ready_s: route.start_s,
            metres: 0,
            picked_up: BTreeMap::new(),
            breaks_taken: 0,
        };
        match underway {
            Some(known) => run.take_over(known),
            None => run.start(),
        }
        run
    }

    fn take_over(&mut self, known: &Underway) {
        let mut place = self.start_place();
        for stop in known.frozen.iter().take(self.route.actions.len()) {
            place = self.place_of(stop.action).or(place);
            match stop.action {
                Action::Pickup(job) => {
                    self.picked_up.insert(job, stop.depart_s);
                }
                Action::Deliver(job) => {
                    self.picked_up.remove(&job);
                }
                Action::Break(number) => self.breaks_taken |= 1 << number,
                Action::Visit(_) | Action::Reload(_) => {}
            }
            self.stops.push(StopTimes {
                action: stop.action,
                place: place.unwrap_or(known.position.place),
                arrive_s: stop.start_s,
                start_s: stop.start_s,
                depart_s: stop.depart_s,
                late_s: 0,
                metres: known.metres_done,
                is_frozen: true,
            });
        }
        self.place = Some(known.position.place);
        self.ready_s = known.position.at_s.max(self.problem.now_s());
        self.metres = known.metres_done;
    }

    fn start_place(&self) -> Option<PlaceIx> {
        match self.problem.vehicles[self.route.vehicle.at()].start {
            Start::Depot(depot) => Some(self.problem.depots[depot.at()].place),
            Start::Place(place) => Some(place),
            Start::Anywhere => None,
        }
    }

    fn start(&mut self) {
        let vehicle = self.route.vehicle;
        let known = &self.problem.vehicles[vehicle.at()];
        self.place = self.start_place();
        let early_s = known.shift.from_s.max(self.problem.now_s()) - self.ready_s;
        if early_s > 0 {
            self.found.push(Violation::StartTooEarly { vehicle, early_s });
        }
        for job in self.unreleased(0, self.ready_s) {
            self.found.push(Violation::NotReleased { vehicle, job });
        }
        if let Start::Depot(depot) = known.start {
            let open = &self.problem.depots[depot.at()];
            if !open.window.contains(self.ready_s) {
                self.found.push(Violation::DepotClosed { vehicle, depot });
            }
            self.ready_s += open.loading_s;
        }
    }

    /// Visits of the trip that begins before action `first` whose goods are released after `at_s`.
    fn unreleased(&self, first: usize, at_s: i64) -> Vec<JobIx> {
        let trip = self.route.actions[first.min(self.route.actions.len())..]
            .iter()
            .take_while(|action| !matches!(action, Action::Reload(_)));
        trip.filter_map(|action| action.job())
            .filter(|job| self.problem.jobs[job.at()].release_s > at_s)
            .collect()
    }

    fn place_of(&self, action: Action) -> Option<PlaceIx> {
        match action {
            Action::Visit(job) | Action::Pickup(job) | Action::Deliver(job) => {
                Some(self.visit(action, job).place)
            }
            Action::Reload(depot) => Some(self.problem.depots[depot.at()].place),
            Action::Break(_) => None,
        }
    }

    fn visit(&self, action: Action, job: JobIx) -> &'a Visit {
        match &self.problem.jobs[job.at()].kind {
            Kind::Visit { visit, .. } => visit,
            Kind::Shipment { pickup, delivery, .. } => {
                if matches!(action, Action::Deliver(_)) {
                    delivery
                } else {
                    pickup
                }
            }
        }
    }

    /// Drives to `place`; `stop` is for the report. Without a way it is there at once.
    fn drive(&mut self, to: PlaceIx, stop: Option<usize>) {
        let Some(from) = self.place.replace(to) else { return };
        let profile = self.problem.profile_of(self.route.vehicle);
        let arrival = arrival_s(profile, from, to, self.ready_s);
        match (arrival, profile.metres.cell(from, to).amount()) {
            (Some(arrival), Some(metres)) => {
                self.ready_s = arrival;
                self.metres += metres;
            }
            (None, _) | (_, None) => {
                self.found.push(Violation::Unreachable { vehicle: self.route.vehicle, stop });
            }
        }
    }

    fn go(&mut self, stop: usize) {
        let action = self.route.actions[stop];
        let vehicle = self.route.vehicle;
        if let Some(place) = self.place_of(action) {
            self.drive(place, Some(stop));
        }
        let Some(place) = self.place.or_else(|| self.next_place(stop)) else { return };
        if self.place.is_none() {
            self.found.push(Violation::BreakNowhere { vehicle, stop });
        }
        let arrive_s = self.ready_s;
        let (start_s, spent_s, late_s) = match action {
            Action::Visit(job) | Action::Pickup(job) | Action::Deliver(job) => {
                self.serve(action, job, stop)
            }
            Action::Break(number) => self.rest(number, stop),
            Action::Reload(depot) => self.reload(depot, stop),
        };
        self.ready_s = start_s + spent_s;
        if let Action::Pickup(job) = action {
            self.picked_up.insert(job, self.ready_s);
        }
        self.stops.push(StopTimes {
            action,
            place,
            arrive_s,
            start_s,
            depart_s: self.ready_s,
            late_s,
            metres: self.metres,
            is_frozen: false,
        });
    }

    /// Where a break that has no stop before it would be.
    fn next_place(&self, stop: usize) -> Option<PlaceIx> {
        let next = self.route.actions[stop..].iter().find_map(|&action| self.place_of(action));
        next.or_else(|| self.problem.places.first().map(|_| PlaceIx(0)))
    }

    /// Begin, duration and lateness of a service.
    fn serve(&mut self, action: Action, job: JobIx, stop: usize) -> (i64, i64, i64) {
        let vehicle = self.route.vehicle;
        let visit = self.visit(action, job);
        let asked = &self.problem.jobs[job.at()];
        let opening = opening_s(&visit.windows, self.ready_s);
        let late_s = if opening.is_some() { 0 } else { self.ready_s - visit.due_s() };
        if late_s > asked.late_s_max {
            self.found.push(Violation::WindowMissed { vehicle, stop, late_s });
        }
        let start_s = opening.unwrap_or(self.ready_s);
        if let Action::Deliver(_) = action
            && let Some(left_s) = self.picked_up.remove(&job)
            && let Kind::Shipment { ride_s_max: Some(ride_s_max), .. } = asked.kind
            && start_s - left_s > ride_s_max
        {
            let over_s = start_s - left_s - ride_s_max;
            self.found.push(Violation::RideTooLong { vehicle, job, over_s });
        }
        (start_s, visit.service_s, late_s)
    }

    fn rest(&mut self, number: u32, stop: usize) -> (i64, i64, i64) {
        let vehicle = self.route.vehicle;
        let rest = &self.problem.vehicles[vehicle.at()].breaks[number as usize];
        if self.breaks_taken >> number & 1 == 1 {
            self.found.push(Violation::BreakTwice { vehicle, number });
        }
        self.breaks_taken |= 1 << number;
        let opening = opening_s(&rest.windows, self.ready_s);
        if opening.is_none() {
            self.found.push(Violation::BreakMissed { vehicle, stop });
        }
        (opening.unwrap_or(self.ready_s), rest.duration_s, 0)
    }

    fn reload(&mut self, depot: DepotIx, stop: usize) -> (i64, i64, i64) {
        let open = &self.problem.depots[depot.at()];
        let mut start_s = self.ready_s.max(open.window.from_s);
        for job in self.unreleased(stop + 1, start_s) {
            start_s = start_s.max(self.problem.jobs[job.at()].release_s);
        }
        if start_s > open.window.to_s {
            self.found.push(Violation::DepotClosed { vehicle: self.route.vehicle, depot });
        }
        (start_s, open.loading_s, 0)
    }

    /// Drives to the end and looks at the whole.
    fn finish(mut self) -> Timetable {
        let going_home = self.going_home();
        match self.problem.vehicles[self.route.vehicle.at()].end {
            End::Depot(depot) => self.drive(self.problem.depots[depot.at()].place, None),
            End::Place(place) => self.drive(place, None),
            End::Anywhere => {}
        }
        self.limits(going_home);
        self.breaks_owed();
        Timetable {
            vehicle: self.route.vehicle,
            start_s: self.route.start_s,
            stops: self.stops,
            end_s: self.ready_s,
            metres: self.metres,
        }
    }

    /// End and metres of a vehicle underway that goes to its end at once.
    fn going_home(&self) -> Option<(i64, i64)> {
        let known = self.underway?;
        let ready_s = known.position.at_s.max(self.problem.now_s());
        let to = match self.problem.vehicles[self.route.vehicle.at()].end {
            End::Depot(depot) => self.problem.depots[depot.at()].place,
            End::Place(place) => place,
            End::Anywhere => return Some((ready_s, known.metres_done)),
        };
        let profile = self.problem.profile_of(self.route.vehicle);
        let metres = profile.metres.cell(known.position.place, to).amount()?;
        Some((arrival_s(profile, known.position.place, to, ready_s)?, known.metres_done + metres))
    }

    fn limits(&mut self, going_home: Option<(i64, i64)>) {
        let vehicle = self.route.vehicle;
        let known = &self.problem.vehicles[vehicle.at()];
        let vehicle_type = self.problem.type_of(vehicle);
        // What going home at once breaks too is not the plan's fault.
        let (home_s, home_metres) = going_home.unwrap_or((i64::MIN, i64::MIN));
        if self.ready_s > known.shift.to_s.max(home_s) {
            let over_s = self.ready_s - known.shift.to_s;
            self.found.push(Violation::ShiftExceeded { vehicle, over_s });
        }
        if let End::Depot(depot) = known.end
            && self.ready_s > self.problem.depots[depot.at()].window.to_s.max(home_s)
        {
            self.found.push(Violation::DepotClosed { vehicle, depot });
        }
        let most_s = vehicle_type.duration_s_max.unwrap_or(i64::MAX);
        let over_s = (self.ready_s - self.route.start_s).saturating_sub(most_s);
        if over_s > 0 && self.ready_s > home_s {
            self.found.push(Violation::DurationExceeded { vehicle, over_s });
        }
        let over = self.metres.saturating_sub(vehicle_type.metres_max.unwrap_or(i64::MAX));
        if over > 0 && self.metres > home_metres {
            self.found.push(Violation::MetresExceeded { vehicle, over });
        }
    }

    fn breaks_owed(&mut self) {
        let vehicle = self.route.vehicle;
        let planned = self.stops.iter().any(|stop| !stop.is_frozen && stop.action.job().is_some());
        if self.underway.is_some() && !planned {
            return;
        }
        let since_s = self.underway.map(|known| known.position.at_s.max(self.problem.now_s()));
        for (number, rest) in self.problem.vehicles[vehicle.at()].breaks.iter().enumerate() {
            let (Some(first), Some(last)) = (rest.windows.first(), rest.windows.last()) else {
                continue;
            };
            let began_in_time = self.route.start_s < first.from_s + rest.duration_s;
            let was_missed = since_s.is_some_and(|since_s| last.to_s < since_s);
            let owed = began_in_time && self.ready_s > last.to_s && !was_missed;
            if owed && self.breaks_taken >> number & 1 == 0 {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                self.found.push(Violation::BreakMissing { vehicle, number });
            }
        }
    }
}
