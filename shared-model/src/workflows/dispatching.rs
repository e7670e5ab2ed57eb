//! Vehicles and deliveries are described, plans are locked into manifests, and manifests are
//! handed out: the goods go to the rider in the same entry.

use std::collections::BTreeSet;

use super::command::Kind;
use super::delivery::{check_own, give_to_rider};
use super::desk::{Decision, Declined, Desk, Draft};
use super::reply::Reply;
use crate::dispatch::{
    self, AssignVehicle, CancelManifest, Consignment, DescribeDelivery, Event, HandOutManifest,
    Intake, Load, LocateCustomer, LocateDepot, LocateOrder, LockManifests, Manifest, ManifestDraft,
    Measure, MeasureArticle, Outcome, RegisterVehicle, ReportArrival, ReportDelay, StopDraft,
    Vehicle,
};
use crate::document::{self, DocumentKind};
use crate::gig::{self, Rider};
use crate::id::{ArticleCode, DocumentId, ManifestId, OrderId, RiderId};
use crate::ledger::Account;
use crate::log::Scope;
use crate::orders::{self, Order};
use crate::place::Place;
use crate::records::Load as LoadRecords;

pub(super) fn register_vehicle<L: LoadRecords>(
    command: &RegisterVehicle,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Vehicle> = desk.own(&command.vehicle.to_string())?;
    let mut draft = Draft::default();
    draft.event(dispatch::register(known.as_ref(), command)?);
    Ok(draft.done(Kind::RegisterVehicle))
}

pub(super) fn assign_vehicle<L: LoadRecords>(
    command: &AssignVehicle,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let known: Option<Vehicle> = desk.own(&command.vehicle.to_string())?;
    if let Some(rider) = command.rider {
        rider_of(desk, rider)?;
    }
    let mut draft = Draft::default();
    draft.event(dispatch::assign(known.as_ref(), command)?);
    Ok(draft.done(Kind::AssignVehicle))
}

fn rider_of<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    rider: RiderId,
) -> Result<Rider, Declined<L::Error>> {
    let known = desk.own(&rider.to_string())?;
    Ok(known.ok_or(gig::Error::RiderUnknown { rider })?)
}

#[expect(clippy::unnecessary_wraps, reason = "every step of the day has this shape")]
pub(super) fn locate_depot<L: LoadRecords>(
    command: &LocateDepot,
    _: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    draft.event(Event::DepotLocated { place: command.place });
    Ok(draft.done(Kind::LocateDepot))
}

pub(super) fn locate_customer<L: LoadRecords>(
    command: &LocateCustomer,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let document = DocumentId::from(command.customer);
    let saved = desk.document(document)?;
    let saved = saved.ok_or(document::Error::DocumentUnknown { document })?;
    let writer = desk.context.writer;
    let change = document::locate_customer(&saved, writer, command.place)?.into();
    let mut draft = Draft::default();
    draft.event(document::Event { document, kind: DocumentKind::Customer, change });
    Ok(draft.done(Kind::LocateCustomer))
}

pub(super) fn locate_order<L: LoadRecords>(
    command: &LocateOrder,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let order = desk.order(command.order)?;
    let mut draft = Draft::default();
    draft.event(Event::OrderLocated { order: order.order, place: command.place });
    Ok(draft.done(Kind::LocateOrder))
}

pub(super) fn describe_delivery<L: LoadRecords>(
    command: &DescribeDelivery,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    desk.order(command.order)?;
    let mut draft = Draft::default();
    draft.event(dispatch::describe(command)?);
    Ok(draft.done(Kind::DescribeDelivery))
}

pub(super) fn measure_article<L: LoadRecords>(
    command: &MeasureArticle,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    desk.article(&command.article)?;
    let mut draft = Draft::default();
    draft.event(dispatch::measure(command));
    Ok(draft.done(Kind::MeasureArticle))
}

/// What is known of an order's way; nothing yet, if nobody said anything.
pub(super) fn consignment_of<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    order: OrderId,
) -> Result<Consignment, Declined<L::Error>> {
    let known = desk.own(&order.to_string())?;
    Ok(known.unwrap_or_else(|| Consignment::new(order)))
}

