//! Rights under any schedule: what is sold elsewhere was granted, what was granted is here, and
//! nothing but the holder's own word sets it free again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]

mod day;

use std::collections::BTreeSet;

use day::dice::{Dice, for_seeds};
use day::{CASHIER, Depot, MANAGER, Region, arrival, books};
use serde_json::json;
use shared_model::id::RightId;
use shared_model::records::{Kind, View, WorkingSet, keys};
use shared_model::rights::{Holding, PassedIn, PassedOn, Right, left};
use shared_model::tax::Jurisdiction;

const SITES: [&str; 3] = ["NBO-1", "NBO-2", "NBO-3"];

/// Where two depots stand with the last carton at the first of them.
fn with_one_carton() -> Region {
    let mut region = Region::new(Jurisdiction::KE, &SITES);
    region.depots[0].receive(vec![arrival("RICE-5", 1, "A-01", 1_000_00)]);
    region
}

fn grant(depot: &mut Depot, quantity: i64, to_site: &str) -> String {
    let right = depot.mint();
    let body = json!({"right": right, "article": "RICE-5", "quantity": quantity,
        "to_site": to_site});
    depot.must(MANAGER, "grant-right", body);
    right
}

fn sale(depot: &mut Depot, quantity: i64, from_site: &str) -> serde_json::Value {
    json!({"order": depot.mint(), "tendered_minor": 100_000_000,
        "lines": [{"article": "RICE-5", "quantity": quantity, "from_site": from_site}]})
}

#[test]
fn last_carton_two_depots() {
    let mut region = with_one_carton();
    grant(&mut region.depots[0], 1, "NBO-2");
    region.exchange();
    let [home, holder, third] = region.depots.as_mut_slice() else { unreachable!() };

    let body = sale(home, 1, "NBO-1");
    let refusal = home.refused(CASHIER, "sell", body);
    assert_eq!((refusal.code, &*refusal.field), ("not-available", "lines[0].quantity"));
    assert!(refusal.detail.contains("1 are promised to other depots"), "{refusal:?}");
    assert!(refusal.remedy.contains("take back a right"));

    let body = sale(third, 1, "NBO-1");
    let refusal = third.refused(CASHIER, "sell", body);
    assert_eq!((refusal.code, &*refusal.field), ("no-right", "lines[0].quantity"));
    assert!(refusal.detail.contains("kept at NBO-1"), "{refusal:?}");
    assert!(!refusal.remedy.is_empty());

    let body = sale(holder, 1, "NBO-1");
    let order = body["order"].clone();
    holder.must(CASHIER, "sell", body);
    let body = sale(holder, 1, "NBO-1");
    assert_eq!(holder.refused(CASHIER, "sell", body).code, "no-right");

    region.exchange();
    let home = &mut region.depots[0];
    home.must(CASHIER, "hand-over-remote-sale", json!({"order": order, "bin": "A-01"}));
    books::check(home);
    assert_eq!(books::stocks(home)["RICE-5"].on_hand(), 0);
    let again =
        home.refused(CASHIER, "hand-over-remote-sale", json!({"order": order, "bin": "A-01"}));
    assert_eq!(again.code, "already-handed-over");
}

#[test]
fn without_a_right_the_home_depot_sells_the_last_carton() {
    let mut region = with_one_carton();
    region.exchange();
    let [home, other, _] = region.depots.as_mut_slice() else { unreachable!() };
    let body = sale(other, 1, "NBO-1");
    assert_eq!(other.refused(CASHIER, "sell", body).code, "no-right");
    let body = sale(home, 1, "NBO-1");
    home.must(CASHIER, "sell", body);
    books::check(home);
}

