//! Commands at random: most of them sensible, some of them not, of every kind a person may send.

use serde_json::{Value, json};
use shared_model::exceptions::Exception;
use shared_model::gig::{Rider, Task, TaskStatus};
use shared_model::id::CustomerId;
use shared_model::orders::{Order, Status};
use shared_model::payments::{Handover, HandoverStatus};
use shared_model::records::Record;
use shared_model::rights::{RemoteHandover, RemoteSale, Right};
use shared_model::warehouse::Count;

use super::dice::Dice;
use super::{
    CASHIER, CLERK, DISPATCHER, Depot, LISTED, MANAGER, PICKER, Person, RIDER, SECOND_MANAGER,
};

/// What a generated command is: who asks, its name, its body.
pub(crate) type Asked = (Person, &'static str, Value);

const NAMES: [&str; 54] = [
    "answer-proposal",
    "receive-goods",
    "receive-goods",
    "move-stock",
    "block-article",
    "sell",
    "sell",
    "sell",
    "register-customer",
    "edit-customer",
    "place-order",
    "place-order",
    "place-order",
    "reserve-order",
    "reserve-order",
    "cancel-order",
    "write-delivery-note",
    "pick-line",
    "pick-line",
    "pick-line",
    "pick-line",
    "pack-order",
    "pack-order",
    "dispatch-orders",
    "dispatch-orders",
    "record-delivery",
    "record-delivery",
    "record-failed-delivery",
    "take-back",
    "refund-order",
    "start-count",
    "record-count",
    "register-rider",
    "handover",
    "handover",
    "deposit-cash",
    "right",
    "right",
    "right",
    "other",
    "register-vehicle",
    "assign-vehicle",
    "way",
    "way",
    "lock-manifests",
    "lock-manifests",
    "lock-manifests",
    "lock-manifests",
    "hand-out-manifest",
    "hand-out-manifest",
    "tour",
    "tour",
    "tour",
    "tour",
];

/// Draws a command for this depot. `sites` are all sites of the region.
pub(crate) fn command(depot: &mut Depot, dice: &mut Dice, sites: &[&str]) -> Asked {
    let name = *dice.pick(&NAMES).unwrap();
    let fresh = depot.mint();
    match name {
        "receive-goods" => (CLERK, name, receive(dice, fresh)),
        "move-stock" => (
            PICKER,
            name,
            json!({"article": code(dice), "from_bin": bin(dice),
            "to_bin": bin(dice), "quantity": dice.between(1, 5)}),
        ),
        "answer-proposal" => {
            let answers = ["accept", "change", "ignore", "withdraw"];
            let answer = *dice.pick(&answers).expect("there are four");
            let mut body = json!({"article": code(dice), "answer": answer,
                "proposed": dice.between(0, 40)});
            if answer == "change" {
                body["quantity"] = dice.between(1, 60).into();
            }
            (CLERK, name, body)
        }
        "block-article" => (
            MANAGER,
            name,
            json!({"article": code(dice), "reason": "recall",
            "blocked": dice.once_in(6)}),
        ),
        "sell" => (CASHIER, name, sell(depot, dice, fresh, sites)),
        "place-order" => (CASHIER, name, place(dice, fresh)),
        "reserve-order" => (
            CASHIER,
            name,
            json!({"order":
            order(depot, dice, &[Status::Placed, Status::Returned])}),
        ),
        "cancel-order" => (
            CASHIER,
            name,
            json!({"reason": "changed their mind", "order":
            order(depot, dice, &[Status::Placed, Status::Reserved, Status::Returned,
                Status::Picked])}),
        ),
        _ => further(depot, dice, name, (fresh, sites)),
    }
}

fn further(
    depot: &mut Depot,
    dice: &mut Dice,
    name: &'static str,
    (fresh, sites): (String, &[&str]),
) -> Asked {
    match name {
        "write-delivery-note" => (
            CASHIER,
            name,
            json!({"order": order(depot, dice, &[]),
            "text": format!("ring {} times", dice.between(1, 9))}),
        ),
        "pick-line" => (PICKER, name, pick(depot, dice)),
        "pack-order" => (
            PICKER,
            name,
            json!({"parcels": 1,
            "order": order(depot, dice, &[Status::Picked])}),
        ),
        "dispatch-orders" => (
            DISPATCHER,
            name,
            json!({
            "rider": any::<Rider>(depot, dice, |r| r.rider.to_string()),
            "orders": [order(depot, dice, &[Status::Packed])]}),
        ),
        "record-delivery" | "record-failed-delivery" | "take-back" => road(depot, dice, name),
        "refund-order" => (CASHIER, name, refund(depot, dice)),
        "start-count" => (
            CLERK,
            name,
            json!({"count": fresh, "bin": bin(dice),
            "article": code(dice)}),
        ),
        "record-count" => (
            CLERK,
            name,
            json!({"quantity": dice.between(0, 30),
            "count": any::<Count>(depot, dice, |c| c.count.to_string())}),
        ),
        "register-customer" | "edit-customer" => customer(dice, name),
        "register-rider" => (
            DISPATCHER,
            name,
            json!({"rider": fresh, "name": "Otieno",
            "staff": RIDER.staff, "cash_ceiling_minor": dice.between(0, 200_000_000)}),
        ),
        "handover" => handover(depot, dice, fresh),
        "deposit-cash" => (
            MANAGER,
            name,
            json!({"slip": format!("S{}", dice.between(1, 40)),
            "amount_minor": dice.between(0, 300_000)}),
        ),
        "right" => right(depot, dice, fresh, sites),
        "register-vehicle" | "assign-vehicle" | "way" | "lock-manifests" | "hand-out-manifest"
        | "tour" => super::manifests::command(depot, dice, name, fresh),
        _ => other(depot, dice),
    }
}

pub(crate) fn code(dice: &mut Dice) -> &'static str {
    if dice.once_in(40) {
        return "UNLISTED";
    }
    dice.pick(&LISTED).unwrap().0
}

