//! The warehouse's rules.

use super::error::Error;
use super::event::Event;
use super::state::{ArticleStock, Count, CountStatus};
use crate::id::{ArticleCode, BinCode, CountId, StaffId};
use crate::log::Seq;

/// Checks that `quantity` may be promised.
///
/// # Errors
/// [`Error::NotAvailable`], with the figures.
pub fn reserve(
    article: &ArticleCode,
    stock: &ArticleStock,
    unsellable: &[BinCode],
    quantity: i64,
) -> Result<(), Error> {
    let available = stock.available(unsellable);
    if quantity <= available {
        return Ok(());
    }
    Err(Error::NotAvailable {
        article: article.clone(),
        available: available.max(0),
        on_hand: stock.on_hand(),
        reserved: stock.reserved,
        lent: stock.lent,
    })
}

/// The bins that a counter sale draws from: in the order of their codes, as people walk.
/// Returns less than asked only when the bins hold less.
#[must_use]
pub fn choose_bins(
    stock: &ArticleStock,
    unsellable: &[BinCode],
    quantity: i64,
) -> Vec<(BinCode, i64)> {
    let mut left = quantity;
    let mut chosen = Vec::new();
    for (bin, held) in stock.bins.iter().filter(|(bin, _)| !unsellable.contains(bin)) {
        let taken = left.min(*held);
        if taken > 0 {
            chosen.push((bin.clone(), taken));
            left -= taken;
        }
    }
    chosen
}

/// Begins a count at a position of the log.
#[must_use]
pub fn start_count(
    count: CountId,
    bin: BinCode,
    article: ArticleCode,
    position: Seq,
    stock: &ArticleStock,
) -> Event {
    let book = stock.bins.get(&bin).copied().unwrap_or(0);
    Event::CountStarted { count, bin, article, position, book }
}

/// # Errors
/// [`Error`] when the count is unknown or was recorded.
pub fn record_count(known: Option<&Count>, count: CountId, counted: i64) -> Result<Event, Error> {
    let known = known.ok_or(Error::CountUnknown { count })?;
    match known.status {
        CountStatus::Counting => Ok(Event::CountRecorded { count, counted }),
        CountStatus::Counted | CountStatus::Approved => Err(Error::CountClosed),
    }
}

/// Whether a difference worth `value_minor` needs a second person.
#[must_use]
pub const fn count_variance_due(value_minor: i64, limit_minor: i64) -> bool {
    value_minor.abs() > limit_minor
}

/// # Errors
/// [`Error`] when there is nothing to approve, or the approver counted.
pub fn approve_count(
    known: Option<&Count>,
    count: CountId,
    actor: Option<StaffId>,
) -> Result<Event, Error> {
    let known = known.ok_or(Error::CountUnknown { count })?;
    match known.status {
        CountStatus::Counting => Err(Error::CountNotRecorded),
        CountStatus::Approved => Err(Error::CountClosed),
        CountStatus::Counted if known.counted_by.is_some() && known.counted_by == actor => {
            Err(Error::OwnCount)
        }
        CountStatus::Counted => Ok(Event::CountApproved { count }),
    }
}
