//! Depots, kinds of vehicles, vehicles and their breaks. May not know jobs.

use super::{DepotIx, Load, PlaceIx, ProfileIx, TypeIx, Window};

/// Where goods are loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depot {
    pub name: String,
    pub place: PlaceIx,
    /// Loading begins within it, and a vehicle that ends here arrives before it closes.
    pub window: Window,
    /// Spent at every loading, the first of the day included.
    pub loading_s: i64,
}

/// What all okadas, or all vans, have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VehicleType {
    pub name: String,
    pub profile: ProfileIx,
    pub capacity: Load,
    /// Once per vehicle that leaves.
    pub cost_fixed: i64,
    pub cost_per_metre: i64,
    /// For the whole duration of the route, loading, waiting and breaks included.
    pub cost_per_second: i64,
    /// For the whole route.
    pub metres_max: Option<i64>,
    pub duration_s_max: Option<i64>,
    /// Loadings per route: one at a start in a depot, and one per reload. At least 1.
    pub trips_max: u32,
    /// Jobs per route, over all its trips; a shipment counts once.
    pub jobs_max: Option<u32>,
}

/// Where and how a route begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Loads at a depot, then leaves.
    Depot(DepotIx),
    /// From a place with nothing on board: what a visit delivers must be loaded at a reload depot first.
    Place(PlaceIx),
    /// At its first stop, wherever that is, with nothing on board.
    Anywhere,
}

/// Where a route ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Depot(DepotIx),
    Place(PlaceIx),
    /// At its last stop, when its service is over.
    Anywhere,
}

/// A rest that is owed. It is taken at the place of the stop before it, after that stop's service, and begins as soon
/// as a window allows. It is owed when the route begins before `windows[0].from_s + duration_s` and ends after the last
/// window has closed: otherwise there was time for it before or after work. It may be taken in any case, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Sorted and disjoint; the break begins within one of them.
    pub windows: Vec<Window>,
    pub duration_s: i64,
}

/// Up to 64 abilities; what the bits mean is in `skill_names` of the draft.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skills(pub u64);

impl Skills {
    pub const NONE: Self = Self(0);

    /// Whether all of `asked` are here.
    #[must_use]
    pub fn cover(self, asked: Self) -> bool {
        asked.0 & !self.0 == 0
    }
}

/// One vehicle with its rider, for one shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vehicle {
    pub name: String,
    pub vehicle_type: TypeIx,
    /// The route begins and ends within it.
    pub shift: Window,
    pub start: Start,
    pub end: End,
    pub skills: Skills,
    pub breaks: Vec<Break>,
    /// Where it may load again. Empty: one trip.
    pub reload_depots: Vec<DepotIx>,
}
