//! Vehicles, consignments and manifests, and how events change them.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::{TravelSource, VehicleKind};
use super::event::{Event, Outcome};
use crate::delivery::FailureReason;
use crate::id::{ArticleCode, ManifestId, OrderId, RiderId, StaffId, TaskId, VehicleId};
use crate::place::{Place, Window};
use crate::time::Timestamp;

/// What is carried, or can be: grams, millilitres and parcels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, Serialize)]
pub struct Load {
    #[n(0)]
    pub weight_g: i64,
    #[n(1)]
    pub volume_ml: i64,
    #[n(2)]
    pub parcels: i64,
}

impl Load {
    /// Both together, at most the largest number.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            weight_g: self.weight_g.saturating_add(other.weight_g),
            volume_ml: self.volume_ml.saturating_add(other.volume_ml),
            parcels: self.parcels.saturating_add(other.parcels),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Vehicle {
    #[n(0)]
    pub vehicle: VehicleId,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub kind: VehicleKind,
    #[n(3)]
    pub capacity: Load,
    #[n(4)]
    pub cost_fixed_minor: i64,
    #[n(5)]
    pub cost_per_km_minor: i64,
    #[n(6)]
    pub cost_per_hour_minor: i64,
    #[n(7)]
    pub rider: Option<RiderId>,
    /// None: it may be out at any hour.
    #[n(8)]
    pub shift: Option<Window>,
}

/// Where the depot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct DepotPlace {
    #[n(0)]
    pub place: Place,
}

/// What one base unit of an article weighs and takes up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Measure {
    #[n(0)]
    pub article: ArticleCode,
    #[n(1)]
    pub weight_g: i64,
    #[n(2)]
    pub volume_ml: i64,
}

/// What is known of an order's way to its customer. The order itself knows nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Consignment {
    #[n(0)]
    pub order: OrderId,
    /// None: where the customer lives.
    #[n(1)]
    pub place: Option<Place>,
    /// Empty: at any hour.
    #[n(2)]
    pub windows: Vec<Window>,
    #[n(3)]
    pub service_s: Option<u32>,
    #[n(4)]
    pub weight_g: Option<i64>,
    #[n(5)]
    pub volume_ml: Option<i64>,
    #[n(6)]
    pub priority: u8,
    /// Empty: any.
    #[n(7)]
    pub vehicles: Vec<VehicleKind>,
    /// The one active manifest it is in.
    #[n(8)]
    pub manifest: Option<ManifestId>,
}

impl Consignment {
    /// Of an order about which nothing was said yet.
    #[must_use]
    pub const fn new(order: OrderId) -> Self {
        Self {
            order,
            place: None,
            windows: Vec::new(),
            service_s: None,
            weight_g: None,
            volume_ml: None,
            priority: 0,
            vehicles: Vec::new(),
            manifest: None,
        }
    }

    /// Takes in what was said of the delivery. Cannot fail.
    pub fn describe(&mut self, event: &Event) {
        let Event::DeliveryDescribed {
            windows,
            service_s,
            weight_g,
            volume_ml,
            priority,
            vehicles,
            ..
        } = event
        else {
            return;
        };
        if let Some(windows) = windows {
            self.windows.clone_from(windows);
        }
        if let Some(vehicles) = vehicles {
            self.vehicles.clone_from(vehicles);
        }
        self.service_s = service_s.or(self.service_s);
        self.weight_g = weight_g.or(self.weight_g);
        self.volume_ml = volume_ml.or(self.volume_ml);
        self.priority = priority.unwrap_or(self.priority);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[n(0)]
    Locked,
    #[n(1)]
    HandedOut,
    #[n(2)]
    InProgress,
    #[n(3)]
    Completed,
    #[n(4)]
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 5] =
        [Self::Locked, Self::HandedOut, Self::InProgress, Self::Completed, Self::Cancelled];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::HandedOut => "handed_out",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether its stops are its own.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Locked | Self::HandedOut | Self::InProgress)
    }

    /// Whether the rider has the goods.
    #[must_use]
    pub const fn is_on_the_road(self) -> bool {
        matches!(self, Self::HandedOut | Self::InProgress)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StopState {
    #[n(0)]
    Pending,
    #[n(1)]
    Reached {
        #[n(0)]
        #[serde(rename = "at_ms")]
        at: Timestamp,
    },
    #[n(2)]
    Delivered {
        #[n(0)]
        #[serde(rename = "at_ms")]
        at: Timestamp,
    },
    #[n(3)]
    Failed {
        #[n(0)]
        #[serde(rename = "at_ms")]
        at: Timestamp,
        #[n(1)]
        reason: FailureReason,
    },
}

impl StopState {
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Reached { .. })
    }
}

