//! What a simulation needs to know of each stop and each vehicle, laid out by node and by route. May not decide anything.

use crate::plan::Action;
use crate::problem::{
    Break, DIMENSIONS, End, JobIx, Kind, Load, PlaceIx, Problem, Start, Underway, VehicleIx, Visit,
    Window,
};
use crate::solve::compiled::{Compiled, NONE};

use super::ways::{Spot, Spots, Ways};

/// One node: a visit, a pickup or a delivery.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    pub(super) action: Action,
    pub(super) place: Spot,
    pub(super) windows: Vec<Window>,
    pub(super) due_s: i64,
    pub(super) late_s_max: i64,
    pub(super) service_s: i64,
    pub(super) release_s: i64,
    /// Loaded for it at a depot, collected until the trip ends, on board until a delivery (negative there).
    pub(super) deliver: [i64; DIMENSIONS],
    pub(super) collect: [i64; DIMENSIONS],
    pub(super) ships: [i64; DIMENSIONS],
    pub(super) delivers: bool,
    pub(super) has_ships: bool,
    /// One window, never late.
    pub(super) is_plain: bool,
    pub(super) backhaul: bool,
    /// Of a delivery with a limit: the node of its pickup, [`NONE`] when it was picked up already, and the limit.
    pub(super) ride: Option<Ride>,
    /// Whether a job begins here, which is what `jobs_max` and `moved_cost` count.
    pub(super) begins: bool,
    /// The vehicle that has it in the plan handed out.
    pub(super) handed_out: Option<VehicleIx>,
    /// The vehicle underway that has it on board.
    pub(super) loaded_on: Option<VehicleIx>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Ride {
    pub(super) pickup: u16,
    /// When it was picked up already.
    pub(super) left_s: i64,
    pub(super) s_max: i64,
}

/// A depot where a vehicle may load again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reload {
    pub(super) depot: u32,
    pub(super) place: Spot,
    pub(super) window: Window,
    pub(super) loading_s: i64,
}

/// One vehicle, from where it can be planned on.
#[derive(Debug, Clone)]
pub(super) struct Rider {
    pub(super) vehicle: VehicleIx,
    pub(super) profile: usize,
    pub(super) capacity: [i64; DIMENSIONS],
    pub(super) cost_fixed: i64,
    pub(super) cost_per_metre: i64,
    pub(super) cost_per_second: i64,
    pub(super) metres_max: i64,
    pub(super) duration_s_max: i64,
    pub(super) jobs_max: usize,
    pub(super) reloads_max: u32,
    /// `None`: at the first stop.
    pub(super) start: Option<Spot>,
    /// The route begins within it.
    pub(super) start_window: Window,
    pub(super) start_loading_s: i64,
    /// Whether the first trip is loaded at the start.
    pub(super) loads_at_start: bool,
    pub(super) end: Option<Spot>,
    /// Latest arrival there.
    pub(super) close_s: i64,
    pub(super) breaks: Vec<Break>,
    pub(super) reloads: Vec<Reload>,
    pub(super) underway: Option<Taken>,
    /// Whether the begin of the route matters: time costs, is limited, or decides whether a break is owed.
    pub(super) times_matter: bool,
    /// One speed all day, and the begin of the route does not matter.
    pub(super) is_plain: bool,
}

/// What a vehicle underway has behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) started_s: i64,
    pub(super) metres: i64,
    pub(super) breaks: u8,
    pub(super) backhaul: bool,
    pub(super) on_board: [i64; DIMENSIONS],
    pub(super) shipped: [i64; DIMENSIONS],
    /// Begin of the trip going on.
    pub(super) trip_began_s: i64,
    /// End and metres when going to the end at once.
    pub(super) home_s: i64,
    pub(super) home_metres: i64,
}

/// Every node's stop.
pub(super) fn stops(problem: &Problem, compiled: &Compiled, spots: &Spots) -> Vec<Stop> {
    let mut handed_out = vec![None; problem.jobs.len()];
    for route in problem.standing.iter().flat_map(|standing| &standing.handed_out.routes) {
        for action in &route.actions {
            if let Action::Visit(job) | Action::Pickup(job) = *action {
                handed_out[job.at()] = handed_out[job.at()].or(Some(route.vehicle));
            }
        }
    }
    let nodes = 0..compiled.visits.len();
    let actions: Vec<Action> =
        nodes.map(|node| compiled.action(u16::try_from(node).unwrap_or(NONE))).collect();
    let mut pickups = vec![NONE; problem.jobs.len()];
    for (node, action) in actions.iter().enumerate() {
        if let Action::Pickup(job) = *action {
            pickups[job.at()] = u16::try_from(node).unwrap_or(NONE);
        }
    }
    actions.into_iter().map(|action| stop(problem, spots, action, &handed_out, &pickups)).collect()
}

