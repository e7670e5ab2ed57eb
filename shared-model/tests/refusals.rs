//! Every refusal there is, reached by somebody doing what leads to it. Each says its code, its
//! field, what is wrong and what to do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use std::collections::{BTreeMap, BTreeSet};

use day::{
    CASHIER, CLERK, DISPATCHER, Depot, MANAGER, PICKER, Person, RIDER, Region, SECOND_MANAGER,
    arrival, article,
};
use serde_json::{Value, json};
use shared_model::document::{self, CustomerFields, Writer};
use shared_model::exceptions::{self, Exception};
use shared_model::id::{BookId, RightId};
use shared_model::log::Hash;
use shared_model::pricing::{self, PriceBooks, PriceLine, PublishBook};
use shared_model::refusal::Refusal;
use shared_model::tax::Jurisdiction;
use shared_model::workflows::{Command, MatchStatement, PayRider, PublishPrices};
use shared_model::{catalogue, dispatch, gig, orders, payments, replenishment, rights, warehouse};
use uuid::Uuid;

/// What the contexts can refuse.
const BY_CONTEXT: &[&[&str]] = &[
    catalogue::Error::CODES,
    pricing::Error::CODES,
    orders::Error::CODES,
    warehouse::Error::CODES,
    gig::Error::CODES,
    payments::Error::CODES,
    rights::Error::CODES,
    document::Error::CODES,
    exceptions::Error::CODES,
    dispatch::Error::CODES,
    replenishment::Error::CODES,
];
/// What only a whole step of the day can refuse.
const BY_STEPS: [&str; 3] = ["count-known", "cost-too-large", "nothing-picked"];

/// The codes seen so far, with their fields.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, String>);