#[test]
fn a_returned_right_is_free_only_once_the_home_site_has_seen_it() {
    let mut region = with_one_carton();
    let right = grant(&mut region.depots[0], 1, "NBO-2");
    region.exchange();
    let body = json!({"right": right, "quantity": 1});
    region.depots[1].must(MANAGER, "return-right", body);
    let id: RightId = right.parse().unwrap();

    // A year goes by and the holder is not heard: the carton stays promised.
    let home = &mut region.depots[0];
    home.wait_days(365);
    assert_eq!(home.absorb(id).unwrap_err().code, "too-few-left");
    let body = sale(home, 1, "NBO-1");
    assert_eq!(home.refused(CASHIER, "sell", body.clone()).code, "not-available");

    // The holder is heard: still promised until the home site takes note.
    region.exchange();
    let home = &mut region.depots[0];
    assert_eq!(home.refused(CASHIER, "sell", body.clone()).code, "not-available");
    home.absorb(id).unwrap();
    home.must(CASHIER, "sell", body);
    assert_eq!(home.absorb(id).unwrap_err().code, "too-few-left");
    books::check(home);
}

#[test]
fn a_spent_right_cannot_be_returned_or_passed_on() {
    let mut region = with_one_carton();
    let right = grant(&mut region.depots[0], 1, "NBO-2");
    region.exchange();
    let holder = &mut region.depots[1];
    let body = sale(holder, 1, "NBO-1");
    holder.must(CASHIER, "sell", body);
    for (name, body) in [
        ("return-right", json!({"right": right, "quantity": 1})),
        ("transfer-right", json!({"right": right, "quantity": 1, "to_site": "NBO-3"})),
    ] {
        assert_eq!(holder.refused(MANAGER, name, body).code, "too-few-left");
    }
}

#[test]
fn two_rights_on_one_article_leave_one_bin_only_as_far_as_it_holds() {
    let mut region = Region::new(Jurisdiction::KE, &SITES);
    let home = &mut region.depots[0];
    home.receive(vec![
        arrival("RICE-5", 4, "A-01", 1_000_01),
        arrival("RICE-5", 2, "A-02", 1_000_00),
    ]);
    grant(home, 3, "NBO-2");
    grant(home, 3, "NBO-2");
    region.exchange();
    let holder = &mut region.depots[1];
    let body = sale(holder, 5, "NBO-1");
    let order = body["order"].clone();
    holder.must(CASHIER, "sell", body);
    region.exchange();
    let home = &mut region.depots[0];
    let body = json!({"order": order, "bin": "A-01"});
    let refusal = home.refused(CASHIER, "hand-over-remote-sale", body.clone());
    assert_eq!(refusal.code, "not-in-bin");
    let moved = json!({"article": "RICE-5", "quantity": 2, "from_bin": "A-02", "to_bin": "A-01"});
    home.must(CASHIER, "move-stock", moved);
    home.must(CASHIER, "hand-over-remote-sale", body);
    books::check(home);
    assert_eq!(books::stocks(home)["RICE-5"].on_hand(), 1);
}

/// One random deed about rights at one depot.
fn deed(region: &mut Region, dice: &mut Dice) {
    let at = dice.below(SITES.len());
    let (site, other) = (*dice.pick(&SITES).unwrap(), *dice.pick(&SITES).unwrap());
    let quantity = dice.between(1, 3);
    let rights = rights_known(&region.depots[at]);
    let right = dice.pick(&rights).cloned();
    let depot = &mut region.depots[at];
    let _refused = match dice.below(9) {
        0 => {
            let right = depot.mint();
            let body = json!({"right": right, "article": "RICE-5", "quantity": quantity,
                "to_site": site});
            depot.ask(MANAGER, "grant-right", body).is_err()
        }
        1 => {
            depot.receive(vec![arrival("RICE-5", quantity, "A-01", 900_00)]);
            false
        }
        2 | 3 => {
            let body = sale(depot, quantity, other);
            depot.ask(CASHIER, "sell", body).is_err()
        }
        4 => right.is_some_and(|right| {
            let body = json!({"right": right, "quantity": quantity});
            depot.ask(MANAGER, "return-right", body).is_err()
        }),
        5 => right.is_some_and(|right| {
            let body = json!({"right": right, "quantity": quantity, "to_site": site});
            depot.ask(MANAGER, "transfer-right", body).is_err()
        }),
        6 => right.is_some_and(|right| depot.absorb(right.parse().unwrap()).is_err()),
        7 => hand_over_first(depot),
        _ => {
            depot.wait_days(40);
            false
        }
    };
}

