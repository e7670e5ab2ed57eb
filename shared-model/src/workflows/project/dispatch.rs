//! Vehicles, consignments and manifests. A consignment names its one active manifest: it is told
//! by the manifest's own events, so that both always agree.

use super::Stamp;
use crate::dispatch::{Consignment, DepotPlace, Event, Manifest, Vehicle};
use crate::id::{ManifestId, OrderId};
use crate::records::{Load, View, keys};

pub(super) fn apply<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        Event::VehicleRegistered(vehicle) => {
            view.put(author, &vehicle.vehicle.to_string(), (**vehicle).clone())
        }
        Event::VehicleAssigned { vehicle, rider, shift } => {
            view.amend::<Vehicle>(author, &vehicle.to_string(), |vehicle| {
                (vehicle.rider, vehicle.shift) = (*rider, *shift);
            })
        }
        Event::DepotLocated { place } => view.put(author, keys::ONLY, DepotPlace { place: *place }),
        Event::OrderLocated { order, place } => {
            consignment(view, stamp, *order, |consignment| consignment.place = Some(*place))
        }
        Event::DeliveryDescribed { order, .. } => {
            consignment(view, stamp, *order, |consignment| consignment.describe(event))
        }
        Event::ArticleMeasured(measure) => {
            view.put(author, measure.article.as_str(), measure.clone())
        }
        Event::ManifestLocked(manifest) => lock(view, stamp, manifest),
        Event::StopEnded { manifest, order, .. } => {
            amend(view, stamp, *manifest, event)?;
            set_free(view, stamp, *order, *manifest)
        }
        Event::ManifestCancelled { manifest, .. } => {
            let known = view.get::<Manifest>(author, &manifest.to_string())?.cloned();
            amend(view, stamp, *manifest, event)?;
            for stop in known.iter().flat_map(|known| &known.stops) {
                set_free(view, stamp, stop.order, *manifest)?;
            }
            Ok(())
        }
        Event::ManifestHandedOut { manifest, .. }
        | Event::StopReached { manifest, .. }
        | Event::DelayReported { manifest, .. } => amend(view, stamp, *manifest, event),
    }
}

fn amend<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    manifest: ManifestId,
    event: &Event,
) -> Result<(), L::Error> {
    view.amend::<Manifest>(stamp.author, &manifest.to_string(), |manifest| {
        manifest.apply(event, stamp.at);
    })
}

fn consignment<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    order: OrderId,
    change: impl FnOnce(&mut Consignment),
) -> Result<(), L::Error> {
    view.update(stamp.author, &order.to_string(), || Consignment::new(order), change)
}

fn set_free<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    order: OrderId,
    manifest: ManifestId,
) -> Result<(), L::Error> {
    view.amend::<Consignment>(stamp.author, &order.to_string(), |consignment| {
        // Another manifest of the same entry may have taken it over already.
        if consignment.manifest == Some(manifest) {
            consignment.manifest = None;
        }
    })
}

fn lock<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    manifest: &Manifest,
) -> Result<(), L::Error> {
    let (id, key) = (manifest.manifest, manifest.manifest.to_string());
    let before = view.get::<Manifest>(stamp.author, &key)?.cloned();
    for stop in before.iter().flat_map(|before| before.open_stops()) {
        set_free(view, stamp, stop.order, id)?;
    }
    for stop in manifest.open_stops() {
        consignment(view, stamp, stop.order, |consignment| consignment.manifest = Some(id))?;
    }
    view.put(stamp.author, &key, manifest.clone())
}
