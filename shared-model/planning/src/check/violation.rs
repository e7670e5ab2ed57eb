//! What a plan can break. May not say how grave it is.

use crate::problem::{DepotIx, Dimension, JobIx, VehicleIx};

/// One broken rule. `stop` counts the actions of the route from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A vehicle, job, break or depot that does not exist, or a job of another kind than the action.
    Unknown {
        vehicle: VehicleIx,
        stop: Option<usize>,
    },
    /// Routes are not ascending by vehicle, each once.
    RoutesUnordered {
        vehicle: VehicleIx,
    },
    /// A route without actions of a vehicle that is not underway.
    RouteEmpty {
        vehicle: VehicleIx,
    },
    /// A vehicle underway has no route, or its route does not begin with what it has done.
    FrozenChanged {
        vehicle: VehicleIx,
    },
    /// Done more than once.
    JobTwice {
        job: JobIx,
    },
    /// Picked up and not delivered, or delivered and not picked up before, or by two vehicles.
    ShipmentBroken {
        job: JobIx,
    },
    /// On board of another vehicle.
    LoadedElsewhere {
        vehicle: VehicleIx,
        job: JobIx,
    },
    /// Delivered in a trip in which it was not loaded.
    NotLoaded {
        vehicle: VehicleIx,
        job: JobIx,
    },
    SkillMissing {
        vehicle: VehicleIx,
        job: JobIx,
    },
    TypeForbidden {
        vehicle: VehicleIx,
        job: JobIx,
    },
    /// `stop` = `None`: right after loading at the start.
    CapacityExceeded {
        vehicle: VehicleIx,
        stop: Option<usize>,
        dimension: Dimension,
        over: i64,
    },
    /// A delivery after a backhaul of the same trip.
    BackhaulBefore {
        vehicle: VehicleIx,
        stop: usize,
    },
    /// `stop` = `None`: the way to the end.
    Unreachable {
        vehicle: VehicleIx,
        stop: Option<usize>,
    },
    WindowMissed {
        vehicle: VehicleIx,
        stop: usize,
        late_s: i64,
    },
    RideTooLong {
        vehicle: VehicleIx,
        job: JobIx,
        over_s: i64,
    },
    BreakMissing {
        vehicle: VehicleIx,
        number: u32,
    },
    BreakTwice {
        vehicle: VehicleIx,
        number: u32,
    },
    BreakMissed {
        vehicle: VehicleIx,
        stop: usize,
    },
    /// Before the first stop of a route that starts anywhere.
    BreakNowhere {
        vehicle: VehicleIx,
        stop: usize,
    },
    ReloadForbidden {
        vehicle: VehicleIx,
        depot: DepotIx,
    },
    /// Loading does not begin, or the route does not end, while the depot is open.
    DepotClosed {
        vehicle: VehicleIx,
        depot: DepotIx,
    },
    /// The first trip begins before its goods are released.
    NotReleased {
        vehicle: VehicleIx,
        job: JobIx,
    },
    /// Before the shift, or before now.
    StartTooEarly {
        vehicle: VehicleIx,
        early_s: i64,
    },
    ShiftExceeded {
        vehicle: VehicleIx,
        over_s: i64,
    },
    DurationExceeded {
        vehicle: VehicleIx,
        over_s: i64,
    },
    MetresExceeded {
        vehicle: VehicleIx,
        over: i64,
    },
    TripsExceeded {
        vehicle: VehicleIx,
        over: u32,
    },
    JobsExceeded {
        vehicle: VehicleIx,
        over: u32,
    },
}

impl Violation {
    /// Stable, for pages to translate by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown",
            Self::RoutesUnordered { .. } => "routes-unordered",
            Self::RouteEmpty { .. } => "route-empty",
            Self::FrozenChanged { .. } => "frozen-changed",
            Self::JobTwice { .. } => "job-twice",
            Self::ShipmentBroken { .. } => "shipment-broken",
            Self::LoadedElsewhere { .. } => "loaded-elsewhere",
            Self::NotLoaded { .. } => "not-loaded",
            Self::SkillMissing { .. } => "skill-missing",
            Self::TypeForbidden { .. } => "type-forbidden",
            Self::CapacityExceeded { .. } => "capacity-exceeded",
            Self::BackhaulBefore { .. } => "backhaul-before",
            Self::Unreachable { .. } => "unreachable",
            Self::WindowMissed { .. } => "window-missed",
            Self::RideTooLong { .. } => "ride-too-long",
            Self::BreakMissing { .. } => "break-missing",
            Self::BreakTwice { .. } => "break-twice",
            Self::BreakMissed { .. } => "break-missed",
            Self::BreakNowhere { .. } => "break-nowhere",
            Self::ReloadForbidden { .. } => "reload-forbidden",
            Self::DepotClosed { .. } => "depot-closed",
            Self::NotReleased { .. } => "not-released",
            Self::StartTooEarly { .. } => "start-too-early",
            Self::ShiftExceeded { .. } => "shift-exceeded",
            Self::DurationExceeded { .. } => "duration-exceeded",
            Self::MetresExceeded { .. } => "metres-exceeded",
            Self::TripsExceeded { .. } => "trips-exceeded",
            Self::JobsExceeded { .. } => "jobs-exceeded",
        }
    }
}
