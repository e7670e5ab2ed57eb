//! The worked journal of cash on delivery, to the kobo, through real commands; and what a delivery
//! can become besides: failed, prepaid, refunded, short, over- and underpaid.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use day::region::publish_book;
use day::{
    CASHIER, CLERK, Depot, MANAGER, PICKER, RIDER, Region, SECOND_MANAGER, arrival, article, books,
};
use serde_json::json;
use shared_model::exceptions::{Exception, Kind};
use shared_model::id::RiderId;
use shared_model::ledger::{Account, TrialBalance, Unit};
use shared_model::orders::{Order, Status};
use shared_model::pricing::PriceLine;
use shared_model::records::{Balance, keys};
use shared_model::tax::Jurisdiction;
use shared_model::workflows::{Command, MatchStatement, PayRider};

fn lagos() -> Region {
    Region::new(Jurisdiction::NG, &["LOS-1"])
}

/// An account's balance over the books of the depot and of the hub.
fn of_both(region: &Region, account: &Account) -> i64 {
    let key = keys::balance(account, &Unit::Money(region.hub.site.currency));
    let of = |depot: &Depot| depot.own::<Balance>(&key).unwrap_or_default().0;
    of(&region.hub) + of(&region.depots[0])
}

#[test]
fn the_worked_journal_of_cash_on_delivery_closes_to_the_kobo() {
    let mut region = lagos();
    let depot = &mut region.depots[0];
    let rider = depot.with_rider();
    let rider_id: RiderId = rider.parse().unwrap();
    // 4 sacks at a cost of 1 750.00, sold at 2 500.00: cost 7 000.00, sales 10 000.00.
    depot.receive(vec![arrival("RICE-5", 4, "A-01", 1_750_00)]);
    let order = depot.reserved("cash_on_delivery", &[("RICE-5", 4)], 1_000_00);
    depot.pick(&order, 1, "RICE-5", "A-01", 4);
    let (task, due) = depot.dispatched(&order, &rider);
    assert_eq!(due, 11_825_00);
    let stock = Account::StockValue(article("RICE-5"));
    let (transit, custody) = (Account::TransitValue(rider_id), Account::RiderCustody(rider_id));
    assert_eq!((depot.money(&transit), depot.money(&stock)), (7_000_00, 0)); // 1

    depot.delivered(&task, 11_825_00);
    for (account, minor) in [
        (custody.clone(), 11_825_00), // 2
        (Account::CostOfGoods, 7_000_00),
        (Account::Sales, -10_000_00),
        (Account::DeliveryFees, -1_000_00),
        (Account::VatOutput, -825_00),
        (transit, 0),
        (Account::DeliveryCost, 800_00), // 3
        (Account::RiderPayable(rider_id), -800_00),
    ] {
        assert_eq!(depot.money(&account), minor, "{account}");
    }

    handed_over_and_deposited(depot, rider_id);
    matched_and_paid(&mut region, rider_id);
    profit_and_accounts(&region, rider_id);
}

/// Steps 4 to 6.
fn handed_over_and_deposited(depot: &mut Depot, rider_id: RiderId) {
    let (rider, custody) = (rider_id.to_string(), Account::RiderCustody(rider_id));
    let handover = depot.mint();
    let body = json!({"handover": handover, "rider": rider, "declared_minor": 11_825_00});
    depot.must(RIDER, "declare-handover", body);
    let body = json!({"handover": handover, "counted_minor": 11_800_00});
    depot.must(CASHIER, "count-handover", body);
    assert_eq!(depot.money(&Account::Safe), 0, "nothing moves before both agree");
    let reply = depot.must(
        RIDER,
        "cosign-handover",
        json!({"handover": handover, "accept_shortage": true}),
    );
    assert_eq!(reply, json!({"counted_minor": 11_800_00, "shortage_minor": 25_00}));
    assert_eq!(depot.money(&Account::Safe), 11_800_00); // 4
    assert_eq!(depot.money(&custody), 0);
    assert_eq!(depot.money(&Account::RiderReceivable(rider_id)), 25_00); // 5
    let body = json!({"slip": "ZB-0007", "amount_minor": 11_800_00});
    depot.must(MANAGER, "deposit-cash", body);
    assert_eq!(depot.money(&Account::BankInTransit), 11_800_00); // 6
    assert_eq!(depot.money(&Account::Safe), 0);
    books::check(depot);
}