/// What a packed order weighs and takes up: as weighed, else by its articles' own measures. An
/// article that nobody measured counts as nothing.
///
/// # Errors
/// Those of `measure`.
pub fn load_of<E>(
    order: &Order,
    consignment: &Consignment,
    mut measure: impl FnMut(&ArticleCode) -> Result<Option<Measure>, E>,
) -> Result<Load, E> {
    let mut sum = Load { weight_g: 0, volume_ml: 0, parcels: order.parcels.max(1) };
    if consignment.weight_g.is_none() || consignment.volume_ml.is_none() {
        for line in &order.lines {
            let Some(unit) = measure(&line.article)? else { continue };
            let of_line = |of_unit: i64| of_unit.saturating_mul(line.picked);
            sum.weight_g = sum.weight_g.saturating_add(of_line(unit.weight_g));
            sum.volume_ml = sum.volume_ml.saturating_add(of_line(unit.volume_ml));
        }
    }
    sum.weight_g = consignment.weight_g.unwrap_or(sum.weight_g);
    sum.volume_ml = consignment.volume_ml.unwrap_or(sum.volume_ml);
    Ok(sum)
}

fn place_of<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    order: &Order,
    consignment: &Consignment,
    planned: &StopDraft,
) -> Result<Option<Place>, Declined<L::Error>> {
    if let Some(place) = consignment.place.or(planned.place) {
        return Ok(Some(place));
    }
    let Some(customer) = order.customer else { return Ok(None) };
    let saved = desk.document(DocumentId::from(customer))?;
    let customer = saved.map(|saved| document::read_customer(&saved)).transpose()?;
    Ok(customer.and_then(|customer| customer.place))
}

fn intake<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    known: Option<&Manifest>,
    planned: &StopDraft,
) -> Result<Intake, Declined<L::Error>> {
    let order = desk.order(planned.order)?;
    if !dispatch::is_on_board(known, order.order) {
        orders::dispatch(&order)?;
    }
    let consignment = consignment_of(desk, order.order)?;
    Ok(Intake {
        order: order.order,
        place: place_of(desk, &order, &consignment, planned)?,
        load: load_of(&order, &consignment, |article| desk.own(article.as_str()))?,
        cash_due_minor: order.due_minor().max(0),
        number: order.number,
        held_by: consignment.manifest,
    })
}

/// A rider who is out hands over what was collected before the next tour; what is on the road
/// counts against the first.
fn check_cash<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    manifest: &Manifest,
) -> Result<(), Declined<L::Error>> {
    if manifest.status.is_on_the_road() {
        return Ok(());
    }
    let rider = rider_of(desk, manifest.rider)?;
    let held = match rider.open_tasks {
        0 => desk.money(&Account::RiderCustody(rider.rider))?,
        _ => 0,
    };
    Ok(gig::check_ceiling(&rider, held, manifest.cash_due_minor())?)
}

pub(super) fn lock_manifests<L: LoadRecords>(
    command: &LockManifests,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let mut draft = Draft::default();
    let released = command.release.as_ref().map_or(&[][..], |released| released);
    let mut freed: Vec<ManifestId> = released.to_vec();
    freed.extend(command.manifests.iter().map(|manifest| manifest.manifest));
    if freed.iter().collect::<BTreeSet<_>>().len() != freed.len() {
        return Err(dispatch::Error::ManifestRepeated.into());
    }
    for id in released {
        let manifest = manifest_of(desk, *id)?;
        draft.event(dispatch::cancel(&manifest, "planned anew")?);
    }
    let mut named = BTreeSet::new();
    for (index, planned) in command.manifests.iter().enumerate() {
        let locked = lock_one(desk, planned, &freed, &mut named);
        draft.event(at("manifests", index, locked)?);
    }
    Ok(draft.decision(Kind::LockManifests, Scope::Site, Reply::Done {}))
}

/// The same, with a refusal about an item of a list.
fn at<T, E>(
    list: &'static str,
    index: usize,
    result: Result<T, Declined<E>>,
) -> Result<T, Declined<E>> {
    result.map_err(|declined| match declined {
        Declined::Refused(refusal) => Declined::Refused(refusal.at(list, index)),
        Declined::Store(error) => Declined::Store(error),
    })
}

