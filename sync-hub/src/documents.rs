//! Takes automerge changes into documents, after the entries that brought them were acknowledged,
//! and says how far it is. Reading a stranger's bytes may panic inside automerge: it happens
//! apart, and a bad change is set aside with its bytes while the others go on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use deadpool_postgres::Transaction;
use shared_model::document::{merge, read_customer, read_note};
use shared_model::log::Hash;
use shared_model::time::Timestamp;
use tokio_postgres::Row;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock;
use crate::store::{HubStore, contained, uuid_v7};

/// Changes taken in one transaction: about a fifth of a second's work.
const CHANGES_MAX: i64 = 200;
/// A signal may get lost; nothing waits longer than this.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Takes changes in until cancelled.
pub async fn run(store: HubStore, cancel: CancellationToken) {
    let mut grown = store.signals().documents();
    while !cancel.is_cancelled() {
        let pause = match project_some(&store, clock::now()).await {
            Ok(0) => LOOK_EVERY,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(error = %format!("{error:#}"), "documents wait for the database");
                RETRY_AFTER
            }
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            _ = grown.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How many changes wait to be taken in.
///
/// # Errors
/// When the database fails.
pub async fn waiting(store: &HubStore) -> anyhow::Result<u64> {
    let client = store.client().await?;
    let row = client
        .query_one(
            "SELECT h.position - p.position FROM document_change_head h, document_progress p",
            &[],
        )
        .await?;
    Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or(0))
}

/// Takes in the next changes; none when there are none, or another process is at it.
///
/// # Errors
/// When the database fails; then the same changes come again.
pub async fn project_some(store: &HubStore, now: Timestamp) -> anyhow::Result<usize> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let locked =
        tx.query_opt("SELECT position FROM document_progress FOR UPDATE SKIP LOCKED", &[]).await?;
    let Some(done) = locked.map(|row| row.get::<_, i64>(0)) else {
        return Ok(0);
    };
    let changes = changes_after(&tx, done).await?;
    let Some(last) = changes.last().map(|change| change.position) else {
        return Ok(0);
    };
    let count = changes.len();
    let saved = saved_of(&tx, &changes).await?;
    let outcome = tokio::task::spawn_blocking(move || take_in(changes, saved))
        .await
        .context("taking changes into documents")?;
    write_documents(&tx, &outcome.documents).await?;
    set_aside(&tx, &outcome.aside, now).await?;
    tx.execute("UPDATE document_progress SET position = $1", &[&last]).await?;
    tx.commit().await?;
    store.tell_changed();
    Ok(count)
}

struct Change {
    position: i64,
    document: Uuid,
    kind: String,
    change: Vec<u8>,
    node: Uuid,
    epoch: i32,
    seq: i64,
}

struct Document {
    kind: String,
    saved: Vec<u8>,
    text: String,
}

#[derive(Default)]
struct Outcome {
    documents: BTreeMap<Uuid, Document>,
    aside: Vec<(Change, String)>,
}

async fn changes_after(tx: &Transaction<'_>, done: i64) -> anyhow::Result<Vec<Change>> {
    let rows = tx
        .query(
            "SELECT position, document, kind, change, node, epoch, seq FROM document_change
             WHERE position > $1 ORDER BY position LIMIT $2",
            &[&done, &CHANGES_MAX],
        )
        .await?;
    let change = |row: Row| Change {
        position: row.get(0),
        document: row.get(1),
        kind: row.get(2),
        change: row.get(3),
        node: row.get(4),
        epoch: row.get(5),
        seq: row.get(6),
    };
    Ok(rows.into_iter().map(change).collect())
}