/// Steps 7 and 8, each possible once.
fn matched_and_paid(region: &mut Region, rider_id: RiderId) {
    region.exchange();
    let (hub, depot) = (&mut region.hub, region.depots[0].node());
    let statement = MatchStatement {
        id: hub.entry_id(),
        depot,
        slip: "ZB-0007".into(),
        amount_minor: 11_750_00,
        fee_minor: 50_00,
    };
    hub.run(MANAGER, &Command::MatchStatement(statement.clone())).unwrap(); // 7
    let again = MatchStatement { id: hub.entry_id(), ..statement };
    let refusal = hub.run(MANAGER, &Command::MatchStatement(again)).unwrap_err();
    assert_eq!(refusal.code, "slip-unknown");
    let pay = PayRider { id: hub.entry_id(), depot, rider: rider_id };
    hub.run(MANAGER, &Command::PayRider(pay.clone())).unwrap(); // 8
    let again = PayRider { id: hub.entry_id(), ..pay };
    assert_eq!(hub.run(MANAGER, &Command::PayRider(again)).unwrap_err().code, "nothing-payable");
    region.exchange();
}

fn profit_and_accounts(region: &Region, rider_id: RiderId) {
    let (stock, custody) =
        (Account::StockValue(article("RICE-5")), Account::RiderCustody(rider_id));
    let profit_and_loss = [
        Account::Sales,
        Account::DeliveryFees,
        Account::CostOfGoods,
        Account::DeliveryCost,
        Account::BankFees,
    ];
    let profit: i64 = profit_and_loss.iter().map(|account| -of_both(region, account)).sum();
    assert_eq!(profit, 3_150_00);
    for (account, minor) in [
        (Account::Bank, 10_975_00),
        (Account::BankInTransit, 0),
        (Account::BankFees, 50_00),
        (Account::RiderPayable(rider_id), 0),
        (Account::RiderReceivable(rider_id), 0),
        (Account::Safe, 0),
        (custody, 0),
        (stock, 0),
        (Account::VatOutput, -825_00),
        (Account::GoodsReceivedNotInvoiced, -7_000_00),
    ] {
        assert_eq!(of_both(region, &account), minor, "{account}");
    }
    let mut trial = TrialBalance::default();
    for (account, minor) in [
        (Account::Bank, of_both(region, &Account::Bank)),
        (Account::VatOutput, of_both(region, &Account::VatOutput)),
        (Account::GoodsReceivedNotInvoiced, -7_000_00),
        (Account::Sales, -profit),
    ] {
        trial.add(&account, &Unit::Money(region.hub.site.currency), minor);
    }
    assert_eq!(trial.difference(region.hub.site.currency), 0);
}

/// An order on the road: two articles, the first on two lines.
fn on_the_road(depot: &mut Depot, terms: &str) -> (String, String, i64) {
    let rider = depot.with_rider();
    depot.receive(vec![arrival("RICE-5", 9, "A-01", 1_750_33), arrival("SOAP", 5, "A-02", 80_01)]);
    let lines = [("RICE-5", 2), ("SOAP", 3), ("RICE-5", 1)];
    let order = depot.reserved(terms, &lines, 500_00);
    depot.pick(&order, 1, "RICE-5", "A-01", 2);
    depot.pick(&order, 2, "SOAP", "A-02", 3);
    depot.pick(&order, 3, "RICE-5", "A-01", 1);
    books::check(depot);
    let (task, due) = depot.dispatched(&order, &rider);
    books::check(depot);
    (order, task, due)
}

