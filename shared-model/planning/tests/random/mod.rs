//! Random problems of every feature, from a seed and a choice of features. May not know the search.

use planning::check::audit;
use planning::plan::{Action, Plan};
use planning::problem::{
    Break, Cell, Depot, DepotIx, Draft, End, FrozenStop, Job, JobIx, Kind, Load, Matrix, Place,
    PlaceIx, Point, Position, Priority, Problem, ProfileIx, Skills, Slice, Source, Standing, Start,
    TravelProfile, TypeIx, TypeSet, Underway, Vehicle, VehicleType, Visit, Window,
};

/// SplitMix64 (Steele, Lea & Flood 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// From `least` to `most`, both included.
    pub(crate) fn range(&mut self, least: i64, most: i64) -> i64 {
        least + (self.word() % (most - least + 1) as u64) as i64
    }

    fn one_in(&mut self, count: i64) -> bool {
        self.range(1, count) == 1
    }
}

/// What a problem has beyond plain deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    Slices,
    Breaks,
    Reloads,
    Windows,
    Late,
    Shipments,
    Rides,
    Backhauls,
    Collects,
    Skills,
    Types,
    Depots,
    Open,
    Prizes,
    Fair,
    TimeCosts,
    Limits,
    Unreachable,
}

pub(crate) const FEATURES: [Feature; 18] = [
    Feature::Slices,
    Feature::Breaks,
    Feature::Reloads,
    Feature::Windows,
    Feature::Late,
    Feature::Shipments,
    Feature::Rides,
    Feature::Backhauls,
    Feature::Collects,
    Feature::Skills,
    Feature::Types,
    Feature::Depots,
    Feature::Open,
    Feature::Prizes,
    Feature::Fair,
    Feature::TimeCosts,
    Feature::Limits,
    Feature::Unreachable,
];

/// Three features or so, drawn by lot.
pub(crate) fn some(dice: &mut Dice) -> Vec<Feature> {
    FEATURES.into_iter().filter(|_| dice.one_in(5)).collect()
}

const DAY_S: i64 = 36_000;

pub(crate) fn draft(dice: &mut Dice, features: &[Feature]) -> Draft {
    let has = |feature| features.contains(&feature);
    let jobs = dice.range(4, 14) as usize;
    let depots = if has(Feature::Depots) { 2 } else { 1 };
    let places = depots + jobs + 3;
    let points: Vec<(i64, i64)> =
        (0..places).map(|_| (dice.range(0, 3_000), dice.range(0, 3_000))).collect();
    let types = if has(Feature::Types) { 2 } else { 1 };
    let mut draft = Draft {
        places: points
            .iter()
            .enumerate()
            .map(|(at, (x, y))| Place {
                name: format!("place {at}"),
                point: Some(Point {
                    lat_e6: -1_300_000 + *y as i32,
                    lon_e6: 36_800_000 + *x as i32,
                }),
            })
            .collect(),
        profiles: (0..types).map(|at| profile(dice, &points, at, features)).collect(),
        skill_names: vec!["cold".to_owned(), "tall".to_owned()],
        ..Draft::default()
    };
    for at in 0..depots {
        let window = Window { from_s: dice.range(0, 3_000), to_s: DAY_S - dice.range(0, 2_000) };
        let name = format!("depot {at}");
        draft.depots.push(Depot {
            name,
            place: PlaceIx::of(at),
            window,
            loading_s: dice.range(0, 300),
        });
    }
    for at in 0..types {
        draft.vehicle_types.push(vehicle_type(dice, at, features));
    }
    for at in 0..dice.range(2, 4) as usize {
        let vehicle = vehicle(dice, at, depots, types, features);
        draft.vehicles.push(vehicle);
    }
    for at in 0..jobs {
        let job = job(dice, at, depots + at, places, features);
        draft.jobs.push(job);
    }
    if has(Feature::Fair) {
        draft.objective.fairness_cost_per_second = dice.range(1, 3);
    }
    draft.objective.late_cost_per_second = dice.range(0, 5);
    draft.objective.unserved_cost = [1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000];
    draft
}

