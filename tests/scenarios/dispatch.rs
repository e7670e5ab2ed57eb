//! From packed orders to a rider on the road, over the wire, with a depot that is killed on the way.

use std::time::Duration;

use serde_json::{Value, json};
use system_tests::api::{Browser, fresh};
use system_tests::rounds::{self, pack};
use system_tests::wait::until;

/// A search of so many steps takes a moment, also on a busy machine.
const PLAN_LONGEST: Duration = Duration::from_secs(120);

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn planned(desk: &Browser) -> Value {
    let asked = json!({"deadline_s": 60, "iterations": 100, "threads": 1});
    let begun = desk.post("/api/v1/dispatch/plan", &asked);
    assert_eq!(begun.status, 202, "{}", begun.body);
    until("the plan is made", PLAN_LONGEST, || {
        (desk.get("/api/v1/dispatch")["running"] == false).then_some(())
    });
    let plan = desk.get("/api/v1/dispatch/plan");
    assert_eq!(plan["plan"], begun.body["plan"]);
    assert_eq!(plan["violations"], json!([]), "{plan}");
    plan
}

fn stops(plan: &Value) -> usize {
    list(&plan["routes"]).iter().map(|route| list(&route["stops"]).len()).sum()
}

fn manifests(desk: &Browser) -> Vec<Value> {
    list(&desk.get("/api/v1/manifests")["items"]).clone()
}

#[test]
fn plan_lock_hand_out_replan() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut depot = rounds::packed(folder.path(), 6);
    let desk = depot.signed_in("dispatcher");
    let plan = planned(&desk);
    assert_eq!(stops(&plan), 6, "{plan}");
    let lock = json!({"id": fresh(), "plan": plan["plan"], "revision": plan["revision"]});
    let locked = desk.post("/api/v1/dispatch/plan/lock", &lock);
    assert_eq!(locked.status, 200, "{}", locked.body);

    depot.kill9();
    depot.verify();
    depot.serve();
    let desk = depot.signed_in("dispatcher");
    let again = desk.post("/api/v1/dispatch/plan/lock", &lock);
    assert_eq!(again, locked, "who asks again after the crash gets the first answer");
    let gone = desk.try_get("/api/v1/dispatch/plan").expect("an answer");
    assert_eq!(
        (gone.status, &gone.body["type"]),
        (404, &json!("urn:omniroute:problem:plan-unknown"))
    );
    let standing = manifests(&desk);
    let left: u64 = standing.iter().map(|one| one["stops_left"].as_u64().expect("a count")).sum();
    assert_eq!(left, 6, "what was locked is there");

    let out = standing[0]["manifest"].clone();
    let handed = desk.done("hand-out-manifest", json!({"manifest": out}));
    let tasks = list(&handed["tasks"]);
    let twice = desk.command("hand-out-manifest", json!({"manifest": out}));
    assert_eq!(
        (twice.status, &twice.body["type"]),
        (422, &json!("urn:omniroute:problem:manifest-status"))
    );
    let taken = json!({"rider": standing[0]["rider"], "orders": [tasks[0]["order"]]});
    assert_eq!(desk.command("dispatch-orders", taken).status, 422);
    let delivered = json!({"task": tasks[0]["task"],
        "cash_collected_minor": tasks[0]["cash_due_minor"],
        "proof": {"kind": "name", "value": "Achieng"}});
    let _ = desk.done("record-delivery", delivered);
    if tasks.len() > 1 {
        let late = json!({"manifest": out, "delay_s": 900, "reason": "rain"});
        let _ = desk.done("report-delay", late);
    }
    for number in 20..22 {
        pack(&depot, number);
    }
    let plan = planned(&desk);
    assert_eq!(stops(&plan), 5 + 2, "{plan}");
    let lock = json!({"id": fresh(), "plan": plan["plan"], "revision": plan["revision"]});
    assert_eq!(desk.post("/api/v1/dispatch/plan/lock", &lock).status, 200);
    let held: u64 = manifests(&desk)
        .iter()
        .filter(|one| one["status"] != "cancelled")
        .map(|one| one["stops_left"].as_u64().expect("a count"))
        .sum();
    assert_eq!(held, 5 + 2, "each order is in one manifest");
    depot.stop();
    depot.verify();
}

#[test]
fn what_makes_no_sense_to_the_planner_is_refused_with_its_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let depot = rounds::packed(folder.path(), 1);
    let desk = depot.signed_in("dispatcher");
    for (path, body, field) in [
        ("plan", json!({"deadline_s": -1}), "deadline_s"),
        ("plan", json!({"deadline_s": 1e99}), "deadline_s"),
        ("plan", json!({"vehicles": ["x"]}), "vehicles[0]"),
        ("plan", json!({"iterations": 0}), "iterations"),
        ("plan/try", json!({"plan": fresh(), "revision": 1}), ""),
        ("plan/try", json!({"plan": fresh(), "revision": -1, "order": fresh()}), "revision"),
        ("plan/lock", json!({"plan": fresh(), "revision": 1}), ""),
    ] {
        let answer = desk.post(&format!("/api/v1/dispatch/{path}"), &body);
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.body);
        assert!(answer.body["remedy"].as_str().is_some_and(|words| !words.is_empty()));
        if !field.is_empty() {
            assert_eq!(answer.body["field"], field, "{path} {body}");
        }
    }
    for (name, body, field) in [
        ("locate-depot", json!({"place": {"lat_e7": 0, "lon_e7": 0}}), "place"),
        ("locate-depot", json!({"place": {"lat_e7": 900_000_001, "lon_e7": 1}}), "place"),
        ("measure-article", json!({"article": "TEA", "weight_g": -1, "volume_ml": 1}), "weight_g"),
        (
            "register-vehicle",
            json!({"vehicle": fresh(), "name": "X", "kind": "okada", "weight_g_max": 0}),
            "weight_g_max",
        ),
        (
            "assign-vehicle",
            json!({"vehicle": fresh(), "shift": {"from_ms": 2, "until_ms": 1}}),
            "shift",
        ),
    ] {
        let answer = depot.signed_in("manager").command(name, body.clone());
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)), "{body}");
    }
    let unknown = json!({"plan": fresh(), "revision": 1, "order": fresh()});
    assert_eq!(desk.post("/api/v1/dispatch/plan/try", &unknown).status, 404);
    assert_eq!(depot.signed_in("picker").post("/api/v1/dispatch/plan", &json!({})).status, 403);
}
