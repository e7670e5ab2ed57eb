//! Trade as a depot writes it, out of the core's own rules: 300 articles, people, random times and
//! random ids, from a seed. What dictionaries are trained with and what bytes are counted on.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each program uses its own part of the trade, and a test fails by panicking"
)]

use serde_json::{Value, json};
use shared_model::catalogue::ListArticle;
use shared_model::log::EntryBytes;
use shared_model::pricing::PriceLine;
use shared_model::tax::{Jurisdiction, TaxClass};
use shared_model::text::Name;
use shared_model::workflows::{Command, ListArticles};

use super::day::dice::Dice;
use super::day::region::publish_book;
use super::day::{
    CASHIER, CLERK, DISPATCHER, Depot, MANAGER, PICKER, Person, RIDER, Region, article, uuid,
};

const ARTICLES: usize = 300;
/// Between two commands, on top of the minute that each takes.
const PAUSE_MS: i64 = 90_000;

/// What is done over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Sell {
        lines: usize,
    },
    Order {
        lines: usize,
    },
    Receive,
    Pick,
    Deliver,
    Count,
    /// All of it in turn: six sales of ten, a receipt, a count, two orders from the phone to the door.
    Day,
}

impl Deed {
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("a day of all of them", Self::Day),
        ("sale of 1 line", Self::Sell { lines: 1 }),
        ("sale of 3 lines", Self::Sell { lines: 3 }),
        ("order of 3 lines", Self::Order { lines: 3 }),
        ("receipt of 1 line", Self::Receive),
        ("pick of 1 line", Self::Pick),
        ("delivery with cash", Self::Deliver),
        ("start of a count", Self::Count),
    ];

    pub(crate) const fn is_of_one_line(self) -> bool {
        matches!(self, Self::Sell { lines: 1 } | Self::Receive | Self::Pick | Self::Count)
    }
}

/// A depot in business.
#[derive(Debug)]
pub(crate) struct Trade {
    pub(crate) depot: Depot,
    dice: Dice,
    rider: String,
    /// Where the log stood when the shelves were full.
    pub(crate) opened_at: usize,
}

impl Trade {
    pub(crate) fn open(seed: u64) -> Self {
        let mut region = Region::new(Jurisdiction::KE, &["NBO-1"]);
        list_articles(&mut region);
        let depot = region.depots.remove(0);
        let mut trade = Self { depot, dice: Dice::new(seed), rider: String::new(), opened_at: 0 };
        trade.rider = trade.id();
        let rider = json!({"id": trade.id(), "rider": trade.rider, "staff": RIDER.staff,
            "name": "Otieno", "cash_ceiling_minor": 900_000_000_000_i64});
        trade.depot.must(DISPATCHER, "register-rider", rider);
        for number in 0..ARTICLES {
            trade.receive(number, 1_000_000);
        }
        trade.opened_at = trade.depot.log.len();
        trade
    }

    /// Entries of one kind of deed, as they follow one another in the log.
    pub(crate) fn entries(&mut self, deed: Deed, count: usize) -> Vec<EntryBytes> {
        let prepared: Vec<String> = match deed {
            Deed::Pick => (0..count).map(|_| self.order(1).0).collect(),
            Deed::Deliver => (0..count).map(|_| self.dispatched()).collect(),
            Deed::Day => return self.day_of(count),
            Deed::Sell { .. } | Deed::Order { .. } | Deed::Receive | Deed::Count => Vec::new(),
        };
        let (from, mut prepared) = (self.depot.log.len(), prepared.into_iter());
        for _ in 0..count {
            match deed {
                Deed::Sell { lines } => self.sell(lines),
                Deed::Order { lines } => drop(self.order(lines)),
                Deed::Receive => {
                    let number = self.dice.below(ARTICLES);
                    let quantity = self.dice.between(1, 240);
                    self.receive(number, quantity);
                }
                Deed::Pick => self.pick(&prepared.next().unwrap()),
                Deed::Deliver => self.deliver(&prepared.next().unwrap()),
                Deed::Count => self.count(),
                Deed::Day => {}
            }
        }
        self.depot.log[from..].to_vec()
    }

    fn day_of(&mut self, entries: usize) -> Vec<EntryBytes> {
        let from = self.depot.log.len();
        while self.depot.log.len() < from + entries {
            self.day(1);
        }
        self.depot.log[from..].to_vec()
    }

    /// A day: everything in turn, as it comes.
    pub(crate) fn day(&mut self, deeds: usize) -> Vec<EntryBytes> {
        let from = self.depot.log.len();
        for _ in 0..deeds {
            let lines = self.dice.between(1, 4) as usize;
            match self.dice.below(10) {
                0..6 => self.sell(lines),
                6 => {
                    let number = self.dice.below(ARTICLES);
                    self.receive(number, 24);
                }
                7 => self.count(),
                _ => {
                    let task = self.dispatched();
                    self.deliver(&task);
                }
            }
        }
        self.depot.log[from..].to_vec()
    }

