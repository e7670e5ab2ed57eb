//! What each page shows of a day's work, field by field.

use serde_json::{Value, json};
use shared_model::gig::task_id;
use shared_model::id::OrderId;
use uuid::Uuid;

use super::{AMINA, AMINA_PIN, Depot, HELD, LENT, MUSA, MUSA_PIN};

const ORDER: Uuid = Uuid::from_u128(0x0d);
const SALE: Uuid = Uuid::from_u128(0x5a);
pub(super) const CUSTOMER: Uuid = Uuid::from_u128(0xc1);
const RIDER: Uuid = Uuid::from_u128(0x41);
const RECEIPT: Uuid = Uuid::from_u128(0x4e);
const COUNT: Uuid = Uuid::from_u128(0xc0);
const HANDOVER: Uuid = Uuid::from_u128(0x4a);

/// 100 tea arrive, 1 is sold, 4 are ordered by phone.
pub(super) async fn morning() -> Depot {
    let mut depot = Depot::new().await;
    let lines = json!([
        { "article": "TEA", "quantity": 60, "bin": "A-01", "unit_cost_minor": 5_000 },
        { "article": "TEA", "quantity": 30, "bin": "B-01", "unit_cost_minor": 5_000 },
        { "article": "TEA", "quantity": 10, "bin": "RECV", "unit_cost_minor": 5_000, "expected": 10 },
    ]);
    let goods = json!({ "receipt": RECEIPT, "reference": "DN-7", "lines": lines });
    depot.by(MUSA, "receive-goods", goods).await;
    let one = json!([{ "article": "TEA", "quantity": 1 }]);
    let sale = json!({ "order": SALE, "lines": one, "tendered_minor": 20_000 });
    depot.by(AMINA, "sell", sale).await;
    let customer = json!({
        "customer": CUSTOMER, "name": "Wanjiku", "phone": "0722", "address": "Moi Avenue 1",
    });
    depot.by(AMINA, "register-customer", customer).await;
    let four = json!([{ "article": "TEA", "quantity": 4 }]);
    let order = json!({
        "order": ORDER, "customer": CUSTOMER, "terms": "cash_on_delivery", "lines": four,
        "delivery_fee_minor": 5_000,
    });
    depot.by(AMINA, "place-order", order).await;
    depot.by(AMINA, "reserve-order", json!({ "order": ORDER })).await;
    depot
}

/// The order is picked, packed and given to Otieno.
async fn on_the_road(depot: &mut Depot) -> String {
    let pick = json!({ "order": ORDER, "line": 1, "bin": "B-01", "article": "TEA", "quantity": 4 });
    depot.by(MUSA, "pick-line", pick).await;
    depot.by(MUSA, "pack-order", json!({ "order": ORDER, "parcels": 1 })).await;
    let note = json!({ "order": ORDER, "text": "ring twice" });
    depot.by(MUSA, "write-delivery-note", note).await;
    let rider = json!({ "rider": RIDER, "name": "Otieno", "cash_ceiling_minor": 2_000_000 });
    depot.by(AMINA, "register-rider", rider).await;
    let given = json!({ "rider": RIDER, "orders": [ORDER] });
    depot.by(AMINA, "dispatch-orders", given).await["tasks"][0]["task"].as_str().unwrap().to_owned()
}

