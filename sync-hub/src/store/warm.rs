//! Records kept from one batch of a node to its next. They count only while the digest over the
//! node's records, read under its lock, is the one they were kept with: another process may have
//! taken in entries, and then they are forgotten.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use shared_model::admission::Shelf;
use shared_model::id::NodeId;
use shared_model::records::Digest;

/// Nodes whose records are kept.
const NODES_MAX: usize = 64;

#[derive(Default)]
pub(super) struct Warm(Mutex<HashMap<NodeId, (Digest, Shelf)>>);

impl Warm {
    /// The records of a node, if they are still those of this digest. Whoever takes them brings
    /// newer ones back after the commit, or none.
    pub(super) fn take(&self, node: NodeId, digest: Digest) -> Shelf {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.remove(&node) {
            Some((of, shelf)) if of == digest => shelf,
            Some(_) | None => Shelf::default(),
        }
    }

    pub(super) fn keep(&self, node: NodeId, digest: Digest, shelf: Shelf) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= NODES_MAX && !kept.contains_key(&node) {
            // Any will do: it only has to be read again.
            let some = kept.keys().next().copied();
            some.and_then(|node| kept.remove(&node));
        }
        kept.insert(node, (digest, shelf));
    }
}
