//! How far the logs were handed on, and what comes next: rows in the same database, moved in one
//! transaction with what the stream acknowledged.

use deadpool_postgres::Transaction;
use shared_model::time::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Begin, ENTRIES_BYTES_MAX, ENTRIES_MAX, LOGS_MAX, Settings};
use crate::store::{HubStore, StoreError};

/// An entry that is to be handed on.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// Where it was written; `HUB` for the hub's own.
    pub(super) site: String,
    pub(super) bytes: Vec<u8>,
}

/// One pass: entries, and how far each log is once they are handed on.
#[derive(Debug, Default)]
pub(super) struct Next {
    pub(super) entries: Vec<Waiting>,
    pub(super) progress: Vec<(Uuid, i32, i64)>,
}

/// How far a stream is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub stream: String,
    /// The stream's sequence after our last message.
    pub last_sequence: i64,
    pub handed_on_ms: Option<i64>,
    /// Entries that are not handed on yet.
    pub waiting: i64,
}

/// The first time: from now on, or from the start.
pub(super) async fn begin(
    tx: &Transaction<'_>,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = "SELECT EXISTS (SELECT FROM partner_stream WHERE stream = $1)";
    if tx.query_one(known, &[&settings.stream]).await?.get(0) {
        return Ok(());
    }
    let insert = "INSERT INTO partner_stream (stream, last_sequence, began_ms)
                  VALUES ($1, 0, $2) ON CONFLICT DO NOTHING";
    let is_new = tx.execute(insert, &[&settings.stream, &now.ms()]).await? == 1;
    if is_new && settings.begin == Begin::Now {
        tx.execute(
            "INSERT INTO partner_progress (node, epoch, seq) SELECT node, epoch, seq FROM chain
             ON CONFLICT DO NOTHING",
            &[],
        )
        .await?;
    }
    Ok(())
}

/// The stream's sequence after our last message; none when another process hands on.
pub(super) async fn lock(tx: &Transaction<'_>, stream: &str) -> Result<Option<u64>, StoreError> {
    let statement = tx
        .prepare_cached(
            "SELECT last_sequence FROM partner_stream WHERE stream = $1 FOR UPDATE SKIP LOCKED",
        )
        .await?;
    let row = tx.query_opt(&statement, &[&stream]).await?;
    Ok(row.map(|row| row.get::<_, i64>(0).cast_unsigned()))
}

/// What comes next of each log, in its order. What is behind a chain's head is committed and whole,
/// so nothing can appear below a cursor later.
pub(super) async fn waiting_after(tx: &Transaction<'_>) -> Result<Next, StoreError> {
    let behind = tx
        .prepare_cached(
            "SELECT c.node, c.epoch, coalesce(p.seq, 0), c.seq, coalesce(n.site, 'HUB')
             FROM chain c
             LEFT JOIN partner_progress p ON p.node = c.node AND p.epoch = c.epoch
             LEFT JOIN node n ON n.node = c.node
             WHERE c.seq > coalesce(p.seq, 0)
             ORDER BY c.hlc, c.node, c.epoch LIMIT $1",
        )
        .await?;
    let logs = tx.query(&behind, &[&(LOGS_MAX as i64)]).await?;
    let mut next = Next::default();
    let Some(each) = ENTRIES_MAX.checked_div(logs.len()) else { return Ok(next) };
    let entries = tx
        .prepare_cached(
            "SELECT seq, bytes FROM (
                 SELECT seq, bytes, sum(length(bytes)) OVER (ORDER BY seq) - length(bytes) AS before
                 FROM (
                     SELECT seq, bytes FROM log
                     WHERE node = $1 AND epoch = $2 AND seq > $3 AND seq <= $4
                     ORDER BY seq LIMIT $5
                 ) AS next
             ) AS summed WHERE before < $6 ORDER BY seq",
        )
        .await?;
    for log in &logs {
        let (node, epoch): (Uuid, i32) = (log.get(0), log.get(1));
        let (after, head): (i64, i64) = (log.get(2), log.get(3));
        let bytes_max = (ENTRIES_BYTES_MAX / logs.len()) as i64;
        let rows =
            tx.query(&entries, &[&node, &epoch, &after, &head, &(each as i64), &bytes_max]).await?;
        let bytes: usize = rows.iter().map(|row| row.get::<_, &[u8]>(1).len()).sum();
        let whole = rows.len() < each && (bytes as i64) < bytes_max;
        // Places that were set aside have no entry in the log: they are passed over.
        let last = rows.last().map_or(after, |row| row.get(0));
        next.progress.push((node, epoch, if whole { head } else { last }));
        let site: String = log.get(4);
        let entry = |row: Row| Waiting { site: site.clone(), bytes: row.get(1) };
        next.entries.extend(rows.into_iter().map(entry));
    }
    Ok(next)
}

/// Notes what was handed on.
pub(super) async fn move_on(
    tx: &Transaction<'_>,
    stream: &str,
    progress: &[(Uuid, i32, i64)],
    last_sequence: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let nodes: Vec<Uuid> = progress.iter().map(|log| log.0).collect();
    let epochs: Vec<i32> = progress.iter().map(|log| log.1).collect();
    let seqs: Vec<i64> = progress.iter().map(|log| log.2).collect();
    let statement = tx
        .prepare_cached(
            "INSERT INTO partner_progress (node, epoch, seq)
             SELECT * FROM unnest($1::uuid[], $2::int4[], $3::int8[])
             ON CONFLICT (node, epoch) DO UPDATE SET seq = EXCLUDED.seq",
        )
        .await?;
    tx.execute(&statement, &[&nodes, &epochs, &seqs]).await?;
    let update = "UPDATE partner_stream SET last_sequence = $2, handed_on_ms = $3
                  WHERE stream = $1";
    tx.execute(update, &[&stream, &last_sequence.cast_signed(), &now.ms()]).await?;
    Ok(())
}

/// Every stream that this region was ever handed on to.
///
/// # Errors
/// When the database fails.
pub async fn standing(store: &HubStore) -> Result<Vec<Standing>, StoreError> {
    let client = store.client().await?;
    let rows = client
        .query(
            "SELECT s.stream, s.last_sequence, s.handed_on_ms, (
                 SELECT coalesce(sum(c.seq - coalesce(p.seq, 0)), 0)::int8
                 FROM chain c LEFT JOIN partner_progress p
                     ON p.node = c.node AND p.epoch = c.epoch
                 WHERE c.seq > coalesce(p.seq, 0))
             FROM partner_stream s ORDER BY s.stream",
            &[],
        )
        .await?;
    let standing = |row: Row| Standing {
        stream: row.get(0),
        last_sequence: row.get(1),
        handed_on_ms: row.get(2),
        waiting: row.get(3),
    };
    Ok(rows.into_iter().map(standing).collect())
}

/// Has everything handed on again from the start: partners know each event by its id.
///
/// # Errors
/// When the database fails; then nothing has changed.
pub async fn begin_again(store: &HubStore) -> Result<(), StoreError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    // Waits for a pass that is under way.
    tx.query("SELECT stream FROM partner_stream FOR UPDATE", &[]).await?;
    tx.execute("DELETE FROM partner_progress", &[]).await?;
    tx.commit().await?;
    store.tell_changed();
    Ok(())
}