/// One door.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Stop {
    #[n(0)]
    pub order: OrderId,
    #[n(1)]
    pub number: String,
    #[n(2)]
    pub place: Place,
    /// As planned.
    #[n(3)]
    #[serde(rename = "arrive_ms")]
    pub arrive: Timestamp,
    #[n(4)]
    #[serde(rename = "leave_ms")]
    pub leave: Timestamp,
    #[n(5)]
    pub load: Load,
    #[n(6)]
    pub cash_due_minor: i64,
    /// From handing out on.
    #[n(7)]
    pub task: Option<TaskId>,
    #[n(8)]
    pub state: StopState,
}

/// What one vehicle brings to whom, in which order, as a person locked it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Manifest {
    #[n(0)]
    pub manifest: ManifestId,
    #[n(1)]
    pub vehicle: VehicleId,
    #[n(2)]
    pub vehicle_name: String,
    #[n(3)]
    pub rider: RiderId,
    #[n(4)]
    pub status: Status,
    #[n(5)]
    pub stops: Vec<Stop>,
    #[n(6)]
    #[serde(rename = "departs_ms")]
    pub departs: Timestamp,
    #[n(7)]
    #[serde(rename = "returns_ms")]
    pub returns: Timestamp,
    #[n(8)]
    pub metres: i64,
    #[n(9)]
    pub travel: TravelSource,
    /// What the plan breaks and a person accepted, by code.
    #[n(10)]
    pub accepted: Vec<String>,
    /// How often it was locked: 1 at first.
    #[n(11)]
    pub revision: u32,
    #[n(12)]
    #[serde(rename = "locked_ms")]
    pub locked: Timestamp,
    #[n(13)]
    pub locked_by: Option<StaffId>,
    #[n(14)]
    #[serde(rename = "handed_out_ms")]
    pub handed_out: Option<Timestamp>,
    #[n(15)]
    #[serde(rename = "ended_ms")]
    pub ended: Option<Timestamp>,
    /// As last reported: what is left of the tour shifts by it.
    #[n(16)]
    pub delay_s: i64,
}

impl Manifest {
    /// Takes an event about this manifest in. Cannot fail.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::ManifestHandedOut { tasks, .. } => {
                self.status = Status::HandedOut;
                self.handed_out = Some(at);
                for (stop, task) in self.stops.iter_mut().zip(tasks) {
                    stop.task = Some(*task);
                }
            }
            Event::StopReached { order, .. } => {
                self.set_stop(*order, StopState::Reached { at }, at);
            }
            Event::StopEnded { order, outcome, .. } => {
                let state = match outcome {
                    Outcome::Delivered => StopState::Delivered { at },
                    Outcome::Failed(reason) => StopState::Failed { at, reason: *reason },
                };
                self.set_stop(*order, state, at);
            }
            Event::DelayReported { delay_s, .. } => self.delay_s = *delay_s,
            Event::ManifestCancelled { .. } => {
                self.status = Status::Cancelled;
                self.ended = Some(at);
            }
            Event::VehicleRegistered(_)
            | Event::VehicleAssigned { .. }
            | Event::DepotLocated { .. }
            | Event::OrderLocated { .. }
            | Event::DeliveryDescribed { .. }
            | Event::ArticleMeasured(_)
            | Event::ManifestLocked(_) => {}
        }
    }

    fn set_stop(&mut self, order: OrderId, state: StopState, at: Timestamp) {
        let Some(stop) = self.stops.iter_mut().find(|stop| stop.order == order) else { return };
        if !stop.state.is_open() {
            return;
        }
        stop.state = state;
        self.status = Status::InProgress;
        if self.open_stops().next().is_none() {
            self.status = Status::Completed;
            self.ended = Some(at);
        }
    }

    #[must_use]
    pub fn stop(&self, order: OrderId) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.order == order)
    }

    /// The stops that are still to be made, in order.
    pub fn open_stops(&self) -> impl Iterator<Item = &Stop> {
        self.stops.iter().filter(|stop| stop.state.is_open())
    }

    /// What is on board when it leaves.
    #[must_use]
    pub fn load(&self) -> Load {
        self.stops.iter().fold(Load::default(), |sum, stop| sum.plus(stop.load))
    }

    /// What the rider is to collect on the way.
    #[must_use]
    pub fn cash_due_minor(&self) -> i64 {
        self.stops.iter().fold(0, |sum, stop| sum.saturating_add(stop.cash_due_minor))
    }
}
