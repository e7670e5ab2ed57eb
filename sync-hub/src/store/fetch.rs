//! Fetching what a step asked for: one query for each kind of record, all of them under way at
//! once.

use deadpool_postgres::Transaction;
use futures_util::future::try_join_all;
use shared_model::admission::{Asked, Shelf};
use shared_model::id::{DocumentId, NodeId};
use shared_model::records::Kind;
use uuid::Uuid;

use super::error::StoreError;

/// Fetches what was asked for onto the shelf. False when there is nothing of the kind: what was
/// decided without it stands.
pub(super) async fn fetch(
    tx: &Transaction<'_>,
    shelf: &mut Shelf,
    asked: Asked,
) -> Result<bool, StoreError> {
    let mut any = false;
    let records = asked.records.iter().map(|((kind, author), keys)| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        records(tx, *kind, *author, keys)
    });
    let found = try_join_all(records).await?;
    for (((kind, author), keys), found) in asked.records.into_iter().zip(found) {
        any |= shelf.put_records(kind, author, keys, found);
    }
    for (kind, key) in asked.authors {
        let authors = authors(tx, kind, &key).await?;
        any |= !authors.is_empty();
        shelf.put_authors(kind, key, authors);
    }
    for document in asked.documents {
        let saved = document_saved(tx, document).await?;
        any |= saved.is_some();
        shelf.put_document(document, saved);
    }
    Ok(any)
}

/// Key by key through the index: a planner that knows nothing yet of a table that has just begun
/// to grow must have no other choice.
async fn records(
    tx: &Transaction<'_>,
    kind: Kind,
    author: NodeId,
    keys: Vec<&str>,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let sql = format!(
        "SELECT found.key, found.body FROM unnest($2::text[]) AS asked(key)
         CROSS JOIN LATERAL (
             SELECT r.key, r.body FROM {} r WHERE r.key = asked.key AND r.author = $1 OFFSET 0
         ) AS found",
        kind.table()
    );
    let statement = tx.prepare_cached(&sql).await?;
    let rows = tx.query(&statement, &[author.as_uuid(), &keys]).await?;
    Ok(rows.into_iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn authors(tx: &Transaction<'_>, kind: Kind, key: &str) -> Result<Vec<NodeId>, StoreError> {
    let sql = format!("SELECT author FROM {} WHERE key = $1", kind.table());
    let statement = tx.prepare_cached(&sql).await?;
    let rows = tx.query(&statement, &[&key]).await?;
    Ok(rows.into_iter().map(|row| NodeId::new(row.get::<_, Uuid>(0))).collect())
}

async fn document_saved(
    tx: &Transaction<'_>,
    document: DocumentId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let statement = tx.prepare_cached("SELECT saved FROM document WHERE document = $1").await?;
    let row = tx.query_opt(&statement, &[document.as_uuid()]).await?;
    Ok(row.map(|row| row.get(0)))
}
