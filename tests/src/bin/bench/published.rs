//! A depot whose hub has published: articles and a price book, written and sealed by a hub of the
//! bench's own, and taken in through the store's own door.

use std::path::Path;

use edge_node::state::StateDir;
use edge_node::store::{Hub, put_hub, write_beside};
use shared_model::catalogue::{self, ListArticle};
use shared_model::id::{ArticleCode, BookId, EntryId, NodeId};
use shared_model::log::{
    AuthorKey, Entry, EntryBytes, Epoch, Hash, Position, SCHEMA_VERSION, Scope, Seq,
};
use shared_model::money::Currency;
use shared_model::pricing::{
    self, BOOK_SIGNING_CONTEXT, PriceBooks, PriceLine, PublishBook, book_message,
};
use shared_model::sync::v1::FeedItem;
use shared_model::tax::TaxClass;
use shared_model::text::Name;
use shared_model::time::{ClockTrust, Hlc, Timestamp};
use shared_model::workflows::{Body, Event, Kind};
use uuid::Uuid;

/// What the bench's orders are of.
pub(crate) const ARTICLES: usize = 200;
const HUB: NodeId = NodeId::new(Uuid::from_u128(0xbe9c_0000_0000_7000_8000_0000_0000_0001));
const BOOK: BookId = BookId::new(Uuid::from_u128(0xbe9c_0000_0000_7000_8000_0000_0000_0002));

/// The code of the nth article.
#[must_use]
pub(crate) fn article(number: usize) -> String {
    format!("B{:05}", number % ARTICLES)
}

/// Publishes to a depot that does not run.
///
/// # Errors
/// When its store does not take it in.
pub(crate) async fn publish_to(state: &Path) -> anyhow::Result<()> {
    let state = StateDir::new(state);
    let key = AuthorKey::from_secret(&[0xbe; 32]);
    let hub = Hub { node: HUB, author_key: key.public() };
    write_beside(&state.database(), |db| put_hub(db, hub))?;
    let open = state.open_store()?;
    let items = feed(&key)?;
    let position = items.len() as u64;
    open.store.store_feed(items, position).await?;
    tokio::task::spawn_blocking(move || open.close()).await?;
    Ok(())
}

fn feed(key: &AuthorKey) -> anyhow::Result<Vec<FeedItem>> {
    let mut items = Vec::new();
    let mut prev = Hash::ZERO;
    for (seq, (kind, events)) in (1..).zip(published(key)?) {
        let payload = Body { events, postings: Vec::new() }.encode();
        let position = Position { node: HUB, epoch: Epoch(1), seq: Seq(seq) };
        let entry = EntryBytes::seal_in(Entry {
            position,
            prev,
            hlc: Hlc::from_parts(Timestamp::from_ms(1_794_204_000_000), u16::try_from(seq)?),
            clock: ClockTrust::Trusted,
            scope: Scope::Region,
            kind: kind.number(),
            schema: SCHEMA_VERSION,
            id: EntryId::new(Uuid::from_u128(u128::from(seq))),
            actor: None,
            payload: payload.into(),
        })?;
        prev = entry.hash();
        items.push(FeedItem { seal: key.seal(position, prev), entry: entry.into_bytes().into() });
    }
    Ok(items)
}

fn published(key: &AuthorKey) -> anyhow::Result<Vec<(Kind, Vec<Event>)>> {
    let codes = (0..ARTICLES).map(|number| article(number).parse::<ArticleCode>());
    let codes = codes.collect::<Result<Vec<_>, _>>()?;
    let mut listed: Vec<Event> = Vec::with_capacity(codes.len());
    for code in &codes {
        let name = Name::new(&format!("Carton of goods {code}"))?;
        let article = ListArticle {
            article: code.clone(),
            name,
            barcode: None,
            tax_class: TaxClass::Standard,
        };
        listed.push(catalogue::list(None, &article)?.into());
    }
    let lines: Vec<PriceLine> = (20..)
        .zip(codes)
        .map(|(price, article)| PriceLine { article, unit_price_minor: price * 1_000 })
        .collect();
    let count = u32::try_from(lines.len())?;
    let hash = PriceBooks::chain(Hash::ZERO, &lines);
    let prices = pricing::Event::PricesListed { book: BOOK, lines };
    let mut books = PriceBooks::default();
    books.apply(&prices);
    let (currency, valid_from) = (Currency::KES, Timestamp::from_ms(1));
    let message = book_message(BOOK, currency, valid_from, count, hash);
    let signature = key.sign(BOOK_SIGNING_CONTEXT, &message);
    let book = PublishBook { book: BOOK, currency, valid_from, lines: count, hash, signature };
    let in_force = pricing::publish(&books, &book)?;
    Ok(vec![
        (Kind::ListArticles, listed),
        (Kind::ListPrices, vec![prices.into()]),
        (Kind::PublishPrices, vec![in_force.into()]),
    ])
}
