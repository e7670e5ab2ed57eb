//! From a checked problem to the search's flat arrays. It decides no plan; it only renames, clamps and reorders.
//!
//! Places are renumbered along a chain of nearest neighbours, so that what is near in the world is near in memory: at a
//! thousand stops that halves the time of a step.

use std::collections::BTreeMap;

use super::compiled::{
    Class, Compiled, HORIZON, Job, LOADS, NONE, Travel, UNREACHABLE, Visit, Way,
};
use super::standing::{self, Stage};
use crate::problem::{
    self, Cell, End, JobIx, Kind, Load, Matrix, PlaceIx, Problem, Start, TravelProfile, VehicleIx,
};

/// Metres of a way that does not exist: more than any way, yet small enough to be added.
const METRES_UNREACHABLE: i32 = HORIZON;

/// Compiles `problem` with windows as their hulls, the first slice's durations, and neither breaks nor reloads: exact for
/// problems that [`is_simple`] accepts, and a view for choosing neighbours for the others.
pub(crate) fn compile(problem: &Problem) -> Compiled {
    let places = Places::of(problem);
    let travel = problem.profiles.iter().map(|profile| places.travel(profile)).collect();
    let stages = standing::stages(problem);
    let (visits, jobs) = visits_and_jobs(problem, &places, &stages);
    let (classes, vehicles, members) = classes(problem, &places);
    let by_seconds = classes.iter().any(|class| class.cost_per_metre == 0);
    let mut compiled =
        Compiled { travel, visits, jobs, classes, vehicles, allowed: Vec::new(), by_seconds };
    let mut allowed = Vec::with_capacity(problem.jobs.len() * members.len());
    for (job, &stage) in stages.iter().enumerate() {
        allowed.extend(
            members.iter().map(|&vehicle| may_serve(problem, vehicle, JobIx::of(job), stage)),
        );
    }
    if allowed.contains(&false) {
        compiled.allowed = allowed;
    }
    compiled
}

/// Whether the schedule needs no simulation, so that the simple evaluator tells the whole truth about it.
pub(crate) fn is_simple(problem: &Problem) -> bool {
    let shipments = problem.jobs.iter().any(|job| matches!(job.kind, Kind::Shipment { .. }));
    let plain_vehicles = problem.vehicles.iter().enumerate().all(|(at, vehicle)| {
        let vehicle_type = problem.type_of(VehicleIx::of(at));
        vehicle.breaks.iter().all(|rest| is_never_owed(problem, VehicleIx::of(at), rest))
            && (!can_reload(problem, VehicleIx::of(at)) || carries_all(problem, VehicleIx::of(at)))
            && !meets_second_slice(problem, VehicleIx::of(at))
            && fits(vehicle.shift.from_s)
            && (vehicle_type.jobs_max.is_none() || !shipments)
    });
    let earliest = (0..problem.vehicles.len())
        .map(|at| begin_s(problem, VehicleIx::of(at)))
        .min()
        .unwrap_or(0);
    let plain_jobs = problem.jobs.iter().all(|job| {
        let no_ride_limit = match &job.kind {
            Kind::Visit { .. } => true,
            Kind::Shipment { ride_s_max, .. } => ride_s_max.is_none(),
        };
        no_ride_limit
            && job.late_s_max == 0
            && job.release_s <= earliest
            && job.visits().all(|visit| {
                visit.windows.len() == 1 && fits(visit.windows[0].from_s) && fits(visit.service_s)
            })
    });
    let plain_jobs = plain_jobs && backhauls_are_plain(problem);
    let underway = problem.standing.as_ref().is_some_and(|standing| !standing.underway.is_empty());
    let fair = problem.objective.fairness_cost_per_second == 0;
    let was_handed_out = |standing: &problem::Standing| !standing.handed_out.routes.is_empty();
    let moved =
        problem.objective.moved_cost != 0 && problem.standing.as_ref().is_some_and(was_handed_out);
    plain_vehicles && plain_jobs && !underway && fair && !moved && loads_fit(problem)
}

/// Whether the shift begins too late for a break to be owed, or ends before its last window does.
fn is_never_owed(problem: &Problem, vehicle: VehicleIx, rest: &problem::Break) -> bool {
    let shift = problem.vehicles[vehicle.at()].shift;
    let is_late =
        rest.windows.first().is_none_or(|first| shift.from_s >= first.from_s + rest.duration_s);
    is_late || rest.windows.last().is_none_or(|last| shift.to_s <= last.to_s)
}