async fn saved_of(
    tx: &Transaction<'_>,
    changes: &[Change],
) -> anyhow::Result<BTreeMap<Uuid, Vec<u8>>> {
    let documents: BTreeSet<Uuid> = changes.iter().map(|change| change.document).collect();
    let documents: Vec<Uuid> = documents.into_iter().collect();
    let rows = tx
        .query("SELECT document, saved FROM document WHERE document = ANY($1)", &[&documents])
        .await?;
    Ok(rows.into_iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Merges change by change: a bad one leaves its document as it was.
fn take_in(changes: Vec<Change>, mut saved: BTreeMap<Uuid, Vec<u8>>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut touched = BTreeMap::new();
    for change in changes {
        let before = saved.get(&change.document).map(Vec::as_slice);
        let merged = contained(|| merge(before, &change.change))
            .and_then(|merged| merged.map_err(|error| error.to_string()));
        match merged {
            Ok(bytes) => {
                saved.insert(change.document, bytes);
                touched.insert(change.document, change.kind);
            }
            Err(reason) => outcome.aside.push((change, reason)),
        }
    }
    for (document, kind) in touched {
        let Some(saved) = saved.remove(&document) else {
            continue;
        };
        let text = contained(|| text_of(&kind, &saved)).unwrap_or_default();
        outcome.documents.insert(document, Document { kind, saved, text });
    }
    outcome
}

/// What people search in.
fn text_of(kind: &str, saved: &[u8]) -> String {
    let text = if kind == "customer" {
        read_customer(saved).map(|customer| {
            let phones = customer.other_phones.join(" ");
            let (name, phone) = (customer.name, customer.phone);
            format!("{name} {phone} {phones} {} {}", customer.address, customer.note)
        })
    } else {
        read_note(saved)
    };
    text.unwrap_or_default().replace('\0', " ").to_lowercase()
}

async fn write_documents(
    tx: &Transaction<'_>,
    documents: &BTreeMap<Uuid, Document>,
) -> anyhow::Result<()> {
    let ids: Vec<&Uuid> = documents.keys().collect();
    let kinds: Vec<&str> = documents.values().map(|d| d.kind.as_str()).collect();
    let saved: Vec<&[u8]> = documents.values().map(|d| d.saved.as_slice()).collect();
    let texts: Vec<&str> = documents.values().map(|d| d.text.as_str()).collect();
    tx.execute(
        "INSERT INTO document (document, kind, saved, text)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[])
         ON CONFLICT (document) DO UPDATE SET saved = EXCLUDED.saved, text = EXCLUDED.text",
        &[&ids, &kinds, &saved, &texts],
    )
    .await?;
    Ok(())
}

async fn set_aside(
    tx: &Transaction<'_>,
    aside: &[(Change, String)],
    now: Timestamp,
) -> anyhow::Result<()> {
    for (change, reason) in aside {
        tracing::warn!(node = %change.node, document = %change.document, reason, "a change of a text was set aside");
        tx.execute(
            "INSERT INTO quarantine
                 (id, node, epoch, seq, hash, reason, detail, bytes, in_chain, received_ms)
             VALUES ($1, $2, $3, $4, $5, 'document', $6, $7, false, $8)
             ON CONFLICT DO NOTHING",
            &[
                &uuid_v7(),
                &change.node,
                &change.epoch,
                &change.seq,
                &Hash::of(&change.change).as_bytes().as_slice(),
                &reason.replace('\0', " "),
                &change.change,
                &now.ms(),
            ],
        )
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use shared_model::document::{CustomerFields, Writer, create_customer};

    use super::*;

    fn change(position: i64, bytes: Vec<u8>) -> Change {
        Change {
            position,
            document: Uuid::from_u128(1),
            kind: "customer".to_owned(),
            change: bytes,
            node: Uuid::from_u128(2),
            epoch: 1,
            seq: position,
        }
    }

    #[test]
    fn a_bad_change_is_set_aside_and_the_others_go_on() {
        let fields = CustomerFields {
            name: Some("Wanjiru".to_owned()),
            phone: Some("0700".to_owned()),
            ..CustomerFields::default()
        };
        let good = create_customer(Writer([1; 16]), &fields).unwrap();
        let mut torn = good.clone();
        let middle = torn.len() / 2;
        torn[middle] ^= 0xff;
        let changes = vec![change(1, torn), change(2, vec![7; 40]), change(3, good)];
        let outcome = take_in(changes, BTreeMap::new());
        let text = &outcome.documents[&Uuid::from_u128(1)].text;
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["wanjiru", "0700"]);
        assert!(outcome.aside.iter().all(|(change, _)| change.position < 3));
        assert!(!outcome.aside.is_empty());
    }
}