#[test]
fn a_failed_delivery_reverses_the_loading_and_may_go_out_again() {
    let mut region = lagos();
    let depot = &mut region.depots[0];
    let (order, task, _) = on_the_road(depot, "cash_on_delivery");
    let value = depot.money(&Account::StockValue(article("RICE-5")));
    let failed = json!({"task": task, "reason": "absent"});
    depot.must(RIDER, "record-failed-delivery", failed.clone());
    assert_eq!(depot.refused(RIDER, "record-failed-delivery", failed).code, "task-over");
    let twice = json!([{"article": "SOAP", "quantity": 1}, {"article": "SOAP", "quantity": 1}]);
    let body = json!({"task": task, "bin": "B-01", "damaged": twice});
    assert_eq!(depot.refused(CLERK, "take-back", body).code, "not-of-this-delivery");
    let body = json!({"task": task, "bin": "B-01",
        "damaged": [{"article": "SOAP", "quantity": 1}]});
    depot.must(CLERK, "take-back", body);
    books::check(depot);
    let stocks = books::stocks(depot);
    assert_eq!((stocks["RICE-5"].on_hand(), stocks["SOAP"].on_hand()), (9, 4));
    assert_eq!((stocks["SOAP"].quarantined, stocks["RICE-5"].with_riders), (1, 0));
    assert_eq!(depot.money(&Account::StockValue(article("RICE-5"))), 9 * 1_750_33);
    assert!(value < 9 * 1_750_33);
    let raised: Vec<Kind> = depot.all::<Exception>().iter().map(|raised| raised.kind).collect();
    assert!(raised.contains(&Kind::DeliveryFailed) && raised.contains(&Kind::ReturnedDamaged));

    depot.must(CASHIER, "reserve-order", json!({"order": order}));
    books::check(depot);
    depot.pick(&order, 1, "RICE-5", "A-01", 2);
    depot.pick(&order, 2, "SOAP", "A-02", 2);
    depot.pick(&order, 2, "SOAP", "B-01", 1);
    depot.pick(&order, 3, "RICE-5", "B-01", 1);
    let rider = depot.with_rider();
    let (second, due) = depot.dispatched(&order, &rider);
    assert_ne!(second, task, "a new attempt is a new task");
    depot.delivered(&second, due);
    books::check(depot);
    assert_eq!(depot.own::<Order>(&order).unwrap().attempts, 2);
}

#[test]
fn refunding_everything_gives_back_exactly_what_was_paid_on_goods() {
    for jurisdiction in [Jurisdiction::NG, Jurisdiction::KE, Jurisdiction::ZA, Jurisdiction::CM] {
        let mut region = Region::new(jurisdiction, &["LOS-1"]);
        let depot = &mut region.depots[0];
        let (id, task, due) = on_the_road(depot, "cash_on_delivery");
        depot.delivered(&task, due);
        let order: Order = depot.own(&id).unwrap();
        let fee = order.totals.delivery_fee_minor;
        let till = depot.money(&Account::Till);
        for (line, quantity) in [(1, 1), (2, 1), (3, 1), (2, 2), (1, 1)] {
            let body = json!({"order": id, "reason": "recall",
                "lines": [{"line": line, "quantity": quantity, "restock_bin": "A-01"}]});
            depot.must(CASHIER, "refund-order", body);
            books::check(depot);
        }
        let body = json!({"order": id, "reason": "again", "lines": [{"line": 1, "quantity": 1}]});
        assert_eq!(depot.refused(CASHIER, "refund-order", body).code, "over-refund");
        assert_eq!(depot.money(&Account::Sales), 0, "{jurisdiction:?}");
        let refunded = till - depot.money(&Account::Till);
        let tax_on_fee = -depot.money(&Account::VatOutput);
        assert_eq!(refunded, due - fee - tax_on_fee);
        let exact = fee * jurisdiction.rate(shared_model::tax::TaxClass::Standard, order.placed);
        assert!((tax_on_fee * 100_000 - exact).abs() <= 200_000, "{tax_on_fee} on {fee}");
        let order: Order = depot.own(&id).unwrap();
        assert_eq!(order.refunded_minor, refunded);
        assert_eq!(order.credit_notes[4], "CN-LOS-1-000005");
    }
}

