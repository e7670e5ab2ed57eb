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

/// What the number of a credit note has before its series.
pub const CREDIT_NOTE_PREFIX: &str = "CN-";

/// The series an order's number was given from: `NBO-1.2` for `NBO-1.2-000007`. Each epoch has its
/// own, so that none has gaps, however late a lost time's entries come back.
#[must_use]
pub fn series(number: &str) -> &str {
    number.rsplit_once('-').map_or(number, |(series, _)| series)
}

/// The series a credit note's number was given from: `NBO-1.2` for `CN-NBO-1.2-000001`.
#[must_use]
pub fn credit_note_series(number: &str) -> &str {
    series(number.strip_prefix(CREDIT_NOTE_PREFIX).unwrap_or(number))
}

/// The hub's own note of a depot's deposit: two depots may have slips of one number.
#[must_use]
pub fn matched_deposit(depot: NodeId, slip: &str) -> String {
    format!("{depot}/{slip}")
}
