//! The price books known, and which one is in force.

use minicbor::{Decode, Encode};

use crate::id::{ArticleCode, BookId};
use crate::log::Hash;
use crate::money::Currency;
use crate::time::Timestamp;

/// Books remembered by header; the oldest superseded ones are let go above it.
pub const BOOKS_MAX: usize = 64;

/// The price of one base unit, without tax.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PriceLine {
    #[n(0)]
    pub article: ArticleCode,
    #[n(1)]
    pub unit_price_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum BookStatus {
    /// Lines are still coming.
    #[n(0)]
    Draft,
    #[n(1)]
    Published,
    /// Lines came that the signature does not cover: never used.
    #[n(2)]
    Mismatched,
    #[n(3)]
    Retracted,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Book {
    #[n(0)]
    pub book: BookId,
    #[n(1)]
    pub status: BookStatus,
    #[n(2)]
    pub currency: Option<Currency>,
    #[n(3)]
    pub valid_from: Timestamp,
    #[n(4)]
    pub lines: u32,
    /// Chained over the lines as they came: BLAKE3(previous || lines).
    #[n(5)]
    pub hash: Hash,
}

/// The shelf of price books.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct PriceBooks {
    #[n(0)]
    pub books: Vec<Book>,
}

impl PriceBooks {
    /// The book in force for a supply at `at`: the latest that took effect by then. With a clock
    /// that lost its hour, the latest of all that are published.
    #[must_use]
    pub fn in_force(&self, at: Timestamp, currency: Currency) -> Option<&Book> {
        let usable =
            |book: &&Book| book.status == BookStatus::Published && book.currency == Some(currency);
        let latest = |book: &&Book| (book.valid_from, book.book);
        self.books
            .iter()
            .filter(usable)
            .filter(|book| book.valid_from <= at)
            .max_by_key(latest)
            .or_else(|| self.books.iter().filter(usable).min_by_key(latest))
    }

    #[must_use]
    pub fn find(&self, book: BookId) -> Option<&Book> {
        self.books.iter().find(|known| known.book == book)
    }

    /// Chains some lines onto a book's hash.
    #[must_use]
    pub fn chain(previous: Hash, lines: &[PriceLine]) -> Hash {
        let mut bytes = previous.as_bytes().to_vec();
        for line in lines {
            bytes.extend_from_slice(line.article.as_str().as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(&line.unit_price_minor.to_be_bytes());
        }
        Hash::of(&bytes)
    }

    fn entry(&mut self, book: BookId) -> &mut Book {
        let index = self.books.iter().position(|known| known.book == book).unwrap_or_else(|| {
            if self.books.len() == BOOKS_MAX {
                self.books.remove(0);
            }
            self.books.push(Book {
                book,
                status: BookStatus::Draft,
                currency: None,
                valid_from: Timestamp::default(),
                lines: 0,
                hash: Hash::ZERO,
            });
            self.books.len() - 1
        });
        &mut self.books[index]
    }

    /// Takes an event in. Cannot fail: what does not fit is marked, not dropped.
    pub fn apply(&mut self, event: &super::Event) {
        match event {
            super::Event::PricesListed { book, lines } => {
                let book = self.entry(*book);
                book.lines =
                    book.lines.saturating_add(u32::try_from(lines.len()).unwrap_or(u32::MAX));
                book.hash = Self::chain(book.hash, lines);
                if book.status != BookStatus::Draft {
                    book.status = BookStatus::Mismatched;
                }
            }
            super::Event::BookPublished { book, currency, valid_from, lines, hash, .. } => {
                let book = self.entry(*book);
                let whole = book.lines == *lines && book.hash == *hash;
                book.status = if whole { BookStatus::Published } else { BookStatus::Mismatched };
                book.currency = Some(*currency);
                book.valid_from = *valid_from;
            }
            super::Event::BookRetracted { book } => {
                self.entry(*book).status = BookStatus::Retracted
            }
        }
    }
}
