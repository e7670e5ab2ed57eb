//! Vehicles and manifests at random, and what must hold of them after every step.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared_model::dispatch::{Consignment, Manifest, Status, Vehicle};
use shared_model::gig::{Rider, Task, TaskStatus};
use shared_model::id::{ManifestId, OrderId};
use shared_model::orders::{self, Order};

use super::dice::Dice;
use super::random::{Asked, any, code};
use super::{CLERK, DISPATCHER, Depot, MANAGER, MORNING, RIDER, manifest_draft};

pub(crate) fn command(
    depot: &mut Depot,
    dice: &mut Dice,
    name: &'static str,
    fresh: String,
) -> Asked {
    match name {
        "register-vehicle" => {
            let kind = dice.pick(&["okada", "tuktuk", "van"]).unwrap();
            (DISPATCHER, name, json!({"vehicle": fresh, "name": "KMFB 1X", "kind": kind}))
        }
        "assign-vehicle" => {
            let rider = any::<Rider>(depot, dice, |rider| rider.rider.to_string());
            let rider = if dice.once_in(9) { Value::Null } else { rider.into() };
            let any = any::<Vehicle>(depot, dice, |vehicle| vehicle.vehicle.to_string());
            (DISPATCHER, name, json!({"vehicle": any, "rider": rider}))
        }
        "way" => way(depot, dice),
        "lock-manifests" => (DISPATCHER, name, lock(depot, dice, fresh)),
        "hand-out-manifest" => {
            (DISPATCHER, name, json!({"manifest": manifest(depot, dice, is_locked)}))
        }
        _ => tour(depot, dice),
    }
}

/// A van and somebody who drives it: without them no manifest can be locked.
pub(crate) fn man(depot: &mut Depot) {
    let (rider, vehicle) = (depot.with_rider(), depot.mint());
    let body = json!({"vehicle": vehicle, "name": "KCA 7T", "kind": "van"});
    depot.must(DISPATCHER, "register-vehicle", body);
    depot.must(DISPATCHER, "assign-vehicle", json!({"vehicle": vehicle, "rider": rider}));
}

fn vehicle(depot: &Depot, dice: &mut Dice) -> String {
    let manned: Vec<Vehicle> =
        depot.all::<Vehicle>().into_iter().filter(|vehicle| vehicle.rider.is_some()).collect();
    if let Some(vehicle) = dice.pick(&manned).filter(|_| !dice.once_in(5)) {
        return vehicle.vehicle.to_string();
    }
    any::<Vehicle>(depot, dice, |vehicle| vehicle.vehicle.to_string())
}

fn way(depot: &Depot, dice: &mut Dice) -> Asked {
    let order = any::<Order>(depot, dice, |order| order.order.to_string());
    let place = json!({"lat_e7": dice.between(-13_000_000, -12_000_000), "lon_e7": 368_000_000});
    match dice.below(5) {
        0 => (MANAGER, "locate-depot", json!({"place": place})),
        1 => {
            let customer = super::uuid(0xc057_0000 + u128::from(dice.roll() % 12));
            (DISPATCHER, "locate-customer", json!({"customer": customer, "place": place}))
        }
        2 => (DISPATCHER, "locate-order", json!({"order": order, "place": place})),
        3 => {
            let weight = dice.between(0, 50_000);
            (DISPATCHER, "describe-delivery", json!({"order": order, "weight_g": weight}))
        }
        _ => {
            let body = json!({"article": code(dice), "weight_g": dice.between(0, 9_000),
                "volume_ml": dice.between(0, 9_000)});
            (CLERK, "measure-article", body)
        }
    }
}

fn is_locked(status: Status) -> bool {
    status == Status::Locked
}

fn manifest(depot: &Depot, dice: &mut Dice, fits: fn(Status) -> bool) -> String {
    let fitting: Vec<Manifest> =
        depot.all::<Manifest>().into_iter().filter(|known| fits(known.status)).collect();
    match dice.pick(&fitting) {
        Some(known) if !dice.once_in(20) => known.manifest.to_string(),
        Some(_) | None => any::<Manifest>(depot, dice, |known| known.manifest.to_string()),
    }
}

