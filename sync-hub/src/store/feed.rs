//! What travels on: the hub's own entries and those that nodes wrote for others, in the order of
//! their commits.

use shared_model::admission::page;
use shared_model::id::NodeId;
use shared_model::log::{Epoch, Position, Seq};
use shared_model::sync::v1::{BATCH_BYTES_MAX, FeedItem};

use super::HubStore;
use super::error::StoreError;
use super::ingest::hash_of;
use super::standing::{node_of, seal_of};

/// Most entries of the feed in one frame.
pub const FEED_ITEMS_MAX: usize = 500;

/// The head and the rows are read in one statement, thus in one snapshot: what is above the head
/// is not seen, and nothing below it is missing. The left join tells the head when no row is.
const FEED: &str = "
    SELECT head.position, t.position, t.node, t.epoch, t.seq, t.hash, t.bytes, t.signature
    FROM feed_head head LEFT JOIN (
        SELECT e.*, sum(length(bytes)) OVER (ORDER BY position) - length(bytes) AS before
        FROM (
            SELECT f.position, f.node, f.epoch, f.seq, l.hash, l.bytes, s.signature
            FROM feed f
            JOIN log l ON l.node = f.node AND l.epoch = f.epoch AND l.seq = f.seq
            JOIN seal s ON s.node = f.node AND s.epoch = f.epoch AND s.seq = f.seq
            WHERE f.position > $2 AND f.node <> $1 AND (f.reader IS NULL OR f.reader = $1)
            ORDER BY f.position LIMIT $3
        ) AS e
    ) AS t ON t.before < $4
    ORDER BY t.position";

impl HubStore {
    /// What is for `node` after a position, and how far was looked. The position moves over what
    /// is for others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn feed(
        &self,
        node: NodeId,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<FeedItem>, u64), StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(FEED).await?;
        let limit = limit.clamp(1, FEED_ITEMS_MAX);
        let rows = client
            .query(
                &statement,
                &[node.as_uuid(), &after.cast_signed(), &(limit as i64), &(BATCH_BYTES_MAX as i64)],
            )
            .await?;
        let head = rows.first().map_or(0, |row| row.get::<_, i64>(0));
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(at) = row.get::<_, Option<i64>>(1) else {
                break;
            };
            let position = Position {
                node: node_of(row, 2),
                epoch: Epoch(row.get::<_, i32>(3).cast_unsigned()),
                seq: Seq(row.get::<_, i64>(4).cast_unsigned()),
            };
            let entry: Vec<u8> = row.get(6);
            let seal = seal_of(row, 7, position, hash_of(row.get(5))?)?;
            let item = seal.map(|seal| FeedItem { entry: entry.into(), seal });
            found.push((at.cast_unsigned(), item));
        }
        let page = page(after, head.cast_unsigned(), limit, found);
        Ok((page.items, page.position))
    }
}
