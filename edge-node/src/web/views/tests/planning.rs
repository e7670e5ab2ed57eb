//! From packed orders to a manifest on the road: planned, looked at, changed, locked, handed out, planned again.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{AMINA, AMINA_PIN, Depot, MUSA, MUSA_PIN};

/// A town of doors around the depot, about 600 m apart.
fn place(number: usize) -> Value {
    let (row, column) = (i64::try_from(number / 4).unwrap(), i64::try_from(number % 4).unwrap());
    json!({ "lat_e7": -12_860_000 - 50_000 * row, "lon_e7": 368_170_000 + 50_000 * column })
}

fn id(kind: u128, number: usize) -> Uuid {
    Uuid::from_u128(kind << 64 | u128::try_from(number).unwrap())
}

fn order(number: usize) -> Uuid {
    id(0x0d, number)
}

const MOTORBIKE: usize = 1;
const VAN: usize = 2;

fn vehicle(number: usize) -> Uuid {
    id(0xee, number)
}

fn rider(number: usize) -> Uuid {
    id(0x41, number)
}

/// Orders packed, all but the last with a place; an okada and a van with riders.
async fn packed(orders: usize) -> Depot {
    let mut depot = Depot::new().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let lines =
        json!([{ "article": "TEA", "quantity": 400, "bin": "A-01", "unit_cost_minor": 5_000 }]);
    let goods = json!({ "receipt": id(0x4e, 1), "reference": "DN-7", "lines": lines });
    depot.by(MUSA, "receive-goods", goods).await;
    for number in 0..orders {
        pack(&mut depot, number, number + 1 < orders).await;
    }
    let measure = json!({ "article": "TEA", "weight_g": 500, "volume_ml": 1_000 });
    depot.by(MUSA, "measure-article", measure).await;
    for (number, kind) in [(MOTORBIKE, "okada"), (VAN, "van")] {
        let one = json!({ "rider": rider(number), "name": format!("Rider {number}"),
            "cash_ceiling_minor": 50_000_000 });
        depot.by(AMINA, "register-rider", one).await;
        let one =
            json!({ "vehicle": vehicle(number), "name": format!("KMFB {number}X"), "kind": kind });
        depot.by(AMINA, "register-vehicle", one).await;
        let one = json!({ "vehicle": vehicle(number), "rider": rider(number) });
        depot.by(AMINA, "assign-vehicle", one).await;
    }
    depot
}

async fn pack(depot: &mut Depot, number: usize, placed: bool) {
    let mut body = json!({ "order": order(number), "terms": "cash_on_delivery",
        "lines": [{ "article": "TEA", "quantity": 2 }] });
    if placed {
        body["place"] = place(number);
    }
    depot.by(AMINA, "place-order", body).await;
    depot.by(AMINA, "reserve-order", json!({ "order": order(number) })).await;
    let pick = json!({ "order": order(number), "line": 1, "bin": "A-01", "article": "TEA", "quantity": 2 });
    depot.by(MUSA, "pick-line", pick).await;
    depot.by(MUSA, "pack-order", json!({ "order": order(number), "parcels": 1 })).await;
}

async fn locate_depot(depot: &mut Depot) {
    depot.by(AMINA, "locate-depot", json!({ "place": place(5) })).await;
}

impl Depot {
    async fn post(&mut self, path: &str, body: Value) -> (u16, Value) {
        self.send("POST", &format!("/api/v1/dispatch/{path}"), Some(body)).await
    }