#[test]
fn what_was_prepaid_for_goods_not_found_goes_back_once() {
    let mut region = lagos();
    let depot = &mut region.depots[0];
    let rider = depot.with_rider();
    depot.receive(vec![arrival("RICE-5", 4, "A-01", 1_750_00)]);
    let order = depot.reserved("prepaid_cash", &[("RICE-5", 4)], 0);
    let paid = depot.money(&Account::Till);
    assert_eq!(paid, 10_750_00);
    let short = json!({"order": order, "line": 1, "bin": "A-01", "article": "RICE-5",
        "quantity": 3, "short_reason": "one is torn"});
    depot.must(PICKER, "pick-line", short);
    let (task, due) = depot.dispatched(&order, &rider);
    assert_eq!((due, depot.money(&Account::Till)), (0, 8_062_50));
    books::check(depot);
    depot.must(RIDER, "record-failed-delivery", json!({"task": task, "reason": "refused"}));
    depot.must(CLERK, "take-back", json!({"task": task, "bin": "A-01"}));
    depot.must(CASHIER, "cancel-order", json!({"order": order, "reason": "gave up"}));
    books::check(depot);
    assert_eq!(depot.money(&Account::Till), 0);
    assert_eq!(depot.money(&Account::CustomerDeposit), 0);
}

#[test]
fn a_prepaid_order_is_earned_when_it_is_delivered() {
    let mut region = lagos();
    let depot = &mut region.depots[0];
    let (_, task, due) = on_the_road(depot, "prepaid_cash");
    let paid = depot.money(&Account::Till);
    assert_eq!((due, depot.money(&Account::Sales)), (0, 0));
    assert_eq!(depot.money(&Account::CustomerDeposit), -paid);
    depot.delivered(&task, 0);
    books::check(depot);
    assert_eq!(depot.money(&Account::CustomerDeposit), 0);
    let earned = [Account::Sales, Account::DeliveryFees, Account::VatOutput];
    assert_eq!(-earned.iter().map(|account| depot.money(account)).sum::<i64>(), paid);
}

#[test]
fn an_order_of_which_nothing_was_found_can_be_given_up() {
    let mut region = lagos();
    let depot = &mut region.depots[0];
    depot.receive(vec![arrival("RICE-5", 4, "A-01", 1), arrival("SOAP", 4, "A-01", 1)]);
    let order = depot.reserved("prepaid_cash", &[("RICE-5", 2), ("SOAP", 1)], 0);
    let short = |line, code| {
        json!({"order": order, "line": line, "bin": "A-01", "article": code,
        "quantity": 0, "short_reason": "not on the shelf"})
    };
    depot.must(PICKER, "pick-line", short(1, "RICE-5"));
    depot.must(PICKER, "pick-line", short(2, "SOAP"));
    let body = json!({"order": order, "parcels": 1});
    assert_eq!(depot.refused(PICKER, "pack-order", body).code, "nothing-picked");
    depot.must(CASHIER, "cancel-order", json!({"order": order, "reason": "nothing there"}));
    assert_eq!(depot.own::<Order>(&order).unwrap().status, Status::Cancelled);
    assert_eq!(depot.money(&Account::Till), 0);
    books::check(depot);

    // The same with a line still open: its promise is given up too.
    let order = depot.reserved("cash_on_delivery", &[("RICE-5", 2), ("SOAP", 1)], 0);
    let body = json!({"order": order, "line": 1, "bin": "A-01", "article": "RICE-5",
        "quantity": 0, "short_reason": "not on the shelf"});
    depot.must(PICKER, "pick-line", body);
    depot.must(CASHIER, "cancel-order", json!({"order": order, "reason": "nothing there"}));
    books::check(depot);

    // Once goods lie in the staging area, they must go out or come back first.
    let order = depot.reserved("cash_on_delivery", &[("SOAP", 1)], 0);
    depot.pick(&order, 1, "SOAP", "A-01", 1);
    let body = json!({"order": order, "reason": "too late"});
    assert_eq!(depot.refused(CASHIER, "cancel-order", body).code, "wrong-status");
}

