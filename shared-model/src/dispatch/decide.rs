//! The rules of vehicles, deliveries and manifests.

use super::command::{
    AssignVehicle, DescribeDelivery, ManifestDraft, MeasureArticle, RegisterVehicle, ReportDelay,
    VehicleKind,
};
use super::error::Error;
use super::event::Event;
use super::state::{Load, Manifest, Measure, Status, Stop, StopState, Vehicle};
use crate::id::{ManifestId, OrderId, RiderId, StaffId, TaskId};
use crate::money::Amount;
use crate::place::{Place, Windows};
use crate::time::Timestamp;

/// What is usual for a kind of vehicle: capacity, and cost for each tour, kilometre and hour.
#[must_use]
pub fn usual(kind: VehicleKind) -> (Load, [i64; 3]) {
    let load = |weight_g, volume_ml, parcels| Load { weight_g, volume_ml, parcels };
    match kind {
        VehicleKind::Okada => (load(60_000, 150_000, 20), [0, 1_200, 15_000]),
        VehicleKind::Tuktuk => (load(400_000, 1_500_000, 60), [10_000, 2_000, 18_000]),
        VehicleKind::Van => (load(1_000_000, 6_000_000, 200), [50_000, 4_500, 25_000]),
    }
}

/// # Errors
/// [`Error::VehicleKnown`] when the id is taken.
pub fn register(known: Option<&Vehicle>, command: &RegisterVehicle) -> Result<Event, Error> {
    if known.is_some() {
        return Err(Error::VehicleKnown { vehicle: command.vehicle });
    }
    let (usual, [fixed, per_km, per_hour]) = usual(command.kind);
    let minor = |amount: Option<Amount>, usual: i64| amount.map_or(usual, |amount| amount.minor());
    Ok(Event::VehicleRegistered(Box::new(Vehicle {
        vehicle: command.vehicle,
        name: command.name.as_str().to_owned(),
        kind: command.kind,
        capacity: Load {
            weight_g: command.weight_g_max.map_or(usual.weight_g, |size| size.units()),
            volume_ml: command.volume_ml_max.map_or(usual.volume_ml, |size| size.units()),
            parcels: command.parcels_max.map_or(usual.parcels, |size| size.units()),
        },
        cost_fixed_minor: minor(command.cost_fixed_minor, fixed),
        cost_per_km_minor: minor(command.cost_per_km_minor, per_km),
        cost_per_hour_minor: minor(command.cost_per_hour_minor, per_hour),
        rider: None,
        shift: None,
    })))
}

/// # Errors
/// [`Error::VehicleUnknown`].
pub fn assign(known: Option<&Vehicle>, command: &AssignVehicle) -> Result<Event, Error> {
    if known.is_none() {
        return Err(Error::VehicleUnknown { vehicle: command.vehicle });
    }
    let AssignVehicle { vehicle, rider, shift, .. } = *command;
    Ok(Event::VehicleAssigned { vehicle, rider, shift })
}

/// # Errors
/// [`Error::NothingToDescribe`].
pub fn describe(command: &DescribeDelivery) -> Result<Event, Error> {
    let described = Event::DeliveryDescribed {
        order: command.order,
        windows: command.windows.as_ref().map(|windows| windows.as_slice().to_vec()),
        service_s: command.service_s.map(|service| service.seconds()),
        weight_g: command.weight_g.map(|size| size.units()),
        volume_ml: command.volume_ml.map(|size| size.units()),
        priority: command.priority.map(|priority| priority.level()),
        vehicles: command.vehicles.as_ref().map(|kinds| kinds.to_vec()),
    };
    let nothing = Event::DeliveryDescribed {
        order: command.order,
        windows: None,
        service_s: None,
        weight_g: None,
        volume_ml: None,
        priority: None,
        vehicles: None,
    };
    if described == nothing { Err(Error::NothingToDescribe) } else { Ok(described) }
}

