//! The problem as the search sees it: flat arrays of small integers, vehicles grouped into classes of equals.
//! It holds no names and knows nothing of the search's state; it is written once and only read afterwards.

use crate::{plan::Action, problem::JobIx};

/// Largest time of day or distance the search reckons with: sums of a few of them stay within `i32`.
pub(crate) const HORIZON: i32 = 1 << 28;
/// Travel between places that have no way between them: past the horizon, so every window refuses it.
pub(crate) const UNREACHABLE: i32 = 1 << 29;
/// Load dimensions, in the order of the problem's.
pub(crate) const LOADS: usize = 4;

/// One way: time and length side by side, as the search wants both at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Way {
    pub seconds: i32,
    pub metres: i32,
}

/// Travel of one kind of vehicle.
#[derive(Debug, Clone, Default)]
pub(crate) struct Travel {
    /// `places × places`, row = from.
    ways: Vec<Way>,
    places: usize,
    symmetric: bool,
}

impl Travel {
    pub(crate) fn new(places: usize, ways: Vec<Way>) -> Self {
        let symmetric =
            (0..places).all(|a| (0..a).all(|b| ways[a * places + b] == ways[b * places + a]));
        Self { ways, places, symmetric }
    }

    #[inline]
    pub(crate) fn way(&self, from: u16, to: u16) -> Way {
        self.ways[from as usize * self.places + to as usize]
    }

    /// As `way`, from the row of `to` where there and back are the same: asked of one `to` and many `from`, that row
    /// stays in the nearest cache.
    #[inline]
    pub(crate) fn way_into(&self, from: u16, to: u16) -> Way {
        let (row, column) = if self.symmetric { (to, from) } else { (from, to) };
        self.ways[row as usize * self.places + column as usize]
    }
}

/// One place to be visited for a job; shipments have two.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visit {
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
pub(crate) struct Job {
    /// `NONE` when nothing of the job is left to plan: it is never absent and never planned.
    pub pickup: u16,
    /// `NONE` for a single visit.
    pub delivery: u16,
    /// Price of leaving the job out.
    pub unserved: i64,
    /// Left out for good when not worth its price (a prize), rather than by need.
    pub optional: bool,
    /// Only the delivery of the shipment is left, as `pickup`.
    pub is_picked_up: bool,
}

/// Marks the absence of a visit, a route or a partner.
pub(crate) const NONE: u16 = u16::MAX;

/// Vehicles that differ in nothing but their name.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    pub travel: u16,
    /// Spent at the start before the first leg; the loading begins within `open..=start_close`.
    pub loading: i32,
    pub start_close: i32,
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
    pub jobs_max: u16,
}

/// The compiled instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compiled {
    pub travel: Vec<Travel>,
    pub visits: Vec<Visit>,
    pub jobs: Vec<Job>,
    pub classes: Vec<Class>,
    /// Class of each vehicle; one route per vehicle.
    pub vehicles: Vec<u16>,
    /// `jobs × classes`: may this class serve this job? Empty when every class may serve every job.
    pub allowed: Vec<bool>,
    /// Some class pays nothing per metre.
    pub by_seconds: bool,
}

impl Compiled {
    #[inline]
    pub(crate) fn may_serve(&self, class: u16, job: u16) -> bool {
        self.allowed.is_empty() || self.allowed[job as usize * self.classes.len() + class as usize]
    }

    /// Price of a unit of `ways` below which no class goes.
    pub(crate) fn way_rate(&self) -> i64 {
        let rate = |class: &Class| {
            if self.by_seconds { class.cost_per_second } else { class.cost_per_metre }
        };
        self.classes.iter().map(rate).min().unwrap_or(0)
    }

    /// What a way costs at least, for judging nearness before anything is priced: metres, or seconds where metres are
    /// free, as the first class travels.
    #[inline]
    pub(crate) fn way(&self, from: u16, to: u16) -> i32 {
        let way = self.travel[0].way(from, to);
        if self.by_seconds { way.seconds } else { way.metres }
    }

    /// As `way`, asked of one `to` and many `from`.
    #[inline]
    pub(crate) fn way_into(&self, from: u16, to: u16) -> i32 {
        let way = self.travel[0].way_into(from, to);
        if self.by_seconds { way.seconds } else { way.metres }
    }

    /// What serving `node` is called in a plan.
    pub(crate) fn action(&self, node: u16) -> Action {
        let job = self.visits[node as usize].job;
        let record = self.jobs[job as usize];
        let name = JobIx(u32::from(job));
        if record.is_picked_up {
            Action::Deliver(name)
        } else if record.delivery == NONE {
            Action::Visit(name)
        } else if record.pickup == node {
            Action::Pickup(name)
        } else {
            Action::Deliver(name)
        }
    }

    /// Jobs of which something is left to plan.
    pub(crate) fn open_jobs(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.jobs.len() as u16).filter(|&job| self.jobs[job as usize].pickup != NONE)
    }

    #[inline]
    pub(crate) fn is_pair(&self, job: u16) -> bool {
        self.jobs[job as usize].delivery != NONE
    }
}
