//! Records at hand for a transaction. What is asked for and not at hand counts as absent and is
//! noted; the store fetches it, and the step runs again, until nothing new is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use crate::id::{DocumentId, NodeId};
use crate::records::{Kind, Load, Saved};

/// Longest key kept: an index of the database takes no more than 2,700 bytes. Those of honest
/// nodes have a few dozen.
const KEY_BYTES_MAX: usize = 1_024;

/// Most records kept from one batch to the next: a depot's articles and accounts.
const KEPT_MAX: usize = 20_000;

/// What entry after entry changes.
const fn is_hot(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Balance | Kind::ArticleStock | Kind::Series | Kind::Rider | Kind::PriceBooks
    )
}

/// What was asked for and is not at hand.
#[derive(Debug, Default)]
pub struct Asked {
    pub records: BTreeMap<(Kind, NodeId), BTreeSet<String>>,
    pub authors: BTreeSet<(Kind, String)>,
    pub documents: BTreeSet<DocumentId>,
}

impl Asked {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.authors.is_empty() && self.documents.is_empty()
    }
}

/// Bodies by key; none where there is no such record.
type Bodies = BTreeMap<String, Option<Vec<u8>>>;

/// Records at hand.
#[derive(Debug, Default)]
pub struct Shelf {
    bodies: BTreeMap<(Kind, NodeId), Bodies>,
    authors: BTreeMap<(Kind, String), Vec<NodeId>>,
    documents: BTreeMap<DocumentId, Option<Vec<u8>>>,
    asked: Asked,
    /// A key was used that the database would not take.
    unfit_key: bool,
}

impl Shelf {
    /// What was asked for since the last call.
    pub fn take_asked(&mut self) -> Asked {
        std::mem::take(&mut self.asked)
    }

    /// What was asked for does not matter any more.
    pub fn forget_asked(&mut self) {
        self.asked = Asked::default();
    }

    /// Keeps what the next batch is likely to ask for as well, as it was just saved: sums and
    /// stocks, not the orders themselves. Nothing when that would be too much.
    #[must_use]
    pub fn settle(mut self, saved: &[Saved]) -> Self {
        self.bodies.retain(|(kind, _), _| is_hot(*kind));
        for record in saved.iter().filter(|record| is_hot(record.kind)) {
            let bodies = self.bodies.entry((record.kind, record.author)).or_default();
            bodies.insert(record.key.clone(), Some(record.body.clone()));
        }
        let kept: usize = self.bodies.values().map(BTreeMap::len).sum();
        if kept > KEPT_MAX {
            self.bodies.clear();
        }
        Self { bodies: self.bodies, ..Self::default() }
    }

    /// Whether a key was used since the last call that the database would not take.
    pub fn take_unfit_key(&mut self) -> bool {
        std::mem::take(&mut self.unfit_key)
    }

    /// Puts what was found on the shelf: whatever else was asked for is absent. Says whether
    /// anything was found.
    pub fn put_records(
        &mut self,
        kind: Kind,
        author: NodeId,
        asked: BTreeSet<String>,
        found: Vec<(String, Vec<u8>)>,
    ) -> bool {
        let any = !found.is_empty();
        let bodies = self.bodies.entry((kind, author)).or_default();
        bodies.extend(asked.into_iter().map(|key| (key, None)));
        bodies.extend(found.into_iter().map(|(key, body)| (key, Some(body))));
        any
    }

    /// Puts down who has such a record.
    pub fn put_authors(&mut self, kind: Kind, key: String, authors: Vec<NodeId>) {
        self.authors.insert((kind, key), authors);
    }

    /// Puts a document down, or that there is none.
    pub fn put_document(&mut self, document: DocumentId, saved: Option<Vec<u8>>) {
        self.documents.insert(document, saved);
    }

    fn fits(&mut self, key: &str) -> bool {
        let fits = key.len() <= KEY_BYTES_MAX && !key.contains('\0');
        self.unfit_key |= !fits;
        fits
    }
}

impl Load for Shelf {
    type Error = Infallible;

    fn load(
        &mut self,
        kind: Kind,
        author: NodeId,
        key: &str,
    ) -> Result<Option<Vec<u8>>, Infallible> {
        let known = self.bodies.get(&(kind, author)).and_then(|bodies| bodies.get(key));
        if let Some(body) = known {
            return Ok(body.clone());
        }
        if self.fits(key) {
            let asked = self.asked.records.entry((kind, author)).or_default();
            asked.insert(key.to_owned());
        }
        Ok(None)
    }

    fn authors(&mut self, kind: Kind, key: &str) -> Result<Vec<NodeId>, Infallible> {
        if let Some(known) = self.authors.get(&(kind, key.to_owned())) {
            return Ok(known.clone());
        }
        if self.fits(key) {
            self.asked.authors.insert((kind, key.to_owned()));
        }
        Ok(Vec::new())
    }

    fn document(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, Infallible> {
        if let Some(known) = self.documents.get(&document) {
            return Ok(known.clone());
        }
        self.asked.documents.insert(document);
        Ok(None)
    }
}