/// The hours in which an order may be brought, as said when it was placed.
#[must_use]
pub fn open_between(order: OrderId, windows: &Windows) -> Event {
    Event::DeliveryDescribed {
        order,
        windows: Some(windows.as_slice().to_vec()),
        service_s: None,
        weight_g: None,
        volume_ml: None,
        priority: None,
        vehicles: None,
    }
}

#[must_use]
pub fn measure(command: &MeasureArticle) -> Event {
    Event::ArticleMeasured(Measure {
        article: command.article.clone(),
        weight_g: command.weight_g.units(),
        volume_ml: command.volume_ml.units(),
    })
}

/// What is known of one stop to be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    pub order: OrderId,
    pub number: String,
    pub place: Option<Place>,
    pub load: Load,
    pub cash_due_minor: i64,
    /// The active manifest it is in now.
    pub held_by: Option<ManifestId>,
}

/// Whether a stop of the draft rides with the manifest already, goods and all.
#[must_use]
pub fn is_on_board(known: Option<&Manifest>, order: OrderId) -> bool {
    known
        .filter(|manifest| manifest.status.is_on_the_road())
        .is_some_and(|manifest| manifest.stop(order).is_some_and(|stop| stop.state.is_open()))
}

/// Whether an order of no manifest may be given out one by one.
///
/// # Errors
/// [`Error::StopTaken`].
pub fn check_free(number: &str, held_by: Option<ManifestId>) -> Result<(), Error> {
    match held_by {
        Some(manifest) => Err(Error::StopTaken { number: number.to_owned(), manifest }),
        None => Ok(()),
    }
}

/// Locks a manifest, or a standing one anew. `intakes` are the draft's stops in its order;
/// `freed` are the manifests whose stops may be taken, because the same command says anew what
/// is in them. A manifest on the road keeps its rider and its goods.
///
/// # Errors
/// [`Error`] naming what forbids it.
pub fn lock(
    known: Option<&Manifest>,
    vehicle: &Vehicle,
    draft: &ManifestDraft,
    intakes: Vec<Intake>,
    freed: &[ManifestId],
    (now, by): (Timestamp, Option<StaffId>),
) -> Result<Event, Error> {
    if let Some(known) = known.filter(|known| !known.status.is_active()) {
        return Err(status_error(known, "locked or on the road"));
    }
    check_times(draft)?;
    let on_road = known.filter(|known| known.status.is_on_the_road());
    let rider = match on_road {
        Some(known) => check_goods(known, draft)?,
        None => vehicle
            .rider
            .ok_or_else(|| Error::VehicleWithoutRider { name: vehicle.name.clone() })?,
    };
    let mut stops: Vec<Stop> = on_road.map_or_else(Vec::new, ended_stops);
    for (intake, planned) in intakes.into_iter().zip(draft.stops.iter()) {
        let taken = intake.held_by.filter(|held| *held != draft.manifest && !freed.contains(held));
        check_free(&intake.number, taken)?;
        let standing = on_road.and_then(|known| known.stop(intake.order));
        let place =
            intake.place.ok_or_else(|| Error::PlaceMissing { number: intake.number.clone() })?;
        stops.push(Stop {
            order: intake.order,
            number: intake.number,
            place,
            arrive: planned.arrive_ms,
            leave: planned.leave_ms,
            load: intake.load,
            cash_due_minor: intake.cash_due_minor,
            task: standing.and_then(|stop| stop.task),
            state: standing.map_or(StopState::Pending, |stop| stop.state),
        });
    }
    let accepted = draft.accepted.iter().flat_map(|codes| codes.iter());
    let manifest = Manifest {
        manifest: draft.manifest,
        vehicle: vehicle.vehicle,
        vehicle_name: vehicle.name.clone(),
        rider,
        status: on_road.map_or(Status::Locked, |known| known.status),
        stops,
        departs: draft.departs_ms,
        returns: draft.returns_ms,
        metres: draft.metres.units(),
        travel: draft.travel,
        accepted: accepted.map(|code| code.as_str().to_owned()).collect(),
        revision: known.map_or(1, |known| known.revision.saturating_add(1)),
        locked: now,
        locked_by: by,
        handed_out: known.and_then(|known| known.handed_out),
        ended: None,
        delay_s: 0,
    };
    if on_road.is_none() {
        check_capacity(vehicle, manifest.load())?;
    }
    Ok(Event::ManifestLocked(Box::new(manifest)))
}

