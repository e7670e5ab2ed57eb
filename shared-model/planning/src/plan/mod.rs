//! What a search decides: who does what in which order, from when on. May hold no times or costs beyond that: they
//! follow from problem and plan, and `check` works them out.

use crate::problem::{DepotIx, JobIx, VehicleIx};

/// Decisions alone. Vehicles without a route stay at home; jobs in no route are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// At most one per vehicle, ascending by vehicle, none empty.
    pub routes: Vec<Route>,
}

/// What one vehicle does, from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub vehicle: VehicleIx,
    /// When the route begins: loading at a depot, or departure from a place, or arrival at the first stop of a route that
    /// starts anywhere. Of a vehicle underway, when it began.
    ///
    /// From here on everything happens as early as it can: travel at once, wait for a window only where it is closed.
    pub start_s: i64,
    /// Between start and end. Of a vehicle underway, its frozen stops come first.
    pub actions: Vec<Action>,
}

/// One stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Serves a job that is a visit.
    Visit(JobIx),
    /// First stop of a shipment.
    Pickup(JobIx),
    /// Second stop of a shipment.
    Deliver(JobIx),
    /// A break of the vehicle, by its index.
    Break(u32),
    /// Ends a trip at a depot, where what was collected is unloaded, and begins the next: waits for the depot to open
    /// and for the goods of the next trip to be released, then loads.
    Reload(DepotIx),
}

impl Action {
    /// The job that is served here.
    #[must_use]
    pub fn job(self) -> Option<JobIx> {
        match self {
            Self::Visit(job) | Self::Pickup(job) | Self::Deliver(job) => Some(job),
            Self::Break(_) | Self::Reload(_) => None,
        }
    }
}

/// What a plan costs, in cost units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub fixed: i64,
    pub distance: i64,
    pub duration: i64,
    pub late: i64,
    /// Prizes not collected, and jobs left out that must be served.
    pub unserved: i64,
    pub fairness: i64,
    pub moved: i64,
}

impl Cost {
    #[must_use]
    pub fn total(self) -> i64 {
        self.fixed
            + self.distance
            + self.duration
            + self.late
            + self.unserved
            + self.fairness
            + self.moved
    }
}