/// The place of each node, in their order.
pub(super) fn visited<'a>(
    problem: &'a Problem,
    compiled: &'a Compiled,
) -> impl Iterator<Item = PlaceIx> + 'a {
    (0..compiled.visits.len()).map(|node| {
        let action = compiled.action(u16::try_from(node).unwrap_or(NONE));
        let job = &problem.jobs[action.job().unwrap_or(JobIx(0)).at()];
        match (&job.kind, action) {
            (Kind::Shipment { delivery, .. }, Action::Deliver(_)) => delivery.place,
            (Kind::Shipment { pickup, .. }, _) => pickup.place,
            (Kind::Visit { visit, .. }, _) => visit.place,
        }
    })
}

fn stop(
    problem: &Problem,
    spots: &Spots,
    action: Action,
    handed_out: &[Option<VehicleIx>],
    pickups: &[u16],
) -> Stop {
    let at = action.job().unwrap_or(JobIx(0));
    let job = &problem.jobs[at.at()];
    let is_delivery = matches!(action, Action::Deliver(_));
    let zero = [0; DIMENSIONS];
    let (visit, deliver, collect, ships, backhaul): (&Visit, _, _, _, _) = match &job.kind {
        Kind::Visit { visit, deliver, collect, backhaul } => {
            (visit, deliver.0, collect.0, zero, *backhaul)
        }
        Kind::Shipment { delivery, load, .. } if is_delivery => {
            (delivery, zero, zero, (Load::ZERO - *load).0, false)
        }
        Kind::Shipment { pickup, load, .. } => (pickup, zero, zero, load.0, false),
    };
    let known = || problem.standing.iter().flat_map(|standing| &standing.underway);
    let ride = match job.kind {
        Kind::Shipment { ride_s_max: Some(s_max), .. } if is_delivery => {
            let left =
                known().flat_map(|one| &one.frozen).find(|stop| stop.action == Action::Pickup(at));
            Some(Ride {
                pickup: pickups[at.at()],
                left_s: left.map_or(0, |stop| stop.depart_s),
                s_max,
            })
        }
        Kind::Shipment { .. } | Kind::Visit { .. } => None,
    };
    Stop {
        action,
        place: spots.of_place(visit.place),
        windows: visit.windows.clone(),
        due_s: visit.due_s(),
        late_s_max: job.late_s_max,
        service_s: visit.service_s,
        release_s: job.release_s,
        deliver,
        collect,
        ships,
        delivers: deliver != zero,
        has_ships: ships != zero,
        is_plain: visit.windows.len() == 1 && job.late_s_max == 0,
        backhaul,
        ride,
        begins: !is_delivery,
        handed_out: handed_out[at.at()],
        loaded_on: known().find(|one| one.loaded.contains(&at)).map(|one| one.vehicle),
    }
}

/// The vehicle of a route.
pub(super) fn rider(problem: &Problem, spots: &Spots, ways: &[Ways], vehicle: VehicleIx) -> Rider {
    let known = &problem.vehicles[vehicle.at()];
    let vehicle_type = problem.type_of(vehicle);
    let profile = vehicle_type.profile.at();
    let begin_s = known.shift.from_s.max(problem.now_s());
    let mut rider = Rider {
        vehicle,
        profile,
        capacity: vehicle_type.capacity.0,
        cost_fixed: vehicle_type.cost_fixed,
        cost_per_metre: vehicle_type.cost_per_metre,
        cost_per_second: vehicle_type.cost_per_second,
        metres_max: vehicle_type.metres_max.unwrap_or(i64::MAX),
        duration_s_max: vehicle_type.duration_s_max.unwrap_or(i64::MAX),
        jobs_max: vehicle_type.jobs_max.map_or(usize::MAX, |most| most as usize),
        reloads_max: vehicle_type.trips_max,
        start: None,
        start_window: Window { from_s: begin_s, to_s: known.shift.to_s },
        start_loading_s: 0,
        loads_at_start: false,
        end: None,
        close_s: known.shift.to_s,
        breaks: known.breaks.clone(),
        reloads: reloads(problem, spots, vehicle),
        underway: None,
        times_matter: vehicle_type.cost_per_second > 0
            || vehicle_type.duration_s_max.is_some()
            || !known.breaks.is_empty()
            || problem.objective.fairness_cost_per_second > 0,
        is_plain: false,
    };
    rider.is_plain = !rider.times_matter && !ways[profile].changes();
    match known.start {
        Start::Depot(depot) => {
            let depot = &problem.depots[depot.at()];
            rider.start = Some(spots.of_place(depot.place));
            rider.start_window.from_s = begin_s.max(depot.window.from_s);
            rider.start_window.to_s = known.shift.to_s.min(depot.window.to_s);
            rider.start_loading_s = depot.loading_s;
            rider.loads_at_start = true;
            rider.reloads_max -= 1;
        }
        Start::Place(place) => rider.start = Some(spots.of_place(place)),
        Start::Anywhere => {}
    }
    match known.end {
        End::Depot(depot) => {
            let depot = &problem.depots[depot.at()];
            rider.end = Some(spots.of_place(depot.place));
            rider.close_s = rider.close_s.min(depot.window.to_s);
        }
        End::Place(place) => rider.end = Some(spots.of_place(place)),
        End::Anywhere => {}
    }
    if let Some(underway) = problem.underway(vehicle) {
        take_over(problem, spots, &ways[profile], underway, &mut rider);
    }
    rider
}