/// Whether one trip carries every job there is, so that nobody loads twice.
fn carries_all(problem: &Problem, vehicle: VehicleIx) -> bool {
    let mut all = Load::ZERO;
    for job in &problem.jobs {
        if let Kind::Visit { deliver, collect, backhaul, .. } = &job.kind {
            if *backhaul {
                return false;
            }
            all += *deliver;
            all += *collect;
        } else {
            return false;
        }
    }
    matches!(problem.vehicles[vehicle.at()].start, Start::Depot(_))
        && all.fits(problem.type_of(vehicle).capacity)
}

/// Whether the vehicle is out when its speed changes.
fn meets_second_slice(problem: &Problem, vehicle: VehicleIx) -> bool {
    let shift = problem.vehicles[vehicle.at()].shift;
    problem.profile_of(vehicle).slices.get(1).is_some_and(|second| shift.to_s > second.from_s)
}

/// Whether the order of two neighbours tells if a backhaul comes before a delivery: nothing is neither.
fn backhauls_are_plain(problem: &Problem) -> bool {
    let is_backhaul = |job: &problem::Job| matches!(job.kind, Kind::Visit { backhaul: true, .. });
    !problem.jobs.iter().any(is_backhaul)
        || problem.jobs.iter().all(|job| is_backhaul(job) || !job.delivers().is_zero())
}

/// Whether the vehicle may load after its start.
fn can_reload(problem: &Problem, vehicle: VehicleIx) -> bool {
    let known = &problem.vehicles[vehicle.at()];
    let starts_at_depot = matches!(known.start, Start::Depot(_));
    !known.reload_depots.is_empty()
        && problem.type_of(vehicle).trips_max > u32::from(starts_at_depot)
}

fn fits(seconds: i64) -> bool {
    seconds < i64::from(HORIZON)
}

/// Whether all jobs together are within what the search adds up.
fn loads_fit(problem: &Problem) -> bool {
    (0..LOADS).all(|d| {
        let of = |job: &problem::Job| match &job.kind {
            Kind::Visit { deliver, collect, .. } => deliver.0[d] + collect.0[d],
            Kind::Shipment { load, .. } => load.0[d],
        };
        problem.jobs.iter().map(of).sum::<i64>() < i64::from(HORIZON)
    })
}

/// The places in use, in the order of a chain of nearest neighbours.
struct Places {
    /// New number of each place in use.
    number: BTreeMap<PlaceIx, u16>,
    order: Vec<PlaceIx>,
    /// Number of the place that is everywhere at once, for routes that begin or end anywhere.
    nowhere: Option<u16>,
}

impl Places {
    fn of(problem: &Problem) -> Self {
        let mut used = vec![false; problem.places.len()];
        let visits = problem.jobs.iter().flat_map(problem::Job::visits).map(|visit| visit.place);
        let depots = problem.depots.iter().map(|depot| depot.place);
        let mut anywhere = false;
        let ends = problem.vehicles.iter().flat_map(|vehicle| {
            let start = if let Start::Place(place) = vehicle.start { Some(place) } else { None };
            let end = if let End::Place(place) = vehicle.end { Some(place) } else { None };
            start.into_iter().chain(end)
        });
        let positions = problem
            .standing
            .iter()
            .flat_map(|standing| standing.underway.iter().map(|underway| underway.position.place));
        for place in visits.chain(depots).chain(ends).chain(positions) {
            used[place.at()] = true;
        }
        for vehicle in &problem.vehicles {
            anywhere |= vehicle.start == Start::Anywhere || vehicle.end == End::Anywhere;
        }
        let left = (0..used.len()).filter(|&at| used[at]).map(PlaceIx::of).collect();
        let order =
            problem.profiles.first().map_or_else(Vec::new, |profile| chain(left, &profile.metres));
        let number =
            order.iter().enumerate().map(|(number, &place)| (place, number as u16)).collect();
        let nowhere = anywhere.then_some(order.len() as u16);
        Self { number, order, nowhere }
    }

    fn count(&self) -> usize {
        self.order.len() + usize::from(self.nowhere.is_some())
    }

    fn number(&self, place: PlaceIx) -> u16 {
        self.number.get(&place).copied().unwrap_or(0)
    }

    fn travel(&self, profile: &TravelProfile) -> Travel {
        let mut ways = Vec::with_capacity(self.count() * self.count());
        let seconds = &profile.slices[0].seconds;
        for &from in &self.order {
            ways.extend(
                self.order
                    .iter()
                    .map(|&to| way(seconds.cell(from, to), profile.metres.cell(from, to))),
            );
            ways.extend(self.nowhere.map(|_| Way::default()));
        }
        ways.resize(self.count() * self.count(), Way::default());
        Travel::new(self.count(), ways)
    }
}

