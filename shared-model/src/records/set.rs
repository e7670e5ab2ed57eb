//! The working set: records loaded for a few commands, and which of them were changed. The store
//! saves the changed ones in the same transaction as the entries that changed them.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::digest::Digest;
use super::kind::{AnyRecord, Index, Kind, Record};
use crate::document::DocumentKind;
use crate::id::{DocumentId, NodeId};

/// Where records come from.
pub trait Load {
    type Error;

    /// A record's stored body.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn load(
        &mut self,
        kind: Kind,
        author: NodeId,
        key: &str,
    ) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The authors that have a record of this kind under this key.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn authors(&mut self, kind: Kind, key: &str) -> Result<Vec<NodeId>, Self::Error>;

    /// A document's saved bytes.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn document(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// One record of the working set. `stored` is the body as the store has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slot {
    record: Option<AnyRecord>,
    stored: Option<Vec<u8>>,
    changed: bool,
}

/// A record to be written, with the body it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub author: NodeId,
    pub kind: Kind,
    pub key: String,
    pub index: Index,
    pub body: Vec<u8>,
    pub replaced: Option<Vec<u8>>,
}

/// The records in use, and the automerge changes to be taken in.
#[derive(Debug, Clone, Default)]
pub struct WorkingSet {
    slots: BTreeMap<(Kind, NodeId), BTreeMap<String, Slot>>,
    slots_count: usize,
    changed: Vec<(Kind, NodeId, String)>,
    document_changes: Vec<(DocumentId, DocumentKind, Vec<u8>)>,
}

impl WorkingSet {
    /// Records held in memory.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots_count
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots_count == 0
    }

    /// Forgets everything, the changes too: after a commit that failed, or to free memory.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts a stored body in before it is asked for.
    pub fn preload(&mut self, kind: Kind, author: NodeId, key: &str, stored: Option<Vec<u8>>) {
        let record = stored.as_deref().and_then(|body| kind.decode(body).ok());
        let slots = self.slots.entry((kind, author)).or_default();
        if !slots.contains_key(key) {
            slots.insert(key.to_owned(), Slot { record, stored, changed: false });
            self.slots_count += 1;
        }
    }

    /// The changed records; they count as stored from here on. Clear the set if storing fails.
    pub fn take_changed(&mut self) -> Vec<Saved> {
        let mut saved = Vec::with_capacity(self.changed.len());
        for (kind, author, key) in std::mem::take(&mut self.changed) {
            let slot = self.slots.get_mut(&(kind, author)).and_then(|slots| slots.get_mut(&key));
            let Some(slot) = slot else { continue };
            slot.changed = false;
            let Some(record) = &slot.record else { continue };
            let (index, body) = (record.index(), record.encode());
            let replaced = slot.stored.replace(body.clone());
            if replaced.as_deref() != Some(body.as_slice()) {
                saved.push(Saved { author, kind, key, index, body, replaced });
            }
        }
        saved
    }

    /// The automerge changes that entries brought since the last call, in order.
    pub fn take_document_changes(&mut self) -> Vec<(DocumentId, DocumentKind, Vec<u8>)> {
        std::mem::take(&mut self.document_changes)
    }

    pub fn push_document_change(
        &mut self,
        document: DocumentId,
        kind: DocumentKind,
        change: &[u8],
    ) {
        self.document_changes.push((document, kind, change.to_vec()));
    }

    fn slot<L: Load>(
        &mut self,
        load: &mut L,
        kind: Kind,
        author: NodeId,
        key: &str,
    ) -> Result<&mut Slot, L::Error> {
        let known = self.slots.get(&(kind, author)).is_some_and(|slots| slots.contains_key(key));
        if !known {
            let stored = load.load(kind, author, key)?;
            self.preload(kind, author, key, stored);
        }
        let slots = self.slots.get_mut(&(kind, author)).expect("preloaded");
        Ok(slots.get_mut(key).expect("preloaded"))
    }
}

/// A working set with the store behind it.
pub struct View<'a, L> {
    set: &'a mut WorkingSet,
    load: &'a mut L,
}

impl<'a, L: Load> View<'a, L> {
    pub const fn new(set: &'a mut WorkingSet, load: &'a mut L) -> Self {
        Self { set, load }
    }

