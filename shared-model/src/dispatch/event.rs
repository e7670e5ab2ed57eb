//! What happened to vehicles, deliveries and manifests.

use minicbor::{Decode, Encode};

use super::command::VehicleKind;
use super::state::{Manifest, Measure, Vehicle};
use crate::delivery::FailureReason;
use crate::id::{ManifestId, OrderId, RiderId, TaskId, VehicleId};
use crate::place::{Place, Window};

/// How a stop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    #[n(0)]
    Delivered,
    #[n(1)]
    Failed(#[n(0)] FailureReason),
}

/// Numbers are wire format: append only.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    VehicleRegistered(#[n(0)] Box<Vehicle>),
    #[n(1)]
    VehicleAssigned {
        #[n(0)]
        vehicle: VehicleId,
        #[n(1)]
        rider: Option<RiderId>,
        #[n(2)]
        shift: Option<Window>,
    },
    #[n(2)]
    DepotLocated {
        #[n(0)]
        place: Place,
    },
    #[n(3)]
    OrderLocated {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        place: Place,
    },
    /// What is none stays as it was.
    #[n(4)]
    DeliveryDescribed {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        windows: Option<Vec<Window>>,
        #[n(2)]
        service_s: Option<u32>,
        #[n(3)]
        weight_g: Option<i64>,
        #[n(4)]
        volume_ml: Option<i64>,
        #[n(5)]
        priority: Option<u8>,
        #[n(6)]
        vehicles: Option<Vec<VehicleKind>>,
    },
    #[n(5)]
    ArticleMeasured(#[n(0)] Measure),
    /// Locked, or locked anew with other stops: the manifest as it is from here on.
    #[n(6)]
    ManifestLocked(#[n(0)] Box<Manifest>),
    #[n(7)]
    ManifestHandedOut {
        #[n(0)]
        manifest: ManifestId,
        #[n(1)]
        tasks: Vec<TaskId>,
    },
    #[n(8)]
    StopReached {
        #[n(0)]
        manifest: ManifestId,
        #[n(1)]
        order: OrderId,
    },
    #[n(9)]
    StopEnded {
        #[n(0)]
        manifest: ManifestId,
        #[n(1)]
        order: OrderId,
        #[n(2)]
        outcome: Outcome,
    },
    #[n(10)]
    DelayReported {
        #[n(0)]
        manifest: ManifestId,
        #[n(1)]
        delay_s: i64,
        #[n(2)]
        reason: String,
    },
    #[n(11)]
    ManifestCancelled {
        #[n(0)]
        manifest: ManifestId,
        #[n(1)]
        reason: String,
    },
}
