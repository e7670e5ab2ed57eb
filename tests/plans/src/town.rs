//! A depot's day made up in code, with the rules that depots have: streets that are slow in the morning and the evening,
//! shifts, three kinds of vehicle with four capacities, several tours, cash on delivery, hours, and breaks where asked.
//! The same number gives the same day. May not solve.

use planning::problem::{
    Break, Cell, Depot, DepotIx, Draft, End, Job, Kind, Load, Matrix, Objective, Place, PlaceIx,
    Priority, Problem, ProfileIx, Refusals, Skills, Slice, Source, Standing, Start, TravelProfile,
    TypeIx, Vehicle, VehicleType, Visit, Window,
};

/// Which of a depot's rules a day has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Rules {
    /// Vans alone, with shifts, slices, hours and time that costs.
    Vans,
    /// Okadas, tuk-tuks and vans, small enough that most leave twice.
    Fleet,
    /// As `Fleet`, and everybody has a break at noon.
    Breaks,
}

impl Rules {
    /// The name in the table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Vans => "vans: slices, shifts, hours, time costs",
            Self::Fleet => "three kinds of vehicle, several tours each",
            Self::Breaks => "that, and breaks",
        }
    }
}

const H: i64 = 3_600;
/// Square of the town, in metres.
const TOWN_METRES: i64 = 18_000;
const CENTRES: i64 = 9;
/// Stops that one vehicle can do in its day.
const STOPS_A_VEHICLE: usize = 30;
/// Cost units in a minor unit of money.
const COST_UNITS: i64 = 1_000;

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Dice(u64);

impl Dice {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// From `least` to `most`, both included.
    fn range(&mut self, least: i64, most: i64) -> i64 {
        least + (self.word() % (most - least + 1).unsigned_abs()).cast_signed()
    }

    fn percent(&mut self, of_hundred: i64) -> bool {
        self.range(1, 100) <= of_hundred
    }
}

