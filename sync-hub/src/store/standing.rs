//! What the store knows of a node when it says hello, and giving back what it lost.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::Transaction;
use shared_model::admission::{Tips, held_of};
use shared_model::id::NodeId;
use shared_model::log::{AuthorPublicKey, Epoch, Hash, Position, Range, Seal, Seq};
use shared_model::sync::v1::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, EpochHead, Hello, Standing};
use shared_model::time::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::HubStore;
use super::error::StoreError;
use super::identity::incarnation;
use super::ingest::{hash_of, hashes_at, tips_of};
use super::landing;

/// Epochs of a hello that are compared. A box opens one a restore.
const HEADS_MAX: usize = 256;

impl HubStore {
    /// What is known of the node that says hello; none when it is not enrolled.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing(
        &self,
        hello: &Hello,
        now: Timestamp,
    ) -> Result<Option<Standing>, StoreError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let node = hello.node;
        let statement = tx
            .prepare_cached("SELECT author_key, status, branch_admitted FROM node WHERE node = $1")
            .await?;
        let Some(row) = tx.query_opt(&statement, &[node.as_uuid()]).await? else {
            return Ok(None);
        };
        let (status, admitted): (String, bool) = (row.get(1), row.get(2));
        let tips = tips_of(&tx, node).await?;
        let fork = if admitted { admitted_fork(&tx, node).await? } else { None };
        let admitted_fork = match fork {
            Some((epoch, common)) if is_branch(&tx, hello, epoch, &tips).await? => {
                Some((epoch, common))
            }
            Some(_) | None => None,
        };
        let heads = tips.values().filter(|tip| tip.seq.0 > 0);
        let heads = heads.map(|tip| EpochHead { epoch: tip.epoch, seq: tip.seq, hash: tip.hash });
        let standing = Standing {
            hub: self.identity().node,
            incarnation: incarnation(&tx).await?,
            author_key: AuthorPublicKey::from_bytes(key_of(&row, 0)?),
            revoked: status == "revoked",
            held: held_of(&tips),
            heads: heads.collect(),
            hash_at_theirs: hash_at_theirs(&tx, hello).await?,
            admitted_fork,
            now,
        };
        tx.commit().await?;
        Ok(Some(standing))
    }

    /// Entries of the node's own log that it lost, in order from the first asked for, as many as
    /// one frame takes, with the seals that are known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tail(
        &self,
        node: NodeId,
        epoch: Epoch,
        range: Range,
    ) -> Result<(Vec<Vec<u8>>, Vec<Seal>), StoreError> {
        let client = self.client().await?;
        let statement = client
            .prepare_cached(
                "SELECT t.seq, t.hash, t.bytes, s.signature FROM (
                     SELECT e.*, sum(length(bytes)) OVER (ORDER BY seq) - length(bytes) AS before
                     FROM (
                         SELECT seq, hash, bytes FROM log
                         WHERE node = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4
                         UNION ALL
                         SELECT seq, hash, bytes FROM quarantine
                         WHERE node = $1 AND epoch = $2 AND seq BETWEEN $3 AND $4 AND in_chain
                         ORDER BY seq LIMIT $5
                     ) AS e
                 ) AS t
                 LEFT JOIN seal s ON s.node = $1 AND s.epoch = $2 AND s.seq = t.seq
                 WHERE t.before < $6 ORDER BY t.seq",
            )
            .await?;
        let rows = client
            .query(
                &statement,
                &[
                    node.as_uuid(),
                    &landing::epoch(epoch),
                    &landing::seq(range.first),
                    &landing::seq(range.last),
                    &(BATCH_ENTRIES_MAX as i64),
                    &(BATCH_BYTES_MAX as i64),
                ],
            )
            .await?;
        let (mut entries, mut seals) = (Vec::with_capacity(rows.len()), Vec::new());
        for (row, expected) in rows.iter().zip(range.first.0..) {
            let seq = Seq(row.get::<_, i64>(0).cast_unsigned());
            if seq.0 != expected {
                break;
            }
            let position = Position { node, epoch, seq };
            seals.extend(seal_of(row, 3, position, hash_of(row.get(1))?)?);
            entries.push(row.get(2));
        }
        Ok((entries, seals))
    }
}

/// Reads a 32-byte key.
pub(super) fn key_of(row: &Row, column: usize) -> Result<[u8; 32], StoreError> {
    row.get::<_, &[u8]>(column)
        .try_into()
        .map_err(|_| StoreError::Broken("a key in the database is none".to_owned()))
}

/// Reads a signature, if there is one.
pub(super) fn seal_of(
    row: &Row,
    column: usize,
    position: Position,
    hash: Hash,
) -> Result<Option<Seal>, StoreError> {
    let Some(signature) = row.get::<_, Option<&[u8]>>(column) else {
        return Ok(None);
    };
    let signature: [u8; 64] = signature
        .try_into()
        .map_err(|_| StoreError::Broken("a signature in the database is none".to_owned()))?;
    Ok(Some(Seal { position, hash, signature: signature.into() }))
}

/// Our hash where the node's heads stand.
async fn hash_at_theirs(
    tx: &Transaction<'_>,
    hello: &Hello,
) -> Result<Vec<(Epoch, Option<Hash>)>, StoreError> {
    let heads = || hello.heads.iter().take(HEADS_MAX);
    let places: BTreeSet<(Epoch, Seq)> = heads().map(|head| (head.epoch, head.seq)).collect();
    let held: BTreeMap<(Epoch, Seq), Hash> = hashes_at(tx, hello.node, &places).await?;
    let ours = heads().map(|head| (head.epoch, held.get(&(head.epoch, head.seq)).copied()));
    Ok(ours.collect())
}

/// Whether the one who says hello wrote the branch, and not what is held. One who stands further
/// than we do is known by the last entry it showed; until then it may be either.
async fn is_branch(
    tx: &Transaction<'_>,
    hello: &Hello,
    epoch: Epoch,
    tips: &Tips,
) -> Result<bool, StoreError> {
    let Some(head) = hello.heads.iter().find(|head| head.epoch == epoch) else {
        return Ok(false);
    };
    if tips.get(&epoch).is_some_and(|tip| head.seq <= tip.seq) {
        return Ok(true);
    }
    let row = tx
        .query_opt(
            "SELECT FROM quarantine
             WHERE node = $1 AND epoch = $2 AND seq = $3 AND hash = $4 AND reason = 'forked'",
            &[
                hello.node.as_uuid(),
                &landing::epoch(epoch),
                &landing::seq(head.seq),
                &head.hash.as_bytes().as_slice(),
            ],
        )
        .await?;
    Ok(row.is_some())
}

/// The last entry before the branch that a person admitted.
async fn admitted_fork(
    tx: &Transaction<'_>,
    node: NodeId,
) -> Result<Option<(Epoch, Seq)>, StoreError> {
    let row = tx
        .query_opt(
            "SELECT epoch, min(seq) FROM quarantine
             WHERE node = $1 AND resolved_ms IS NULL AND reason = 'forked'
             GROUP BY epoch ORDER BY epoch DESC LIMIT 1",
            &[node.as_uuid()],
        )
        .await?;
    Ok(row.map(|row| {
        let epoch = Epoch(row.get::<_, i32>(0).cast_unsigned());
        let first = row.get::<_, i64>(1).cast_unsigned();
        (epoch, Seq(first.saturating_sub(1)))
    }))
}

/// Who an entry's author is, in the database's words.
pub(super) fn node_of(row: &Row, column: usize) -> NodeId {
    NodeId::new(row.get::<_, Uuid>(column))
}
