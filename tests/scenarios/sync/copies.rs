//! Two boxes that write as one node.

use std::process::Command;

use serde_json::json;
use system_tests::api::{Browser, fresh};
use system_tests::depot::Depot;
use system_tests::process::run;
use system_tests::wait::until;

use super::{
    LONGEST, Region, STAND, chip, in_fleet, items, orders, receive, sold, stock, stock_at_hub,
};

/// A depot with goods, and a copy of all its files; both stopped.
fn cloned(region: &Region) -> (Depot, Depot) {
    let mut first = region.depot("NBO-1");
    let manager = first.signed_in("manager");
    receive(&manager, STAND, 30);
    let _ = sold(&manager, STAND);
    region.wait_for_agreement(&["NBO-1"]);
    first.stop();
    let to = region.path().join("copy");
    run(Command::new("cp").arg("-a").arg(first.state()).arg(&to));
    let second = first.at(&to);
    (first, second)
}

/// Waits until the branch's entries, so many, are set aside with their bytes.
fn wait_for_quarantine(console: &Browser, entries: usize) {
    let held = until("the branch is set aside", LONGEST, || {
        let held = items(console, "/api/v1/quarantine");
        (held.len() == entries).then_some(held)
    });
    for entry in &held {
        assert_eq!(entry["reason"], "forked", "{entry}");
        assert_eq!(entry["site"], "NBO-1");
        assert!(entry["bytes"].as_i64().is_some_and(|bytes| bytes > 0), "kept: {entry}");
        assert!(entry["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    }
}

/// A person decides that the branch is of one box and may come in.
fn admit(region: &Region) {
    let console = region.hub.console();
    let node = in_fleet(&console, "NBO-1")["node"].clone();
    let asked = json!({"id": fresh(), "node": node});
    let _ = console.post("/api/v1/commands/admit-branch", &asked).ok();
}

#[test]
fn cloned_node_quarantined() {
    let region = Region::start();
    let (mut first, mut second) = cloned(&region);
    let console = region.hub.console();
    first.serve();
    let at_first = first.signed_in("cashier");
    for _ in 0..3 {
        let _ = sold(&at_first, STAND);
    }
    region.wait_for_agreement(&["NBO-1"]);
    // The copy worked too before it met the hub, less than the first at first, and later more.
    region.cable.cut();
    second.serve();
    let at_second = second.signed_in("cashier");
    let mut own: Vec<String> = (0..2).map(|_| sold(&at_second, STAND).0).collect();
    region.cable.mend();
    wait_for_quarantine(&console, 2);
    let node = in_fleet(&console, "NBO-1");
    assert_eq!(node["status"], "fenced", "{node}");
    assert_eq!(node["quarantined"], 2, "{node}");
    until("the copy's people see it", LONGEST, || (chip(&at_second) == "blocked").then_some(()));
    // Both go on serving.
    let _ = sold(&at_first, STAND);
    first.stop();
    own.extend((0..3).map(|_| sold(&at_second, STAND).0));
    wait_for_quarantine(&console, 5);
    let of_first = orders(&console, "/api/v1/orders");
    assert!(own.iter().all(|order| !of_first.contains(order)), "set aside is not taken in");
    // A person switched the first box off, and lets the other's branch in.
    admit(&region);
    until("nothing is set aside", LONGEST, || {
        items(&console, "/api/v1/quarantine").is_empty().then_some(())
    });
    own.push(sold(&at_second, STAND).0);
    region.wait_for_agreement(&["NBO-1"]);
    assert_eq!(in_fleet(&console, "NBO-1")["epoch"], 2);
    until("the chip goes to sent", LONGEST, || (chip(&at_second) == "sent").then_some(()));
    let mut all = of_first;
    all.extend(own);
    all.sort();
    assert_eq!(orders(&console, "/api/v1/orders"), all, "nothing is lost");
    assert_eq!(orders(&at_second, "/api/v1/orders"), all);
    let left = 30 - i64::try_from(all.len()).expect("few");
    assert_eq!(stock(&at_second, STAND, "on_hand"), left);
    assert_eq!(stock_at_hub(&console, "NBO-1", STAND, "on_hand"), left);
    region.close(vec![second]);
}

/// Old files put back by hand, and people who work before the hub is met: a fork like a copy's.
#[test]
fn files_put_back_and_worked_on_wait_for_a_person() {
    let region = Region::start();
    let (mut first, mut second) = cloned(&region);
    let console = region.hub.console();
    first.serve();
    let _ = sold(&first.signed_in("cashier"), STAND);
    region.wait_for_agreement(&["NBO-1"]);
    first.kill9();
    region.cable.cut();
    second.serve();
    let cashier = second.signed_in("cashier");
    // More than was lost: the log looks as if it only went on.
    for _ in 0..4 {
        let _ = sold(&cashier, STAND);
    }
    region.cable.mend();
    wait_for_quarantine(&console, 4);
    assert_eq!(in_fleet(&console, "NBO-1")["status"], "fenced");
    until("its people see it", LONGEST, || (chip(&cashier) == "blocked").then_some(()));
    admit(&region);
    until("nothing is set aside", LONGEST, || {
        items(&console, "/api/v1/quarantine").is_empty().then_some(())
    });
    region.wait_for_agreement(&["NBO-1"]);
    let all = orders(&console, "/api/v1/orders");
    assert_eq!(all.len(), 6, "what was done before and after");
    assert_eq!(orders(&cashier, "/api/v1/orders"), all);
    assert_eq!(stock(&cashier, STAND, "on_hand"), 24);
    assert_eq!(stock_at_hub(&console, "NBO-1", STAND, "on_hand"), 24);
    region.close(vec![second]);
}
