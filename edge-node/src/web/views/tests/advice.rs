//! What the box proposes after a morning's work, and what becomes of an answer.

use serde_json::{Value, json};

use super::shapes::{CUSTOMER, morning};
use super::{AMINA, AMINA_PIN, Depot, MUSA};

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