fn rights_known(depot: &Depot) -> Vec<String> {
    depot
        .memory
        .records()
        .filter(|(kind, ..)| *kind == Kind::Right)
        .map(|(_, key, _, _)| key.to_owned())
        .collect()
}

fn hand_over_first(depot: &mut Depot) -> bool {
    let sales: Vec<String> = depot
        .memory
        .records()
        .filter(|(kind, ..)| *kind == Kind::RemoteSale)
        .map(|(_, key, _, _)| key.to_owned())
        .collect();
    sales.into_iter().any(|order| {
        let body = json!({"order": order, "bin": "A-01"});
        depot.ask(CASHIER, "hand-over-remote-sale", body).is_ok()
    })
}

/// All that all nodes wrote, as only an onlooker can know it.
fn onlooker(region: &Region) -> Depot {
    let site = region.hub.site.clone();
    let mut hub = Depot::new(site, region.hub.hub_key);
    for depot in &region.depots {
        hub.hear(depot.node(), &depot.log);
    }
    hub
}

fn conserved(region: &Region) {
    let mut all = onlooker(region);
    let rights: BTreeSet<String> = rights_known(&all).into_iter().collect();
    for key in rights {
        let (mut set, mut memory) = (WorkingSet::default(), std::mem::take(&mut all.memory));
        let mut view = View::new(&mut set, &mut memory);
        let home = view.authors::<Right>(&key).unwrap()[0];
        let right = view.get::<Right>(home, &key).unwrap().cloned().unwrap();
        let (mut spent, mut out, mut lefts) = (0, 0, 0);
        for depot in &region.depots {
            let node = depot.node();
            let own: Holding = view.get(node, &key).unwrap().copied_or_default();
            let passed_key = keys::passed_in(node, home, &right.article);
            let mut passed: Vec<PassedOn> = Vec::new();
            for giver in view.authors::<PassedIn>(&passed_key).unwrap() {
                let list = view.get::<PassedIn>(giver, &passed_key).unwrap().unwrap();
                passed.extend(list.passed.iter().filter(|p| p.right == right.right).cloned());
            }
            let left = left(node, Some(&right), &passed, &own);
            assert!(left >= 0, "{node} spent more of {key} than it held");
            spent += own.spent;
            out += own.returned;
            lefts += left;
        }
        assert_eq!(spent + out + lefts, right.granted, "{right:?}");
        assert!(right.handed_over <= spent && right.absorbed <= out, "{right:?}");
        all.memory = memory;
    }
    for depot in &region.depots {
        books::check(depot);
        for (article, stock) in books::stocks(depot) {
            assert!(stock.lent + stock.reserved <= stock.on_hand(), "{article}: {stock:?}");
        }
    }
}

trait CopiedOrDefault {
    fn copied_or_default(self) -> Holding;
}

impl CopiedOrDefault for Option<&Holding> {
    fn copied_or_default(self) -> Holding {
        self.cloned().unwrap_or_default()
    }
}

#[test]
fn rights_are_conserved_under_any_schedule_of_partitions() {
    let sold = std::cell::Cell::new(0);
    for_seeds(40, |_, mut dice| {
        let mut region = Region::new(Jurisdiction::NG, &SITES);
        for step in 0..120 {
            deed(&mut region, &mut dice);
            let (reader, author) = (dice.below(SITES.len()), dice.below(SITES.len()));
            if reader != author && dice.once_in(3) {
                region.tell(reader, author, dice.below(5));
            }
            if step % 10 == 0 {
                conserved(&region);
            }
        }
        region.exchange();
        conserved(&region);
        let sales = |depot: &Depot| depot.all::<shared_model::rights::RemoteSale>().len();
        sold.set(sold.get() + region.depots.iter().map(sales).sum::<usize>());
    });
    assert!(sold.get() > 0, "no run sold anything under a right");
}
