//! The problem as the search sees it: flat arrays of small integers, vehicles grouped into classes of equals.
//! It holds no names and knows nothing of the search's state; it is written once and only read afterwards.

/// Largest time of day or distance the search reckons with: sums of a few of them stay within `i32`.
pub const HORIZON: i32 = 1 << 28;
/// Travel between places that have no way between them: past the horizon, so every window refuses it.
pub const UNREACHABLE: i32 = 1 << 29;
/// Load dimensions, in the order of the problem's.
pub const LOADS: usize = 4;

/// Travel of one kind of vehicle, `places × places`, row = from.
#[derive(Debug, Clone, Default)]
pub struct Travel {
    pub seconds: Vec<i32>,
    pub metres: Vec<i32>,
}

/// One place to be visited for a job; shipments have two.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visit {
    pub place: u16,
    pub job: u16,
    /// Service starts no earlier and no later.
    pub open: i32,
    pub close: i32,
    pub service: i32,
    /// On board from the route's start to this visit.
    pub deliver: [i32; LOADS],
    /// On board from this visit to the route's end.
    pub collect: [i32; LOADS],
    /// Served only after every delivery of the route.
    pub backhaul: bool,
}

/// What must be planned as one: a single visit, or a pickup and its delivery on one vehicle.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    pub pickup: u16,
    /// `NONE` for a single visit.
    pub delivery: u16,
    /// Price of leaving the job out.
    pub unserved: i64,
    /// Left out for good when not worth its price (a prize), rather than by need.
    pub optional: bool,
}

/// Marks the absence of a visit, a route or a partner.
pub const NONE: u16 = u16::MAX;

/// Vehicles that differ in nothing but their name.
#[derive(Debug, Clone)]
pub struct Class {
    pub travel: u16,
    pub capacity: [i32; LOADS],
    pub cost_fixed: i64,
    pub cost_per_metre: i64,
    pub cost_per_second: i64,
    pub start: u16,
    pub end: u16,
    /// Departure no earlier, return no later.
    pub open: i32,
    pub close: i32,
    pub metres_max: i64,
    pub duration_max: i32,
    pub visits_max: u16,
}

/// The compiled instance.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    pub places: usize,
    pub travel: Vec<Travel>,
    pub visits: Vec<Visit>,
    pub jobs: Vec<Job>,
    pub classes: Vec<Class>,
    /// Class of each vehicle; one route per vehicle.
    pub vehicles: Vec<u16>,
    /// `jobs × classes`: may this class serve this job? Empty when every class may serve every job.
    pub allowed: Vec<bool>,
}

impl Compiled {
    #[inline]
    pub fn may_serve(&self, class: u16, job: u16) -> bool {
        self.allowed.is_empty() || self.allowed[job as usize * self.classes.len() + class as usize]
    }

    #[inline]
    pub fn is_pair(&self, job: u16) -> bool {
        self.jobs[job as usize].delivery != NONE
    }
}
