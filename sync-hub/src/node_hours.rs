//! How each box did by the hour, for people to look back on: how far behind, how much unsent, how much
//! set aside, and what its link cost. Sampled once a minute beside everything else; it decides
//! nothing, and nothing waits for it.

use std::convert::Infallible;
use std::time::Duration;

use serde::Serialize;
use shared_model::id::NodeId;
use shared_model::time::Timestamp;
use sync_link::call::Call;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock;
use crate::store::{HubStore, StoreError};

/// Hours that are kept: a month.
pub const HOURS_MAX: u32 = 30 * 24;
const HOUR_MS: i64 = 60 * 60 * 1000;
const SAMPLE_EVERY: Duration = Duration::from_secs(60);
/// Bytes of a link are written down this often, and when it ends without a word at most these are lost.
const COUNT_EVERY: Duration = Duration::from_secs(60);

/// One hour of a box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeHour {
    /// When it began.
    pub hour_ms: i64,
    pub lag_ms_max: i64,
    pub unsent_max: i64,
    pub quarantined: i64,
    /// Entries held of all its epochs.
    pub entries: i64,
    pub link_bytes: i64,
}

/// Samples until cancelled.
pub async fn run(store: HubStore, cancel: CancellationToken) {
    let mut cleared = 0;
    while !cancel.is_cancelled() {
        let now = clock::now();
        if let Err(error) = sample(&store, now).await {
            tracing::warn!(%error, "how the boxes do was not written down");
        }
        let hour = now.ms().div_euclid(HOUR_MS);
        if hour != cleared && clear(&store, hour).await.is_ok() {
            cleared = hour;
        }
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(SAMPLE_EVERY) => {}
        }
    }
}

/// Counts what a box's link carries, until the session ends and drops it.
pub async fn count_bytes(call: &Call, store: &HubStore, node: NodeId) -> Infallible {
    let mut counted = 0;
    loop {
        tokio::time::sleep(COUNT_EVERY).await;
        let stats = call.stats();
        let carried = stats.sent_bytes + stats.received_bytes;
        match note_link_bytes(store, node, carried.saturating_sub(counted), clock::now()).await {
            Ok(()) => counted = carried,
            Err(error) => tracing::debug!(%error, %node, "what a link carried waits"),
        }
    }
}

/// Notes how every box does now; as the fleet page counts: a box with a link and nothing unsent has no
/// lag.
///
/// # Errors
/// When the database fails.
pub async fn sample(store: &HubStore, now: Timestamp) -> Result<(), StoreError> {
    let client = store.client().await?;
    let statement = client
        .prepare_cached(
            "INSERT INTO node_hour (node, hour, lag_ms_max, unsent_max, quarantined, entries)
             SELECT n.node, $1,
                    CASE WHEN n.unsent = 0 AND $2 - n.last_seen_ms <= 60000 THEN 0
                         ELSE greatest($2 - n.last_seen_ms, 0) END,
                    coalesce(n.unsent, 0),
                    (SELECT count(*) FROM quarantine q
                     WHERE q.node = n.node AND q.resolved_ms IS NULL),
                    (SELECT coalesce(sum(c.seq), 0)::int8 FROM chain c WHERE c.node = n.node)
             FROM node n
             WHERE n.status <> 'revoked' AND n.last_seen_ms IS NOT NULL
             ON CONFLICT (node, hour) DO UPDATE SET
                 lag_ms_max = greatest(node_hour.lag_ms_max, EXCLUDED.lag_ms_max),
                 unsent_max = greatest(node_hour.unsent_max, EXCLUDED.unsent_max),
                 quarantined = EXCLUDED.quarantined, entries = EXCLUDED.entries",
        )
        .await?;
    client.execute(&statement, &[&now.ms().div_euclid(HOUR_MS), &now.ms()]).await?;
    Ok(())
}

async fn clear(store: &HubStore, hour: i64) -> Result<(), StoreError> {
    let client = store.client().await?;
    let oldest = hour - i64::from(HOURS_MAX);
    client.execute("DELETE FROM node_hour WHERE hour < $1", &[&oldest]).await?;
    Ok(())
}

/// The link of a box carried so much more.
///
/// # Errors
/// When the database fails.
pub async fn note_link_bytes(
    store: &HubStore,
    node: NodeId,
    bytes: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let client = store.client().await?;
    let statement = client
        .prepare_cached(
            "INSERT INTO node_hour (node, hour, link_bytes) VALUES ($1, $2, $3)
             ON CONFLICT (node, hour) DO UPDATE
             SET link_bytes = node_hour.link_bytes + EXCLUDED.link_bytes",
        )
        .await?;
    let hour = now.ms().div_euclid(HOUR_MS);
    client.execute(&statement, &[node.as_uuid(), &hour, &bytes.cast_signed()]).await?;
    Ok(())
}

/// The last hours of a box, oldest first; hours of which nothing is known are not there.
///
/// # Errors
/// When the database fails.
pub async fn last_hours(
    store: &HubStore,
    node: Uuid,
    hours: u32,
    now: Timestamp,
) -> Result<Vec<NodeHour>, StoreError> {
    let client = store.client().await?;
    let statement = client
        .prepare_cached(
            "SELECT hour, lag_ms_max, unsent_max, quarantined, entries, link_bytes
             FROM node_hour WHERE node = $1 AND hour > $2 ORDER BY hour LIMIT $3",
        )
        .await?;
    let hours = i64::from(hours.min(HOURS_MAX));
    let after = now.ms().div_euclid(HOUR_MS) - hours;
    let rows = client.query(&statement, &[&node, &after, &hours]).await?;
    let hour = |row: tokio_postgres::Row| NodeHour {
        hour_ms: row.get::<_, i64>(0) * HOUR_MS,
        lag_ms_max: row.get(1),
        unsent_max: row.get(2),
        quarantined: row.get(3),
        entries: row.get(4),
        link_bytes: row.get(5),
    };
    Ok(rows.into_iter().map(hour).collect())
}
