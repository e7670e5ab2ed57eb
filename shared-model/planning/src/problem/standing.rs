//! What is known of a day that has begun. May not repair anything: it states facts.

use super::{JobIx, PlaceIx, VehicleIx};
use crate::plan::{Action, Plan};

/// The moment of a re-plan, where the vehicles are, and the plan already handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// No vehicle at its start begins, and no vehicle underway goes on, before this.
    pub now_s: i64,
    /// Vehicles that have left, in ascending order of their index, each once.
    pub underway: Vec<Underway>,
    /// The plan already handed out: it may be late, incomplete or infeasible. The search starts from what of it can be
    /// kept, and `moved_cost` is counted against it. Its routes of vehicles underway begin with their frozen stops.
    pub handed_out: Plan,
}

/// A vehicle that has left.
///
/// Its route begins with the frozen stops, whose times are facts and break no rule; what follows is planned from the
/// position on. What cannot be kept any more even by going to its end at once (shift, longest duration, most metres,
/// closing of the end depot) is kept by going to its end at once, and it takes up nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Underway {
    pub vehicle: VehicleIx,
    /// When the route began; its duration counts from here.
    pub started_s: i64,
    /// Done or committed, in order.
    pub frozen: Vec<FrozenStop>,
    pub position: Position,
    /// Driven until the position, counted into the route.
    pub metres_done: i64,
    /// Visits whose goods are on board, not yet delivered. Only this vehicle can deliver them; left out, they stay on
    /// board until the trip ends. In the trip going on, no other visit can be delivered.
    pub loaded: Vec<JobIx>,
}

/// A stop that is not planned any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrozenStop {
    pub action: Action,
    /// When its service (break, loading) began, or will begin when it is committed.
    pub start_s: i64,
    pub depart_s: i64,
}

/// From where and when on a vehicle can be planned again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub place: PlaceIx,
    /// Not before the last frozen stop's departure.
    pub at_s: i64,
}
