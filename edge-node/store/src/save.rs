//! Writing what a working set changed: records, digests and documents, in the transaction of the
//! entries that changed them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};
use shared_model::document::{Content, DocumentKind};
use shared_model::id::{DocumentId, NodeId};
use shared_model::log::{Epoch, Seq};
use shared_model::records::{Digest, Saved, WorkingSet};

use super::StoreError;
use super::documents::{Documents, MergedDocument, UnreadChange};
use super::load::statements;

/// A node's id as the database keeps it.
#[must_use]
pub const fn author_bytes(node: &NodeId) -> &[u8; 16] {
    node.as_uuid().as_bytes()
}

/// Saves all changed records; `at` is the entry of the own log after which they are so. Returns
/// the tables that changed.
pub(super) fn save_records(
    db: &Connection,
    set: &mut WorkingSet,
    at: (Epoch, Seq),
) -> Result<BTreeSet<&'static str>, StoreError> {
    let mut digests: BTreeMap<NodeId, Digest> = BTreeMap::new();
    let mut tables = BTreeSet::new();
    for saved in set.take_changed() {
        let digest = match digests.get_mut(&saved.author) {
            Some(digest) => digest,
            None => digests.entry(saved.author).or_insert(digest_of(db, saved.author)?),
        };
        if let Some(replaced) = &saved.replaced {
            digest.remove(saved.kind, &saved.key, replaced);
        }
        digest.add(saved.kind, &saved.key, &saved.body);
        tables.insert(saved.kind.table());
        upsert(db, &saved, at)?;
    }
    for (author, digest) in digests {
        db.prepare_cached(
            "INSERT INTO digest (author, digest) VALUES (?1, ?2)
             ON CONFLICT (author) DO UPDATE SET digest = excluded.digest",
        )?
        .execute((author_bytes(&author), digest.to_bytes()))?;
    }
    Ok(tables)
}

fn upsert(db: &Connection, saved: &Saved, at: (Epoch, Seq)) -> Result<(), StoreError> {
    let index = &saved.index;
    db.prepare_cached(statements(saved.kind).upsert)?.execute((
        author_bytes(&saved.author),
        &saved.key,
        index.status,
        index.sort,
        &index.text,
        at.0.0,
        seq_sql(at.1),
        &saved.body,
    ))?;
    Ok(())
}

/// Sequence numbers stay far below 2^63: one entry a microsecond for 290,000 years.
pub(super) fn seq_sql(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

pub(super) fn digest_of(db: &Connection, author: NodeId) -> Result<Digest, StoreError> {
    let bytes: Option<[u8; 32]> = db
        .prepare_cached("SELECT digest FROM digest WHERE author = ?1")?
        .query_row([author_bytes(&author)], |row| row.get(0))
        .optional()?;
    Ok(bytes.map_or_else(Digest::default, |bytes| Digest::from_bytes(&bytes)))
}

/// An automerge change that could not be taken in.
#[derive(Debug)]
pub(super) struct BadChange {
    pub(super) document: DocumentId,
    pub(super) reason: String,
}

/// Takes the automerge changes of `author` into their documents. A bad one is reported and skipped: its
/// entry stays in the log, and the others go on.
///
/// # Errors
/// [`StoreError::NoReader`] when a change cannot be read now; then nothing of the transaction may stay.
pub(super) fn save_documents(
    db: &Connection,
    set: &mut WorkingSet,
    at: (Epoch, Seq),
    author: NodeId,
    documents: &mut Documents,
) -> Result<Vec<BadChange>, StoreError> {
    let mut bad = Vec::new();
    for (id, kind, change) in set.take_document_changes() {
        let saved: Option<Vec<u8>> = db
            .prepare_cached("SELECT saved FROM document WHERE document = ?1")?
            .query_row([id.as_uuid().as_bytes()], |row| row.get(0))
            .optional()?;
        match documents.merge(author, kind, saved.as_deref(), &change) {
            Ok(merged) => save_document(db, id, kind, &merged, at)?,
            Err(UnreadChange::Unsound { reason } | UnreadChange::Strike { reason }) => {
                bad.push(BadChange { document: id, reason });
            }
            Err(UnreadChange::Later { reason }) => return Err(StoreError::NoReader(reason)),
        }
    }
    Ok(bad)
}

/// What a document is called, and what people search in.
fn words_of(content: &Content) -> (&str, String) {
    match content {
        Content::Customer(customer) => {
            let text = format!("{} {}", customer.name, customer.phone).to_lowercase();
            (&customer.name, text)
        }
        Content::DeliveryNote(note) => ("", note.clone()),
    }
}

fn save_document(
    db: &Connection,
    id: DocumentId,
    kind: DocumentKind,
    merged: &MergedDocument,
    at: (Epoch, Seq),
) -> Result<(), StoreError> {
    let (name, text) = words_of(&merged.content);
    db.prepare_cached(
        "INSERT INTO document (document, kind, saved, name, text, epoch, seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (document) DO UPDATE SET saved = excluded.saved, name = excluded.name,
         text = excluded.text, epoch = excluded.epoch, seq = excluded.seq",
    )?
    .execute((
        id.as_uuid().as_bytes(),
        kind.as_str(),
        &merged.saved,
        name,
        text,
        at.0.0,
        seq_sql(at.1),
    ))?;
    Ok(())
}