fn bin(dice: &mut Dice) -> &'static str {
    dice.pick(&["A-01", "A-01", "A-02", "A-02", "B-01", "BAY", "NO-BIN"]).unwrap()
}

/// A known record's id; now and then one that nobody knows.
pub(crate) fn any<R: Record>(depot: &Depot, dice: &mut Dice, id: fn(&R) -> String) -> String {
    let known: Vec<R> = depot.all();
    match dice.pick(&known) {
        Some(record) if !dice.once_in(40) => id(record),
        Some(_) | None => super::uuid(u128::from(dice.roll())),
    }
}

fn order(depot: &Depot, dice: &mut Dice, statuses: &[Status]) -> String {
    let wanted = |order: &Order| statuses.is_empty() || statuses.contains(&order.status);
    let fitting: Vec<Order> = depot.all::<Order>().into_iter().filter(wanted).collect();
    match dice.pick(&fitting) {
        Some(order) if !dice.once_in(20) => order.order.to_string(),
        Some(_) | None => any::<Order>(depot, dice, |order| order.order.to_string()),
    }
}

fn receive(dice: &mut Dice, receipt: String) -> Value {
    let lines: Vec<Value> = (0..=dice.below(2))
        .map(|_| {
            let quantity = dice.between(1, 30);
            json!({"article": code(dice), "quantity": quantity, "bin": bin(dice),
                "unit_cost_minor": dice.between(0, 250_000),
                "damaged": if dice.once_in(4) { dice.between(0, 3) } else { 0 },
                "expected": dice.between(1, 30)})
        })
        .collect();
    json!({"receipt": receipt, "reference": "LPO 11", "lines": lines})
}

fn basket(dice: &mut Dice) -> Vec<Value> {
    (0..=dice.below(3))
        .map(|_| json!({"article": code(dice), "quantity": dice.between(1, 4)}))
        .collect()
}

