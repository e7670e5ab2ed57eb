//! Takes automerge changes into documents, after the entries that brought them were acknowledged,
//! and says how far it is. A stranger's bytes are read by a worker process with limits: a bad
//! change is set aside with its bytes while the others go on, and an author whose changes keep
//! ending workers is read no more until a person says so. This process never reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use deadpool_postgres::Transaction;
use shared_model::document::{Content, DocumentKind};
use shared_model::id::NodeId;
use shared_model::log::Hash;
use shared_model::time::Timestamp;
use tokio_postgres::Row;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::WorkerCommand;
use worker::documents::{Decoder, Limits, Unread, WORKER_SUBCOMMAND};

use crate::clock;
use crate::store::{HubStore, uuid_v7};

/// Changes taken in one transaction: about a fifth of a second's work.
const CHANGES_MAX: i64 = 200;
/// A signal may get lost; nothing waits longer than this.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Times that an author's changes may end a worker before they are set aside unread.
pub const STRIKES_MAX: i32 = 3;

/// Takes changes in until cancelled.
pub async fn run(store: HubStore, cancel: CancellationToken) {
    let command = match WorkerCommand::of_this_program(WORKER_SUBCOMMAND) {
        Ok(command) => command,
        Err(error) => {
            tracing::error!(%error, "documents are not taken in: this program's place is unknown");
            return;
        }
    };
    let decoder = Arc::new(Mutex::new(Decoder::new(command, Limits::default())));
    let mut grown = store.signals().documents();
    while !cancel.is_cancelled() {
        let pause = match project_some(&store, &decoder, clock::now()).await {
            Ok(0) => LOOK_EVERY,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(error = %format!("{error:#}"), "documents wait");
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
/// When the database fails, or no worker can be started; then the same changes come again.
pub async fn project_some(
    store: &HubStore,
    decoder: &Arc<Mutex<Decoder>>,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let locked =
        tx.query_opt("SELECT position FROM document_progress FOR UPDATE SKIP LOCKED", &[]).await?;
    let Some(done) = locked.map(|row| row.get::<_, i64>(0)) else {
        return Ok(0);
    };
    let changes = changes_after(&tx, done).await?;
    if changes.is_empty() {
        return Ok(0);
    }
    let saved = saved_of(&tx, &changes).await?;
    let strikes = strikes_of(&tx).await?;
    let decoder = Arc::clone(decoder);
    let outcome = tokio::task::spawn_blocking(move || {
        let mut decoder = decoder.lock().unwrap_or_else(PoisonError::into_inner);
        take_in(changes, saved, strikes, &mut decoder)
    })
    .await
    .context("taking changes into documents")?;
    let Some(last) = outcome.last else {
        anyhow::bail!("{}", outcome.waits_for.unwrap_or_default());
    };
    write_documents(&tx, &outcome.documents).await?;
    set_aside(&tx, &outcome.aside, now).await?;
    write_strikes(&tx, &outcome.strikes).await?;
    tx.execute("UPDATE document_progress SET position = $1", &[&last]).await?;
    tx.commit().await?;
    store.tell_changed();
    Ok(outcome.count)
}

/// Lets an author's changes that were set aside come again, the strikes forgiven: those that were
/// never read first. Says how many.
///
/// # Errors
/// When the database fails; then nothing has changed.
pub async fn try_again(store: &HubStore, node: NodeId) -> anyhow::Result<u64> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let node = node.as_uuid();
    tx.execute("DELETE FROM document_author WHERE node = $1", &[node]).await?;
    let again = tx
        .execute(
            "WITH aside AS (
                 DELETE FROM quarantine WHERE node = $1 AND resolved_ms IS NULL
                     AND reason IN ('document', 'document-unread')
                 RETURNING epoch, seq, bytes, reason
             ), again AS (
                 SELECT c.document, c.kind, c.change, c.node, c.epoch, c.seq,
                        row_number() OVER (ORDER BY a.reason = 'document', c.position) AS nth
                 FROM document_change c JOIN aside a
                 ON c.node = $1 AND c.epoch = a.epoch AND c.seq = a.seq AND c.change = a.bytes
             ), head AS (
                 UPDATE document_change_head
                 SET position = position + (SELECT count(*) FROM again) RETURNING position
             )
             INSERT INTO document_change (position, document, kind, change, node, epoch, seq)
             SELECT head.position - (SELECT count(*) FROM again) + again.nth,
                    again.document, again.kind, again.change, again.node, again.epoch, again.seq
             FROM again, head",
            &[node],
        )
        .await?;
    tx.commit().await?;
    store.tell_changed();
    Ok(again)
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
    kind: DocumentKind,
    saved: Vec<u8>,
    content: Content,
}

/// A change that is not in its document, and why.
struct Aside {
    change: Change,
    reason: &'static str,
    detail: String,
}

#[derive(Default)]
struct Outcome {
    documents: BTreeMap<Uuid, Document>,
    aside: Vec<Aside>,
    /// Authors whose changes ended a worker just now, and how often so far.
    strikes: BTreeMap<Uuid, i32>,
    /// How far it came; none when the first change must wait already.
    last: Option<i64>,
    count: usize,
    waits_for: Option<String>,
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

async fn strikes_of(tx: &Transaction<'_>) -> anyhow::Result<BTreeMap<Uuid, i32>> {
    let rows = tx.query("SELECT node, strikes FROM document_author", &[]).await?;
    Ok(rows.into_iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Merges change by change: a bad one leaves its document as it was, and one that cannot be read
/// now stops those behind it.
fn take_in(
    changes: Vec<Change>,
    mut saved: BTreeMap<Uuid, Vec<u8>>,
    mut strikes: BTreeMap<Uuid, i32>,
    decoder: &mut Decoder,
) -> Outcome {
    let mut outcome = Outcome::default();
    for change in changes {
        let position = change.position;
        let before = strikes.get(&change.node).copied().unwrap_or(0);
        let read = if before < STRIKES_MAX { read(&change, &saved, decoder) } else { Ok(None) };
        match read {
            Ok(Some(document)) => {
                saved.insert(change.document, document.saved.clone());
                outcome.documents.insert(change.document, document);
            }
            Ok(None) => outcome.aside.push(Aside {
                change,
                reason: "document-unread",
                detail: format!(
                    "not read: changes of this box ended {before} workers; remedy: `sync-hub \
                     documents try-again` once its cause is known"
                ),
            }),
            Err(unread) if unread.is_transient() => {
                outcome.waits_for = Some(unread.to_string());
                return outcome;
            }
            Err(unread) => {
                if unread.is_strike() {
                    strikes.insert(change.node, before + 1);
                    outcome.strikes.insert(change.node, before + 1);
                }
                let detail = unread.to_string();
                outcome.aside.push(Aside { change, reason: "document", detail });
            }
        }
        outcome.last = Some(position);
        outcome.count += 1;
    }
    outcome
}

fn read(
    change: &Change,
    saved: &BTreeMap<Uuid, Vec<u8>>,
    decoder: &mut Decoder,
) -> Result<Option<Document>, Unread> {
    let Some(kind) = DocumentKind::named(&change.kind) else {
        return Err(Unread::Unsound { reason: format!("no kind of document: {}", change.kind) });
    };
    let before = saved.get(&change.document).map(Vec::as_slice);
    let merged = decoder.merge(kind, before, &change.change)?;
    Ok(Some(Document { kind, saved: merged.saved, content: merged.content }))
}

/// What people search in.
fn text_of(content: &Content) -> String {
    let text = match content {
        Content::Customer(customer) => {
            let phones = customer.other_phones.join(" ");
            let (name, phone) = (&customer.name, &customer.phone);
            format!("{name} {phone} {phones} {} {}", customer.address, customer.note)
        }
        Content::DeliveryNote(note) => note.clone(),
    };
    text.replace('\0', " ").to_lowercase()
}

async fn write_documents(
    tx: &Transaction<'_>,
    documents: &BTreeMap<Uuid, Document>,
) -> anyhow::Result<()> {
    let ids: Vec<&Uuid> = documents.keys().collect();
    let kinds: Vec<&str> = documents.values().map(|d| d.kind.as_str()).collect();
    let saved: Vec<&[u8]> = documents.values().map(|d| d.saved.as_slice()).collect();
    let texts: Vec<String> = documents.values().map(|d| text_of(&d.content)).collect();
    let encoded = documents.values().map(|d| minicbor::to_vec(&d.content));
    let contents: Vec<Vec<u8>> = encoded.collect::<Result<_, _>>()?;
    tx.execute(
        "INSERT INTO document (document, kind, saved, text, content)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::bytea[])
         ON CONFLICT (document) DO UPDATE SET saved = EXCLUDED.saved, text = EXCLUDED.text,
             content = EXCLUDED.content",
        &[&ids, &kinds, &saved, &texts, &contents],
    )
    .await?;
    Ok(())
}

async fn write_strikes(tx: &Transaction<'_>, strikes: &BTreeMap<Uuid, i32>) -> anyhow::Result<()> {
    for (node, strikes) in strikes {
        tx.execute(
            "INSERT INTO document_author (node, strikes) VALUES ($1, $2)
             ON CONFLICT (node) DO UPDATE SET strikes = EXCLUDED.strikes",
            &[node, strikes],
        )
        .await?;
    }
    Ok(())
}

async fn set_aside(tx: &Transaction<'_>, aside: &[Aside], now: Timestamp) -> anyhow::Result<()> {
    for Aside { change, reason, detail } in aside {
        tracing::warn!(node = %change.node, document = %change.document, detail, "a change of a text was set aside");
        tx.execute(
            "INSERT INTO quarantine
                 (id, node, epoch, seq, hash, reason, detail, bytes, in_chain, received_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, false, $9)
             ON CONFLICT DO NOTHING",
            &[
                &uuid_v7(),
                &change.node,
                &change.epoch,
                &change.seq,
                &Hash::of(&change.change).as_bytes().as_slice(),
                reason,
                &detail.replace('\0', " "),
                &change.change,
                &now.ms(),
            ],
        )
        .await?;
    }
    Ok(())
}