    /// A record, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn get<R: Record>(&mut self, author: NodeId, key: &str) -> Result<Option<&R>, L::Error> {
        let slot = self.set.slot(self.load, R::KIND, author, key)?;
        Ok(slot.record.as_ref().and_then(R::of))
    }

    /// Changes a record in place, starting from `empty` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn update<R: Record>(
        &mut self,
        author: NodeId,
        key: &str,
        empty: impl FnOnce() -> R,
        change: impl FnOnce(&mut R),
    ) -> Result<(), L::Error> {
        self.change(
            author,
            key,
            |record| {
                change(
                    R::of_mut(record.get_or_insert_with(|| empty().into()))
                        .expect("one kind a slot"),
                );
            },
            R::KIND,
        )
    }

    /// Changes a record if there is one; what is unknown stays unknown.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn amend<R: Record>(
        &mut self,
        author: NodeId,
        key: &str,
        change: impl FnOnce(&mut R),
    ) -> Result<(), L::Error> {
        let slot = self.set.slot(self.load, R::KIND, author, key)?;
        if slot.record.is_none() {
            return Ok(());
        }
        self.change(
            author,
            key,
            |record| {
                if let Some(record) = record.as_mut().and_then(R::of_mut) {
                    change(record);
                }
            },
            R::KIND,
        )
    }

    /// Writes a record, whatever was there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn put<R: Record>(&mut self, author: NodeId, key: &str, record: R) -> Result<(), L::Error> {
        self.change(author, key, |slot| *slot = Some(record.into()), R::KIND)
    }

    /// The authors that have such a record, changed ones of the set included.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn authors<R: Record>(&mut self, key: &str) -> Result<Vec<NodeId>, L::Error> {
        let mut authors = self.load.authors(R::KIND, key)?;
        let in_set = self.set.slots.iter().filter(|((kind, _), slots)| {
            *kind == R::KIND && slots.get(key).is_some_and(|slot| slot.record.is_some())
        });
        authors.extend(in_set.map(|((_, author), _)| *author));
        authors.sort_unstable();
        authors.dedup();
        Ok(authors)
    }

    /// A document's saved bytes, with what entries of this set have changed and is not saved yet:
    /// two edits of one group commit must not be made from the same base.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn document(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, L::Error> {
        let mut saved = self.load.document(document)?;
        for (changed, _, change) in &self.set.document_changes {
            if *changed == document
                && let Ok(merged) = crate::document::merge(saved.as_deref(), change)
            {
                saved = Some(merged);
            }
        }
        Ok(saved)
    }

    pub fn push_document_change(
        &mut self,
        document: DocumentId,
        kind: DocumentKind,
        change: &[u8],
    ) {
        self.set.push_document_change(document, kind, change);
    }

    fn change(
        &mut self,
        author: NodeId,
        key: &str,
        change: impl FnOnce(&mut Option<AnyRecord>),
        kind: Kind,
    ) -> Result<(), L::Error> {
        let slot = self.set.slot(self.load, kind, author, key)?;
        change(&mut slot.record);
        if !slot.changed {
            slot.changed = true;
            self.set.changed.push((kind, author, key.to_owned()));
        }
        Ok(())
    }
}

/// A store in memory: what replaying a log must come to. Used to verify the real stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    records: BTreeMap<(Kind, String, NodeId), Vec<u8>>,
    documents: BTreeMap<DocumentId, Vec<u8>>,
    digests: BTreeMap<NodeId, Digest>,
}

impl Memory {
    /// Stores what a working set changed.
    pub fn save(&mut self, set: &mut WorkingSet) {
        for saved in set.take_changed() {
            let digest = self.digests.entry(saved.author).or_default();
            if let Some(replaced) = &saved.replaced {
                digest.remove(saved.kind, &saved.key, replaced);
            }
            digest.add(saved.kind, &saved.key, &saved.body);
            self.records.insert((saved.kind, saved.key, saved.author), saved.body);
        }
        for (document, _, change) in set.take_document_changes() {
            let merged =
                crate::document::merge(self.documents.get(&document).map(Vec::as_slice), &change);
            if let Ok(bytes) = merged {
                self.documents.insert(document, bytes);
            }
        }
    }

    /// Every record, in order of kind, key and author.
    pub fn records(&self) -> impl Iterator<Item = (Kind, &str, NodeId, &[u8])> {
        self.records
            .iter()
            .map(|((kind, key, author), body)| (*kind, key.as_str(), *author, body.as_slice()))
    }

    #[must_use]
    pub fn digest(&self, author: NodeId) -> Digest {
        self.digests.get(&author).copied().unwrap_or_default()
    }

    /// # Panics
    /// Never: a stored body can be read.
    #[must_use]
    pub fn get<R: Record>(&self, author: NodeId, key: &str) -> Option<R> {
        let body = self.records.get(&(R::KIND, key.to_owned(), author))?;
        minicbor::decode(body).ok()
    }
}

impl Load for Memory {
    type Error = Infallible;

    fn load(
        &mut self,
        kind: Kind,
        author: NodeId,
        key: &str,
    ) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.records.get(&(kind, key.to_owned(), author)).cloned())
    }

    fn authors(&mut self, kind: Kind, key: &str) -> Result<Vec<NodeId>, Infallible> {
        let is_it = |(k, t, _): &&(Kind, String, NodeId)| *k == kind && t == key;
        Ok(self.records.keys().filter(is_it).map(|(_, _, author)| *author).collect())
    }

    fn document(&mut self, document: DocumentId) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.documents.get(&document).cloned())
    }
}