fn sell(depot: &Depot, dice: &mut Dice, order: String, sites: &[&str]) -> Value {
    let mut lines = basket(dice);
    if dice.once_in(3) {
        let here = depot.node();
        let held = foreign::<Right>(
            depot,
            dice,
            |right| right.holder == here,
            |right| format!("{}|{}", right.article, right.home.as_uuid().as_u128() - 0x11),
        );
        let (article, site) = match held.split_once('|') {
            Some((article, home)) => (article, sites[home.parse::<usize>().unwrap()]),
            None => (code(dice), *dice.pick(sites).unwrap()),
        };
        lines = vec![json!({"article": article, "quantity": 1, "from_site": site})];
    }
    json!({"order": order, "lines": lines, "tendered_minor": dice.between(100, 90_000_000)})
}

fn place(dice: &mut Dice, order: String) -> Value {
    let terms = if dice.once_in(2) { "prepaid_cash" } else { "cash_on_delivery" };
    json!({"order": order, "terms": terms, "lines": basket(dice),
        "delivery_fee_minor": dice.between(0, 2) * 500_00})
}

fn pick(depot: &Depot, dice: &mut Dice) -> Value {
    let id = order(depot, dice, &[Status::Reserved, Status::Picking]);
    let known: Option<Order> = depot.own(&id);
    let open = known.iter().flat_map(|order| &order.lines).find(|line| !line.is_done());
    let (line, scanned, left) = open.map_or((1, code(dice).to_owned(), 1), |line| {
        (line.line, line.article.to_string(), line.quantity - line.picked)
    });
    let stock = super::books::stocks(depot).remove(&scanned).unwrap_or_default();
    let full = stock.bins.iter().max_by_key(|(_, held)| **held).map(|(bin, _)| bin.to_string());
    let bin = full.unwrap_or_else(|| bin(dice).to_owned());
    let short = dice.once_in(5);
    let quantity = if short { dice.between(0, left) } else { left };
    let mut body = json!({"order": id, "line": line, "bin": bin, "article": scanned,
        "quantity": quantity});
    if short {
        body["short_reason"] = "not on the shelf".into();
    }
    body
}

fn road(depot: &Depot, dice: &mut Dice, name: &'static str) -> Asked {
    let wanted = if name == "take-back" { TaskStatus::Failed } else { TaskStatus::Allocated };
    let fitting: Vec<Task> =
        depot.all::<Task>().into_iter().filter(|task| task.status == wanted).collect();
    let id = match dice.pick(&fitting) {
        Some(task) => task.task.to_string(),
        None => any::<Task>(depot, dice, |task| task.task.to_string()),
    };
    let task: Option<Task> = depot.own(&id);
    match name {
        "record-delivery" => {
            let due = task.map_or(0, |task| task.cash_due_minor);
            let brought = match dice.below(6) {
                0 => due / 2,
                1 => due + 150,
                _ => due,
            };
            (
                RIDER,
                name,
                json!({"task": id, "cash_collected_minor": brought,
                "proof": {"kind": "name", "value": "Achieng"}}),
            )
        }
        "record-failed-delivery" => (RIDER, name, json!({"task": id, "reason": "absent"})),
        _ => {
            let carried = task.and_then(|task| task.goods.first().cloned());
            let damaged: Vec<Value> = carried
                .filter(|_| dice.once_in(3))
                .map(|goods| json!({"article": goods.article, "quantity": 1}))
                .into_iter()
                .collect();
            (CLERK, "take-back", json!({"task": id, "bin": bin(dice), "damaged": damaged}))
        }
    }
}

fn refund(depot: &Depot, dice: &mut Dice) -> Value {
    let id = order(depot, dice, &[Status::Closed, Status::Delivered]);
    let mut line = json!({"line": dice.between(1, 2), "quantity": dice.between(1, 2)});
    if dice.once_in(2) {
        line["restock_bin"] = bin(dice).into();
    }
    json!({"order": id, "reason": "wrong size", "lines": [line]})
}

