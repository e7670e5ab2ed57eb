//! One outage day of two depots and their hub, on real orders: the story that the demo tells and
//! the scenario test asserts. What each person does is done over HTTPS, as their pages do it.

mod cash;
mod counter;
mod fulfilment;
mod reconcile;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::{Browser, fresh};
use crate::binaries::workspace;
use crate::cable::Cable;
use crate::depot::{Depot, Listen};
use crate::hub::Hub;
use crate::process::run;
use crate::wait::until;

pub use report::Report;

/// Kenyan shillings for one pound of the sample's prices.
pub const RATE: &str = "165";
/// Room in a bin.
const BIN_UNITS_MAX: i64 = 1_000_000;

/// Tells whoever watches what is happening.
pub type Tell<'a> = &'a dyn Fn(&str);

/// The hub, the two depots and the cable between them.
pub struct Day {
    pub hub: Hub,
    pub nbo1: Depot,
    pub nbo2: Depot,
    pub cable: Cable,
    pub report: Report,
}

/// How much of the day is lived.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Imported orders that are picked, packed and delivered in the outage.
    pub orders: usize,
    /// Sales over the counter.
    pub sales: usize,
}

/// The shipped sample of real orders.
#[must_use]
pub fn sample() -> PathBuf {
    workspace().join("edge-node/samples/orders.csv")
}

impl Day {
    /// Starts the hub, enrols both depots over the cable, publishes the catalogue and prices,
    /// imports the sample's orders, and waits until everybody has everything.
    ///
    /// # Panics
    /// When something does not work: then there is nothing to show.
    #[must_use]
    pub fn prepare(folder: &Path, listen: [Listen; 2], tell: Tell<'_>) -> Self {
        let began = Instant::now();
        tell("Starting the Nairobi hub with a Postgres of its own");
        let (hub, cable) = Hub::create_behind_a_cable(&folder.join("hub"));
        tell("Publishing the catalogue and a signed price book");
        hub.import_catalogue(&sample(), RATE);
        let mut report = Report::default();
        let mut depots = ["NBO-1", "NBO-2"].map(|site| {
            tell(&format!("Setting up depot {site} and enrolling it by a one-time token"));
            let depot = Depot::create(&folder.join(site.to_lowercase()), site);
            depot.enrol(&hub.invite(site));
            depot
        });
        tell("Importing 500 real orders into NBO-1");
        let said = run(depots[0].cli("import").arg(sample()).args(["--rate", RATE, "--json"]));
        report.import = serde_json::from_str(&said).expect("the import's report");
        for (depot, listen) in depots.iter_mut().zip(listen) {
            depot.listen(listen);
            depot.serve();
        }
        let [nbo1, nbo2] = depots;
        let day = Self { hub, nbo1, nbo2, cable, report };
        tell("Waiting until catalogue and prices have arrived at both depots");
        for depot in [&day.nbo1, &day.nbo2] {
            day.wait_for_prices(depot);
            depot.wait_until_sent(Duration::from_secs(180));
        }
        let mut day = day;
        day.report.prepared_ms = began.elapsed().as_millis();
        day
    }

    fn wait_for_prices(&self, depot: &Depot) {
        let manager = depot.signed_in("manager");
        until("prices have arrived", Duration::from_secs(120), || {
            let page = manager.get("/api/v1/articles?limit=1");
            page["items"][0]["price_minor"].is_i64().then_some(())
        });
    }

    /// Lives the day: stock comes in, the link is cut, people work, the link is mended, and
    /// everybody agrees to the last unit and the last cent.
    ///
    /// # Panics
    /// When a person could not work, or the books do not agree.
    pub fn live(&mut self, extent: Extent, tell: Tell<'_>) {
        tell("Receiving the goods that the day's orders need");
        let work = fulfilment::choose_orders(&self.nbo1, extent.orders);
        self.receive_for(&work);
        let carton = counter::lend_the_last_carton(self, tell);
        self.nbo1.wait_until_sent(Duration::from_secs(60));
        self.nbo2.wait_until_sent(Duration::from_secs(60));
        tell("Cutting the cable between the depots and the hub");
        self.cable.cut();
        let outage = Instant::now();
        counter::sell(self, extent.sales, tell);
        counter::both_try_the_last_carton(self, &carton, tell);
        fulfilment::deliver(self, &work, tell);
        cash::hand_over(self, tell);
        counter::refund_and_count(self, tell);
        self.check_hub_heard_nothing();
        self.report.outage_ms = outage.elapsed().as_millis();
        tell("Mending the cable");
        self.cable.mend();
        let mended = Instant::now();
        for depot in [&self.nbo1, &self.nbo2] {
            depot.wait_until_sent(Duration::from_secs(120));
        }
        reconcile::wait_for_agreement(self);
        self.report.agreed_after_ms = mended.elapsed().as_millis();
        counter::hand_over_the_remote_sale(self, &carton, tell);
        for depot in [&self.nbo1, &self.nbo2] {
            depot.wait_until_sent(Duration::from_secs(60));
        }
        reconcile::wait_for_agreement(self);
        reconcile::compare(self, tell);
    }

    fn receive_for(&self, orders: &[Value]) {
        let mut needed: BTreeMap<String, i64> = BTreeMap::new();
        for order in orders {
            for line in order["lines"].as_array().expect("lines") {
                let article = line["article"].as_str().expect("a code").to_owned();
                *needed.entry(article).or_default() += line["quantity"].as_i64().expect("units");
            }
        }
        for (depot, extra) in [(&self.nbo1, 12), (&self.nbo2, 6)] {
            let clerk = depot.signed_in("clerk");
            let lines: Vec<Value> = needed
                .iter()
                .enumerate()
                .map(|(index, (article, quantity))| {
                    let bin = format!("{}-0{}", ["A", "B"][index % 2], index / 2 % 2 + 1);
                    let quantity = (quantity + extra).min(BIN_UNITS_MAX);
                    json!({"article": article, "quantity": quantity, "bin": bin,
                           "unit_cost_minor": 12_500, "expected": quantity})
                })
                .collect();
            for chunk in lines.chunks(400) {
                let _ = clerk.done(
                    "receive-goods",
                    json!({"receipt": fresh(), "reference": "MORNING-TRUCK", "lines": chunk}),
                );
            }
        }
    }

    /// The cut is real: the hub's own pages show nothing of what was done since.
    fn check_hub_heard_nothing(&self) {
        let unsent = self.nbo1.status()["unsent"].as_i64().expect("a number");
        assert!(unsent > 0, "nothing was done in the outage");
        let chip = self.nbo1.signed_in("clerk").get("/api/v1/sync");
        assert_eq!(chip["state"], "waiting", "the chip says what is unsent: {chip}");
        assert!(chip["oldest_unsent_ms"].is_i64(), "and since when: {chip}");
    }
}

/// The orders of a depot with this status, all of them.
fn all_orders(browser: &Browser, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = browser.get(&format!("{path}{separator}limit=200{after}"));
        found.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}
