//! Taking in a batch of a node's entries: one transaction, one acknowledgement.
//!
//! A batch never fails because of one entry. What is bad is set aside with its reason and its
//! bytes, and the entries behind it go on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deadpool_postgres::Transaction;
use futures_util::try_join;
use shared_model::admission::{
    Gathered, Sorted, Tip, Tips, Travels, entry_of, held_of, sort, travels,
};
use shared_model::id::{EntryId, NodeId};
use shared_model::log::{Epoch, Hash, Seq};
use shared_model::network::denylist::Cut;
use shared_model::records::Digest;
use shared_model::sync::v1::{Ack, Candidate};
use shared_model::time::{Hlc, Timestamp};
use uuid::Uuid;

use super::HubStore;
use super::error::StoreError;
use super::landing::{self, AsideRow, Landed, Landing, LogRow, Travelling, digest_of};
use super::projecting::gather;

/// How often a transaction that gave way to another is tried again.
pub(super) const TRIES_MAX: usize = 5;
/// Entries above a revoked node's cut that are kept.
const BEYOND_CUT_MAX: i64 = 10_000;
/// Shorter work is not worth handing to another thread.
const CANDIDATES_INLINE_MAX: usize = 32;

impl HubStore {
    /// Commits a batch, or several at once, of one node.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of the batch was kept, and the node will send it again.
    pub async fn ingest(
        &self,
        node: NodeId,
        candidates: Vec<Candidate>,
        now: Timestamp,
    ) -> Result<Ack, StoreError> {
        let candidates = Arc::new(candidates);
        let mut tries = 1;
        loop {
            match self.try_ingest(node, &candidates, now).await {
                Err(error) if error.gave_way() && tries < TRIES_MAX => tries += 1,
                Err(error) => return Err(error),
                Ok((ack, landed)) => {
                    self.signals().tell(landed.committed);
                    self.0.warm.keep(node, landed.digest, landed.shelf);
                    return Ok(ack);
                }
            }
        }
    }

    async fn try_ingest(
        &self,
        node: NodeId,
        candidates: &Arc<Vec<Candidate>>,
        now: Timestamp,
    ) -> Result<(Ack, Landed), StoreError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let revoked = lock_node(&tx, node).await?;
        let (tips, digest) = try_join!(tips_of(&tx, node), digest_of(&tx, node))?;
        let held = held_hashes(&tx, node, &tips, candidates).await?;
        let mut sorted = self.sort_apart(node, &tips, held, candidates).await?;
        if revoked {
            sorted.set_beyond_aside(candidates, &self.cut_of_revoked(&tx, node).await?);
        }
        let steps = std::mem::take(&mut sorted.steps);
        let gathered = gather(&tx, steps, self.0.warm.take(node, digest)).await?;
        sorted.set_broken_aside(candidates, &gathered.broken);
        let forked = sorted.is_forked();
        let kept: Vec<Uuid> = sorted.kept_ids(candidates).map(|id| *id.as_uuid()).collect();
        resolve_forked(&tx, node, &kept, now).await?;
        let set_aside = sorted.aside.iter().filter_map(|aside| aside.entry).collect();
        let landing = landing_of(node, candidates, &sorted, gathered, digest, now);
        let landed = landing.write(&tx).await?;
        if forked {
            fence(&tx, node).await?;
        }
        let tips = tips.into_iter().chain(sorted.grown).collect();
        let ack = ack(&tx, node, &tips, set_aside).await?;
        tx.commit().await?;
        Ok((ack, landed))
    }

    /// What of a revoked node's log stays valid. The rest is set aside with its bytes, up to a limit:
    /// a thief must not fill the disk.
    async fn cut_of_revoked(&self, tx: &Transaction<'_>, node: NodeId) -> Result<Cut, StoreError> {
        let statement = tx
            .prepare_cached(
                "SELECT count(*) FROM quarantine WHERE node = $1 AND reason = 'revoked'",
            )
            .await?;
        let aside: i64 = tx.query_one(&statement, &[node.as_uuid()]).await?.get(0);
        match self.cut_in(tx, node).await? {
            Some(cut) if aside < BEYOND_CUT_MAX => Ok(cut),
            Some(_) | None => Err(StoreError::Revoked { node }),
        }
    }

    /// Reading the payloads of a large batch must not hold up the other tasks of its thread.
    async fn sort_apart(
        &self,
        node: NodeId,
        tips: &Tips,
        held: BTreeMap<(Epoch, Seq), Hash>,
        candidates: &Arc<Vec<Candidate>>,
    ) -> Result<Sorted, StoreError> {
        let hub = self.hub_key();
        if candidates.len() <= CANDIDATES_INLINE_MAX {
            return Ok(sort(node, tips, &held, candidates, hub)?);
        }
        let (tips, candidates) = (tips.clone(), Arc::clone(candidates));
        let sorted =
            tokio::task::spawn_blocking(move || sort(node, &tips, &held, &candidates, hub));
        Ok(sorted.await.map_err(|error| StoreError::Broken(error.to_string()))??)
    }
}