fn customer(dice: &mut Dice, name: &'static str) -> Asked {
    let customer: CustomerId =
        super::uuid(0xc057_0000 + u128::from(dice.roll() % 12)).parse().unwrap();
    let phone = format!("07{:08}", dice.roll() % 100_000_000);
    (CASHIER, name, json!({"customer": customer, "name": "Wanjiru", "phone": phone}))
}

fn handover(depot: &Depot, dice: &mut Dice, fresh: String) -> Asked {
    let step = dice.below(3);
    let due = [HandoverStatus::Counted, HandoverStatus::Declared, HandoverStatus::Counted][step];
    let fitting: Vec<Handover> =
        depot.all::<Handover>().into_iter().filter(|handover| handover.status == due).collect();
    let known = match dice.pick(&fitting) {
        Some(handover) => handover.handover.to_string(),
        None => any::<Handover>(depot, dice, |handover| handover.handover.to_string()),
    };
    match step {
        0 => (
            RIDER,
            "declare-handover",
            json!({"handover": fresh,
            "rider": any::<Rider>(depot, dice, |rider| rider.rider.to_string()),
            "declared_minor": dice.between(0, 900_000)}),
        ),
        1 => (
            CASHIER,
            "count-handover",
            json!({"handover": known,
            "counted_minor": dice.between(0, 900_000)}),
        ),
        _ => (
            RIDER,
            "cosign-handover",
            json!({"handover": known,
            "accept_shortage": dice.once_in(2)}),
        ),
    }
}

fn right(depot: &Depot, dice: &mut Dice, fresh: String, sites: &[&str]) -> Asked {
    let site = *dice.pick(sites).unwrap();
    let here = depot.node();
    let held = foreign::<Right>(depot, dice, |right| right.holder == here, |r| r.right.to_string());
    let quantity = dice.between(1, 4);
    let some = dice.between(1, 2);
    match dice.below(7) {
        0 | 1 => (
            MANAGER,
            "grant-right",
            json!({"right": fresh, "article": code(dice), "quantity": quantity, "to_site": site}),
        ),
        2 => (MANAGER, "return-right", json!({"right": held, "quantity": quantity})),
        3 => (MANAGER, "transfer-right", json!({"right": held, "quantity": some, "to_site": site})),
        _ => {
            let waits = |sale: &RemoteSale| {
                let gone = depot.own::<RemoteHandover>(&sale.order.to_string()).is_some();
                !gone && sale.items.iter().any(|item| item.home == here)
            };
            let order = foreign::<RemoteSale>(depot, dice, waits, |sale| sale.order.to_string());
            (CASHIER, "hand-over-remote-sale", json!({"bin": bin(dice), "order": order}))
        }
    }
}

/// A fitting record of another author; now and then one that does not fit.
fn foreign<R: Record>(
    depot: &Depot,
    dice: &mut Dice,
    fits: impl Fn(&R) -> bool,
    id: fn(&R) -> String,
) -> String {
    let known: Vec<R> = depot
        .memory
        .records()
        .filter(|(kind, _, author, _)| *kind == R::KIND && *author != depot.node())
        .map(|(_, _, _, body)| minicbor::decode(body).unwrap())
        .filter(|record| fits(record) || dice.once_in(20))
        .collect();
    dice.pick(&known).map_or_else(|| super::uuid(u128::from(dice.roll())), id)
}

fn other(depot: &Depot, dice: &mut Dice) -> Asked {
    if dice.once_in(2) {
        let count = any::<Count>(depot, dice, |count| count.count.to_string());
        return (SECOND_MANAGER, "approve-count", json!({"count": count}));
    }
    let exception = any::<Exception>(depot, dice, |exception| exception.exception.to_string());
    (
        SECOND_MANAGER,
        "resolve-exception",
        json!({"exception": exception,
        "resolution": "accept", "note": "seen"}),
    )
}
