//! The rules of publishing prices.

use super::command::PublishBook;
use super::error::Error;
use super::event::Event;
use super::state::{BookStatus, PriceBooks};
use crate::id::BookId;
use crate::log::Hash;
use crate::money::Currency;
use crate::time::Timestamp;

/// Keeps a book's signature apart from every other signature of the same key.
pub const BOOK_SIGNING_CONTEXT: &[u8] = b"omniroute price book v1";

/// The bytes that the publisher of a price book signs.
#[must_use]
pub fn book_message(
    book: BookId,
    currency: Currency,
    valid_from: Timestamp,
    lines: u32,
    hash: Hash,
) -> Vec<u8> {
    let mut bytes = book.as_uuid().as_bytes().to_vec();
    bytes.extend_from_slice(currency.code().as_bytes());
    bytes.extend_from_slice(&valid_from.ms().to_be_bytes());
    bytes.extend_from_slice(&lines.to_be_bytes());
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

/// # Errors
/// [`Error::BookIncomplete`] when the lines listed so far are not the ones announced.
pub fn publish(books: &PriceBooks, command: &PublishBook) -> Result<Event, Error> {
    let whole = books.find(command.book).is_some_and(|book| {
        book.status == BookStatus::Draft && book.lines == command.lines && book.hash == command.hash
    });
    if !whole {
        return Err(Error::BookIncomplete { book: command.book });
    }
    Ok(Event::BookPublished {
        book: command.book,
        currency: command.currency,
        valid_from: command.valid_from,
        lines: command.lines,
        hash: command.hash,
        signature: command.signature.into(),
    })
}

/// # Errors
/// [`Error::BookUnknown`] when no such book is published.
pub fn retract(books: &PriceBooks, book: BookId) -> Result<Event, Error> {
    match books.find(book) {
        Some(known) if known.status == BookStatus::Published => Ok(Event::BookRetracted { book }),
        Some(_) | None => Err(Error::BookUnknown { book }),
    }
}