#[test]
fn a_door_where_more_or_less_was_paid_leaves_a_debt_and_an_exception() {
    for (brought, account, minor) in
        [(-100_i64, Account::CustomerReceivable, 100), (150, Account::CustomerDeposit, -150)]
    {
        let mut region = lagos();
        let depot = &mut region.depots[0];
        let (order, task, due) = on_the_road(depot, "cash_on_delivery");
        depot.delivered(&task, due + brought);
        books::check(depot);
        assert_eq!(depot.money(&account), minor);
        let differs = |raised: &Exception| raised.kind == Kind::CashCollectedDiffers;
        let raised = depot.all::<Exception>().into_iter().find(differs).unwrap();
        let body = json!({"exception": raised.exception, "resolution": "accept", "note": "seen"});
        let own = day::Person { role: MANAGER.role, ..RIDER };
        assert_eq!(depot.refused(own, "resolve-exception", body.clone()).code, "own-custody");
        depot.must(SECOND_MANAGER, "resolve-exception", body);
        let order: Order = depot.own(&order).unwrap();
        assert_eq!(order.paid_minor, due + brought);
    }
}

#[test]
fn a_disputed_shortage_stays_on_the_rider_and_counts_against_the_ceiling() {
    let mut region = lagos();
    let depot = &mut region.depots[0];
    let (_, task, due) = on_the_road(depot, "cash_on_delivery");
    depot.delivered(&task, due);
    let rider = depot.all::<shared_model::gig::Rider>()[0].rider;
    let handover = depot.mint();
    let declared = json!({"handover": handover, "rider": rider, "declared_minor": due});
    depot.must(RIDER, "declare-handover", declared);
    let body = json!({"handover": handover, "counted_minor": due - 40});
    assert_eq!(depot.refused(RIDER, "count-handover", body.clone()).code, "same-person");
    depot.must(CASHIER, "count-handover", body);
    let body = json!({"handover": handover, "accept_shortage": false});
    assert_eq!(depot.refused(CASHIER, "cosign-handover", body.clone()).code, "not-declarer");
    depot.must(RIDER, "cosign-handover", body);
    assert_eq!(depot.money(&Account::RiderCustody(rider)), 40);
    assert_eq!(depot.money(&Account::RiderReceivable(rider)), 0);
    books::check(depot);
}

#[test]
fn three_lines_of_a_hundred_francs_are_taxed_as_one_document() {
    let mut region = Region::new(Jurisdiction::CM, &["DLA-1"]);
    let price = PriceLine { article: article("SOAP"), unit_price_minor: 100 };
    publish_book(&mut region.hub, 0xb00d, Jurisdiction::CM.currency(), &[price]);
    region.exchange();
    let depot = &mut region.depots[0];
    depot.receive(vec![arrival("SOAP", 3, "A-01", 60)]);
    let line = json!({"article": "SOAP", "quantity": 1});
    let body = json!({"order": depot.mint(), "lines": [line, line, line], "tendered_minor": 400});
    let reply = depot.must(CASHIER, "sell", body);
    assert_eq!(reply["tax_minor"], 58);
    assert_eq!((&reply["total_minor"], &reply["change_minor"]), (&json!(358), &json!(42)));
    books::check(depot);
}
