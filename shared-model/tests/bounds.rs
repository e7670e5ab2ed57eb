//! At the ends of the ranges, and between two steps: sums too large to book, numbers after a
//! restore, edits of one group commit, counts while goods move.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use day::{
    CASHIER, CLERK, Depot, MANAGER, Person, RIDER, Region, SECOND_MANAGER, arrival, article, books,
};
use serde_json::{Value, json};
use shared_model::document::{read_customer, read_note};
use shared_model::id::{CustomerId, DocumentId, OrderId};
use shared_model::ledger::Account;
use shared_model::log::Epoch;
use shared_model::money::AMOUNT_MINOR_MAX;
use shared_model::orders::Order;
use shared_model::quantity::QUANTITY_MAX;
use shared_model::records::{Load as _, View, WorkingSet};
use shared_model::tax::Jurisdiction;
use shared_model::warehouse::{Count, CountStatus};
use shared_model::workflows::{Command, Kind, MatchStatement, Stamp, project};

fn nairobi() -> Region {
    Region::new(Jurisdiction::KE, &["NBO-1", "NBO-2"])
}

fn counted(depot: &mut Depot, code: &str, quantity: i64) -> (String, Value) {
    let count = depot.mint();
    depot.must(CLERK, "start-count", json!({"count": count, "bin": "A-01", "article": code}));
    let reply = depot.must(CLERK, "record-count", json!({"count": count, "quantity": quantity}));
    (count, reply)
}

#[test]
fn a_value_too_large_to_book_is_refused_before_it_is_written() {
    let mut region = nairobi();
    let depot = &mut region.depots[0];
    let line = arrival("RICE-5", 2, "A-01", AMOUNT_MINOR_MAX);
    let body = json!({"receipt": depot.mint(), "reference": "LPO", "lines": [line]});
    let refusal = depot.refused(CLERK, "receive-goods", body);
    assert_eq!((refusal.code, &*refusal.field), ("cost-too-large", "lines[0].unit_cost_minor"));

    depot.receive(vec![arrival("RICE-5", 1, "A-01", AMOUNT_MINOR_MAX)]);
    depot.receive(vec![arrival("RICE-5", 1, "A-01", AMOUNT_MINOR_MAX)]);
    let body = json!({"order": depot.mint(), "tendered_minor": AMOUNT_MINOR_MAX,
        "lines": [{"article": "RICE-5", "quantity": 2}]});
    assert_eq!(depot.refused(CASHIER, "sell", body).code, "amount-too-large");
    let count = depot.mint();
    let body = json!({"count": count, "bin": "A-01", "article": "RICE-5"});
    depot.must(CLERK, "start-count", body);
    let body = json!({"count": count, "quantity": QUANTITY_MAX});
    depot.must(CLERK, "record-count", body);
    let body = json!({"count": count});
    assert_eq!(depot.refused(SECOND_MANAGER, "approve-count", body).code, "amount-too-large");
    books::check(depot);

    let lines = vec![json!({"article": "PHONE", "quantity": QUANTITY_MAX}); 200];
    let body = json!({"order": depot.mint(), "terms": "cash_on_delivery", "lines": lines});
    assert_eq!(depot.refused(CASHIER, "place-order", body).code, "total-too-large");
}

#[test]
fn a_restored_box_numbers_in_a_gapless_series_of_its_own() {
    let mut region = nairobi();
    let depot = &mut region.depots[0];
    depot.receive(vec![arrival("SOAP", 50, "A-01", 60)]);
    let sell = |depot: &mut Depot| {
        let body = json!({"order": depot.mint(), "tendered_minor": 100_000,
            "lines": [{"article": "SOAP", "quantity": 1}]});
        let order = body["order"].clone();
        let reply = depot.must(CASHIER, "sell", body);
        let note = depot.must(
            CASHIER,
            "refund-order",
            json!({"order": order, "reason": "torn",
            "lines": [{"line": 1, "quantity": 1, "restock_bin": "A-01"}]}),
        );
        (reply["number"].clone(), note["credit_note"].clone())
    };
    assert_eq!(sell(depot), (json!("NBO-1-000001"), json!("CN-NBO-1-000001")));
    let lost = depot.log.len();
    assert_eq!(sell(depot).0, "NBO-1-000002");
    depot.epoch = Epoch(2);
    assert_eq!(sell(depot), (json!("NBO-1.2-000001"), json!("CN-NBO-1.2-000001")));
    assert_eq!(sell(depot), (json!("NBO-1.2-000002"), json!("CN-NBO-1.2-000002")));
    books::check(depot);
    assert!(lost < depot.log.len());
}

