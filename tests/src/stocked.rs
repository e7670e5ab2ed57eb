//! What a depot knows before its day begins: articles with prices as a hub publishes them, orders
//! as an import brings them.

use shared_model::catalogue::{Article, Event as CatalogueEvent};
use shared_model::id::{ArticleCode, BookId, EntryId, NodeId};
use shared_model::log::{
    AuthorKey, Entry, EntryBytes, Epoch, Hash, Position, SCHEMA_VERSION, Scope, Seq,
};
use shared_model::money::Currency;
use shared_model::pricing::{
    BOOK_SIGNING_CONTEXT, Event as PricingEvent, PriceBooks, PriceLine, book_message,
};
use shared_model::sync::v1::FeedItem;
use shared_model::tax::TaxClass;
use shared_model::time::{ClockTrust, Hlc, Timestamp};
use shared_model::workflows::{Body, Kind};
use uuid::Uuid;

use crate::depot::Depot;
use crate::process::run;
use edge_node::state::StateDir;
use edge_node::store::{Hub, put_hub};

/// Code, name, and the price of one unit in minor units, without tax.
pub type Priced<'a> = (&'a str, &'a str, i64);

/// The columns of an order file.
const COLUMNS: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

impl Depot {
    /// Imports orders from the lines of a file, without its heading.
    ///
    /// # Panics
    /// When a line is refused.
    pub fn import_lines(&self, lines: &str) {
        let file = self.state().join("orders-of-the-test.csv");
        std::fs::write(&file, format!("{COLUMNS}\n{}\n", lines.trim())).expect("a file");
        run(self.cli("import").arg(&file));
        std::fs::remove_file(&file).expect("it was written");
    }

    /// Gives the stopped depot a catalogue and a price book, signed by a hub of the test's own. Only
    /// for a depot that is not enrolled, and only once: its hub then never answers.
    ///
    /// # Panics
    /// When the store does not take them in.
    pub fn publish_catalogue(&self, priced: &[Priced<'_>]) {
        let hub = OwnHub::new();
        let state = StateDir::new(self.state());
        let currency = state.site().expect("a site").currency;
        let hub_facts = Hub { node: hub.node, author_key: hub.key.public() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let open = state.open_store().expect("the depot is stopped");
        runtime
            .block_on(open.store.write_local(move |db| put_hub(db, hub_facts)))
            .expect("the hub is noted");
        open.close();
        let open = state.open_store().expect("the depot is stopped");
        runtime.block_on(open.store.store_feed(hub.feed(priced, currency), 3)).expect("a feed");
        open.close();
        assert_eq!(self.status()["quarantined"], 0, "the depot believes its hub");
    }
}

struct OwnHub {
    node: NodeId,
    key: AuthorKey,
}

impl OwnHub {
    fn new() -> Self {
        Self { node: NodeId::new(Uuid::now_v7()), key: AuthorKey::from_secret(&[7; 32]) }
    }

    /// Three entries: the articles, the lines of a price book, and its signed head.
    fn feed(&self, priced: &[Priced<'_>], currency: Currency) -> Vec<FeedItem> {
        let book = BookId::new(Uuid::now_v7());
        let lines: Vec<PriceLine> = priced
            .iter()
            .map(|(code, _, price)| PriceLine { article: code_of(code), unit_price_minor: *price })
            .collect();
        let hash = PriceBooks::chain(Hash::ZERO, &lines);
        let count = u32::try_from(lines.len()).expect("few");
        let valid_from = Timestamp::from_ms(0);
        let message = book_message(book, currency, valid_from, count, hash);
        let signature = self.key.sign(BOOK_SIGNING_CONTEXT, &message).into();
        let listed = priced.iter().map(|(code, name, _)| listed(code, name).into()).collect();
        let head = PricingEvent::BookPublished {
            book,
            currency,
            valid_from,
            lines: count,
            hash,
            signature,
        };
        let mut prev = Hash::ZERO;
        [
            (Kind::ListArticles, Body { events: listed, postings: Vec::new() }),
            (Kind::ListPrices, body_of(PricingEvent::PricesListed { book, lines })),
            (Kind::PublishPrices, body_of(head)),
        ]
        .into_iter()
        .zip(1..)
        .map(|((kind, body), seq)| {
            let entry = self.entry(prev, Seq(seq), kind, &body);
            prev = entry.hash();
            let seal = self.key.seal(entry.entry().position, entry.hash());
            FeedItem { entry: entry.as_bytes().to_vec().into(), seal }
        })
        .collect()
    }

    fn entry(&self, prev: Hash, seq: Seq, kind: Kind, body: &Body) -> EntryBytes {
        let now = edge_node::store::now();
        EntryBytes::seal_in(Entry {
            position: Position { node: self.node, epoch: Epoch(1), seq },
            prev,
            hlc: Hlc::from_parts(now, u16::try_from(seq.0).expect("few")),
            clock: ClockTrust::Trusted,
            scope: Scope::Region,
            kind: kind.number(),
            schema: SCHEMA_VERSION,
            id: EntryId::new(Uuid::now_v7()),
            actor: None,
            payload: body.encode().into(),
        })
        .expect("small enough")
    }
}

fn body_of(event: PricingEvent) -> Body {
    Body { events: vec![event.into()], postings: Vec::new() }
}

fn listed(code: &str, name: &str) -> CatalogueEvent {
    CatalogueEvent::ArticleListed(Article {
        code: code_of(code),
        name: name.to_owned(),
        barcode: None,
        tax_class: TaxClass::Standard,
        packs: Vec::new(),
    })
}

fn code_of(code: &str) -> ArticleCode {
    code.parse().expect("a code")
}