fn profile(
    dice: &mut Dice,
    points: &[(i64, i64)],
    at: usize,
    features: &[Feature],
) -> TravelProfile {
    let side = points.len();
    let hole = features.contains(&Feature::Unreachable).then(|| {
        (dice.range(0, side as i64 - 1) as usize, dice.range(0, side as i64 - 1) as usize)
    });
    let table = |percent: i64| {
        let mut cells = Vec::with_capacity(side * side);
        for (from, a) in points.iter().enumerate() {
            for (to, b) in points.iter().enumerate() {
                let metres = (a.0 - b.0).abs() + (a.1 - b.1).abs();
                let amount = u32::try_from(metres * percent / 100).unwrap();
                let reachable = from == to || hole != Some((from, to));
                cells.push(if reachable { Cell::new(amount).unwrap() } else { Cell::UNREACHABLE });
            }
        }
        Matrix::new(side, cells).unwrap()
    };
    let metres = table(100);
    let mut slices = vec![Slice { from_s: 0, seconds: table(60) }];
    if features.contains(&Feature::Slices) {
        for number in 1..=3 {
            let seconds = table(dice.range(30, 150));
            slices.push(Slice { from_s: number * 7_000, seconds });
        }
    }
    TravelProfile { name: format!("profile {at}"), source: Source::Given, slices, metres }
}

fn vehicle_type(dice: &mut Dice, at: usize, features: &[Feature]) -> VehicleType {
    let has = |feature| features.contains(&feature);
    let limited = has(Feature::Limits);
    VehicleType {
        name: format!("type {at}"),
        profile: ProfileIx::of(at),
        capacity: Load([dice.range(20, 60), dice.range(20, 60), 10, dice.range(30, 90)]),
        cost_fixed: dice.range(0, 2_000),
        cost_per_metre: dice.range(1, 3),
        cost_per_second: if has(Feature::TimeCosts) { dice.range(1, 3) } else { 0 },
        metres_max: limited.then(|| dice.range(8_000, 30_000)),
        duration_s_max: limited.then(|| dice.range(6_000, 20_000)),
        trips_max: if has(Feature::Reloads) { dice.range(1, 4) as u32 } else { 1 },
        jobs_max: limited.then(|| dice.range(2, 8) as u32),
    }
}

fn vehicle(
    dice: &mut Dice,
    at: usize,
    depots: usize,
    types: usize,
    features: &[Feature],
) -> Vehicle {
    let has = |feature| features.contains(&feature);
    let home = DepotIx::of(dice.range(0, depots as i64 - 1) as usize);
    let (mut start, mut end) = (Start::Depot(home), End::Depot(home));
    if has(Feature::Open) {
        let place = PlaceIx::of(depots + dice.range(0, 3) as usize);
        start = match dice.range(0, 2) {
            0 => Start::Anywhere,
            1 => Start::Place(place),
            _ => start,
        };
        end = match dice.range(0, 2) {
            0 => End::Anywhere,
            1 => End::Place(place),
            _ => end,
        };
    }
    let mut breaks = Vec::new();
    if has(Feature::Breaks) {
        for number in 0..dice.range(1, 2) {
            let from_s = 8_000 + number * 9_000 + dice.range(0, 3_000);
            let windows = vec![Window { from_s, to_s: from_s + dice.range(600, 4_000) }];
            breaks.push(Break { windows, duration_s: dice.range(300, 2_000) });
        }
    }
    let reload_depots =
        if has(Feature::Reloads) { (0..depots).map(DepotIx::of).collect() } else { Vec::new() };
    Vehicle {
        name: format!("vehicle {at}"),
        vehicle_type: TypeIx::of(at % types),
        shift: Window { from_s: dice.range(0, 5_000), to_s: DAY_S - dice.range(0, 8_000) },
        start,
        end,
        skills: Skills(if has(Feature::Skills) { dice.range(0, 3) as u64 } else { 0 }),
        breaks,
        reload_depots,
    }
}

fn visit(dice: &mut Dice, place: usize, features: &[Feature]) -> Visit {
    let from_s = dice.range(0, 15_000);
    let mut windows = vec![Window { from_s, to_s: from_s + dice.range(1_000, 12_000) }];
    if features.contains(&Feature::Windows) {
        let again_s = windows[0].to_s + dice.range(100, 4_000);
        windows.push(Window { from_s: again_s, to_s: again_s + dice.range(500, 3_000) });
    }
    Visit { place: PlaceIx::of(place), windows, service_s: dice.range(0, 600) }
}