#[test]
fn two_depots_may_have_slips_of_one_number() {
    let mut region = nairobi();
    for depot in &mut region.depots {
        depot.receive(vec![arrival("SOAP", 5, "A-01", 60)]);
        let rider = depot.with_rider();
        let order = depot.reserved("cash_on_delivery", &[("SOAP", 5)], 0);
        depot.pick(&order, 1, "SOAP", "A-01", 5);
        let (task, due) = depot.dispatched(&order, &rider);
        depot.delivered(&task, due);
        let handover = depot.mint();
        let body = json!({"handover": handover, "rider": rider, "declared_minor": due});
        depot.must(RIDER, "declare-handover", body);
        depot.must(CASHIER, "count-handover", json!({"handover": handover, "counted_minor": due}));
        let body = json!({"handover": handover, "accept_shortage": false});
        depot.must(RIDER, "cosign-handover", body);
        depot.must(MANAGER, "deposit-cash", json!({"slip": "0001", "amount_minor": 50_000}));
    }
    region.exchange();
    for depot in 0..2 {
        let matched = MatchStatement {
            id: region.hub.entry_id(),
            depot: region.depots[depot].node(),
            slip: "0001".into(),
            amount_minor: 49_000,
            fee_minor: 1_000,
        };
        region.hub.run(MANAGER, &Command::MatchStatement(matched)).unwrap();
    }
    assert_eq!(region.hub.money(&Account::Bank), 98_000);
}

/// Runs commands as one group commit does: decided and projected one by one, saved together.
fn in_one_batch(depot: &mut Depot, by: Person, commands: Vec<(&str, Value)>) {
    let node = depot.node();
    for (name, mut body) in commands {
        body["id"] = depot.mint().into();
        let command = Command::parse(Kind::by_name(name).unwrap(), body).unwrap();
        let decision = depot.decide(by, &command).unwrap();
        let stamp = Stamp { author: node, at: day::MORNING, staff: Some(by.staff) };
        let mut view = View::new(&mut depot.set, &mut depot.memory);
        match project(&mut view, &stamp, &decision.body) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }
    let mut set = std::mem::take(&mut depot.set);
    depot.memory.save(&mut set);
    depot.set = WorkingSet::default();
}

#[test]
fn two_edits_of_one_group_commit_are_both_kept() {
    let mut region = nairobi();
    let depot = &mut region.depots[0];
    depot.receive(vec![arrival("SOAP", 5, "A-01", 60)]);
    let order = depot.reserved("cash_on_delivery", &[("SOAP", 1)], 0);
    let customer = depot.mint();
    in_one_batch(
        depot,
        CASHIER,
        vec![
            (
                "register-customer",
                json!({"customer": customer, "name": "Achieng", "phone": "0700"}),
            ),
            ("edit-customer", json!({"customer": customer, "phone": "0711"})),
            ("edit-customer", json!({"customer": customer, "address": "Blue gate"})),
            ("write-delivery-note", json!({"order": order, "text": "Ring"})),
            ("write-delivery-note", json!({"order": order, "text": "Ring twice"})),
        ],
    );
    let document = DocumentId::from(customer.parse::<CustomerId>().unwrap());
    let saved = depot.memory.document(document).unwrap().unwrap();
    let read = read_customer(&saved).unwrap();
    assert_eq!((&*read.phone, &*read.address), ("0711", "Blue gate"));
    let note = DocumentId::from(order.parse::<OrderId>().unwrap());
    let saved = depot.memory.document(note).unwrap().unwrap();
    assert_eq!(read_note(&saved).unwrap(), "Ring twice");
    let again = json!({"customer": customer, "name": "Achieng", "phone": "0700"});
    assert_eq!(depot.refused(CASHIER, "register-customer", again).code, "customer-known");
}

