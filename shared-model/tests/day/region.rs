//! A hub with its depots: enrolled, with a catalogue and prices, hearing of each other when told.

use shared_model::catalogue::ListArticle;
use shared_model::id::{BookId, NodeId};
use shared_model::log::Hash;
use shared_model::money::Currency;
use shared_model::pricing::{
    BOOK_SIGNING_CONTEXT, PriceBooks, PriceLine, PublishBook, book_message,
};
use shared_model::tax::{Jurisdiction, TaxClass};
use shared_model::text::Name;
use shared_model::time::Timestamp;
use shared_model::workflows::{Command, EnrolNode, ListArticles, ListPrices, PublishPrices};
use uuid::Uuid;

use super::{Depot, MANAGER, MORNING, article, site};

/// A hub with its depots.
#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) hub: Depot,
    pub(crate) depots: Vec<Depot>,
}

/// Articles listed, with class and price in minor units.
pub(crate) const LISTED: [(&str, TaxClass, i64); 4] = [
    ("RICE-5", TaxClass::Standard, 2_500_00),
    ("SOAP", TaxClass::Standard, 119_99),
    ("MILK", TaxClass::ZeroRated, 64_50),
    ("PHONE", TaxClass::Exempt, 15_000_01),
];

impl Region {
    /// A region whose hub has enrolled every site and published catalogue and prices, and whose
    /// depots have heard of it.
    pub(crate) fn new(jurisdiction: Jurisdiction, sites: &[&str]) -> Self {
        let hub_node = NodeId::new(Uuid::from_u128(0x90));
        let mut hub = Depot::new(site(0x90, "HUB", hub_node, jurisdiction), None);
        hub.hub_key = Some(hub.key.public());
        let hub_key = hub.hub_key;
        let mut depots = Vec::new();
        for (number, code) in (0x11..).zip(sites) {
            let depot = Depot::new(site(number, code, hub_node, jurisdiction), hub_key);
            let enrol = EnrolNode {
                id: hub.entry_id(),
                node: depot.node(),
                site: depot.site.site.clone(),
                entity: depot.site.entity.clone(),
                author_key: depot.key.public(),
            };
            hub.run(MANAGER, &Command::EnrolNode(enrol)).unwrap();
            depots.push(depot);
        }
        publish(&mut hub, jurisdiction.currency());
        let mut region = Self { hub, depots };
        region.exchange();
        region
    }

    /// Everybody hears everything that is for them.
    pub(crate) fn exchange(&mut self) {
        for depot in &mut self.depots {
            self.hub.hear(depot.node(), &depot.log);
            depot.hear(self.hub.node(), &self.hub.log);
        }
        for reader in 0..self.depots.len() {
            self.tell_of_others(reader);
        }
    }

    fn tell_of_others(&mut self, reader: usize) {
        for author in 0..self.depots.len() {
            if author != reader {
                self.tell(reader, author, usize::MAX);
            }
        }
    }

    /// `reader` hears the next entries of `author`, `most` of them.
    pub(crate) fn tell(&mut self, reader: usize, author: usize, most: usize) {
        let (node, log) = (self.depots[author].node(), self.depots[author].log.clone());
        let seen = self.depots[reader].seen.get(&node).copied().unwrap_or(0);
        let until = seen.saturating_add(most).min(log.len());
        self.depots[reader].hear(node, &log[..until]);
    }
}

/// Lists [`LISTED`] and puts their prices in force.
pub(crate) fn publish(hub: &mut Depot, currency: Currency) {
    let articles = LISTED
        .iter()
        .map(|(code, tax_class, _)| ListArticle {
            article: article(code),
            name: Name::new(code).unwrap(),
            barcode: None,
            tax_class: *tax_class,
        })
        .collect();
    let id = hub.entry_id();
    hub.run(MANAGER, &Command::ListArticles(ListArticles { id, articles })).unwrap();
    let lines: Vec<PriceLine> = LISTED
        .iter()
        .map(|(code, _, unit_price_minor)| PriceLine {
            article: article(code),
            unit_price_minor: *unit_price_minor,
        })
        .collect();
    publish_book(hub, 0xb00c, currency, &lines);
}

/// Sends the lines of a book, then its signed head.
pub(crate) fn publish_book(hub: &mut Depot, number: u128, currency: Currency, lines: &[PriceLine]) {
    let book = BookId::new(Uuid::from_u128(number));
    let hash = PriceBooks::chain(Hash::ZERO, lines);
    let valid_from = Timestamp::from_ms(MORNING.ms() - 1);
    let count = u32::try_from(lines.len()).unwrap();
    let message = book_message(book, currency, valid_from, count, hash);
    let id = hub.entry_id();
    let lines = lines.to_vec();
    hub.run(MANAGER, &Command::ListPrices(ListPrices { id, book, lines })).unwrap();
    let book = PublishBook {
        book,
        currency,
        valid_from,
        lines: count,
        hash,
        signature: hub.key.sign(BOOK_SIGNING_CONTEXT, &message),
    };
    let id = hub.entry_id();
    hub.run(MANAGER, &Command::PublishPrices(PublishPrices { id, book })).unwrap();
}
