//! Why a command about vehicles, deliveries or manifests is refused.

use crate::id::{ManifestId, VehicleId};
use crate::refusal::refusals;

refusals! {
    /// A refusal by the dispatch desk's rules.
    Error {
        VehicleUnknown { vehicle: VehicleId }
            => "vehicle-unknown", "vehicle",
               "no vehicle {vehicle} is registered at this site",
               "register the vehicle first";
        VehicleKnown { vehicle: VehicleId }
            => "vehicle-known", "vehicle",
               "vehicle {vehicle} is registered already",
               "choose the vehicle from the list";
        VehicleWithoutRider { name: String }
            => "vehicle-without-rider", "vehicle",
               "nobody drives {name}",
               "assign a rider to the vehicle first";
        /// The order says nothing of where it goes.
        PlaceMissing { number: String }
            => "place-missing", "order",
               "nobody knows where order {number} goes",
               "point at the place on the map: of the order, or of its customer";
        /// It is in another manifest that is locked or on the road.
        StopTaken { number: String, manifest: ManifestId }
            => "stop-taken", "order",
               "order {number} is in manifest {manifest}",
               "take it out there, or give that manifest up";
        StopRepeated { number: String }
            => "stop-repeated", "order",
               "order {number} is named twice",
               "name each order once";
        OverCapacity { name: String, what: &'static str, load: i64, capacity: i64 }
            => "over-capacity", "stops",
               "{name} would carry {load} {what}, above its {capacity}",
               "take a stop out, or choose a larger vehicle";
        TimesOutOfOrder
            => "times-out-of-order", "stops",
               "a stop is reached before the one before it was left",
               "send the stops in the order of the tour, with their hours";
        ManifestUnknown { manifest: ManifestId }
            => "manifest-unknown", "manifest",
               "no manifest {manifest} belongs to this site",
               "choose the manifest from the list";
        ManifestRepeated
            => "manifest-repeated", "manifests",
               "a manifest is named twice",
               "name each manifest once";
        ManifestStatus { status: &'static str, wanted: &'static str }
            => "manifest-status", "manifest",
               "the manifest is {status}; this needs one that is {wanted}",
               "reload the list and take the step that is due";
        /// Goods on the road stay with their rider until they are delivered or back.
        GoodsOnTheRoad
            => "goods-on-the-road", "stops",
               "the rider has the goods of these stops, no more and no less",
               "change only the order of the stops that are left";
        StopUnknown
            => "stop-unknown", "order",
               "the manifest has no such stop that is still to be made",
               "choose a stop of the manifest";
        NothingToDescribe
            => "nothing-to-describe", "",
               "the command names nothing to describe",
               "send at least one of windows, service_s, weight_g, volume_ml, priority and vehicles";
    }
}
