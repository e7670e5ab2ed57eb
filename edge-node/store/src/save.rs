//! Writing what a working set changed: records, digests and documents, in the transaction of the
//! entries that changed them.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::{Connection, OptionalExtension};
use shared_model::document::{self, DocumentKind};
use shared_model::id::{DocumentId, NodeId};
use shared_model::log::{Epoch, Seq};
use shared_model::records::{Digest, Saved, WorkingSet};

use super::StoreError;
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

/// Takes automerge changes into their documents. A bad one is reported and skipped: its entry
/// stays in the log, and the others go on.
pub(super) fn save_documents(
    db: &Connection,
    set: &mut WorkingSet,
    at: (Epoch, Seq),
) -> Result<Vec<BadChange>, StoreError> {
    let mut bad = Vec::new();
    for (id, kind, change) in set.take_document_changes() {
        let saved: Option<Vec<u8>> = db
            .prepare_cached("SELECT saved FROM document WHERE document = ?1")?
            .query_row([id.as_uuid().as_bytes()], |row| row.get(0))
            .optional()?;
        match merged(saved.as_deref(), kind, &change) {
            Ok((bytes, name, text)) => save_document(db, id, kind, &bytes, &name, &text, at)?,
            Err(reason) => bad.push(BadChange { document: id, reason }),
        }
    }
    Ok(bad)
}

/// Merges inside a guard: automerge panics on some malformed bytes, and they may be a peer's.
fn merged(
    saved: Option<&[u8]>,
    kind: DocumentKind,
    change: &[u8],
) -> Result<(Vec<u8>, String, String), String> {
    let work = || -> Result<_, document::Error> {
        let bytes = document::merge(saved, change)?;
        let (name, text) = match kind {
            DocumentKind::Customer => {
                let customer = document::read_customer(&bytes)?;
                let text = format!("{} {}", customer.name, customer.phone).to_lowercase();
                (customer.name, text)
            }
            DocumentKind::DeliveryNote => (String::new(), document::read_note(&bytes)?),
        };
        Ok((bytes, name, text))
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(merged)) => Ok(merged),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the change makes automerge panic".to_owned()),
    }
}

fn save_document(
    db: &Connection,
    id: DocumentId,
    kind: DocumentKind,
    bytes: &[u8],
    name: &str,
    text: &str,
    at: (Epoch, Seq),
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO document (document, kind, saved, name, text, epoch, seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (document) DO UPDATE SET saved = excluded.saved, name = excluded.name,
         text = excluded.text, epoch = excluded.epoch, seq = excluded.seq",
    )?
    .execute((
        id.as_uuid().as_bytes(),
        kind.as_str(),
        bytes,
        name,
        text,
        at.0.0,
        seq_sql(at.1),
    ))?;
    Ok(())
}
