//! The hub as a writer of its own log: catalogue, prices, the list of nodes, the bank's statement; and the
//! region as it stands before the first depot calls.

use std::cell::RefCell;
use std::collections::BTreeMap;

use shared_model::admission::{ROUNDS_MAX, Shelf, Step, Tip};
use shared_model::catalogue::ListArticle;
use shared_model::document::Writer;
use shared_model::id::{BookId, EntryId};
use shared_model::log::{Entry, EntryBytes, Hash, Position};
use shared_model::money::Currency;
use shared_model::pricing::{
    BOOK_SIGNING_CONTEXT, PriceBooks, PriceLine, PublishBook, book_message,
};
use shared_model::records::{View, WorkingSet};
use shared_model::staff::Role;
use shared_model::tax::TaxClass;
use shared_model::text::Name;
use shared_model::time::{ClockTrust, Timestamp};
use shared_model::workflows::{
    Command, Context, Declined, Desk, EnrolNode, ListArticles, ListPrices, PublishPrices, Stamp,
    decide,
};
use uuid::Uuid;

use crate::hub::{Base, Enrolled, HubStore, Landing, NodeStatus};
use crate::region::{self, BEGINS_MS, HUB};

impl HubStore {
    /// Decides a command and appends its entry to the hub's log. Says whether the feed has grown; the
    /// reason, when a rule forbids it.
    ///
    /// # Errors
    /// The refusal's code.
    pub fn append(&mut self, command: &Command, now: Timestamp) -> Result<bool, &'static str> {
        let tip = self.own_tip();
        let hlc = self.stamp(now);
        let position = Position { node: HUB, epoch: tip.epoch, seq: tip.seq.next() };
        let site = region::site(None);
        let context = Context {
            site: &site,
            id: command.id(),
            actor: None,
            role: Role::Manager,
            now: hlc.at(),
            epoch: position.epoch,
            seq: position.seq,
            writer: Writer([9; 16]),
        };
        let mut shelf = Shelf::default();
        let mut decided = None;
        for _ in 0..ROUNDS_MAX {
            let mut set = WorkingSet::default();
            let mut view = View::new(&mut set, &mut shelf);
            let outcome = decide(command, &mut Desk::new(&mut view, context));
            let asked = shelf.take_asked();
            if asked.is_empty() {
                decided = Some(outcome);
                break;
            }
            self.fetch(&mut shelf, asked);
        }
        let decision = match decided.expect("a decision asks for a bounded number of records") {
            Ok(decision) => decision,
            Err(Declined::Refused(refusal)) => return Err(refusal.code),
            Err(Declined::Store(never)) => match never {},
        };
        let entry = EntryBytes::seal_in(Entry {
            position,
            prev: tip.hash,
            hlc,
            clock: ClockTrust::Trusted,
            scope: decision.scope,
            kind: decision.kind.number(),
            schema: decision.body.schema(),
            id: command.id(),
            actor: None,
            payload: decision.body.encode().into(),
        })
        .map_err(|_| "entry-too-large")?;
        let stamp = Stamp { author: HUB, at: hlc.at(), staff: None };
        let gathered = self.gather(vec![Step { position, stamp, body: decision.body }], shelf);
        let seal = region::hub_key().seal(position, entry.hash());
        let tip = Tip { epoch: position.epoch, seq: position.seq, hash: entry.hash(), hlc };
        let log = vec![(position, entry, Some(seal))];
        let grew = self.land(Landing { author: HUB, log, tips: vec![tip], gathered });
        self.base.own_timeline = self.timeline();
        Ok(grew)
    }
}

fn id(number: u128) -> EntryId {
    EntryId::new(Uuid::from_u128(0x0190_b8a0_7c3e_7000_8000_0002_0000_0000 + number))
}

fn articles() -> Vec<ListArticle> {
    (0..region::ARTICLES)
        .map(|index| ListArticle {
            article: region::article(index),
            name: Name::new(&format!("Article {index}")).expect("a short name"),
            barcode: None,
            tax_class: TaxClass::Standard,
        })
        .collect()
}

thread_local! {
    static FOUNDED: RefCell<BTreeMap<usize, Base>> = const { RefCell::new(BTreeMap::new()) };
}

/// The hub's database before the first depot calls: articles, prices, and so many depots enrolled.
#[must_use]
pub fn founded(depots: usize) -> Base {
    FOUNDED.with_borrow_mut(|made| made.entry(depots).or_insert_with(|| found(depots)).clone())
}

fn found(depots: usize) -> Base {
    let mut hub = HubStore::default();
    let book = BookId::new(Uuid::from_u128(0x0190_b8a0_7c3e_7000_8000_0003_0000_0001));
    let price = |index: usize| PriceLine {
        article: region::article(index),
        unit_price_minor: 10_000 + 2_500 * i64::try_from(index).unwrap_or(0),
    };
    let lines: Vec<PriceLine> = (0..region::ARTICLES).map(price).collect();
    let (hash, valid_from) = (PriceBooks::chain(Hash::ZERO, &lines), Timestamp::from_ms(0));
    let count = u32::try_from(lines.len()).expect("few");
    let message = book_message(book, Currency::KES, valid_from, count, hash);
    let signature = region::hub_key().sign(BOOK_SIGNING_CONTEXT, &message);
    let published =
        PublishBook { book, currency: Currency::KES, valid_from, lines: count, hash, signature };
    let mut commands = vec![
        Command::ListArticles(ListArticles { id: id(1), articles: articles() }),
        Command::ListPrices(ListPrices { id: id(2), book, lines }),
        Command::PublishPrices(PublishPrices { id: id(3), book: published }),
    ];
    commands.extend((0..depots).map(|depot| {
        Command::EnrolNode(EnrolNode {
            id: id(10 + depot as u128),
            node: region::node(depot),
            site: region::site_code(depot),
            entity: "KE".parse().expect("an entity"),
            author_key: region::author_key(depot).public(),
        })
    }));
    for command in &commands {
        hub.append(command, Timestamp::from_ms(BEGINS_MS - 1_000)).expect("a sound command");
    }
    for depot in 0..depots {
        let enrolled = Enrolled {
            key: region::author_key(depot).public(),
            status: NodeStatus::Active,
            admitted: false,
            agrees: None,
        };
        hub.base.nodes.insert(region::node(depot), enrolled);
    }
    hub.base
}