    /// Plans with a count of steps, and waits for the end.
    async fn planned(&mut self, asked: Value) -> Value {
        let (status, begun) = self.post("plan", asked).await;
        assert_eq!(status, 202, "{begun}");
        loop {
            let desk = self.page("dispatch").await;
            assert_eq!(desk["failed"], Value::Null);
            if desk["running"] == false {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let plan = self.page("dispatch/plan").await;
        assert_eq!(plan["plan"], begun["plan"], "{plan}");
        plan
    }

    async fn locked(&mut self, plan: &Value) -> Value {
        let body =
            json!({ "id": self.next_id(), "plan": plan["plan"], "revision": plan["revision"] });
        let (status, answer) = self.post("plan/lock", body.clone()).await;
        assert_eq!(status, 200, "{answer}");
        let again = self.post("plan/lock", body).await;
        assert_eq!(again, (200, answer), "the same question has the same answer");
        self.page("dispatch/plan").await
    }
}

fn asked() -> Value {
    json!({ "deadline_s": 60, "iterations": 200, "threads": 2, "seed": 7 })
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn stops_of(plan: &Value) -> usize {
    list(&plan["routes"]).iter().map(|route| list(&route["stops"]).len()).sum()
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_is_planned() {
    let mut depot = packed(3).await;
    let what = depot.page("dispatch").await;
    assert_eq!((&what["ready"], &what["orders_to_plan"]), (&json!(false), &json!(2)), "{what}");
    let missing: Vec<_> = list(&what["missing"]).iter().map(|one| &one["what"]).collect();
    assert_eq!(missing, ["depot_place"]);
    let (status, refused) = depot.post("plan", asked()).await;
    assert_eq!((status, &refused["type"]), (422, &json!("urn:omniroute:problem:depot-unplaced")));
    locate_depot(&mut depot).await;
    assert_eq!(depot.page("dispatch").await["ready"], true);
    let unplaced = depot.items("unplaced-orders").await;
    assert_eq!(unplaced.len(), 1, "{unplaced:?}");
    assert_eq!(unplaced[0]["order"], json!(order(2)));
    assert_eq!(unplaced[0]["commands"], json!(["locate-order"]));
    let located = json!({ "order": order(2), "place": place(2) });
    depot.by(AMINA, "locate-order", located).await;
    assert_eq!(depot.items("unplaced-orders").await, Vec::<Value>::new());
    let shown = depot.page(&format!("consignments/{}", order(2))).await;
    assert_eq!((&shown["place_of"], &shown["measured"]), (&json!("order"), &json!(true)));
    assert_eq!(shown["load"], json!({ "weight_g": 1_000, "volume_ml": 2_000, "parcels": 1 }));
    for (field, value) in [
        ("deadline_s", json!(0)),
        ("deadline_s", json!(301)),
        ("late_s_max", json!(-1)),
        ("threads", json!(0)),
        ("iterations", json!(0)),
        ("vehicles", json!([])),
        ("moved_cost_minor", json!(-1)),
        ("hurry", json!(true)),
    ] {
        let mut body = asked();
        body[field] = value;
        let (status, refused) = depot.post("plan", body).await;
        assert_eq!(status, 400, "{field}: {refused}");
        assert_eq!(refused["field"], field, "{refused}");
    }
    let nobody = json!({ "vehicles": [Uuid::from_u128(1)] });
    assert_eq!(depot.post("plan", nobody).await.0, 422);
    let (status, none) = depot.send("GET", "/api/v1/dispatch/plan", None).await;
    assert_eq!((status, &none["type"]), (404, &json!("urn:omniroute:problem:plan-unknown")));
    depot.sign_in(MUSA, MUSA_PIN).await;
    assert_eq!(depot.post("plan", asked()).await.0, 403, "a picker may not plan");
}

#[tokio::test]
async fn a_day_is_planned_changed_locked_and_handed_out() {
    let mut depot = packed(9).await;
    locate_depot(&mut depot).await;
    let plan = depot.planned(asked()).await;
    assert_eq!((&plan["status"], &plan["travel"]), (&json!("optimised"), &json!("estimate")));
    assert_eq!(stops_of(&plan), 8, "{plan}");
    assert_eq!(plan["violations"], json!([]));
    let left = list(&plan["unassigned"]);
    assert_eq!((left.len(), &left[0]["binding"]), (1, &json!("place-missing")), "{left:?}");
    let again = depot.planned(asked()).await;
    assert_eq!(again["cost_minor"], plan["cost_minor"], "a count of steps and a seed decide alone");

    let plan = moved(&mut depot, again).await;
    let after = depot.locked(&plan).await;
    let standings: Vec<_> = list(&after["routes"]).iter().map(|route| &route["standing"]).collect();
    assert!(standings.iter().all(|standing| **standing == "same"), "{standings:?}");
    let manifests = depot.items("manifests?status=locked").await;
    assert_eq!(manifests.len(), standings.len());
    let first = manifests.iter().find(|one| one["vehicle"] == json!(vehicle(VAN))).unwrap();
    let handed =
        depot.by(AMINA, "hand-out-manifest", json!({ "manifest": first["manifest"] })).await;
    let tasks = list(&handed["tasks"]).clone();
    let delivered = json!({ "task": tasks[0]["task"], "cash_collected_minor": tasks[0]["cash_due_minor"],
        "proof": { "kind": "name", "value": "Achieng" } });
    depot.by(AMINA, "record-delivery", delivered).await;
    let path = format!("manifests/{}", first["manifest"].as_str().unwrap());
    let shown = depot.page(&path).await;
    assert_eq!(shown["status"], if tasks.len() == 1 { "completed" } else { "in_progress" });
    assert_eq!(shown["stops"][0]["state"]["is"], "delivered", "{shown}");
    for task in &tasks[1..] {
        let failed = json!({ "task": task["task"], "reason": "absent" });
        depot.by(AMINA, "record-failed-delivery", failed).await;
    }
    assert_eq!(depot.page(&path).await["status"], "completed");
}

/// Puts a stop of one vehicle on the other one, after trying what it costs.
async fn moved(depot: &mut Depot, plan: Value) -> Value {
    let from =
        list(&plan["routes"]).iter().find(|route| !list(&route["stops"]).is_empty()).unwrap();
    let to = if from["vehicle"] == json!(vehicle(VAN)) { MOTORBIKE } else { VAN };
    let body = json!({ "plan": plan["plan"], "revision": plan["revision"], "vehicle": vehicle(to),
        "order": from["stops"][0]["order"], "position": 0 });
    let (status, tried) = depot.post("plan/try", body.clone()).await;
    assert_eq!(
        (status, &tried["allowed"], &tried["breaks"]),
        (200, &json!(true), &json!([])),
        "{tried}"
    );
    let (cost, before) = (&tried["cost_minor"], &tried["cost_minor_before"]);
    assert_eq!(before, &plan["cost_minor"]);
    assert_eq!(
        tried["difference_minor"].as_i64().unwrap(),
        cost.as_i64().unwrap() - before.as_i64().unwrap()
    );
    assert_eq!(depot.page("dispatch/plan").await["revision"], plan["revision"], "nothing changed");
    let (status, changed) = depot.post("plan/move", body.clone()).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!((&changed["status"], &changed["cost_minor"]), (&json!("draft"), cost));
    let (status, late) = depot.post("plan/move", body).await;
    assert_eq!((status, &late["type"]), (409, &json!("urn:omniroute:problem:plan-changed")));
    changed
}

#[tokio::test]
async fn a_move_that_breaks_a_rule_needs_somebody_who_answers_for_it() {
    let mut depot = packed(5).await;
    locate_depot(&mut depot).await;
    let van_only = json!({ "order": order(0), "vehicles": ["van"] });
    depot.by(AMINA, "describe-delivery", van_only).await;
    let heavy = json!({ "order": order(1), "weight_g": 100_000 });
    depot.by(AMINA, "describe-delivery", heavy).await;
    let plan = depot.planned(asked()).await;
    let moved = |order: Uuid| {
        json!({ "plan": plan["plan"], "revision": plan["revision"],
        "vehicle": vehicle(MOTORBIKE), "order": order })
    };
    let (_, tried) = depot.post("plan/try", moved(order(1))).await;
    assert_eq!(
        (&tried["allowed"], &tried["breaks"][0]["code"]),
        (&json!(false), &json!("capacity-exceeded"))
    );
    assert_eq!(
        (&tried["breaks"][0]["unit"], &tried["breaks"][0]["hard"]),
        (&json!("g"), &json!(true))
    );
    let mut hard = moved(order(1));
    hard["accept"] = json!(["capacity-exceeded"]);
    let (status, refused) = depot.post("plan/move", hard).await;
    assert_eq!(
        (status, &refused["type"]),
        (422, &json!("urn:omniroute:problem:breaks-constraint"))
    );
    let (status, refused) = depot.post("plan/move", moved(order(0))).await;
    assert_eq!((status, &refused["breaks"][0]["code"]), (422, &json!("type-forbidden")));
    let mut soft = moved(order(0));
    soft["accept"] = json!(["type-forbidden"]);
    let (status, plan) = depot.post("plan/move", soft).await;
    assert_eq!((status, list(&plan["violations"]).len()), (200, 1), "{plan}");
    let mut lock =
        json!({ "id": depot.next_id(), "plan": plan["plan"], "revision": plan["revision"] });
    let (status, refused) = depot.post("plan/lock", lock.clone()).await;
    assert_eq!(
        (status, &refused["breaks"][0]["number"]),
        (422, &json!("NBO-1-000001")),
        "{refused}"
    );
    lock["accept"] = json!(["type-forbidden"]);
    assert_eq!(depot.post("plan/lock", lock).await.0, 200);
    let of_okada = depot.items("manifests").await;
    let of_okada = of_okada.iter().find(|one| one["vehicle"] == json!(vehicle(MOTORBIKE))).unwrap();
    let path = format!("manifests/{}", of_okada["manifest"].as_str().unwrap());
    assert_eq!(depot.page(&path).await["accepted"], json!(["type-forbidden"]));
}

#[tokio::test]
async fn what_changed_since_the_plan_was_made_is_named_when_it_is_locked() {
    let mut depot = packed(5).await;
    locate_depot(&mut depot).await;
    let plan = depot.planned(asked()).await;
    let given = json!({ "rider": rider(VAN), "orders": [order(0)] });
    depot.by(AMINA, "dispatch-orders", given).await;
    let mut lock =
        json!({ "id": depot.next_id(), "plan": plan["plan"], "revision": plan["revision"] });
    let (status, refused) = depot.post("plan/lock", lock.clone()).await;
    assert_eq!((status, &refused["breaks"][0]["code"]), (422, &json!("order-gone")), "{refused}");
    lock["accept"] = json!(["order-gone"]);
    let (status, locked) = depot.post("plan/lock", lock).await;
    assert_eq!(status, 200, "{locked}");
    let stops: u64 =
        depot.items("manifests").await.iter().map(|one| one["stops_count"].as_u64().unwrap()).sum();
    assert_eq!(stops, 3);
}

#[tokio::test]
async fn a_day_that_has_begun_is_planned_again_around_what_is_on_the_road() {
    let mut depot = packed(7).await;
    locate_depot(&mut depot).await;
    let plan = depot.planned(asked()).await;
    depot.locked(&plan).await;
    let manifests = depot.items("manifests").await;
    let out = &manifests[0];
    let handed = depot.by(AMINA, "hand-out-manifest", json!({ "manifest": out["manifest"] })).await;
    let on_road: Vec<Value> =
        list(&handed["tasks"]).iter().map(|task| task["order"].clone()).collect();
    let arrived = json!({ "manifest": out["manifest"], "order": on_road[0] });
    depot.by(AMINA, "report-arrival", arrived).await;
    let late = json!({ "manifest": out["manifest"], "delay_s": 1_800, "reason": "rain" });
    depot.by(AMINA, "report-delay", late).await;
    for number in 20..23 {
        pack(&mut depot, number, true).await;
    }
    let again = depot.planned(asked()).await;
    assert_eq!(stops_of(&again), 6 + 3, "{again}");
    assert_eq!(again["violations"], json!([]), "{again}");
    let route =
        list(&again["routes"]).iter().find(|one| one["manifest"] == out["manifest"]).unwrap();
    assert_eq!(route["standing"], "on_the_road");
    let carried: Vec<&Value> = list(&route["stops"]).iter().map(|stop| &stop["order"]).collect();
    assert_eq!(carried.len(), on_road.len(), "what is on board stays, and nothing is added");
    assert!(on_road.iter().all(|order| carried.contains(&order)), "{again}");
    assert_eq!((carried[0], &route["stops"][0]["frozen"]), (&on_road[0], &json!(true)));
    let away = json!({ "plan": again["plan"], "revision": again["revision"], "vehicle": null,
        "order": on_road.last() });
    let (status, refused) = depot.post("plan/try", away).await;
    assert_eq!(status, 422, "{refused}");
    depot.locked(&again).await;
    let active: u64 = depot
        .items("manifests")
        .await
        .iter()
        .filter(|one| one["status"] != "cancelled")
        .map(|one| one["stops_left"].as_u64().unwrap())
        .sum();
    assert_eq!(active, 6 + 3);
}