fn lock_one<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    planned: &ManifestDraft,
    freed: &[ManifestId],
    named: &mut BTreeSet<OrderId>,
) -> Result<Event, Declined<L::Error>> {
    let known: Option<Manifest> = desk.own(&planned.manifest.to_string())?;
    let vehicle: Option<Vehicle> = desk.own(&planned.vehicle.to_string())?;
    let vehicle = vehicle.ok_or(dispatch::Error::VehicleUnknown { vehicle: planned.vehicle })?;
    let mut intakes = Vec::with_capacity(planned.stops.len());
    for (index, stop) in planned.stops.iter().enumerate() {
        let mut intake = intake(desk, known.as_ref(), stop);
        if let Ok(twice) = &intake
            && !named.insert(twice.order)
        {
            intake = Err(dispatch::Error::StopRepeated { number: twice.number.clone() }.into());
        }
        intakes.push(at("stops", index, intake)?);
    }
    let now = (desk.context.now, desk.context.actor);
    let locked = dispatch::lock(known.as_ref(), &vehicle, planned, intakes, freed, now)?;
    if let Event::ManifestLocked(manifest) = &locked {
        check_cash(desk, manifest)?;
    }
    Ok(locked)
}

fn manifest_of<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    manifest: ManifestId,
) -> Result<Manifest, Declined<L::Error>> {
    let known = desk.own(&manifest.to_string())?;
    Ok(known.ok_or(dispatch::Error::ManifestUnknown { manifest })?)
}

pub(super) fn hand_out_manifest<L: LoadRecords>(
    command: &HandOutManifest,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let manifest = manifest_of(desk, command.manifest)?;
    // Asked first: a manifest that is over is no matter of its orders.
    dispatch::hand_out(&manifest, Vec::new())?;
    let orders: Vec<OrderId> = manifest.stops.iter().map(|stop| stop.order).collect();
    let mut draft = Draft::default();
    let tasks = give_to_rider(&mut draft, desk, manifest.rider, &orders)?;
    let ids = tasks.iter().map(|task| task.task).collect();
    draft.event(dispatch::hand_out(&manifest, ids)?);
    Ok(draft.decision(Kind::HandOutManifest, Scope::Site, Reply::Dispatched { tasks }))
}

/// The manifest, if the person asking may speak for it.
fn on_tour<L: LoadRecords>(
    desk: &mut Desk<'_, '_, L>,
    manifest: ManifestId,
) -> Result<Manifest, Declined<L::Error>> {
    let manifest = manifest_of(desk, manifest)?;
    let rider = rider_of(desk, manifest.rider)?;
    check_own(&desk.context, &rider)?;
    Ok(manifest)
}

pub(super) fn report_arrival<L: LoadRecords>(
    command: &ReportArrival,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let manifest = on_tour(desk, command.manifest)?;
    let mut draft = Draft::default();
    draft.event(dispatch::report_arrival(&manifest, command.order)?);
    Ok(draft.done(Kind::ReportArrival))
}

pub(super) fn report_delay<L: LoadRecords>(
    command: &ReportDelay,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let manifest = on_tour(desk, command.manifest)?;
    let mut draft = Draft::default();
    draft.event(dispatch::delay(&manifest, command)?);
    Ok(draft.done(Kind::ReportDelay))
}

pub(super) fn cancel_manifest<L: LoadRecords>(
    command: &CancelManifest,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    let manifest = manifest_of(desk, command.manifest)?;
    let mut draft = Draft::default();
    draft.event(dispatch::cancel(&manifest, command.reason.as_str())?);
    Ok(draft.done(Kind::CancelManifest))
}

/// A delivery ended: its stop ends with it, if it is one of a manifest.
pub(super) fn end_stop<L: LoadRecords>(
    draft: &mut Draft,
    desk: &mut Desk<'_, '_, L>,
    order: OrderId,
    outcome: Outcome,
) -> Result<(), Declined<L::Error>> {
    let consignment: Option<Consignment> = desk.own(&order.to_string())?;
    if let Some(manifest) = consignment.and_then(|consignment| consignment.manifest) {
        draft.event(Event::StopEnded { manifest, order, outcome });
    }
    Ok(())
}