/// Of several processes that take in entries of one node, one at a time does. Says whether the node
/// was revoked.
async fn lock_node(tx: &Transaction<'_>, node: NodeId) -> Result<bool, StoreError> {
    let statement = tx.prepare_cached("SELECT status FROM node WHERE node = $1 FOR UPDATE").await?;
    let row = tx.query_opt(&statement, &[node.as_uuid()]).await?;
    let status: String = row.ok_or(StoreError::NotEnrolled { node })?.get(0);
    Ok(status == "revoked")
}

/// Where the chains of a node stand.
pub(super) async fn tips_of(tx: &Transaction<'_>, node: NodeId) -> Result<Tips, StoreError> {
    let statement =
        tx.prepare_cached("SELECT epoch, seq, hash, hlc FROM chain WHERE node = $1").await?;
    let rows = tx.query(&statement, &[node.as_uuid()]).await?;
    let tips = rows.into_iter().map(|row| {
        let epoch = Epoch(row.get::<_, i32>(0).cast_unsigned());
        let tip = Tip {
            epoch,
            seq: Seq(row.get::<_, i64>(1).cast_unsigned()),
            hash: hash_of(row.get(2))?,
            hlc: Hlc::from_bits(row.get::<_, i64>(3).cast_unsigned()),
        };
        Ok((epoch, tip))
    });
    tips.collect()
}

pub(super) fn hash_of(bytes: &[u8]) -> Result<Hash, StoreError> {
    <[u8; 32]>::try_from(bytes)
        .map(Hash::from_bytes)
        .map_err(|_| StoreError::Broken("a hash in the database is none".to_owned()))
}

/// What is held in the places that candidates claim.
async fn held_hashes(
    tx: &Transaction<'_>,
    node: NodeId,
    tips: &Tips,
    candidates: &[Candidate],
) -> Result<BTreeMap<(Epoch, Seq), Hash>, StoreError> {
    let places: BTreeSet<(Epoch, Seq)> = candidates
        .iter()
        .map(|candidate| (candidate.position.epoch, candidate.position.seq))
        .filter(|(epoch, seq)| tips.get(epoch).is_some_and(|tip| *seq <= tip.seq))
        .collect();
    hashes_at(tx, node, &places).await
}

/// The hashes of what is held in some places, set aside ones that took their place included.
pub(super) async fn hashes_at(
    tx: &Transaction<'_>,
    node: NodeId,
    places: &BTreeSet<(Epoch, Seq)>,
) -> Result<BTreeMap<(Epoch, Seq), Hash>, StoreError> {
    if places.is_empty() {
        return Ok(BTreeMap::new());
    }
    let statement = tx
        .prepare_cached(
            "SELECT asked.epoch, asked.seq, held.hash
             FROM unnest($2::int4[], $3::int8[]) AS asked(epoch, seq)
             CROSS JOIN LATERAL (
                 SELECT hash FROM log
                 WHERE node = $1 AND epoch = asked.epoch AND seq = asked.seq
                 UNION ALL
                 SELECT hash FROM quarantine
                 WHERE node = $1 AND epoch = asked.epoch AND seq = asked.seq AND in_chain
             ) AS held",
        )
        .await?;
    let epochs: Vec<i32> = places.iter().map(|place| landing::epoch(place.0)).collect();
    let seqs: Vec<i64> = places.iter().map(|place| landing::seq(place.1)).collect();
    let rows = tx.query(&statement, &[node.as_uuid(), &epochs, &seqs]).await?;
    let hashes = rows.into_iter().map(|row| {
        let epoch = Epoch(row.get::<_, i32>(0).cast_unsigned());
        let seq = Seq(row.get::<_, i64>(1).cast_unsigned());
        Ok(((epoch, seq), hash_of(row.get(2))?))
    });
    hashes.collect()
}

