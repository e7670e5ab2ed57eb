//! A depot that sends all it ever wrote again.

use serde_json::{Value, json};
use system_tests::api::{Browser, fresh};
use system_tests::wait::until;

use super::wire::{OwnLog, Session};
use super::{
    HOLDER, LONGEST, Region, STAND, head_seq, in_fleet, items, receive, sell, sold, stock,
};

#[test]
fn resend_everything_twice() {
    let region = Region::start();
    let (mut nbo1, nbo2) = (region.depot("NBO-1"), region.depot("NBO-2"));
    let (manager, other) = (nbo1.signed_in("manager"), nbo2.signed_in("manager"));
    receive(&manager, STAND, 20);
    receive(&manager, HOLDER, 20);
    for _ in 0..6 {
        let _ = sold(&manager, STAND);
    }
    let right = fresh();
    let grant = json!({"right": right, "article": STAND, "quantity": 3, "to_site": "NBO-2"});
    let _ = manager.done("grant-right", grant);
    let customer =
        json!({"customer": fresh(), "name": "Duka la Wanjiru", "phone": "+254700000002"});
    let _ = manager.done("register-customer", customer);
    until("the right has arrived", LONGEST, || {
        (items(&other, "/api/v1/rights").iter().any(|held| held["left"] == 3)).then_some(())
    });
    let _ = sell(&other, &fresh(), STAND, Some("NBO-1")).ok();
    region.wait_for_agreement(&["NBO-1", "NBO-2"]);
    let head = head_seq(&nbo1);
    nbo1.stop();
    let console = region.hub.console();
    let before = everything(&console, &other);
    let log = OwnLog::read(&nbo1);
    assert_eq!(i64::try_from(log.entries.len()).expect("few"), head);
    for entries_a_batch in [1, 7, 2_000] {
        let mut session = Session::open(&nbo1, log.heads.clone());
        for batch in log.entries.chunks(entries_a_batch) {
            let ack = session.send(batch);
            assert_eq!(ack.quarantined, 0);
            assert_eq!(ack.held, session.welcome.held, "nothing was added");
        }
        session.close();
        assert_eq!(everything(&console, &other), before, "batches of {entries_a_batch}");
    }
    // All at once, in overlapping batches, out of their order.
    let mut session = Session::open(&nbo1, log.heads.clone());
    for first in [9, 0, 4, 2] {
        let _ = session.send(&log.entries[first..first + 6]);
    }
    session.close();
    nbo1.serve();
    region.wait_for_agreement(&["NBO-1", "NBO-2"]);
    assert_eq!(everything(&console, &other), before);
    assert_eq!(head_seq(&nbo1), head);
    let manager = nbo1.signed_in("manager");
    assert_eq!(stock(&manager, STAND, "on_hand"), 14);
    region.close(vec![nbo1, nbo2]);
}

/// What could show that something was taken in twice.
fn everything(console: &Browser, other: &Browser) -> Value {
    let mut fleet: Vec<Value> = Vec::new();
    for site in ["NBO-1", "NBO-2"] {
        let node = in_fleet(console, site);
        fleet.push(json!({
            "epoch": node["epoch"], "head_seq": node["head_seq"], "status": node["status"],
            "agrees": node["digest_agrees"], "quarantined": node["quarantined"],
        }));
    }
    json!({
        "fleet": fleet,
        "orders": items(console, "/api/v1/orders"),
        "stock": items(console, "/api/v1/stock"),
        "rights": items(console, "/api/v1/rights"),
        "exceptions": items(console, "/api/v1/exceptions"),
        "quarantine": items(console, "/api/v1/quarantine"),
        "trial_balance": console.get("/api/v1/trial-balance"),
        "rights_there": items(other, "/api/v1/rights"),
        "customers_there": items(other, "/api/v1/customers"),
        "head_there": other.get("/api/v1/sync")["head_seq"],
        "set_aside_there": other.get("/api/v1/sync")["quarantined"],
    })
}
