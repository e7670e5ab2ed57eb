//! What of a log goes on to other nodes, and how far a reader of the feed has looked.

use crate::id::NodeId;
use crate::log::Scope;
use crate::sync::v1::{BATCH_BYTES_MAX, FeedItem};

/// Who receives an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Travels {
    /// It stays where it was written, and at the hub.
    No,
    /// To every node of the region.
    ToAll,
    To(NodeId),
    /// It is for others and came without its author's own seal: nobody could check it.
    Unsealed,
}

/// Whether an entry goes on. `sealed`: by itself, not only as one of a batch.
#[must_use]
pub const fn travels(scope: Scope, sealed: bool) -> Travels {
    match (scope, sealed) {
        (Scope::Site, _) => Travels::No,
        (Scope::Region | Scope::Node(_), false) => Travels::Unsealed,
        (Scope::Region, true) => Travels::ToAll,
        (Scope::Node(reader), true) => Travels::To(reader),
    }
}

/// One page of the feed for one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub items: Vec<FeedItem>,
    /// How far was looked.
    pub position: u64,
}

/// `rows` are what is for the reader after a position, in order, each with its own; no more of them
/// than `limit`, and no more bytes than a batch holds but for the last. `head` is the feed's, seen in
/// the same snapshot. The position moves over what is for others, but never over a row left out.
#[must_use]
pub fn page(after: u64, head: u64, limit: usize, rows: Vec<(u64, Option<FeedItem>)>) -> Page {
    let last = rows.last().map(|(at, _)| *at);
    let bytes: usize =
        rows.iter().filter_map(|(_, item)| item.as_ref()).map(|item| item.entry.len()).sum();
    let count = rows.len();
    let items: Vec<FeedItem> = rows.into_iter().filter_map(|(_, item)| item).collect();
    let whole = count < limit && bytes < BATCH_BYTES_MAX;
    let position = match last {
        Some(last) if !whole => last,
        Some(_) | None => head,
    };
    Page { items, position: position.max(after) }
}
