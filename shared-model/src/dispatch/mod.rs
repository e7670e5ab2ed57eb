//! Dispatch: vehicles, what is to be brought where and when, and the manifests that say which
//! vehicle brings it. A plan is advice and no part of this; what a person locked is a manifest.
//! An order's stop is in at most one active manifest. Holds no goods and no cash.

mod command;
mod decide;
mod error;
mod event;
mod state;

pub use command::{
    AssignVehicle, CancelManifest, Capacity, DELAY_S_MAX, DelaySeconds, DescribeDelivery,
    HandOutManifest, LOCKED_MAX, LocateCustomer, LocateDepot, LocateOrder, LockManifests,
    ManifestDraft, MeasureArticle, Priority, RegisterVehicle, ReportArrival, ReportDelay,
    SERVICE_S_MAX, STOPS_MAX, ServiceSeconds, Size, StopDraft, TravelSource, VehicleKind,
};
pub use decide::{
    Intake, assign, cancel, check_free, delay, describe, hand_out, is_on_board, lock, measure,
    open_between, register, report_arrival, usual,
};
pub use error::Error;
pub use event::{Event, Outcome};
pub use state::{
    Consignment, DepotPlace, Load, Manifest, Measure, Status, Stop, StopState, Vehicle,
};
