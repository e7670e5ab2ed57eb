//! What the box proposes after a morning's work, and what becomes of an answer.

use serde_json::{Value, json};
use shared_model::inference::{Errors, Facts, ReportModels, State};
use shared_model::workflows::Command;

use super::shapes::{CUSTOMER, morning};
use super::{AMINA, AMINA_PIN, Asker, Depot, MUSA};

/// Advice follows the log a moment behind: asked again until it says so.
async fn proposal_of_tea(depot: &mut Depot, so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1_000 {
        let items = depot.items("proposals").await;
        if let Some(tea) = items.into_iter().find(|item| item["article"] == "TEA" && so(item)) {
            return tea;
        }
        tokio::task::yield_now().await;
    }
    panic!("tea was never proposed so");
}

#[tokio::test]
async fn a_purchase_is_proposed_with_range_and_reason_and_an_answer_feeds_back() {
    let mut depot = morning().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let tea = proposal_of_tea(&mut depot, |_| true).await;
    // Five asked for on the first day stand for 35 a week; a fortnight is covered.
    assert_eq!((&tea["expected"], &tea["available"]), (&json!(70), &json!(85)));
    assert_eq!((&tea["status"], &tea["on_order"]), (&json!("proposed"), &json!(0)));
    assert_eq!(tea["reason"], "below_service_level");
    assert_eq!(tea["by"]["kind"], "baseline");
    let proposed = tea["quantity"].as_i64().unwrap();
    assert_eq!(tea["high"].as_i64().unwrap() - 85, proposed);
    let accept = json!({ "article": "TEA", "answer": "accept", "proposed": proposed });
    depot.by(MUSA, "answer-proposal", accept).await;
    let tea = proposal_of_tea(&mut depot, |item| item["status"] == "answered").await;
    assert_eq!(tea["answered"]["bought"], proposed);
    assert_eq!((&tea["on_order"], &tea["quantity"]), (&json!(proposed), &json!(0)));
}

#[tokio::test]
async fn two_shelves_are_offered_and_only_what_can_be_sold() {
    let mut depot = morning().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    proposal_of_tea(&mut depot, |_| true).await;
    let stranger = depot.page("shelves").await;
    assert_eq!(stranger["again"], json!([]));
    assert_eq!(stranger["discover"][0]["article"], "TEA");
    let known = depot.page(&format!("shelves?customer={CUSTOMER}")).await;
    assert_eq!(known["again"][0]["name"], "Tea, 500 g");
    assert_eq!(known["again"][0]["available"], 85);
    assert_eq!(known["discover"], json!([]), "tea is no discovery to who buys it");
    let (status, problem) = depot.send("GET", "/api/v1/shelves?customer=x", None).await;
    assert_eq!((status, &problem["field"]), (400, &json!("customer")));
}

fn facts(state: State, active: Option<u32>, shadow: Option<u32>, note: &str) -> Facts {
    Facts {
        model: "arrival-time".parse().unwrap(),
        day: 20_700,
        state,
        order: 1,
        active,
        manifest: None,
        shadow,
        by_model: 0,
        by_baseline: 0,
        active_errors: Errors::default(),
        shadow_errors: Errors::default(),
        rollbacks: u32::from(state == State::RolledBack),
        note: note.to_owned(),
        columns: Vec::new(),
        unlogged: 0,
    }
}

#[tokio::test]
async fn staff_see_who_answers_since_when_and_why() {
    let mut depot = Depot::new().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let shown = depot.page("models").await;
    let of = |shown: &Value, at: usize, field: &str| shown["items"][at][field].clone();
    let names: Vec<_> = (0..3).map(|at| of(&shown, at, "model")).collect();
    assert_eq!(names, ["arrival-time", "demand", "discover"]);
    assert_eq!((of(&shown, 0, "by"), of(&shown, 0, "state")), (json!("baseline"), json!("none")));
    let worse = "went back from version 2: worse than the formula";
    for (report, by) in [
        (facts(State::Active, Some(1), None, ""), "model"),
        (facts(State::Active, Some(1), Some(2), ""), "model"),
        (facts(State::Active, Some(2), None, ""), "model"),
        (facts(State::RolledBack, None, None, worse), "baseline"),
    ] {
        let (state, active) = (report.state.as_str(), report.active);
        let shadow = report.shadow;
        let id = depot.next_id();
        let command = Command::ReportModels(ReportModels { id, facts: vec![report] });
        depot.store.submit(command, [0; 32], Asker::NODE).await.unwrap();
        let item = standing(&mut depot, |item| {
            item["active"]["version"] == json!(active) && item["shadow"]["version"] == json!(shadow)
        })
        .await;
        assert_eq!((&item["by"], &item["state"]), (&json!(by), &json!(state)), "{item}");
        assert_eq!(item["travelled"], "here");
        for place in [&item["active"], &item["shadow"]].into_iter().filter(|place| !place.is_null())
        {
            assert!(place["since_ms"].as_i64() > Some(0), "{item}");
        }
    }
    let item = standing(&mut depot, |item| item["state"] == "rolled_back").await;
    assert_eq!((&item["note"], &item["rollbacks"]), (&json!(worse), &json!(1)));
    assert!(item["since_ms"].as_i64() > Some(0));
    depot.all_sent().await;
    standing(&mut depot, |item| item["travelled"] == "hub").await;
}

/// Advice follows the log a moment behind: asked again until it says so.
async fn standing(depot: &mut Depot, so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1_000 {
        let item = depot.page("models").await["items"][0].clone();
        if so(&item) {
            return item;
        }
        tokio::task::yield_now().await;
    }
    panic!("the model never stood so");
}
