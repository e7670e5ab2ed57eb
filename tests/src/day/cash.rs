//! The rider's cash is declared, counted blind by a second person, and co-signed.

use serde_json::json;

use super::{Day, Tell};
use crate::api::fresh;

/// What is missing when it is counted.
const SHORT_MINOR: i64 = 2_500;

pub(super) fn hand_over(day: &mut Day, tell: Tell<'_>) {
    tell("The rider hands over the cash: declared, counted blind by a second person, co-signed");
    let collected = day.report.cash_collected_minor;
    let (handover, rider) = (fresh(), day.report.rider.clone());
    let declarer = day.nbo1.signed_in("rider");
    let _ = declarer.done(
        "declare-handover",
        json!({"handover": handover, "rider": rider, "declared_minor": collected}),
    );
    let own_count = declarer
        .command("count-handover", json!({"handover": handover, "counted_minor": collected}));
    assert_eq!(own_count.status, 403, "who declares does not count: {}", own_count.body);
    let counter = day.nbo1.signed_in("cashier");
    let shown = counter.get("/api/v1/handovers");
    assert!(shown["items"][0]["declared_minor"].is_null(), "the count is blind: {shown}");
    let counted = collected - SHORT_MINOR;
    let _ = counter.done("count-handover", json!({"handover": handover, "counted_minor": counted}));
    let closed =
        declarer.done("cosign-handover", json!({"handover": handover, "accept_shortage": true}));
    assert_eq!(closed["shortage_minor"], SHORT_MINOR);
    day.report.cash_counted_minor = counted;
    day.report.cash_short_minor = SHORT_MINOR;
    let manager = day.nbo1.signed_in("manager");
    let riders = manager.get("/api/v1/riders");
    assert_eq!(riders["items"][0]["custody_minor"], 0, "nothing is left with the rider: {riders}");
    let _ = manager.done("deposit-cash", json!({"slip": "SLIP-0001", "amount_minor": counted}));
}