fn way(seconds: Cell, metres: Cell) -> Way {
    match (seconds.amount(), metres.amount()) {
        (Some(seconds), Some(metres)) => Way { seconds: seconds as i32, metres: metres as i32 },
        (None, _) | (_, None) => Way { seconds: UNREACHABLE, metres: METRES_UNREACHABLE },
    }
}

/// From the first place always on to the nearest one left; ties by number.
fn chain(mut left: Vec<PlaceIx>, metres: &Matrix) -> Vec<PlaceIx> {
    let mut order = Vec::with_capacity(left.len());
    let mut next = 0;
    while !left.is_empty() {
        let at = left.swap_remove(next);
        order.push(at);
        let row = &metres.cells()[at.at() * metres.side()..][..metres.side()];
        next = (0..left.len())
            .min_by_key(|&place| (row[left[place].at()].raw(), left[place]))
            .unwrap_or(0);
    }
    order
}

fn visits_and_jobs(problem: &Problem, places: &Places, stages: &[Stage]) -> (Vec<Visit>, Vec<Job>) {
    let mut stops: Vec<(u16, u16, usize)> = Vec::new();
    for (at, job) in problem.jobs.iter().enumerate() {
        let parts = match stages[at] {
            Stage::Open | Stage::Loaded(_) => 0..2,
            Stage::PickedUp(_) => 1..2,
            Stage::Done => continue,
        };
        let visits = job.visits().enumerate().filter(|(part, _)| parts.contains(part));
        stops.extend(visits.map(|(part, visit)| (places.number(visit.place), at as u16, part)));
    }
    stops.sort_unstable();
    let mut jobs: Vec<Job> = problem
        .jobs
        .iter()
        .zip(stages)
        .map(|(job, stage)| Job {
            pickup: NONE,
            delivery: NONE,
            unserved: job.prize.unwrap_or_else(|| problem.objective.unserved_cost_of(job.priority)),
            optional: job.prize.is_some(),
            is_picked_up: matches!(stage, Stage::PickedUp(_)),
        })
        .collect();
    let mut visits = Vec::with_capacity(stops.len());
    for (place, job, part) in stops {
        let node = visits.len() as u16;
        let record = &mut jobs[job as usize];
        // What is left of a shipment that was picked up is one visit.
        if part == 0 || record.is_picked_up {
            record.pickup = node;
        } else {
            record.delivery = node;
        }
        visits.push(visit(&problem.jobs[job as usize], place, job, part));
    }
    (visits, jobs)
}

fn visit(job: &problem::Job, place: u16, number: u16, part: usize) -> Visit {
    let (stop, deliver, collect, backhaul) = match (&job.kind, part) {
        (Kind::Visit { visit, deliver, collect, backhaul }, _) => {
            (visit, *deliver, *collect, *backhaul)
        }
        (Kind::Shipment { pickup, load, .. }, 0) => (pickup, Load::ZERO, *load, false),
        (Kind::Shipment { delivery, load, .. }, _) => (delivery, *load, Load::ZERO, false),
    };
    let open_s = stop.windows.first().map_or(0, |window| window.from_s);
    Visit {
        place,
        job: number,
        open: clamped(open_s),
        close: clamped(stop.due_s() + job.late_s_max),
        service: clamped(stop.service_s),
        deliver: loads(deliver),
        collect: loads(collect),
        backhaul,
    }
}

fn clamped(amount: i64) -> i32 {
    amount.clamp(0, i64::from(HORIZON)) as i32
}

fn loads(load: Load) -> [i32; LOADS] {
    load.0.map(clamped)
}

/// When the vehicle can begin at the earliest: its shift, its depot's opening, and now.
fn begin_s(problem: &Problem, vehicle: VehicleIx) -> i64 {
    let known = &problem.vehicles[vehicle.at()];
    let depot = if let Start::Depot(depot) = known.start {
        Some(&problem.depots[depot.at()])
    } else {
        None
    };
    known.shift.from_s.max(problem.now_s()).max(depot.map_or(0, |depot| depot.window.from_s))
}