    fn sell(&mut self, lines: usize) {
        let body = json!({"order": self.id(), "tendered_minor": 90_000_000,
            "lines": self.lines(lines)});
        self.must(CASHIER, "sell", body);
    }

    /// Places and reserves an order of one line for a pick, or only places it.
    fn order(&mut self, lines: usize) -> (String, Value) {
        let (order, lines) = (self.id(), self.lines(lines));
        let body = json!({"order": order, "terms": "cash_on_delivery", "lines": lines,
            "delivery_fee_minor": 15_000});
        self.must(CASHIER, "place-order", body);
        if lines.as_array().unwrap().len() == 1 {
            self.must(CASHIER, "reserve-order", json!({"order": order}));
        }
        (order, lines)
    }

    fn pick(&mut self, order: &str) {
        let placed: shared_model::orders::Order = self.depot.own(order).unwrap();
        let line = &placed.lines[0];
        let body = json!({"order": order, "line": 1, "bin": "A-01",
            "article": line.article.as_str(), "quantity": line.quantity});
        self.must(PICKER, "pick-line", body);
    }

    fn dispatched(&mut self) -> String {
        let order = self.order(1).0;
        self.pick(&order);
        self.must(PICKER, "pack-order", json!({"order": order, "parcels": 1}));
        let body = json!({"rider": self.rider, "orders": [order]});
        let reply = self.must(DISPATCHER, "dispatch-orders", body);
        let task = &reply["tasks"][0];
        json!([task["task"], task["cash_due_minor"]]).to_string()
    }

    fn deliver(&mut self, task: &str) {
        let task: Value = serde_json::from_str(task).unwrap();
        let body = json!({"task": task[0], "cash_collected_minor": task[1],
            "proof": {"kind": "otp", "value": self.dice.between(1000, 9999).to_string()}});
        self.must(RIDER, "record-delivery", body);
    }

    fn count(&mut self) {
        let code = code(self.dice.below(ARTICLES));
        let body = json!({"count": self.id(), "bin": "A-01", "article": code});
        self.must(CLERK, "start-count", body);
    }

    fn receive(&mut self, number: usize, quantity: i64) {
        let cost = self.dice.between(90, 90_000);
        let reference = format!("LPO {}", self.dice.between(1, 9_999));
        let line = json!({"article": code(number), "quantity": quantity, "bin": "A-01",
            "unit_cost_minor": cost});
        let body = json!({"receipt": self.id(), "reference": reference, "lines": [line]});
        self.must(CLERK, "receive-goods", body);
    }

    /// Articles as they sell: few often, most seldom.
    fn lines(&mut self, count: usize) -> Value {
        let mut numbers: Vec<usize> = Vec::new();
        while numbers.len() < count {
            let bound = 1 + self.dice.below(ARTICLES);
            let number = self.dice.below(bound);
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        let line = |number| json!({"article": code(number), "quantity": self.dice.between(1, 6)});
        numbers.into_iter().map(line).collect()
    }

    fn must(&mut self, by: Person, name: &str, mut body: Value) -> Value {
        body["id"] = self.id().into();
        self.depot.must(by, name, body)
    }

    /// A uuid of version 7 (RFC 9562), made by a browser a little before it asks.
    fn id(&mut self) -> String {
        let pause = self.dice.between(0, PAUSE_MS);
        let at = self.depot.wait_ms(pause).ms() - self.dice.between(5, 400);
        let random = u128::from(self.dice.roll()) << 64 | u128::from(self.dice.roll());
        let bits = u128::from(at.cast_unsigned()) << 80 | random >> 48;
        let version = bits & !(0xf << 76) | 7 << 76;
        uuid(version & !(3 << 62) | 2 << 62)
    }
}

fn code(number: usize) -> String {
    const STEMS: [&str; 6] = ["RICE", "SOAP", "OIL", "FLOUR", "TEA", "MILK"];
    format!("{}-{}", STEMS[number % STEMS.len()], 100 + number * 7)
}

fn list_articles(region: &mut Region) {
    let hub = &mut region.hub;
    let articles = (0..ARTICLES)
        .map(|number| ListArticle {
            article: article(&code(number)),
            name: Name::new(&format!("{} of the {number}th kind", code(number))).unwrap(),
            barcode: None,
            tax_class: TaxClass::Standard,
        })
        .collect();
    let id = hub.entry_id();
    hub.run(MANAGER, &Command::ListArticles(ListArticles { id, articles })).unwrap();
    let mut dice = Dice::new(300);
    let lines: Vec<PriceLine> = (0..ARTICLES)
        .map(|number| PriceLine {
            article: article(&code(number)),
            unit_price_minor: 50 * dice.between(20, 9_000),
        })
        .collect();
    let currency = region.depots[0].site.currency;
    publish_book(&mut region.hub, 0xb00d, currency, &lines);
    region.exchange();
}
