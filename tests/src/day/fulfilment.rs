//! Orders are reserved, picked, packed, handed to riders, delivered, and one comes back.

use serde_json::{Value, json};

use super::{Day, Tell, all_orders};
use crate::api::{Browser, fresh};
use crate::depot::Depot;

/// Lines of an order that one picker walks in the story: the sample's largest have hundreds.
const LINES_MAX: usize = 12;

/// The first imported orders of ordinary size, with their lines.
pub(super) fn choose_orders(depot: &Depot, count: usize) -> Vec<Value> {
    let desk = depot.signed_in("dispatcher");
    let small = |order: &&Value| {
        order["lines_count"].as_u64().is_some_and(|lines| (1..=LINES_MAX as u64).contains(&lines))
    };
    let placed = all_orders(&desk, "/api/v1/orders?status=placed");
    let chosen: Vec<Value> = placed
        .iter()
        .filter(small)
        .take(count)
        .map(|order| desk.get(&format!("/api/v1/orders/{}", text(&order["order"]))))
        .collect();
    assert_eq!(chosen.len(), count, "the sample has enough orders of ordinary size");
    chosen
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

pub(super) fn deliver(day: &mut Day, orders: &[Value], tell: Tell<'_>) {
    tell(&format!("Reserving, picking and packing {} orders", orders.len()));
    let desk = day.nbo1.signed_in("dispatcher");
    let picker = day.nbo1.signed_in("picker");
    for order in orders {
        let _ = desk.done("reserve-order", json!({"order": order["order"]}));
        pick_and_pack(&picker, text(&order["order"]));
    }
    let rider = register_rider(day, &desk);
    let ids: Vec<&Value> = orders.iter().map(|order| &order["order"]).collect();
    tell("Handing the parcels to the rider");
    let mut tasks = Vec::new();
    for chunk in ids.chunks(40) {
        let reply = desk.done("dispatch-orders", json!({"rider": rider, "orders": chunk}));
        tasks.extend(reply["tasks"].as_array().expect("tasks").iter().cloned());
    }
    tell("The rider delivers, takes cash, and brings one parcel back");
    let (failed, delivered) = tasks.split_last().expect("at least one task");
    let on_the_road = day.nbo1.signed_in("rider");
    for task in delivered {
        let _ = on_the_road.done(
            "record-delivery",
            json!({
                "task": task["task"], "cash_collected_minor": task["cash_due_minor"],
                "proof": {"kind": "name", "value": "signed at the door"},
            }),
        );
        day.report.cash_collected_minor += task["cash_due_minor"].as_i64().expect("money");
    }
    let _ = on_the_road
        .done("record-failed-delivery", json!({"task": failed["task"], "reason": "absent"}));
    let _ = day
        .nbo1
        .signed_in("clerk")
        .done("take-back", json!({"task": failed["task"], "bin": "A-01", "damaged": []}));
    day.report.delivered = delivered.len();
    day.report.taken_back = 1;
    day.report.rider = rider;
}

/// Walks an order's lines: bin, article, quantity, as a scanner does.
fn pick_and_pack(picker: &Browser, order: &str) {
    let detail = picker.get(&format!("/api/v1/orders/{order}"));
    for line in detail["lines"].as_array().expect("lines") {
        let mut left = line["quantity"].as_i64().expect("units");
        for held in line["bins"].as_array().expect("bins") {
            let quantity = left.min(held["quantity"].as_i64().expect("units"));
            if quantity > 0 {
                let _ = picker.done(
                    "pick-line",
                    json!({
                        "order": order, "line": line["line"], "bin": held["bin"],
                        "article": line["article"], "quantity": quantity,
                    }),
                );
                left -= quantity;
            }
        }
        assert_eq!(left, 0, "the bins hold what was reserved: {line}");
    }
    let _ = picker.done("pack-order", json!({"order": order, "parcels": 1}));
}

fn register_rider(day: &Day, desk: &Browser) -> String {
    let rider = fresh();
    let _ = desk.done(
        "register-rider",
        json!({
            "rider": rider, "staff": day.nbo1.person("rider"), "name": "Rider of the day",
            "cash_ceiling_minor": 100_000_000_000_i64,
        }),
    );
    rider
}