#[test]
fn a_count_is_taken_against_the_book_when_it_began() {
    let mut region = nairobi();
    let depot = &mut region.depots[0];
    depot.receive(vec![arrival("SOAP", 10, "A-01", 100)]);
    let count = depot.mint();
    let body = json!({"count": count, "bin": "A-01", "article": "SOAP"});
    depot.must(CLERK, "start-count", body);
    let body = json!({"order": depot.mint(), "tendered_minor": 100_000,
        "lines": [{"article": "SOAP", "quantity": 4}]});
    depot.must(CASHIER, "sell", body);
    depot.must(CLERK, "record-count", json!({"count": count, "quantity": 9}));
    books::check(depot);
    assert_eq!(books::stocks(depot)["SOAP"].on_hand(), 5, "ten less one missing less four sold");
}

#[test]
fn a_difference_above_the_limit_waits_for_a_second_person() {
    let mut region = nairobi();
    let depot = &mut region.depots[0];
    depot.receive(vec![arrival("PHONE", 10, "A-01", 9_000_00)]);
    let (count, reply) = counted(depot, "PHONE", 7);
    assert_eq!(reply["status"], "counted");
    assert_eq!(books::stocks(depot)["PHONE"].on_hand(), 10, "nothing moves before it is approved");
    let body = json!({"count": count});
    let counter = Person { role: MANAGER.role, ..CLERK };
    assert_eq!(depot.refused(counter, "approve-count", body.clone()).code, "own-count");
    assert_eq!(depot.must(MANAGER, "approve-count", body)["variance"], -3);
    assert_eq!(books::stocks(depot)["PHONE"].on_hand(), 7);
    let value = depot.money(&Account::StockValue(article("PHONE")));
    assert_eq!((value, depot.money(&Account::StockVariance)), (7 * 9_000_00, 3 * 9_000_00));
    books::check(depot);
}

#[test]
fn goods_found_where_the_book_has_none_wait_for_a_second_person() {
    let mut region = nairobi();
    let depot = &mut region.depots[0];
    let (count, reply) = counted(depot, "PHONE", 40);
    assert_eq!(reply["status"], "counted");
    assert_eq!(depot.own::<Count>(&count).unwrap().status, CountStatus::Counted);
    depot.must(MANAGER, "approve-count", json!({"count": count}));
    assert_eq!(books::stocks(depot)["PHONE"].on_hand(), 40);
    books::check(depot);
}

#[test]
fn a_sale_under_a_right_brings_no_goods_of_another_depot_into_our_stock() {
    let mut region = nairobi();
    region.depots[0].receive(vec![arrival("PHONE", 3, "A-01", 9_000_00)]);
    let right = region.depots[0].mint();
    let body = json!({"right": right, "article": "PHONE", "quantity": 2, "to_site": "NBO-2"});
    region.depots[0].must(MANAGER, "grant-right", body);
    region.exchange();
    let seller = &mut region.depots[1];
    let order = seller.mint();
    let body = json!({"order": order, "tendered_minor": AMOUNT_MINOR_MAX,
        "lines": [{"article": "PHONE", "quantity": 2, "from_site": "NBO-1"}]});
    seller.must(CASHIER, "sell", body);
    let line = json!({"line": 1, "quantity": 2, "restock_bin": "A-01"});
    let body = json!({"order": order, "reason": "regrets", "lines": [line]});
    let refusal = seller.refused(CASHIER, "refund-order", body);
    assert_eq!((refusal.code, &*refusal.field), ("goods-elsewhere", "lines[0].restock_bin"));
    let body = json!({"order": order, "reason": "regrets",
        "lines": [{"line": 1, "quantity": 2}]});
    seller.must(CASHIER, "refund-order", body);
    assert_eq!(seller.own::<Order>(&order).unwrap().lines[0].refunded, 2);
    books::check(seller);

    // The home site hears of it and gives nothing out, but its promise is over.
    region.exchange();
    let home = &mut region.depots[0];
    let body = json!({"order": order, "bin": "A-01"});
    home.must(CASHIER, "hand-over-remote-sale", body);
    let stock = &books::stocks(home)["PHONE"];
    assert_eq!((stock.on_hand(), stock.lent), (3, 0));
    books::check(home);
}
