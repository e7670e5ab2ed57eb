//! Prices: signed price books by the day they take effect, and the total of a basket.
//! The same book and basket give the same total on every node; no client ever sends a price.

mod command;
mod decide;
mod error;
mod event;
mod quote;
mod state;

pub use command::PublishBook;
pub use decide::{BOOK_SIGNING_CONTEXT, book_message, publish, retract};
pub use error::Error;
pub use event::Event;
pub use quote::{PricedLine, Quote, quote};
pub use state::{BOOKS_MAX, Book, BookStatus, PriceBooks, PriceLine};

pub use crate::tax::{Jurisdiction, TaxClass};