fn load(dice: &mut Dice) -> Load {
    Load([dice.range(1, 15), dice.range(0, 15), 1, 0])
}

fn job(dice: &mut Dice, at: usize, place: usize, places: usize, features: &[Feature]) -> Job {
    let has = |feature| features.contains(&feature);
    let stop = visit(dice, place, features);
    let mut kind =
        Kind::Visit { visit: stop, deliver: load(dice), collect: Load::ZERO, backhaul: false };
    if has(Feature::Shipments) && dice.one_in(2) || has(Feature::Rides) {
        let mut delivery = visit(dice, (place + 1).min(places - 1), features);
        delivery.windows = vec![Window { from_s: 0, to_s: DAY_S }];
        let ride_s_max = has(Feature::Rides).then(|| dice.range(1_500, 6_000));
        let pickup = visit(dice, place, features);
        kind = Kind::Shipment { pickup, delivery, load: load(dice), ride_s_max };
    } else if let Kind::Visit { deliver, collect, backhaul, .. } = &mut kind {
        if has(Feature::Backhauls) && dice.one_in(2) {
            (*collect, *deliver, *backhaul) = (*deliver, Load::ZERO, true);
        } else if has(Feature::Collects) {
            *collect = Load([dice.range(0, 5), 0, 0, dice.range(0, 40)]);
        }
    }
    let mut job = Job::required(&format!("job {at}"), kind);
    job.priority = [Priority::Low, Priority::Normal, Priority::Highest][dice.range(0, 2) as usize];
    job.prize = (has(Feature::Prizes) && dice.one_in(2)).then(|| dice.range(0, 6_000));
    if has(Feature::Reloads) && matches!(job.kind, Kind::Visit { .. }) && dice.one_in(2) {
        job.release_s = dice.range(0, 9_000);
    }
    job.skills =
        Skills(if has(Feature::Skills) && dice.one_in(3) { dice.range(1, 2) as u64 } else { 0 });
    job.types = if has(Feature::Types) && dice.one_in(3) { TypeSet(2) } else { TypeSet::ALL };
    job.late_s_max = if has(Feature::Late) { dice.range(0, 4_000) } else { 0 };
    job
}

/// The day of `plan` at `now_s`: what has begun by then is frozen, the rest was handed out and is planned again.
pub(crate) fn underway(problem: &Problem, plan: &Plan, now_s: i64, moved_cost: i64) -> Draft {
    let mut known = Vec::new();
    for (route, timetable) in plan.routes.iter().zip(audit(problem, plan).timetables) {
        if route.start_s > now_s {
            continue;
        }
        let done = timetable.stops.iter().take_while(|stop| stop.start_s <= now_s).count();
        let frozen: Vec<FrozenStop> = timetable.stops[..done]
            .iter()
            .map(|stop| FrozenStop {
                action: stop.action,
                start_s: stop.start_s,
                depart_s: stop.depart_s,
            })
            .collect();
        let is_reload = |action: &Action| matches!(action, Action::Reload(_));
        let rest = route.actions[done..].iter().take_while(|action| !is_reload(action));
        let delivers = |job: &JobIx| !problem.jobs[job.at()].delivers().is_zero();
        let vehicle = &problem.vehicles[route.vehicle.at()];
        let (place, at_s, metres_done) = match (timetable.stops[..done].last(), vehicle.start) {
            (Some(stop), _) => (stop.place, stop.depart_s, stop.metres),
            (None, Start::Depot(depot)) => {
                let depot = &problem.depots[depot.at()];
                (depot.place, route.start_s + depot.loading_s, 0)
            }
            (None, Start::Place(place)) => (place, route.start_s, 0),
            (None, Start::Anywhere) => (timetable.stops[0].place, route.start_s, 0),
        };
        known.push(Underway {
            vehicle: route.vehicle,
            started_s: route.start_s,
            frozen,
            position: Position { place, at_s: at_s.max(now_s) },
            metres_done,
            loaded: rest.filter_map(|action| action.job()).filter(delivers).collect(),
        });
    }
    let mut draft = problem.clone().into_draft();
    draft.objective.moved_cost = moved_cost;
    draft.standing = Some(Standing { now_s, underway: known, handed_out: plan.clone() });
    draft
}