fn status_error(manifest: &Manifest, wanted: &'static str) -> Error {
    Error::ManifestStatus { status: manifest.status.as_str(), wanted }
}

fn check_times(draft: &ManifestDraft) -> Result<(), Error> {
    let mut last = draft.departs_ms;
    for stop in draft.stops.iter() {
        if stop.arrive_ms < last || stop.leave_ms < stop.arrive_ms {
            return Err(Error::TimesOutOfOrder);
        }
        last = stop.leave_ms;
    }
    if draft.returns_ms < last { Err(Error::TimesOutOfOrder) } else { Ok(()) }
}

fn check_goods(known: &Manifest, draft: &ManifestDraft) -> Result<RiderId, Error> {
    let mut on_board: Vec<OrderId> = known.open_stops().map(|stop| stop.order).collect();
    let mut wanted: Vec<OrderId> = draft.stops.iter().map(|stop| stop.order).collect();
    on_board.sort_unstable();
    wanted.sort_unstable();
    if on_board != wanted || known.vehicle != draft.vehicle {
        return Err(Error::GoodsOnTheRoad);
    }
    Ok(known.rider)
}

fn ended_stops(known: &Manifest) -> Vec<Stop> {
    known.stops.iter().filter(|stop| !stop.state.is_open()).cloned().collect()
}

fn check_capacity(vehicle: &Vehicle, load: Load) -> Result<(), Error> {
    let capacity = vehicle.capacity;
    for (what, load, capacity) in [
        ("g", load.weight_g, capacity.weight_g),
        ("ml", load.volume_ml, capacity.volume_ml),
        ("parcels", load.parcels, capacity.parcels),
    ] {
        if load > capacity {
            return Err(Error::OverCapacity { name: vehicle.name.clone(), what, load, capacity });
        }
    }
    Ok(())
}

/// # Errors
/// [`Error::ManifestStatus`] unless locked.
pub fn hand_out(manifest: &Manifest, tasks: Vec<TaskId>) -> Result<Event, Error> {
    if manifest.status != Status::Locked {
        return Err(status_error(manifest, "locked"));
    }
    Ok(Event::ManifestHandedOut { manifest: manifest.manifest, tasks })
}

fn require_on_road(manifest: &Manifest) -> Result<(), Error> {
    if manifest.status.is_on_the_road() {
        return Ok(());
    }
    Err(status_error(manifest, "on the road"))
}

/// # Errors
/// [`Error`] unless the manifest is on the road and the stop still to be reached.
pub fn report_arrival(manifest: &Manifest, order: OrderId) -> Result<Event, Error> {
    require_on_road(manifest)?;
    let pending = |stop: &&Stop| stop.state == StopState::Pending;
    manifest.stop(order).filter(pending).ok_or(Error::StopUnknown)?;
    Ok(Event::StopReached { manifest: manifest.manifest, order })
}

/// # Errors
/// [`Error::ManifestStatus`] unless on the road.
pub fn delay(manifest: &Manifest, command: &ReportDelay) -> Result<Event, Error> {
    require_on_road(manifest)?;
    Ok(Event::DelayReported {
        manifest: manifest.manifest,
        delay_s: command.delay_s.seconds(),
        reason: command.reason.as_str().to_owned(),
    })
}

/// # Errors
/// [`Error::ManifestStatus`] unless locked: goods on the road come back by each stop's own end.
pub fn cancel(manifest: &Manifest, reason: &str) -> Result<Event, Error> {
    if manifest.status != Status::Locked {
        return Err(status_error(manifest, "locked"));
    }
    Ok(Event::ManifestCancelled { manifest: manifest.manifest, reason: reason.to_owned() })
}
