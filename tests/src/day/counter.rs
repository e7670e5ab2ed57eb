//! The counter: sales, a new customer, the last carton, a refund, a count.

use serde_json::{Value, json};

use super::{Day, Tell};
use crate::api::{Browser, fresh};
use crate::wait::until;
use std::time::Duration;

/// What nobody has but for one carton.
pub(super) struct Carton {
    article: String,
    order: String,
}

fn prices(browser: &Browser, count: usize) -> Vec<(String, i64)> {
    let page = browser.get("/api/v1/articles?limit=200");
    page["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|item| item["available"].as_i64().is_some_and(|available| available >= 4))
        .filter_map(|item| Some((item["code"].as_str()?.to_owned(), item["price_minor"].as_i64()?)))
        .take(count)
        .collect()
}

/// Sells from both depots' shelves, registers a customer and takes an order by phone.
pub(super) fn sell(day: &mut Day, sales: usize, tell: Tell<'_>) {
    tell(&format!("Selling over both counters, {sales} baskets, and registering a customer"));
    for depot in [&day.nbo1, &day.nbo2] {
        let cashier = depot.signed_in("cashier");
        let shelf = prices(&cashier, 12);
        assert!(shelf.len() >= 2, "{} has goods to sell", depot.site);
        for sale in 0..sales / 2 {
            let (first, second) = (&shelf[sale % shelf.len()], &shelf[(sale + 1) % shelf.len()]);
            let reply = cashier.done(
                "sell",
                json!({
                    "order": fresh(), "tendered_minor": 2 * (first.1 + second.1) + 100,
                    "lines": [{"article": first.0, "quantity": 1},
                              {"article": second.0, "quantity": 1}],
                }),
            );
            day.report.sales += 1;
            day.report.sales_minor += reply["total_minor"].as_i64().expect("money");
        }
    }
    let cashier = day.nbo1.signed_in("cashier");
    let customer = fresh();
    let _ = cashier.done(
        "register-customer",
        json!({"customer": customer, "name": "Duka la Mama Njeri", "phone": "+254700000001",
               "address": "Kirinyaga Road", "note": "Blue gate"}),
    );
    let (article, _) = prices(&cashier, 1).remove(0);
    let order = fresh();
    let _ = cashier.done(
        "place-order",
        json!({"order": order, "customer": customer, "terms": "cash_on_delivery",
               "lines": [{"article": article, "quantity": 1}], "delivery_fee_minor": 20_000}),
    );
    let _ = cashier.done("write-delivery-note", json!({"order": order, "text": "Ring twice"}));
    day.report.customers += 1;
}

/// One carton of an article lies at NBO-1, and NBO-2 is given the right to sell it.
pub(super) fn lend_the_last_carton(day: &Day, tell: Tell<'_>) -> Carton {
    tell("NBO-1 promises the last carton of an article to NBO-2");
    let manager = day.nbo1.signed_in("manager");
    let article = last_of_the_catalogue(&manager);
    let _ = manager.done(
        "receive-goods",
        json!({"receipt": fresh(), "reference": "ONE-CARTON", "lines": [
            {"article": article, "quantity": 1, "bin": "D-04", "unit_cost_minor": 50_000}]}),
    );
    let _ = manager.done(
        "grant-right",
        json!({"right": fresh(), "article": article, "quantity": 1, "to_site": "NBO-2"}),
    );
    let other = day.nbo2.signed_in("manager");
    until("the right has arrived at NBO-2", Duration::from_secs(60), || {
        let rights = other.get("/api/v1/rights");
        let mut held = rights["items"].as_array().expect("a list").iter();
        held.any(|right| right["article"] == article.as_str() && right["left"] == 1).then_some(())
    });
    Carton { article, order: fresh() }
}

/// A priced article that neither depot holds.
fn last_of_the_catalogue(browser: &Browser) -> String {
    let mut after = String::new();
    loop {
        let page = browser.get(&format!("/api/v1/articles?limit=200{after}"));
        for item in page["items"].as_array().expect("a list") {
            if item["on_hand"] == 0 && item["price_minor"].as_i64().is_some_and(|price| price > 0) {
                return item["code"].as_str().expect("a code").to_owned();
            }
        }
        let next = page["next"].as_str().expect("some article is held by nobody");
        after = format!("&after={next}");
    }
}

/// Both try; the holder of the right sells, the other is told why not.
pub(super) fn both_try_the_last_carton(day: &mut Day, carton: &Carton, tell: Tell<'_>) {
    tell("Both depots try to sell the last carton");
    let line = |from: Option<&str>| {
        let mut line = json!({"article": carton.article, "quantity": 1});
        if let Some(site) = from {
            line["from_site"] = json!(site);
        }
        line
    };
    let tendered = 1_000_000_000_i64;
    let here = day.nbo1.signed_in("cashier").command(
        "sell",
        json!({"order": fresh(), "tendered_minor": tendered, "lines": [line(None)]}),
    );
    assert_eq!(here.status, 422, "NBO-1 promised it away: {}", here.body);
    assert_eq!(here.body["field"], "lines[0].quantity");
    day.report.last_carton_refusal = here.body["detail"].as_str().expect("words").to_owned();
    let there = day.nbo2.signed_in("cashier");
    let sale =
        json!({"order": carton.order, "tendered_minor": tendered, "lines": [line(Some("NBO-1"))]});
    let _ = there.done("sell", sale);
    let again =
        json!({"order": fresh(), "tendered_minor": tendered, "lines": [line(Some("NBO-1"))]});
    let again = there.command("sell", again);
    assert_eq!(again.status, 422, "the right is spent: {}", again.body);
    day.report.sales += 1;
}

/// After the link is back, the goods leave where they lie.
pub(super) fn hand_over_the_remote_sale(day: &Day, carton: &Carton, tell: Tell<'_>) {
    tell("NBO-1 hands out the carton that NBO-2 sold");
    let cashier = day.nbo1.signed_in("cashier");
    until("the sale is known at NBO-1", Duration::from_secs(60), || {
        let sales = cashier.get("/api/v1/remote-sales");
        let mut open = sales["items"].as_array().expect("a list").iter();
        open.any(|sale: &Value| sale["order"] == carton.order.as_str()).then_some(())
    });
    let _ = cashier.done("hand-over-remote-sale", json!({"order": carton.order, "bin": "D-04"}));
}

/// A refund with the goods put back, and a bin counted by one and approved by another.
pub(super) fn refund_and_count(day: &mut Day, tell: Tell<'_>) {
    tell("Refunding a sale and counting a bin");
    let cashier = day.nbo1.signed_in("cashier");
    let (article, price) = prices(&cashier, 1).remove(0);
    let order = fresh();
    let sale = json!({"order": order, "tendered_minor": 10 * price, "lines": [
        {"article": article, "quantity": 2}]});
    let _ = cashier.done("sell", sale);
    let refunded = cashier.done(
        "refund-order",
        json!({"order": order, "reason": "wrong colour",
               "lines": [{"line": 1, "quantity": 1, "restock_bin": "A-02"}]}),
    );
    day.report.sales += 1;
    day.report.refunded_minor += refunded["refund_minor"].as_i64().expect("money");
    let clerk = day.nbo1.signed_in("clerk");
    let stock = clerk.get(&format!("/api/v1/articles/{article}"));
    let held = &stock["bins"][0];
    let count = fresh();
    let _ =
        clerk.done("start-count", json!({"count": count, "bin": held["bin"], "article": article}));
    let seen = held["quantity"].as_i64().expect("units") - 1;
    let recorded = clerk.done("record-count", json!({"count": count, "quantity": seen}));
    if recorded["status"] == "counted" {
        let _ = day.nbo1.signed_in("manager").done("approve-count", json!({"count": count}));
    }
    day.report.counts += 1;
}
