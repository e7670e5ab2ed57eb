//! A depot with orders packed for the road: places, vehicles and riders included; and a tour.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Browser, fresh};
use crate::depot::Depot;
use crate::process::run;
use crate::wait::until;

/// Until what was reported on the road is written down, on a loaded machine.
const NOTED_LONGEST: Duration = Duration::from_secs(60);

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
    equip(&depot, orders);
    depot
}

/// Goods, a place, two riders with vehicles, and orders packed, at a depot that serves and knows the
/// price of TEA.
pub fn equip(depot: &Depot, orders: i64) {
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
}

/// One vehicle takes all packed orders and reaches every stop. People look at the round so many times
/// while it is on the road, and each time the models are asked when it arrives.
///
/// # Panics
/// When nothing is packed, or a step is refused.
pub fn ride(depot: &Depot, looks: u32) {
    let desk = depot.signed_in("manager");
    let packed = desk.get("/api/v1/orders?status=packed&limit=200");
    let packed = packed["items"].as_array().expect("a list");
    let orders: Vec<&Value> = packed.iter().map(|order| &order["order"]).collect();
    let vehicle = desk.get("/api/v1/vehicles")["items"][0]["vehicle"].clone();
    let departs_ms = desk.get("/api/v1/site")["now_ms"].as_i64().expect("a time");
    let stops: Vec<Value> = (1..)
        .zip(&orders)
        .map(|(number, order)| {
            let arrive_ms = departs_ms + number * 600_000;
            json!({"order": order, "arrive_ms": arrive_ms, "leave_ms": arrive_ms + 120_000})
        })
        .collect();
    let returns_ms = departs_ms + 600_000 * (stops.len() as i64 + 1);
    let manifest = fresh();
    let round = json!({"manifest": manifest, "vehicle": vehicle, "departs_ms": departs_ms,
        "returns_ms": returns_ms, "metres": 9_000, "travel": "estimate", "stops": stops});
    let _ = desk.done("lock-manifests", json!({"manifests": [round]}));
    let _ = desk.done("hand-out-manifest", json!({"manifest": manifest}));
    for _ in 0..looks {
        let _ = desk.get(&format!("/api/v1/manifests/{manifest}"));
    }
    for order in &orders {
        let _ = desk.done("report-arrival", json!({"manifest": manifest, "order": order}));
    }
    let last = orders.last().expect("a packed order").as_str().expect("an id");
    until("what came of the round is written down", NOTED_LONGEST, || {
        let mut explain = depot.nested(&["models", "explain"]);
        run(explain.args(["arrival-time", "--subject", last])).contains("came to").then_some(())
    });
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
