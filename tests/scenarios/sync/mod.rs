//! What must hold between real depots and a real hub: nothing twice, nothing lost, whatever is cut,
//! killed, put back, copied or sent as poison. The stage that the scenarios share.

mod carton;
mod copies;
mod figures;
mod going_back;
mod kill;
mod lease;
mod models;
mod partners;
mod poison;
mod resend;
mod restore;
mod rot;
mod shut_out;
mod tcp;
mod wire;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::api::{Answer, Browser, fresh};
use system_tests::cable::Cable;
use system_tests::depot::Depot;
use system_tests::hub::Hub;
use system_tests::wait::until;
use tempfile::TempDir;

/// On a loaded machine; on an idle one nothing takes a tenth of it.
const LONGEST: Duration = Duration::from_secs(60);
/// The catalogue of the region, with the prices of one unit.
const CATALOGUE: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,22423,CAKE STAND,1.0,2011-05-13 08:09:00,12.75,15129.0,Kenya
1,85123A,LIGHT HOLDER,1.0,2011-05-13 08:09:00,2.55,15129.0,Kenya
1,71053,WHITE LANTERN,1.0,2011-05-13 08:09:00,3.39,15129.0,Kenya
";
const STAND: &str = "22423";
const HOLDER: &str = "85123A";
/// More than anything costs.
const TENDERED_MINOR: i64 = 1_000_000_000;

/// A hub, its cable, and a folder for depots.
struct Region {
    hub: Hub,
    cable: Cable,
    folder: TempDir,
}

impl Region {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (hub, cable) = Hub::create_behind_a_cable(&folder.path().join("hub"));
        let catalogue = folder.path().join("catalogue.csv");
        std::fs::write(&catalogue, CATALOGUE).expect("a file");
        hub.import_catalogue(&catalogue, "165");
        Self { hub, cable, folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A depot that is enrolled and does not run.
    fn enrolled(&self, site: &str) -> Depot {
        let depot = Depot::create(&self.path().join(site.to_lowercase()), site);
        depot.enrol(&self.hub.invite(site));
        depot
    }

    /// A running depot that knows the prices.
    fn depot(&self, site: &str) -> Depot {
        let mut depot = self.enrolled(site);
        depot.serve();
        let manager = depot.signed_in("manager");
        until("the prices are there", LONGEST, || {
            let article = manager.try_get(&format!("/api/v1/articles/{STAND}"));
            article.expect("an answer").body["price_minor"].as_i64()
        });
        depot
    }

    /// Waits until the hub's records of these depots are their own.
    fn wait_for_agreement(&self, sites: &[&str]) {
        let console = self.hub.console();
        for site in sites {
            until("hub and depots agree", LONGEST, || {
                let node = in_fleet(&console, site);
                let agrees = node["digest_agrees"] == true && node["unsent"] == 0;
                (agrees && node["status"] == "active").then_some(())
            });
        }
    }

    /// Stops everybody, and checks all logs and records against each other.
    fn close(mut self, depots: Vec<Depot>) {
        for mut depot in depots {
            depot.stop();
            depot.verify();
        }
        self.hub.verify();
        self.hub.stop();
    }
}

/// What the console says of the depot of a site.
fn in_fleet(console: &Browser, site: &str) -> Value {
    let fleet = console.get("/api/v1/fleet");
    let items = fleet["items"].as_array().expect("a list");
    items.iter().find(|node| node["site"] == site).cloned().unwrap_or_default()
}

/// The items of a list; the lists of these tests fit one page.
fn items(browser: &Browser, path: &str) -> Vec<Value> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let page = browser.get(&format!("{path}{separator}limit=200"));
    assert!(page["next"].is_null(), "{path} fits one page");
    page["items"].as_array().expect("a list").clone()
}

/// The orders that are listed, each of which is listed once.
fn orders(browser: &Browser, path: &str) -> Vec<String> {
    let mut found: Vec<String> = items(browser, path)
        .iter()
        .map(|order| order["order"].as_str().expect("an id").to_owned())
        .collect();
    found.sort();
    let all = found.len();
    found.dedup();
    assert_eq!(found.len(), all, "{path} lists each order once");
    found
}

fn arrival(article: &str, quantity: i64) -> Value {
    json!({"receipt": fresh(), "reference": "scenario", "lines": [
        {"article": article, "quantity": quantity, "bin": "A-01", "unit_cost_minor": 900}]})
}

fn receive(browser: &Browser, article: &str, quantity: i64) {
    let _ = browser.done("receive-goods", arrival(article, quantity));
}

/// Sells one unit, from another depot's shelf when one is named.
fn sell(browser: &Browser, order: &str, article: &str, from: Option<&str>) -> Answer {
    let mut line = json!({"article": article, "quantity": 1});
    if let Some(site) = from {
        line["from_site"] = json!(site);
    }
    let sale = json!({"order": order, "tendered_minor": TENDERED_MINOR, "lines": [line]});
    browser.command("sell", sale)
}

/// Sells one unit from the own shelf; returns the order and its number.
fn sold(browser: &Browser, article: &str) -> (String, String) {
    let order = fresh();
    let reply = sell(browser, &order, article, None).ok();
    (order, reply["reply"]["number"].as_str().expect("a number").to_owned())
}

/// What a depot's own page says of an article.
fn stock(browser: &Browser, article: &str, figure: &str) -> i64 {
    browser.get(&format!("/api/v1/articles/{article}"))[figure].as_i64().expect("units")
}

/// What the console says of an article at a site.
fn stock_at_hub(console: &Browser, site: &str, article: &str, figure: &str) -> i64 {
    let rows = items(console, "/api/v1/stock");
    let row = rows.iter().find(|row| row["article"] == article);
    let sites = row.and_then(|row| row["sites"].as_array()).cloned().unwrap_or_default();
    let here = sites.iter().find(|row| row["site"] == site);
    here.and_then(|row| row[figure].as_i64()).unwrap_or(0)
}

/// Where a depot's log ends.
fn head_seq(depot: &Depot) -> i64 {
    depot.signed_in("manager").get("/api/v1/sync")["head_seq"].as_i64().expect("a number")
}

fn chip(browser: &Browser) -> String {
    browser.get("/api/v1/sync")["state"].as_str().expect("a word").to_owned()
}
