//! Publishing the catalogue and its prices: in entries small enough for a thin link.

use shared_model::catalogue::{Article, ListArticle};
use shared_model::id::{BookId, NodeId};
use shared_model::log::Hash;
use shared_model::money::Currency;
use shared_model::pricing::{
    BOOK_SIGNING_CONTEXT, PriceBooks, PriceLine, PublishBook, book_message,
};
use shared_model::records::{Kind, Record, keys};
use shared_model::time::Timestamp;
use shared_model::workflows::{Command, ListArticles, ListPrices, PublishPrices};

use super::append::new_entry_id;
use super::error::{AppendError, StoreError};
use super::{HubStore, uuid_v7};

/// Lines in one entry.
const LINES_MAX: usize = 200;

/// What was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    pub articles: usize,
    pub prices: usize,
    /// The book now in force; none when the prices are those published before.
    pub book: Option<BookId>,
}

impl HubStore {
    /// Publishes a catalogue and a price book. What is published already is not published again.
    ///
    /// # Errors
    /// [`AppendError`]; what was listed until then stays, and publishing again goes on.
    pub async fn publish_catalogue(
        &self,
        articles: &[ListArticle],
        prices: &[PriceLine],
        currency: Currency,
        valid_from: Timestamp,
        now: Timestamp,
    ) -> Result<Published, AppendError> {
        let new = self.new_articles(articles).await?;
        for lines in new.chunks(LINES_MAX) {
            let command = Command::ListArticles(ListArticles {
                id: new_entry_id(),
                articles: lines.to_vec(),
            });
            self.append(&command, currency, now).await?;
        }
        let book = self.publish_prices(prices, currency, valid_from, now).await?;
        Ok(Published {
            articles: new.len(),
            prices: if book.is_some() { prices.len() } else { 0 },
            book,
        })
    }

    async fn publish_prices(
        &self,
        prices: &[PriceLine],
        currency: Currency,
        valid_from: Timestamp,
        now: Timestamp,
    ) -> Result<Option<BookId>, AppendError> {
        let lines = u32::try_from(prices.len()).unwrap_or(u32::MAX);
        let hash = prices.chunks(LINES_MAX).fold(Hash::ZERO, PriceBooks::chain);
        let books: PriceBooks =
            self.record(self.identity().node, keys::ONLY).await?.unwrap_or_default();
        let in_force = books.in_force(valid_from.max(now), currency);
        if prices.is_empty() || in_force.is_some_and(|book| book.hash == hash) {
            return Ok(None);
        }
        let book = BookId::new(uuid_v7());
        for lines in prices.chunks(LINES_MAX) {
            let command =
                Command::ListPrices(ListPrices { id: new_entry_id(), book, lines: lines.to_vec() });
            self.append(&command, currency, now).await?;
        }
        let message = book_message(book, currency, valid_from, lines, hash);
        let signature = self.0.author_key.sign(BOOK_SIGNING_CONTEXT, &message);
        let command = Command::PublishPrices(PublishPrices {
            id: new_entry_id(),
            book: PublishBook { book, currency, valid_from, lines, hash, signature },
        });
        self.append(&command, currency, now).await?;
        Ok(Some(book))
    }

    /// Those that are not listed just so.
    async fn new_articles(&self, articles: &[ListArticle]) -> Result<Vec<ListArticle>, StoreError> {
        let codes: Vec<&str> = articles.iter().map(|a| a.article.as_str()).collect();
        let client = self.client().await?;
        let rows = client
            .query(
                "SELECT key, body FROM articles WHERE author = $1 AND key = ANY($2)",
                &[self.identity().node.as_uuid(), &codes],
            )
            .await?;
        let mut known = std::collections::HashMap::new();
        for row in rows {
            let body: Vec<u8> = row.get(1);
            let article: Article = decoded(Kind::Article, &body)?;
            known.insert(row.get::<_, String>(0), article);
        }
        let new = articles.iter().filter(|listing| {
            let known = known.get(listing.article.as_str());
            shared_model::catalogue::list(known, listing).is_ok()
        });
        Ok(new.cloned().collect())
    }

    /// A record, as last committed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record<R: Record>(
        &self,
        author: NodeId,
        key: &str,
    ) -> Result<Option<R>, StoreError> {
        let client = self.client().await?;
        let sql = format!("SELECT body FROM {} WHERE key = $1 AND author = $2", R::KIND.table());
        let statement = client.prepare_cached(&sql).await?;
        let row = client.query_opt(&statement, &[&key, author.as_uuid()]).await?;
        row.map(|row| decoded(R::KIND, row.get(0))).transpose()
    }
}

fn decoded<R: Record>(kind: Kind, body: &[u8]) -> Result<R, StoreError> {
    minicbor::decode(body)
        .map_err(|error| StoreError::Broken(format!("a record of {}: {error}", kind.table())))
}