impl Seen {
    fn note(&mut self, code: &str, refusal: Refusal) {
        assert_eq!(refusal.code, code, "{refusal:?}");
        assert!(!refusal.detail.is_empty() && !refusal.remedy.is_empty(), "{refusal:?}");
        assert!(refusal.code.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
        self.0.insert(refusal.code, refusal.field.into_owned());
    }

    /// Somebody asks and is refused with this code, about this field.
    fn no(
        &mut self,
        depot: &mut Depot,
        by: Person,
        name: &str,
        body: Value,
        (code, field): (&str, &str),
    ) {
        let refusal = depot.refused(by, name, body);
        assert_eq!(refusal.field, field, "{refusal:?}");
        self.note(code, refusal);
    }
}

fn none() -> String {
    day::uuid(0xdead)
}

fn sale(depot: &mut Depot, lines: Value) -> Value {
    json!({"order": depot.mint(), "lines": lines, "tendered_minor": 90_000_000})
}

fn selling(seen: &mut Seen, region: &mut Region) {
    let depot = &mut region.depots[0];
    depot.receive(vec![arrival("RICE-5", 50, "A-01", 1_000_00), arrival("SOAP", 9, "A-02", 50)]);
    let body = sale(depot, json!([{"article": "NO", "quantity": 1}]));
    seen.no(depot, CASHIER, "sell", body, ("article-unknown", "lines[0].article"));
    let block = json!({"article": "MILK", "blocked": true, "reason": "recall"});
    depot.must(MANAGER, "block-article", block.clone());
    seen.no(depot, MANAGER, "block-article", block, ("nothing-new", "article"));
    let body = sale(
        depot,
        json!([{"article": "SOAP", "quantity": 1}, {"article": "MILK", "quantity": 1}]),
    );
    seen.no(depot, CASHIER, "sell", body, ("article-blocked", "lines[1].article"));
    let body = sale(depot, json!([{"article": "PHONE", "quantity": 1}]));
    seen.no(depot, CASHIER, "sell", body, ("not-available", "lines[0].quantity"));
    let mut body = sale(depot, json!([{"article": "SOAP", "quantity": 1}]));
    body["tendered_minor"] = 1.into();
    seen.no(depot, CASHIER, "sell", body.clone(), ("tendered-too-little", "tendered_minor"));
    body["tendered_minor"] = 50_000.into();
    depot.must(CASHIER, "sell", body.clone());
    let order = body["order"].clone();
    body["id"] = depot.mint().into();
    seen.no(depot, CASHIER, "sell", body, ("order-already-placed", "order"));
    let mut refund = |lines: Value, about| {
        let body = json!({"order": order, "reason": "torn", "lines": lines});
        seen.no(depot, CASHIER, "refund-order", body, about);
    };
    refund(json!([{"line": 9, "quantity": 1}]), ("line-unknown", "line"));
    refund(json!([{"line": 1, "quantity": 2}]), ("over-refund", "lines"));
    let twice = json!([{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]);
    refund(twice, ("line-repeated", "lines"));
    refund(
        json!([{"line": 1, "quantity": 1, "restock_bin": "NO"}]),
        ("bin-unknown", "lines[0].restock_bin"),
    );
    let lines = vec![json!({"article": "PHONE", "quantity": 1_000_000}); 200];
    let body = json!({"order": depot.mint(), "terms": "cash_on_delivery", "lines": lines});
    seen.no(depot, CASHIER, "place-order", body, ("total-too-large", "lines"));
}

fn shelves(seen: &mut Seen, depot: &mut Depot) {
    let receive = |depot: &mut Depot, line: Value| json!({"receipt": depot.mint(), "reference": "R", "lines": [line]});
    let line = |key: &str, value: Value| {
        let mut line = arrival("SOAP", 2, "A-01", 5);
        line[key] = value;
        line
    };
    for (line, about) in [
        (line("bin", json!("NO")), ("bin-unknown", "lines[0].bin")),
        (line("pack", json!("crate")), ("pack-unknown", "lines[0].pack")),
        (line("damaged", json!(3)), ("damaged-above-quantity", "lines[0].damaged")),
        (
            line("unit_cost_minor", json!(900_000_000_000_i64)),
            ("cost-too-large", "lines[0].unit_cost_minor"),
        ),
    ] {
        let body = receive(depot, line);
        seen.no(depot, CLERK, "receive-goods", body, about);
    }
    let mut body = receive(depot, arrival("SOAP", 2, "A-01", 5));
    depot.must(CLERK, "receive-goods", body.clone());
    body["id"] = depot.mint().into();
    seen.no(depot, CLERK, "receive-goods", body, ("already-received", "receipt"));
    let moved = |from: &str, to: &str| json!({"article": "SOAP", "quantity": 700, "from_bin": from, "to_bin": to});
    seen.no(depot, CLERK, "move-stock", moved("A-01", "A-01"), ("same-bin", "to_bin"));
    seen.no(depot, CLERK, "move-stock", moved("A-01", "B-01"), ("not-in-bin", "from_bin"));
    seen.no(depot, CLERK, "move-stock", moved("A-01", "NO"), ("bin-unknown", "to_bin"));

    let count = depot.mint();
    let start = json!({"count": count, "bin": "A-01", "article": "RICE-5"});
    depot.must(CLERK, "start-count", start.clone());
    seen.no(depot, CLERK, "start-count", start, ("count-known", "count"));
    let approve = json!({"count": count});
    seen.no(depot, MANAGER, "approve-count", approve.clone(), ("count-not-recorded", "count"));
    let record = json!({"count": count, "quantity": 1});
    depot.must(CLERK, "record-count", record.clone());
    seen.no(depot, CLERK, "record-count", record, ("count-closed", "count"));
    let counter = Person { role: MANAGER.role, ..CLERK };
    seen.no(depot, counter, "approve-count", approve, ("own-count", "count"));
    let body = json!({"count": none()});
    seen.no(depot, MANAGER, "approve-count", body, ("count-unknown", "count"));

    let exception: Exception = depot.all().remove(0);
    let resolve = json!({"exception": exception.exception, "resolution": "accept", "note": "x"});
    seen.no(depot, counter, "resolve-exception", resolve.clone(), ("own-custody", "exception"));
    depot.must(MANAGER, "resolve-exception", resolve.clone());
    let again = ("already-resolved", "exception");
    seen.no(depot, SECOND_MANAGER, "resolve-exception", resolve, again);
    let body = json!({"exception": none(), "resolution": "accept", "note": "x"});
    seen.no(depot, MANAGER, "resolve-exception", body, ("exception-unknown", "exception"));
}

fn picking_and_road(seen: &mut Seen, depot: &mut Depot) -> (String, String) {
    let order = depot.reserved("cash_on_delivery", &[("RICE-5", 2)], 0);
    let reserve = json!({"order": order});
    seen.no(depot, CASHIER, "reserve-order", reserve, ("wrong-status", "order"));
    let body = json!({"order": none()});
    seen.no(depot, CASHIER, "reserve-order", body, ("order-unknown", "order"));
    let pick = |key: &str, value: Value| {
        let mut body = json!({"order": order, "line": 1, "bin": "A-01", "article": "RICE-5",
            "quantity": 2});
        body[key] = value;
        body
    };
    for (body, about) in [
        (pick("article", json!("SOAP")), ("wrong-article", "article")),
        (pick("quantity", json!(3)), ("over-pick", "quantity")),
        (pick("quantity", json!(0)), ("nothing-picked", "quantity")),
        (pick("bin", json!("B-01")), ("not-in-bin", "bin")),
        (pick("line", json!(0)), ("line-unknown", "line")),
    ] {
        seen.no(depot, PICKER, "pick-line", body, about);
    }
    depot.pick(&order, 1, "RICE-5", "A-01", 2);
    depot.must(PICKER, "pack-order", json!({"order": order, "parcels": 1}));
    let body = json!({"rider": none(), "orders": [order]});
    seen.no(depot, DISPATCHER, "dispatch-orders", body, ("rider-unknown", "rider"));
    let poor = json!({"rider": depot.mint(), "name": "Musa", "cash_ceiling_minor": 1});
    depot.must(DISPATCHER, "register-rider", poor.clone());
    seen.no(depot, DISPATCHER, "register-rider", poor.clone(), ("rider-known", "rider"));
    let body = json!({"rider": poor["rider"], "orders": [order]});
    seen.no(depot, DISPATCHER, "dispatch-orders", body, ("cash-ceiling", "rider"));
    let rider = depot.with_rider();
    let body = json!({"rider": rider, "orders": [order, order]});
    seen.no(depot, DISPATCHER, "dispatch-orders", body, ("order-repeated", "orders"));
    let sent =
        depot.must(DISPATCHER, "dispatch-orders", json!({"rider": rider, "orders": [order]}));
    let task = sent["tasks"][0]["task"].clone();
    let failed = json!({"task": task, "reason": "absent"});
    let other = Person { staff: CLERK.staff, ..RIDER };
    let about = ("not-your-task", "task");
    seen.no(depot, other, "record-failed-delivery", failed.clone(), about);
    let body = json!({"task": none(), "reason": "absent"});
    seen.no(depot, RIDER, "record-failed-delivery", body, ("task-unknown", "task"));
    let nothing = json!({"task": task, "cash_collected_minor": 0,
        "proof": {"kind": "otp", "value": "1"}});
    depot.must(RIDER, "record-delivery", nothing);
    seen.no(depot, RIDER, "record-failed-delivery", failed, ("task-over", "task"));
    let body = json!({"order": order, "reason": "x", "lines": [{"line": 1, "quantity": 1}]});
    seen.no(depot, CASHIER, "refund-order", body, ("nothing-paid", "order"));
    let carried = json!({"task": task, "bin": "A-01",
        "damaged": [{"article": "SOAP", "quantity": 1}]});
    let about = ("not-of-this-delivery", "damaged");
    seen.no(depot, CLERK, "take-back", carried, about);
    (order, rider)
}

fn cash(seen: &mut Seen, depot: &mut Depot, rider: &str) {
    let handover = depot.mint();
    let declare =
        |minor: i64| json!({"handover": handover, "rider": rider, "declared_minor": minor});
    let about = ("nothing-declared", "declared_minor");
    seen.no(depot, RIDER, "declare-handover", declare(0), about);
    depot.must(RIDER, "declare-handover", declare(100));
    let about = ("handover-known", "handover");
    seen.no(depot, RIDER, "declare-handover", declare(100), about);
    let count = json!({"handover": handover, "counted_minor": 100});
    seen.no(depot, RIDER, "count-handover", count.clone(), ("same-person", "handover"));
    let cosign = json!({"handover": handover, "accept_shortage": true});
    seen.no(depot, RIDER, "cosign-handover", cosign.clone(), ("handover-step", "handover"));
    let body = json!({"handover": none(), "counted_minor": 1});
    seen.no(depot, CASHIER, "count-handover", body, ("handover-unknown", "handover"));
    depot.must(CASHIER, "count-handover", count);
    seen.no(depot, CASHIER, "cosign-handover", cosign.clone(), ("not-declarer", "handover"));
    depot.must(RIDER, "cosign-handover", cosign);
    let deposit = |minor: i64| json!({"slip": "S1", "amount_minor": minor});
    let about = ("safe-too-little", "amount_minor");
    seen.no(depot, MANAGER, "deposit-cash", deposit(101), about);
    depot.must(MANAGER, "deposit-cash", deposit(100));
    seen.no(depot, MANAGER, "deposit-cash", deposit(1), ("slip-known", "slip"));
}

fn lending(seen: &mut Seen, region: &mut Region) {
    let right = region.depots[0].mint();
    let grant =
        |to: &str| json!({"right": right, "article": "RICE-5", "quantity": 2, "to_site": to});
    let home = &mut region.depots[0];
    seen.no(home, MANAGER, "grant-right", grant("NBO-1"), ("own-site", "to_site"));
    seen.no(home, MANAGER, "grant-right", grant("MARS"), ("site-unknown", "to_site"));
    home.must(MANAGER, "grant-right", grant("NBO-2"));
    seen.no(home, MANAGER, "grant-right", grant("NBO-2"), ("right-known", "right"));
    let third = &mut region.depots[2];
    third.receive(vec![arrival("RICE-5", 2, "A-01", 5)]);
    let second = third.mint();
    let body = json!({"right": second, "article": "RICE-5", "quantity": 1, "to_site": "NBO-2"});
    third.must(MANAGER, "grant-right", body);
    region.exchange();
    let holder = &mut region.depots[1];
    let body = json!({"right": right, "quantity": 3});
    seen.no(holder, MANAGER, "return-right", body, ("too-few-left", "quantity"));
    let body = json!({"right": none(), "quantity": 1});
    seen.no(holder, MANAGER, "return-right", body, ("right-unknown", "right"));
    let from = |site: &str, quantity: i64| json!({"article": "RICE-5", "quantity": quantity, "from_site": site});
    let body = sale(holder, json!([from("NBO-1", 3)]));
    seen.no(holder, CASHIER, "sell", body, ("no-right", "lines[0].quantity"));
    let body = sale(holder, json!([from("NBO-1", 1), from("NBO-3", 1)]));
    seen.no(holder, CASHIER, "sell", body, ("two-sites", "lines[1].from_site"));
    let body = sale(holder, json!([from("NBO-1", 1)]));
    let order = body["order"].clone();
    holder.must(CASHIER, "sell", body);
    let lines = json!([{"line": 1, "quantity": 1, "restock_bin": "A-01"}]);
    let body = json!({"order": order, "reason": "x", "lines": lines});
    let about = ("goods-elsewhere", "lines[0].restock_bin");
    seen.no(holder, CASHIER, "refund-order", body, about);
    region.exchange();
    let home = &mut region.depots[0];
    let gone = json!({"order": order, "bin": "A-01"});
    home.must(CASHIER, "hand-over-remote-sale", gone.clone());
    let about = ("already-handed-over", "order");
    seen.no(home, CASHIER, "hand-over-remote-sale", gone, about);
    let body = json!({"order": none(), "bin": "A-01"});
    let about = ("remote-sale-unknown", "order");
    seen.no(home, CASHIER, "hand-over-remote-sale", body, about);
    let unseen = home.absorb(right.parse::<RightId>().unwrap()).unwrap_err();
    seen.note("too-few-left", unseen);
}

fn hub(seen: &mut Seen, region: &mut Region, rider: &str) {
    let (hub, depot) = (&mut region.hub, region.depots[0].node());
    let statement = |hub: &mut Depot, slip: &str, amount_minor: i64| {
        let id = hub.entry_id();
        let slip = slip.to_owned();
        Command::MatchStatement(MatchStatement { id, depot, slip, amount_minor, fee_minor: 0 })
    };
    let command = statement(hub, "S9", 100);
    seen.note("slip-unknown", hub.run(MANAGER, &command).unwrap_err());
    let command = statement(hub, "S1", 99);
    seen.note("amount-differs", hub.run(MANAGER, &command).unwrap_err());
    for refused in [None, Some("nothing-payable")] {
        let pay = PayRider { id: hub.entry_id(), depot, rider: rider.parse().unwrap() };
        let paid = hub.run(MANAGER, &Command::PayRider(pay));
        assert_eq!(paid.as_ref().err().map(|refusal| refusal.code), refused);
        if let Err(refusal) = paid {
            seen.note("nothing-payable", refusal);
        }
    }
    let book = BookId::new(Uuid::from_u128(7));
    let publish = PublishBook {
        book,
        currency: hub.site.currency,
        valid_from: day::MORNING,
        lines: 1,
        hash: Hash::ZERO,
        signature: [0; 64],
    };
    let publish = PublishPrices { id: hub.entry_id(), book: publish };
    let refusal = hub.run(MANAGER, &Command::PublishPrices(publish)).unwrap_err();
    seen.note("book-incomplete", refusal);
    let unknown = pricing::retract(&PriceBooks::default(), book).unwrap_err();
    seen.note("book-unknown", unknown.into());
}

fn prices(seen: &mut Seen) {
    let mut region = Region::new(Jurisdiction::KE, &["NBO-1"]);
    let price = PriceLine { article: article("SOAP"), unit_price_minor: 100 };
    day::region::publish_book(&mut region.hub, 0xb00d, Jurisdiction::KE.currency(), &[price]);
    region.exchange();
    let depot = &mut region.depots[0];
    let body = sale(depot, json!([{"article": "RICE-5", "quantity": 1}]));
    seen.no(depot, CASHIER, "sell", body.clone(), ("no-price", "lines[0].article"));
    depot.site.currency = Jurisdiction::ZA.currency();
    seen.no(depot, CASHIER, "sell", body, ("no-price-book", "lines[0]"));
}

fn documents(seen: &mut Seen, depot: &mut Depot) {
    let customer = depot.mint();
    let body = json!({"customer": customer, "name": "Achieng", "phone": "0700"});
    let about = ("customer-unknown", "customer");
    seen.no(depot, CASHIER, "edit-customer", body.clone(), about);
    depot.must(CASHIER, "register-customer", body.clone());
    let about = ("customer-known", "customer");
    seen.no(depot, CASHIER, "register-customer", body.clone(), about);
    seen.no(depot, CASHIER, "edit-customer", body, ("nothing-to-edit", ""));
    let long = CustomerFields {
        address: Some("x".repeat(document::CHANGE_BYTES_MAX)),
        name: Some((0..9_000).map(|n: u32| n.to_string()).collect()),
        ..CustomerFields::default()
    };
    let frozen = document::create_customer(Writer([1; 16]), &long).unwrap_err();
    seen.note("document-frozen", frozen.into());
    let unreadable = document::merge(Some(&[1, 2, 3]), &[4, 5, 6]).unwrap_err();
    seen.note("document-unreadable", unreadable.into());
}

fn vehicles(seen: &mut Seen, depot: &mut Depot) -> (String, String) {
    let vehicle = depot.mint();
    let body = json!({"vehicle": vehicle, "name": "KMFB 123X", "kind": "okada",
        "weight_g_max": 10_000});
    depot.must(DISPATCHER, "register-vehicle", body.clone());
    seen.no(depot, DISPATCHER, "register-vehicle", body, ("vehicle-known", "vehicle"));
    let body = json!({"vehicle": none()});
    seen.no(depot, DISPATCHER, "assign-vehicle", body, ("vehicle-unknown", "vehicle"));
    let body = json!({"article": "RICE-5", "weight_g": 5_000, "volume_ml": 7_000});
    depot.must(CLERK, "measure-article", body);
    (vehicle, depot.packed(&[("RICE-5", 1)]))
}

fn manifests(seen: &mut Seen, depot: &mut Depot) {
    let (vehicle, order) = vehicles(seen, depot);
    let body = json!({"order": order});
    seen.no(depot, DISPATCHER, "describe-delivery", body, ("nothing-to-describe", ""));
    let rider = depot.with_rider();
    let (manifest, second) = (depot.mint(), depot.mint());
    let body = day::manifest_draft(&manifest, &vehicle, &[&order]);
    let lock = |draft: &Value| json!({"manifests": [draft]});
    let about = ("vehicle-without-rider", "manifests[0].vehicle");
    seen.no(depot, DISPATCHER, "lock-manifests", lock(&body), about);
    depot.must(DISPATCHER, "assign-vehicle", json!({"vehicle": vehicle, "rider": rider}));
    let mut homeless = body.clone();
    homeless["stops"][0].as_object_mut().unwrap().remove("place");
    let about = ("place-missing", "manifests[0].order");
    seen.no(depot, DISPATCHER, "lock-manifests", lock(&homeless), about);
    let mut early = body.clone();
    early["returns_ms"] = 0.into();
    let about = ("times-out-of-order", "manifests[0].stops");
    seen.no(depot, DISPATCHER, "lock-manifests", lock(&early), about);
    let twice = day::manifest_draft(&manifest, &vehicle, &[&order, &order]);
    let about = ("stop-repeated", "manifests[0].stops[1].order");
    seen.no(depot, DISPATCHER, "lock-manifests", lock(&twice), about);
    let about = ("manifest-repeated", "manifests");
    seen.no(depot, DISPATCHER, "lock-manifests", json!({"manifests": [body, body]}), about);
    let (heavy, more) = (depot.packed(&[("RICE-5", 2)]), depot.packed(&[("RICE-5", 1)]));
    let draft = day::manifest_draft(&manifest, &vehicle, &[&order, &heavy]);
    let about = ("over-capacity", "manifests[0].stops");
    seen.no(depot, DISPATCHER, "lock-manifests", lock(&draft), about);
    depot.must(DISPATCHER, "lock-manifests", lock(&body));
    let taken = day::manifest_draft(&second, &vehicle, &[&order]);
    let about = ("stop-taken", "manifests[0].order");
    seen.no(depot, DISPATCHER, "lock-manifests", lock(&taken), about);
    let body = json!({"rider": rider, "orders": [order]});
    seen.no(depot, DISPATCHER, "dispatch-orders", body, ("stop-taken", "order"));
    let body = json!({"manifest": manifest, "order": order});
    seen.no(depot, RIDER, "report-arrival", body.clone(), ("manifest-status", "manifest"));
    depot.must(DISPATCHER, "hand-out-manifest", json!({"manifest": manifest}));
    depot.must(RIDER, "report-arrival", body.clone());
    seen.no(depot, RIDER, "report-arrival", body, ("stop-unknown", "order"));
    let other = day::manifest_draft(&manifest, &vehicle, &[&more]);
    let about = ("goods-on-the-road", "manifests[0].stops");
    seen.no(depot, DISPATCHER, "lock-manifests", lock(&other), about);
    let body = json!({"manifest": none()});
    seen.no(depot, DISPATCHER, "hand-out-manifest", body, ("manifest-unknown", "manifest"));
}

fn proposals(seen: &mut Seen, depot: &mut Depot) {
    let mut answer = |answer: &str, proposed: i64, quantity: Option<i64>, about| {
        let mut body = json!({"article": "SOAP", "answer": answer, "proposed": proposed});
        if let Some(quantity) = quantity {
            body["quantity"] = quantity.into();
        }
        seen.no(depot, CLERK, "answer-proposal", body, about);
    };
    answer("change", 24, None, ("quantity-missing", "quantity"));
    answer("accept", 24, Some(3), ("quantity-not-asked", "quantity"));
    answer("accept", 0, None, ("nothing-proposed", "proposed"));
    answer("withdraw", 0, None, ("nothing-on-order", "article"));
    let all = json!({"article": "SOAP", "answer": "change", "proposed": 0, "quantity": 1_000_000});
    depot.must(CLERK, "answer-proposal", all.clone());
    seen.no(depot, CLERK, "answer-proposal", all, ("too-much-on-order", "quantity"));
}

#[test]
fn every_refusal_is_reached_and_says_what_to_do() {
    let mut seen = Seen::default();
    let mut region = Region::new(Jurisdiction::KE, &["NBO-1", "NBO-2", "NBO-3"]);
    selling(&mut seen, &mut region);
    shelves(&mut seen, &mut region.depots[0]);
    let (_, rider) = picking_and_road(&mut seen, &mut region.depots[0]);
    cash(&mut seen, &mut region.depots[0], &rider);
    lending(&mut seen, &mut region);
    hub(&mut seen, &mut region, &rider);
    prices(&mut seen);
    documents(&mut seen, &mut region.depots[0]);
    manifests(&mut seen, &mut region.depots[0]);
    proposals(&mut seen, &mut region.depots[0]);
    let expected: BTreeSet<&str> =
        BY_CONTEXT.iter().copied().flatten().copied().chain(BY_STEPS).collect();
    let reached: BTreeSet<&str> = seen.0.keys().copied().collect();
    let missing: Vec<_> = expected.difference(&reached).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
    let unknown: Vec<_> = reached.difference(&expected).collect();
    assert!(unknown.is_empty(), "of no context: {unknown:?}");
}