/// A new manifest, or a standing one anew: with orders that are packed, taken or neither.
fn lock(depot: &Depot, dice: &mut Dice, fresh: String) -> Value {
    let mut packed: Vec<String> = depot
        .all::<Order>()
        .into_iter()
        .filter(|order| order.status == orders::Status::Packed || dice.once_in(60))
        .map(|order| order.order.to_string())
        .collect();
    dice.shuffle(&mut packed);
    packed.truncate(1 + dice.below(4));
    let standing: Vec<Manifest> =
        depot.all::<Manifest>().into_iter().filter(|known| known.status.is_active()).collect();
    let again = dice.pick(&standing).filter(|_| dice.once_in(3));
    let (manifest, vehicle) = match again {
        Some(known) => {
            if dice.once_in(2) {
                packed = known.open_stops().map(|stop| stop.order.to_string()).collect();
                dice.shuffle(&mut packed);
            }
            (known.manifest.to_string(), known.vehicle.to_string())
        }
        None => (fresh, vehicle(depot, dice)),
    };
    if packed.is_empty() {
        packed.push(any::<Order>(depot, dice, |order| order.order.to_string()));
    }
    let orders: Vec<&String> = packed.iter().collect();
    let mut body = json!({"manifests": [manifest_draft(&manifest, &vehicle, &orders)]});
    let released = dice.pick(&standing).filter(|_| dice.once_in(4));
    if let Some(released) = released.filter(|released| released.manifest.to_string() != manifest) {
        body["release"] = json!([released.manifest]);
    }
    body
}

fn tour(depot: &Depot, dice: &mut Dice) -> Asked {
    let id = manifest(depot, dice, Status::is_on_the_road);
    match dice.below(4) {
        0 => (RIDER, "report-delay", json!({"manifest": id, "delay_s": 600, "reason": "rain"})),
        1 => {
            let id = manifest(depot, dice, is_locked);
            (DISPATCHER, "cancel-manifest", json!({"manifest": id, "reason": "no petrol"}))
        }
        _ => {
            let known: Option<Manifest> = depot.own(&id);
            let open: Vec<OrderId> =
                known.iter().flat_map(Manifest::open_stops).map(|stop| stop.order).collect();
            let order = dice.pick(&open).map_or_else(|| super::uuid(0xdead), ToString::to_string);
            (RIDER, "report-arrival", json!({"manifest": id, "order": order}))
        }
    }
}

/// Manifests, consignments, orders and tasks tell one story.
pub(crate) fn check(depot: &Depot) {
    let mut held: BTreeMap<OrderId, ManifestId> = BTreeMap::new();
    for manifest in depot.all::<Manifest>() {
        assert!(!manifest.stops.is_empty() && manifest.locked >= MORNING);
        let active = manifest.status.is_active();
        assert_eq!(active, manifest.ended.is_none() && manifest.open_stops().next().is_some());
        for stop in manifest.open_stops().filter(|_| active) {
            let twice = held.insert(stop.order, manifest.manifest);
            assert_eq!(twice, None, "order {} is in two active manifests", stop.number);
            let order: Order = depot.own(&stop.order.to_string()).unwrap();
            let on_road = manifest.status.is_on_the_road();
            let status = if on_road { orders::Status::Dispatched } else { orders::Status::Packed };
            assert_eq!(order.status, status, "{}", stop.number);
            let task: Option<Task> = stop.task.and_then(|task| depot.own(&task.to_string()));
            let allocated = task.map(|task| task.status == TaskStatus::Allocated);
            assert_eq!(allocated, on_road.then_some(true), "{}", stop.number);
        }
    }
    for consignment in depot.all::<Consignment>() {
        assert_eq!(consignment.manifest, held.get(&consignment.order).copied());
    }
}
