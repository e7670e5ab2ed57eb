//! The keys under which records are kept: readable text, the same in both stores.

use crate::id::{ArticleCode, BookId, NodeId};
use crate::ledger::{Account, Unit};

/// Singletons of an author.
pub const ONLY: &str = "only";

#[must_use]
pub fn balance(account: &Account, unit: &Unit) -> String {
    format!("{account}|{unit}")
}

#[must_use]
pub fn price(book: BookId, article: &ArticleCode) -> String {
    format!("{book}/{article}")
}

#[must_use]
pub fn grants(holder: NodeId, article: &ArticleCode) -> String {
    format!("{holder}/{article}")
}

#[must_use]
pub fn passed_in(holder: NodeId, home: NodeId, article: &ArticleCode) -> String {
    format!("{holder}/{home}/{article}")
}