/// A kind of vehicle: name, capacity, what a day, a km and an hour cost, metres a minute, and the share of the fleet.
type VehicleKind = (&'static str, [i64; 4], [i64; 3], i64, usize);

const KINDS: [VehicleKind; 3] = [
    ("okada", [60_000, 150_000, 14, 3_000_000], [0, 1_200, 15_000], 420, 3),
    ("tuktuk", [150_000, 600_000, 24, 6_000_000], [10_000, 2_000, 18_000], 330, 2),
    ("van", [1_000_000, 6_000_000, 200, 40_000_000], [50_000, 4_500, 25_000], 380, 1),
];

/// # Errors
/// When the checker of problems refuses what was made up, which would be a fault here.
pub(crate) fn day(stops: usize, rules: Rules, number: u64) -> Result<Problem, Refusals> {
    let mut dice = Dice(number ^ (stops as u64) << 20);
    let points = points(&mut dice, stops);
    let mut draft = Draft { places: places(&points), ..Draft::default() };
    draft.depots.push(Depot {
        name: "depot".to_owned(),
        place: PlaceIx(0),
        window: Window::ALWAYS,
        loading_s: 300,
    });
    let kinds = if rules == Rules::Vans { &KINDS[2..] } else { &KINDS[..] };
    for (at, kind) in kinds.iter().enumerate() {
        let profile = profile(&mut dice, &points, kind.0, kind.3);
        draft.profiles.push(profile);
        draft.vehicle_types.push(vehicle_type(at, kind));
        let all: usize = kinds.iter().map(|kind| kind.4).sum();
        let count = (stops / STOPS_A_VEHICLE + 2) * kind.4 / all + 1;
        draft.vehicles.extend((0..count).map(|number| vehicle(at, kind.0, number, rules)));
    }
    for at in 1..=stops {
        draft.jobs.push(order(&mut dice, at));
    }
    draft.objective = Objective {
        late_cost_per_second: 50_000,
        moved_cost: 2_000 * COST_UNITS,
        ..Objective::default()
    };
    // Planned in the morning, with nothing handed out yet.
    let (underway, handed_out) = (Vec::new(), planning::plan::Plan::default());
    draft.standing = Some(Standing { now_s: 7 * H, underway, handed_out });
    draft.check()
}

/// The depot near the middle, and doors in quarters of unlike size around it.
fn points(dice: &mut Dice, stops: usize) -> Vec<(i64, i64)> {
    let middle = TOWN_METRES / 2;
    let centres: Vec<(i64, i64, i64)> = (0..CENTRES)
        .map(|_| {
            let (x, y) = (dice.range(0, TOWN_METRES), dice.range(0, TOWN_METRES));
            (x, y, dice.range(300, 2_500))
        })
        .collect();
    let mut points = vec![(middle + 800, middle - 400)];
    for _ in 0..stops {
        let (x, y, wide) = centres[dice.range(0, CENTRES - 1).unsigned_abs() as usize];
        let beside = |dice: &mut Dice| (dice.range(-wide, wide) + dice.range(-wide, wide)) / 2;
        points.push((x + beside(dice), y + beside(dice)));
    }
    points
}

fn places(points: &[(i64, i64)]) -> Vec<Place> {
    let name = |at| if at == 0 { "depot".to_owned() } else { format!("door {at}") };
    (0..points.len()).map(|at| Place { name: name(at), point: None }).collect()
}

/// Ways with one-way detours, and times that every street slows by itself when the town is full.
fn profile(
    dice: &mut Dice,
    points: &[(i64, i64)],
    name: &str,
    metres_a_minute: i64,
) -> TravelProfile {
    let side = points.len();
    let mut metres = Vec::with_capacity(side * side);
    let mut times: [Vec<Cell>; 3] = Default::default();
    let cell = |amount: i64| u32::try_from(amount).ok().and_then(Cell::new);
    for (from, a) in points.iter().enumerate() {
        for (to, b) in points.iter().enumerate() {
            let (x, y) = ((a.0 - b.0).abs(), (a.1 - b.1).abs());
            let straight = (x * x + y * y).isqrt();
            let detour = dice.range(115, 145);
            let way = if from == to { 0 } else { straight * detour / 100 + 40 };
            metres.push(cell(way).unwrap_or(Cell::UNREACHABLE));
            let free_s = way * 60 / metres_a_minute;
            let slower = [dice.range(125, 170), 100, dice.range(130, 185)];
            for (times, percent) in times.iter_mut().zip(slower) {
                times.push(cell(free_s * percent / 100).unwrap_or(Cell::UNREACHABLE));
            }
        }
    }
    let matrix = |cells| Matrix::new(side, cells);
    let slices = [0, 9 * H + H / 2, 16 * H].into_iter().zip(times);
    let slices = slices
        .filter_map(|(from_s, times)| Some(Slice { from_s, seconds: matrix(times)? }))
        .collect();
    let metres = matrix(metres).unwrap_or_else(|| unreachable!("a row for every row"));
    TravelProfile { name: name.to_owned(), source: Source::Graph, slices, metres }
}

fn vehicle_type(at: usize, kind: &VehicleKind) -> VehicleType {
    let (name, capacity, [fixed, per_km, per_hour], ..) = *kind;
    VehicleType {
        name: name.to_owned(),
        profile: ProfileIx::of(at),
        capacity: Load(capacity),
        cost_fixed: fixed * COST_UNITS,
        cost_per_metre: per_km,
        cost_per_second: per_hour * COST_UNITS / H,
        metres_max: None,
        duration_s_max: None,
        trips_max: 6,
        jobs_max: None,
    }
}

fn vehicle(at: usize, kind: &str, number: usize, rules: Rules) -> Vehicle {
    let noon = Break { windows: vec![Window { from_s: 12 * H, to_s: 14 * H }], duration_s: H / 2 };
    Vehicle {
        name: format!("{kind} {number}"),
        vehicle_type: TypeIx::of(at),
        shift: Window { from_s: 8 * H, to_s: 18 * H },
        start: Start::Depot(DepotIx(0)),
        end: End::Depot(DepotIx(0)),
        skills: Skills::NONE,
        breaks: if rules == Rules::Breaks { vec![noon] } else { Vec::new() },
        reload_depots: vec![DepotIx(0)],
    }
}

/// Most take their parcels at any hour, the others within some; a third pays at the door.
fn order(dice: &mut Dice, at: usize) -> Job {
    let from_s = 8 * H + dice.range(0, 12) * (H / 2);
    let hours = Window { from_s, to_s: from_s + dice.range(4, 8) * (H / 2) };
    let windows = vec![if dice.percent(45) { hours } else { Window::ALWAYS }];
    let cash = if dice.percent(35) { dice.range(20, 800) * 1_000 } else { 0 };
    let visit = Visit { place: PlaceIx::of(at), windows, service_s: dice.range(120, 420) };
    let deliver = Load([dice.range(300, 9_000), dice.range(500, 20_000), dice.range(1, 2), 0]);
    let collect = Load([0, 0, 0, cash]);
    let kind = Kind::Visit { visit, deliver, collect, backhaul: false };
    let mut job = Job::required(&format!("order {at}"), kind);
    job.priority = if dice.percent(10) { Priority::High } else { Priority::Normal };
    job
}