fn landing_of<'a>(
    node: NodeId,
    candidates: &'a [Candidate],
    sorted: &'a Sorted,
    gathered: Gathered,
    digest: Digest,
    now: Timestamp,
) -> Landing<'a> {
    let mut travelling = Vec::new();
    let mut log = Vec::with_capacity(sorted.kept.len());
    for kept in &sorted.kept {
        let candidate = &candidates[kept.candidate];
        let Some(entry) = entry_of(candidate).map(|entry| entry.entry()) else {
            continue;
        };
        log.push(LogRow {
            position: candidate.position,
            id: entry.id,
            hash: candidate.hash,
            hlc: entry.hlc,
            kind: entry.kind,
            projected: kept.projected,
            bytes: &candidate.bytes,
        });
        let position = candidate.position;
        match travels(entry.scope, candidate.seal.is_some()) {
            Travels::No => {}
            Travels::ToAll => travelling.push(Travelling { position, reader: None }),
            Travels::To(reader) => travelling.push(Travelling { position, reader: Some(reader) }),
            Travels::Unsealed => {
                tracing::warn!(%node, entry = %entry.id, "an entry for others came without its own seal");
            }
        }
    }
    let aside = sorted.aside.iter().map(|aside| {
        let candidate = &candidates[aside.candidate];
        AsideRow {
            position: candidate.position,
            id: aside.entry,
            hash: candidate.hash,
            reason: aside.reason,
            detail: &aside.detail,
            in_chain: aside.in_chain,
            bytes: &candidate.bytes,
        }
    });
    Landing {
        author: node,
        now,
        log,
        aside: aside.collect(),
        seals: sorted.seals(candidates),
        travelling,
        tips: sorted.grown.values().copied().collect(),
        gathered,
        digest,
    }
}

/// What a restored box wrote anew under another epoch need not be looked at any more. When all of
/// a branch has come, the box is whole again.
async fn resolve_forked(
    tx: &Transaction<'_>,
    node: NodeId,
    kept: &[Uuid],
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = tx
        .prepare_cached(
            "UPDATE quarantine SET resolved_ms = $3
             WHERE node = $1 AND resolved_ms IS NULL AND reason = 'forked' AND entry_id = ANY($2)",
        )
        .await?;
    let resolved = tx.execute(&statement, &[node.as_uuid(), &kept, &now.ms()]).await?;
    if resolved > 0 {
        tx.execute(
            "UPDATE node SET status = 'active', branch_admitted = false
             WHERE node = $1 AND status = 'fenced' AND NOT EXISTS (
                 SELECT FROM quarantine q
                 WHERE q.node = $1 AND q.resolved_ms IS NULL AND q.reason = 'forked'
             )",
            &[node.as_uuid()],
        )
        .await?;
    }
    Ok(())
}

/// Two machines wrote as this node: a person must decide.
pub(super) async fn fence(tx: &Transaction<'_>, node: NodeId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE node SET status = 'fenced' WHERE node = $1 AND status = 'active'",
        &[node.as_uuid()],
    )
    .await?;
    Ok(())
}

async fn ack(
    tx: &Transaction<'_>,
    node: NodeId,
    tips: &Tips,
    set_aside: Vec<EntryId>,
) -> Result<Ack, StoreError> {
    let statement = tx
        .prepare_cached("SELECT count(*) FROM quarantine WHERE node = $1 AND resolved_ms IS NULL")
        .await?;
    let count: i64 = tx.query_one(&statement, &[node.as_uuid()]).await?.get(0);
    Ok(Ack { held: held_of(tips), quarantined: count.cast_unsigned(), set_aside })
}