fn number_of(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

#[tokio::test]
async fn articles_show_stock_price_and_promises() {
    let mut depot = morning().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let right = json!({ "right": LENT, "article": "TEA", "quantity": 10, "to_site": "NBO-2" });
    depot.by(AMINA, "grant-right", right).await;
    let tea = json!({
        "code": "TEA", "name": "Tea, 500 g", "barcode": "6161100000017", "tax_class": "standard",
        "price_minor": 10_000, "on_hand": 99, "reserved": 4, "lent": 10, "available": 75,
        "blocked": false, "travelled": "here",
    });
    let milk = json!({
        "code": "MILK", "name": "Milk, 1 l", "barcode": null, "tax_class": "standard",
        "price_minor": 10_000, "on_hand": 0, "reserved": 0, "lent": 0, "available": 0,
        "blocked": false, "travelled": "hub",
    });
    assert_eq!(depot.items("articles").await, [milk.clone(), tea.clone()]);
    let mut detail = tea;
    let bins = json!([
        { "bin": "RECV", "quantity": 10 },
        { "bin": "B-01", "quantity": 30 },
        { "bin": "A-01", "quantity": 59 },
    ]);
    detail["bins"] = bins;
    detail["rights"] = json!([{
        "right": LENT, "holder_site": "NBO-2", "home_site": "NBO-1", "granted": 10, "spent": 2,
        "returned": 1, "left": 7,
    }]);
    assert_eq!(depot.page("articles/TEA").await, detail);
    let mut detail = milk;
    detail["bins"] = json!([]);
    detail["rights"] = json!([{
        "right": HELD, "holder_site": "NBO-1", "home_site": "NBO-2", "granted": 5, "spent": 0,
        "returned": 0, "left": 5,
    }]);
    assert_eq!(depot.page("articles/MILK").await, detail);
}

#[tokio::test]
async fn rights_and_sales_under_them_are_shown_on_both_sides() {
    let mut depot = morning().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let right = json!({ "right": LENT, "article": "TEA", "quantity": 10, "to_site": "NBO-2" });
    depot.by(AMINA, "grant-right", right).await;
    let line = json!([{ "article": "MILK", "quantity": 2, "from_site": "NBO-2" }]);
    let order = Uuid::from_u128(0x5b);
    let sale = json!({ "order": order, "lines": line, "tendered_minor": 100_000 });
    depot.by(AMINA, "sell", sale).await;
    let held = json!({
        "right": HELD, "article": "MILK", "name": "Milk, 1 l", "home_site": "NBO-2",
        "holder_site": "NBO-1", "granted": 5, "spent": 2, "returned": 0, "left": 3,
        "travelled": "here",
    });
    let lent = json!({
        "right": LENT, "article": "TEA", "name": "Tea, 500 g", "home_site": "NBO-1",
        "holder_site": "NBO-2", "granted": 10, "spent": 2, "returned": 1, "left": 7,
        "travelled": "here",
    });
    assert_eq!(depot.items("rights").await, [held, lent]);
    assert_eq!(depot.page(&format!("orders/{order}")).await["right_from_site"], "NBO-2");
    let sold = Uuid::from_u128(0x5a1e);
    let mut waiting = json!({
        "order": sold, "seller_site": "NBO-2", "right": LENT, "article": "TEA",
        "name": "Tea, 500 g", "quantity": 2, "status": "open", "travelled": "hub",
    });
    assert_eq!(depot.items("remote-sales").await, [waiting.clone()]);
    let gone = json!({ "order": sold, "bin": "A-01" });
    depot.by(AMINA, "hand-over-remote-sale", gone).await;
    waiting["status"] = json!("handed_over");
    waiting["travelled"] = json!("here");
    assert_eq!(depot.items("remote-sales").await, [waiting]);
    assert_eq!(depot.items("remote-sales?status=open").await.len(), 0);
    assert_eq!(depot.page("articles/TEA").await["lent"], 8);
}

#[tokio::test]
async fn an_order_is_shown_with_all_that_belongs_to_it() {
    let mut depot = morning().await;
    depot.sign_in(MUSA, MUSA_PIN).await;
    let before = depot.page(&format!("orders/{ORDER}")).await;
    let bins = json!([{ "bin": "B-01", "quantity": 30 }, { "bin": "A-01", "quantity": 59 }]);
    assert_eq!(before["lines"][0]["bins"], bins, "goods in the receiving bay are not picked");
    assert_eq!(before["note"], Value::Null);
    let task = on_the_road(&mut depot).await;
    assert_eq!(task, task_id(OrderId::new(ORDER), 1).to_string());

    let (net, fee, tax, total) = (40_000, 5_000, 7_200, 52_200);
    let shown = depot.page(&format!("orders/{ORDER}")).await;
    let at: Vec<i64> =
        shown["history"].as_array().unwrap().iter().map(|s| number_of(&s["at_ms"])).collect();
    let task = json!({
        "task": task, "order": ORDER, "number": "NBO-1-000002", "rider": RIDER,
        "rider_name": "Otieno", "attempt": 1, "status": "allocated", "cash_due_minor": total,
        "customer_name": "Wanjiku", "address": "Moi Avenue 1", "travelled": "here",
    });
    let step =
        |n: usize, what: &str, staff: &str| json!({ "what": what, "at_ms": at[n], "staff": staff });
    let expected = json!({
        "order": ORDER, "number": "NBO-1-000002", "channel": "phone", "reference": null,
        "status": "dispatched", "customer": CUSTOMER, "customer_name": "Wanjiku",
        "customer_phone": "0722", "address": "Moi Avenue 1", "terms": "cash_on_delivery",
        "placed_ms": shown["placed_ms"],
        "lines": [{
            "line": 1, "article": "TEA", "name": "Tea, 500 g", "quantity": 4,
            "unit_price_minor": 10_000, "tax_class": "standard", "picked": 4,
            "short_reason": null, "refunded": 0, "net_minor": net, "bins": [],
        }],
        "net_minor": net, "tax_minor": tax, "delivery_fee_minor": fee, "total_minor": total,
        "paid_minor": 0, "refunded_minor": 0, "tasks": [task], "note": "ring twice", "arrival": null,
        "right_from_site": null, "travelled": "here",
        "history": [
            step(0, "placed", "Amina"), step(1, "reserved", "Amina"), step(2, "picked", "Musa"),
            step(3, "packed", "Musa"), step(4, "dispatched", "Amina"),
        ],
    });
    assert_eq!(shown, expected);
    assert_eq!(depot.items("tasks").await, std::slice::from_ref(&task));
    assert_eq!(depot.items(&format!("tasks?status=allocated&rider={RIDER}")).await, [task]);
    assert_eq!(depot.items(&format!("tasks?rider={SALE}")).await.len(), 0);
    let rows = depot.items("orders").await;
    let item = json!({
        "order": ORDER, "number": "NBO-1-000002", "channel": "phone", "status": "dispatched",
        "customer": CUSTOMER, "customer_name": "Wanjiku", "lines_count": 1, "total_minor": total,
        "placed_ms": shown["placed_ms"], "reference": null, "travelled": "here",
    });
    assert_eq!((rows.len(), &rows[0]), (2, &item));
    assert_eq!((&rows[1]["channel"], &rows[1]["customer"]), (&json!("counter"), &Value::Null));
}

#[tokio::test]
async fn cash_is_counted_blind() {
    let mut depot = morning().await;
    let task = on_the_road(&mut depot).await;
    let proof = json!({ "kind": "name", "value": "Wanjiku" });
    let done = json!({ "task": task, "cash_collected_minor": 52_200, "proof": proof });
    depot.by(AMINA, "record-delivery", done).await;
    depot.sign_in(MUSA, MUSA_PIN).await;
    let mut rider = json!({
        "rider": RIDER, "staff": null, "name": "Otieno", "phone": null, "custody_minor": 52_200,
        "receivable_minor": 0, "payable_minor": 15_000, "cash_ceiling_minor": 2_000_000,
        "open_tasks": 0, "travelled": "here",
    });
    assert_eq!(depot.items("riders").await, [rider.clone()]);
    let declared = json!({ "handover": HANDOVER, "rider": RIDER, "declared_minor": 52_200 });
    depot.by(AMINA, "declare-handover", declared).await;
    let mut shown = json!({
        "handover": HANDOVER, "rider": RIDER, "rider_name": "Otieno", "declared_minor": null,
        "counted_minor": null, "shortage_minor": null, "status": "declared",
        "declared_by": AMINA, "counted_by": null, "travelled": "here",
    });
    assert_eq!(depot.items("handovers").await, [shown.clone()], "Musa is to count");
    depot.sign_in(AMINA, AMINA_PIN).await;
    shown["declared_minor"] = json!(52_200);
    assert_eq!(depot.items("handovers?status=declared").await, [shown.clone()]);
    let counted = json!({ "handover": HANDOVER, "counted_minor": 52_000 });
    depot.by(MUSA, "count-handover", counted).await;
    depot.sign_in(MUSA, MUSA_PIN).await;
    for (key, value) in [
        ("counted_minor", json!(52_000)),
        ("shortage_minor", json!(200)),
        ("status", json!("counted")),
        ("counted_by", json!(MUSA)),
    ] {
        shown[key] = value;
    }
    assert_eq!(depot.items("handovers?search=otieno").await, [shown]);
    let agreed = json!({ "handover": HANDOVER, "accept_shortage": true });
    depot.by(AMINA, "cosign-handover", agreed).await;
    assert_eq!(depot.items("handovers?status=closed").await.len(), 1);
    rider["custody_minor"] = json!(0);
    rider["receivable_minor"] = json!(200);
    assert_eq!(depot.items("riders").await, [rider]);
    let raised = depot.items("exceptions?status=open").await;
    let expected = json!({
        "exception": raised[0]["exception"], "kind": "cash_short", "subject": "Otieno",
        "detail": raised[0]["detail"], "raised_ms": raised[0]["raised_ms"], "status": "open",
        "resolution": null, "note": null, "travelled": "here",
    });
    assert_eq!(raised, [expected]);
    assert_eq!(depot.items("handovers?search=nobody").await.len(), 0);
}

#[tokio::test]
async fn a_count_does_not_show_what_the_book_says() {
    let mut depot = morning().await;
    depot.sign_in(MUSA, MUSA_PIN).await;
    let begun = json!({ "count": COUNT, "bin": "A-01", "article": "TEA" });
    depot.by(MUSA, "start-count", begun).await;
    let found = depot.items("counts").await;
    let mut shown = json!({
        "count": COUNT, "bin": "A-01", "article": "TEA", "name": "Tea, 500 g",
        "status": "counting", "counted": null, "variance": null,
        "started_ms": found[0]["started_ms"], "staff_name": "Musa", "travelled": "here",
    });
    assert_eq!(found, [shown.clone()]);
    depot.by(MUSA, "record-count", json!({ "count": COUNT, "quantity": 58 })).await;
    shown["status"] = json!("counted");
    shown["counted"] = json!(58);
    shown["variance"] = json!(-1);
    assert_eq!(depot.items("counts?status=counted&search=a-01").await, [shown]);
}

#[tokio::test]
async fn customers_and_arrivals_are_shown_as_entered() {
    let mut depot = morning().await;
    depot.sign_in(MUSA, MUSA_PIN).await;
    let wanjiku = json!({
        "customer": CUSTOMER, "name": "Wanjiku", "phone": "0722", "address": "Moi Avenue 1",
        "note": null, "travelled": "here",
    });
    assert_eq!(depot.items("customers").await, std::slice::from_ref(&wanjiku));
    assert_eq!(depot.page(&format!("customers/{CUSTOMER}")).await, wanjiku);
    let found = depot.items("receipts").await;
    let line = |quantity: i64, bin: &str, expected: Value| {
        json!({
            "article": "TEA", "name": "Tea, 500 g", "quantity": quantity, "damaged": 0,
            "expected": expected, "bin": bin, "unit_cost_minor": 5_000,
        })
    };
    let expected = json!({
        "receipt": RECEIPT, "reference": "DN-7", "received_ms": found[0]["received_ms"],
        "staff_name": "Musa", "status": "received", "travelled": "here",
        "lines": [
            line(60, "A-01", json!(null)),
            line(30, "B-01", json!(null)),
            line(10, "RECV", json!(10)),
        ],
    });
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn the_books_close_and_the_day_adds_up() {
    let mut depot = morning().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let line = |account: &str, debit: i64, credit: i64| json!({ "account": account, "debit_minor": debit, "credit_minor": credit });
    let books = json!({
        "currency": "KES",
        "accounts": [
            line("cost-of-goods", 5_000, 0),
            line("goods-received-not-invoiced", 0, 500_000),
            line("sales", 0, 10_000),
            line("stock", 495_000, 0),
            line("till", 11_600, 0),
            line("vat-output", 0, 1_600),
        ],
        "debit_minor": 511_600, "credit_minor": 511_600, "difference_minor": 0,
    });
    assert_eq!(depot.page("trial-balance").await, books);
    let day = depot.page("day").await;
    let expected = json!({
        "orders_by_status": { "closed": 1, "reserved": 1 }, "sales_minor": 10_000,
        "cash_till_minor": 11_600, "cash_safe_minor": 0, "cash_with_riders_minor": 0,
        "exceptions_open": 0, "unsent": 7,
    });
    assert_eq!(day, expected);
}

#[tokio::test]
async fn what_the_hub_holds_is_shown_as_travelled() {
    let mut depot = morning().await;
    depot.sign_in(AMINA, AMINA_PIN).await;
    let before = depot.page("sync").await;
    let mut expected = json!({
        "state": "never", "unsent": 7, "oldest_unsent_ms": before["oldest_unsent_ms"],
        "last_contact_ms": null, "hub": super::HUB, "quarantined": 0, "epoch": 1, "head_seq": 7,
        "hub_seq": 0, "clock_trusted": true, "damaged": [], "certificate_until_ms": null,
        "certificate_expired": false, "refused": null, "denylist_version": 0,
        "clock": "right", "clock_floor_ms": before["clock_floor_ms"],
    });
    assert_eq!(before, expected);
    assert!(number_of(&before["oldest_unsent_ms"]) > 0);
    depot.all_sent().await;
    for (key, value) in [
        ("state", json!("sent")),
        ("unsent", json!(0)),
        ("oldest_unsent_ms", json!(null)),
        ("last_contact_ms", json!(1_790_000_000_000_i64)),
        ("hub_seq", json!(7)),
    ] {
        expected[key] = value;
    }
    assert_eq!(depot.page("sync").await, expected);
    for list in ["orders", "receipts", "customers", "articles"] {
        for item in depot.items(list).await {
            assert_eq!(item["travelled"], "hub", "{list} {item}");
        }
    }
    depot.by(AMINA, "cancel-order", json!({ "order": ORDER, "reason": "called off" })).await;
    assert_eq!(depot.page("sync").await["state"], "waiting");
    let reached: Vec<Value> =
        depot.items("orders").await.iter().map(|order| order["travelled"].clone()).collect();
    assert_eq!(reached, ["here", "hub"]);
    depot.store.note_fork(Some(shared_model::log::Epoch(1))).await.unwrap();
    assert_eq!(depot.page("sync").await["state"], "blocked");
}
