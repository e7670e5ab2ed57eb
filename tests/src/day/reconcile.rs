//! After the outage: the hub agrees with each depot to the last unit and the last cent.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Day, Tell, all_orders};
use crate::api::Browser;
use crate::depot::Depot;
use crate::wait::until;

/// Waits until the hub's digest of each depot's records is the depot's own.
pub(super) fn wait_for_agreement(day: &Day) {
    let console = day.hub.console();
    until("hub and depots agree", Duration::from_secs(120), || {
        let fleet = console.get("/api/v1/fleet");
        let nodes = fleet["items"].as_array().expect("a list");
        let agreeing = nodes.iter().filter(|node| {
            node["digest_agrees"] == true && node["unsent"] == 0 && node["status"] == "active"
        });
        (agreeing.count() == 2).then_some(())
    });
}

/// Compares what people see at the hub with what they see at each depot.
pub(super) fn compare(day: &mut Day, tell: Tell<'_>) {
    tell("Comparing the hub's console with the depots' own pages");
    let console = day.hub.console();
    let mut orders = 0;
    for depot in [&day.nbo1, &day.nbo2] {
        let manager = depot.signed_in("manager");
        orders += compare_orders(&console, &manager, depot);
        compare_stock(&console, &manager, depot);
    }
    day.report.orders_at_hub = orders;
    let trial = console.get("/api/v1/trial-balance");
    for currency in trial["currencies"].as_array().expect("a list") {
        assert_eq!(currency["difference_minor"], 0, "debits equal credits: {currency}");
        assert_eq!(currency["debit_minor"], currency["credit_minor"]);
    }
    day.report.trial_balance = trial;
    let open = all_orders(&console, "/api/v1/exceptions?status=open");
    day.report.exceptions = open;
    let quarantine = all_orders(&console, "/api/v1/quarantine");
    assert!(quarantine.is_empty(), "nothing was set aside: {quarantine:?}");
    for depot in [&day.nbo1, &day.nbo2] {
        let manager = depot.signed_in("manager");
        assert_eq!(manager.get("/api/v1/sync")["state"], "sent");
        let page = manager.get("/api/v1/orders?limit=200");
        let travelled = |order: &Value| order["travelled"] == "hub";
        assert!(page["items"].as_array().expect("a list").iter().all(travelled));
    }
}

fn compare_orders(console: &Browser, manager: &Browser, depot: &Depot) -> usize {
    let key = |order: &Value| order["order"].as_str().expect("an id").to_owned();
    let shown = |order: &Value| {
        ["number", "status", "total_minor"].map(|field| order[field].to_string()).join(" ")
    };
    let own = all_orders(manager, "/api/v1/orders");
    let at_hub = all_orders(console, &format!("/api/v1/orders?site={}", depot.site));
    let mut ours: BTreeMap<String, String> = BTreeMap::new();
    for order in &own {
        assert!(ours.insert(key(order), shown(order)).is_none(), "listed once");
    }
    let mut theirs: BTreeMap<String, String> = BTreeMap::new();
    for order in &at_hub {
        assert!(theirs.insert(key(order), shown(order)).is_none(), "every order once: {order}");
    }
    assert_eq!(ours, theirs, "the hub shows {}'s orders as they are", depot.site);
    ours.len()
}

fn compare_stock(console: &Browser, manager: &Browser, depot: &Depot) {
    let figures = |stock: &Value| {
        ["on_hand", "reserved", "lent"].map(|field| stock[field].as_i64().unwrap_or(0))
    };
    let mut ours: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    for article in all_orders(manager, "/api/v1/articles") {
        ours.insert(article["code"].as_str().expect("a code").to_owned(), figures(&article));
    }
    ours.retain(|_, figures| *figures != [0; 3]);
    let mut theirs: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    for article in all_orders(console, "/api/v1/stock") {
        for site in article["sites"].as_array().expect("sites") {
            if site["site"] == depot.site.as_str() {
                let code = article["article"].as_str().expect("a code").to_owned();
                theirs.insert(code, figures(site));
            }
        }
    }
    theirs.retain(|_, figures| *figures != [0; 3]);
    assert_eq!(ours, theirs, "the hub shows {}'s stock as it is", depot.site);
}
