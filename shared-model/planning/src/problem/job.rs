//! What is to be done: visits and shipments. May not know vehicles beyond what a job asks of them.

use super::bounds::TIME_S_MAX;
use super::{Load, PlaceIx, Priority, Skills, TypeIx};

/// From and to, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from_s: i64,
    pub to_s: i64,
}

impl Window {
    pub const ALWAYS: Self = Self { from_s: 0, to_s: TIME_S_MAX };

    #[must_use]
    pub fn contains(self, at_s: i64) -> bool {
        (self.from_s..=self.to_s).contains(&at_s)
    }
}

/// One stop that a job needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub place: PlaceIx,
    /// Sorted, disjoint, at least one. The service begins in one of them (and may end after it).
    pub windows: Vec<Window>,
    pub service_s: i64,
}

impl Visit {
    /// The end of the last window: a service that begins after it is late.
    ///
    /// # Panics
    /// When there is no window, which the check of a draft refuses.
    #[must_use]
    pub fn due_s(&self) -> i64 {
        self.windows.last().expect("a visit has at least one window").to_s
    }
}

/// What kind of work a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One stop. `deliver` is on board from the trip's loading to the visit, `collect` from the visit to the end of the
    /// trip: cash on delivery is a `collect` in the fourth dimension, a return is a `collect` of goods.
    Visit {
        visit: Visit,
        deliver: Load,
        collect: Load,
        /// Within its trip only after every visit that is no backhaul and delivers something.
        backhaul: bool,
    },
    /// Two stops of one route: first `pickup`, later `delivery`, with `load` on board in between, also across a reload.
    Shipment {
        pickup: Visit,
        delivery: Visit,
        load: Load,
        /// Longest time from the end of the pickup's service to the begin of the delivery's.
        ride_s_max: Option<i64>,
    },
}

/// Up to 64 vehicle types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeSet(pub u64);

impl TypeSet {
    pub const ALL: Self = Self(u64::MAX);

    #[must_use]
    pub fn contains(self, vehicle_type: TypeIx) -> bool {
        self.0 >> vehicle_type.0 & 1 == 1
    }
}

/// One piece of work, done whole by one vehicle or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub name: String,
    pub kind: Kind,
    pub priority: Priority,
    /// `Some`: may be left out, which costs the prize. `None`: must be served; leaving it out makes the plan
    /// incomplete and costs what the objective says for its priority.
    pub prize: Option<i64>,
    /// When its goods are ready at the depot: the trip of its visit begins (loads, or leaves a start that is no depot) no
    /// earlier. Only visits have one; a shipment's pickup has windows instead.
    pub release_s: i64,
    /// All of these the vehicle must have.
    pub skills: Skills,
    /// Only vehicles of these types.
    pub types: TypeSet,
    /// How late, after the end of the last window, a service may begin; 0 = never late. Costs the objective's
    /// `late_cost_per_second` for each second and each of its stops.
    pub late_s_max: i64,
}

impl Job {
    /// A job that asks nothing of its vehicle and is never late.
    #[must_use]
    pub fn required(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            priority: Priority::Normal,
            prize: None,
            release_s: 0,
            skills: Skills::NONE,
            types: TypeSet::ALL,
            late_s_max: 0,
        }
    }

    /// The stops of the job in their order: one, or pickup and delivery.
    pub fn visits(&self) -> impl Iterator<Item = &Visit> {
        let (first, second) = match &self.kind {
            Kind::Visit { visit, .. } => (visit, None),
            Kind::Shipment { pickup, delivery, .. } => (pickup, Some(delivery)),
        };
        std::iter::once(first).chain(second)
    }

    /// What is loaded for it at a depot.
    #[must_use]
    pub fn delivers(&self) -> Load {
        match &self.kind {
            Kind::Visit { deliver, .. } => *deliver,
            Kind::Shipment { .. } => Load::ZERO,
        }
    }
}