fn reloads(problem: &Problem, spots: &Spots, vehicle: VehicleIx) -> Vec<Reload> {
    let depots = problem.vehicles[vehicle.at()].reload_depots.iter();
    let mut reloads: Vec<Reload> = depots
        .map(|&depot| {
            let known = &problem.depots[depot.at()];
            Reload {
                depot: depot.0,
                place: spots.of_place(known.place),
                window: known.window,
                loading_s: known.loading_s,
            }
        })
        .collect();
    reloads.dedup_by_key(|reload| reload.depot);
    reloads
}

fn take_over(problem: &Problem, spots: &Spots, ways: &Ways, known: &Underway, rider: &mut Rider) {
    let ready_s = known.position.at_s.max(problem.now_s());
    let position = spots.of_place(known.position.place);
    let shipment = |job: JobIx| match &problem.jobs[job.at()].kind {
        Kind::Shipment { load, .. } => *load,
        Kind::Visit { .. } => Load::ZERO,
    };
    let (mut collected, mut shipped) = (Load::ZERO, Load::ZERO);
    let (mut backhaul, mut breaks, mut trip_began_s) = (false, 0, known.started_s);
    for stop in &known.frozen {
        match stop.action {
            Action::Visit(job) => {
                rider.jobs_max = rider.jobs_max.saturating_sub(1);
                if let Kind::Visit { collect, backhaul: is_backhaul, .. } =
                    &problem.jobs[job.at()].kind
                {
                    collected += *collect;
                    backhaul |= is_backhaul;
                }
            }
            Action::Pickup(job) => {
                rider.jobs_max = rider.jobs_max.saturating_sub(1);
                shipped += shipment(job);
            }
            Action::Deliver(job) => shipped -= shipment(job),
            Action::Break(number) => breaks |= 1 << number,
            Action::Reload(_) => {
                rider.reloads_max = rider.reloads_max.saturating_sub(1);
                (collected, backhaul, trip_began_s) = (Load::ZERO, false, stop.start_s);
            }
        }
    }
    let loaded = known.loaded.iter().map(|job| problem.jobs[job.at()].delivers());
    let on_board = loaded.fold(shipped + collected, |sum, load| sum + load);
    let (mut home_s, mut home_metres) = (ready_s, known.metres_done);
    if let Some(end) = rider.end {
        home_s = ways.arrival_s(position, end, ready_s).unwrap_or(home_s);
        home_metres += ways.metres(position, end).unwrap_or(0);
    }
    // A break whose time is over cannot be taken any more, and is not owed.
    for (number, rest) in rider.breaks.iter().enumerate() {
        let is_over = rest.windows.last().is_none_or(|last| last.to_s < ready_s);
        breaks |= u8::from(is_over) << number;
    }
    rider.start = Some(position);
    rider.start_window = Window { from_s: ready_s, to_s: ready_s };
    rider.start_loading_s = 0;
    rider.close_s = rider.close_s.max(home_s);
    rider.metres_max = rider.metres_max.max(home_metres);
    rider.duration_s_max = rider.duration_s_max.max(home_s - known.started_s);
    rider.underway = Some(Taken {
        started_s: known.started_s,
        metres: known.metres_done,
        breaks,
        backhaul,
        on_board: on_board.0,
        shipped: shipped.0,
        trip_began_s,
        home_s,
        home_metres,
    });
}
