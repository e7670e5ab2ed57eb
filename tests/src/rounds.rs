//! A depot with orders packed for the road: places, vehicles and riders included.

use std::path::Path;

use serde_json::{Value, json};

use crate::api::{Browser, fresh};
use crate::depot::Depot;

/// Places a few hundred metres apart, three to a row, around the depot's.
#[must_use]
pub fn place(number: i64) -> Value {
    json!({"lat_e7": -12_860_000 - 40_000 * (number / 3), "lon_e7": 368_170_000 + 40_000 * (number % 3)})
}

/// A depot with a price, goods, a place, two riders with vehicles, and orders packed. It serves.
///
/// Signing in takes long on purpose, so one person does all of it: the manager, who may.
#[must_use]
pub fn packed(folder: &Path, orders: i64) -> Depot {
    let mut depot = Depot::create(&folder.join("nbo-1"), "NBO-1");
    depot.publish_catalogue(&[("TEA", "Tea, 500 g", 10_000)]);
    depot.serve();
    let goods = json!({"receipt": fresh(), "reference": "DN-7", "lines": [
        {"article": "TEA", "quantity": 100, "bin": "A-01", "unit_cost_minor": 5_000}]});
    let desk = depot.signed_in("manager");
    let _ = desk.done("receive-goods", goods);
    let _ = desk.done("locate-depot", json!({"place": place(4)}));
    for (number, kind) in [(1, "okada"), (2, "van")] {
        let (rider, vehicle) = (fresh(), fresh());
        let one = json!({"rider": rider, "name": format!("Rider {number}"),
            "cash_ceiling_minor": 90_000_000});
        let _ = desk.done("register-rider", one);
        let one = json!({"vehicle": vehicle, "name": format!("KMFB {number}"), "kind": kind});
        let _ = desk.done("register-vehicle", one);
        let _ = desk.done("assign-vehicle", json!({"vehicle": vehicle, "rider": rider}));
    }
    for number in 0..orders {
        pack_by(&desk, number);
    }
    depot
}

/// One more order, packed.
pub fn pack(depot: &Depot, number: i64) {
    pack_by(&depot.signed_in("manager"), number);
}

fn pack_by(desk: &Browser, number: i64) {
    let order = fresh();
    let body = json!({"order": order, "terms": "cash_on_delivery", "place": place(number),
        "lines": [{"article": "TEA", "quantity": 2}]});
    let _ = desk.done("place-order", body);
    let _ = desk.done("reserve-order", json!({"order": order}));
    let pick = json!({"order": order, "line": 1, "bin": "A-01", "article": "TEA", "quantity": 2});
    let _ = desk.done("pick-line", pick);
    let _ = desk.done("pack-order", json!({"order": order, "parcels": 1}));
}