/// Classes, the class of each vehicle, and one vehicle of each class.
fn classes(problem: &Problem, places: &Places) -> (Vec<Class>, Vec<u16>, Vec<VehicleIx>) {
    let mut members: Vec<VehicleIx> = Vec::new();
    let mut vehicles = Vec::with_capacity(problem.vehicles.len());
    let mut by_type: BTreeMap<u32, Vec<u16>> = BTreeMap::new();
    for at in 0..problem.vehicles.len() {
        let vehicle = VehicleIx::of(at);
        let same_type = by_type.entry(problem.vehicles[at].vehicle_type.0).or_default();
        let known =
            same_type.iter().find(|&&class| are_equal(problem, members[class as usize], vehicle));
        vehicles.push(known.copied().unwrap_or_else(|| {
            let class = members.len() as u16;
            members.push(vehicle);
            same_type.push(class);
            class
        }));
    }
    let classes = members.iter().map(|&vehicle| class(problem, places, vehicle)).collect();
    (classes, vehicles, members)
}

fn are_equal(problem: &Problem, a: VehicleIx, b: VehicleIx) -> bool {
    let (one, other) = (&problem.vehicles[a.at()], &problem.vehicles[b.at()]);
    let stands_out = |vehicle| {
        problem.underway(vehicle).is_some()
            || problem.objective.moved_cost != 0
                && problem.standing.as_ref().is_some_and(|standing| {
                    standing.handed_out.routes.iter().any(|route| route.vehicle == vehicle)
                })
    };
    one.vehicle_type == other.vehicle_type
        && one.shift == other.shift
        && one.start == other.start
        && one.end == other.end
        && one.skills == other.skills
        && one.breaks == other.breaks
        && one.reload_depots == other.reload_depots
        && !stands_out(a)
        && !stands_out(b)
}

fn class(problem: &Problem, places: &Places, vehicle: VehicleIx) -> Class {
    let known = &problem.vehicles[vehicle.at()];
    let vehicle_type = problem.type_of(vehicle);
    let nowhere = places.nowhere.unwrap_or(0);
    let (mut start, mut open_s, mut start_close_s, mut loading_s) =
        (nowhere, begin_s(problem, vehicle), known.shift.to_s, 0);
    match known.start {
        Start::Depot(depot) => {
            let depot = &problem.depots[depot.at()];
            start = places.number(depot.place);
            start_close_s = start_close_s.min(depot.window.to_s);
            loading_s = depot.loading_s;
        }
        Start::Place(place) => start = places.number(place),
        Start::Anywhere => {}
    }
    let (end, close_s) = match known.end {
        End::Depot(depot) => {
            let depot = &problem.depots[depot.at()];
            (places.number(depot.place), known.shift.to_s.min(depot.window.to_s))
        }
        End::Place(place) => (places.number(place), known.shift.to_s),
        End::Anywhere => (nowhere, known.shift.to_s),
    };
    if let Some(underway) = problem.underway(vehicle) {
        start = places.number(underway.position.place);
        open_s = underway.position.at_s.max(problem.now_s());
        (start_close_s, loading_s) = (open_s, 0);
    }
    Class {
        travel: vehicle_type.profile.0 as u16,
        loading: clamped(loading_s),
        start_close: clamped(start_close_s),
        capacity: loads(vehicle_type.capacity),
        cost_fixed: vehicle_type.cost_fixed,
        cost_per_metre: vehicle_type.cost_per_metre,
        cost_per_second: vehicle_type.cost_per_second,
        start,
        end,
        open: clamped(open_s),
        close: clamped(close_s),
        metres_max: vehicle_type.metres_max.unwrap_or(i64::MAX),
        duration_max: vehicle_type.duration_s_max.map_or(i32::MAX, clamped),
        jobs_max: vehicle_type
            .jobs_max
            .map_or(u16::MAX, |most| most.min(u32::from(u16::MAX)) as u16),
    }
}

/// Whether skills, types and what is loaded where let `vehicle` serve `job`.
fn may_serve(problem: &Problem, vehicle: VehicleIx, job: JobIx, stage: Stage) -> bool {
    let known = &problem.vehicles[vehicle.at()];
    let asked = &problem.jobs[job.at()];
    let starts_at_depot = matches!(known.start, Start::Depot(_));
    let reloads = can_reload(problem, vehicle);
    let loads_it = match stage {
        Stage::Loaded(other) => other == vehicle,
        Stage::PickedUp(other) => return other == vehicle,
        Stage::Open if problem.underway(vehicle).is_some() => reloads || asked.delivers().is_zero(),
        Stage::Open => reloads || starts_at_depot || asked.delivers().is_zero(),
        Stage::Done => false,
    };
    known.skills.cover(asked.skills) && asked.types.contains(known.vehicle_type) && loads_it
}
