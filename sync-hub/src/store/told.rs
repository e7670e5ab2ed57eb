//! What nodes tell of themselves, and what people decide about them.

use shared_model::id::NodeId;
use shared_model::log::{Epoch, Seq};
use shared_model::sync::v1::Status;
use shared_model::time::Timestamp;

use super::HubStore;
use super::error::StoreError;
use super::ingest::fence;
use super::landing::{self, plain};
use super::signals::Committed;

/// Longest name of its software that a node may tell.
const SOFTWARE_CHARS_MAX: usize = 64;

impl HubStore {
    /// The node was heard; false when it is revoked or unknown by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_seen(
        &self,
        node: NodeId,
        software: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let software = software
            .map(|text| -> String { plain(text).chars().take(SOFTWARE_CHARS_MAX).collect() });
        let seen = self
            .change(
                "UPDATE node SET last_seen_ms = greatest(last_seen_ms, $2),
                                 software = coalesce($3, software)
                 WHERE node = $1 AND status <> 'revoked'",
                &[node.as_uuid(), &now.ms(), &software],
            )
            .await?;
        Ok(seen > 0)
    }

    /// The node has committed the feed up to here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_cursor(&self, node: NodeId, position: u64) -> Result<(), StoreError> {
        // Also backwards: a restored box begins anew.
        self.change(
            "UPDATE node SET cursor = $2 WHERE node = $1 AND cursor <> $2",
            &[node.as_uuid(), &position.cast_signed()],
        )
        .await?;
        Ok(())
    }

    /// How the node says it is. Whether its records are ours shows when both stand at one entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_status(
        &self,
        node: NodeId,
        status: &Status,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (epoch, seq) = (landing::epoch(status.epoch), landing::seq(status.seq));
        self.change(
            "UPDATE node SET
                 told_epoch = $2, told_seq = $3, told_digest = $4, unsent = $5,
                 clock_trusted = $6, last_seen_ms = greatest(last_seen_ms, $7),
                 agrees = coalesce(compared.agrees, node.agrees),
                 agreed_ms = CASE WHEN compared.agrees THEN $7 ELSE agreed_ms END
             FROM (
                 SELECT (
                     SELECT coalesce(d.digest, decode(repeat('00', 32), 'hex')) = $4
                     FROM chain c LEFT JOIN digest d ON d.author = c.node
                     WHERE c.node = $1 AND c.epoch = $2 AND c.seq = $3
                       AND NOT EXISTS (
                           SELECT FROM chain later WHERE later.node = $1 AND later.epoch > $2
                             AND later.seq > 0
                       )
                 ) AS agrees
             ) AS compared
             WHERE node.node = $1",
            &[
                node.as_uuid(),
                &epoch,
                &seq,
                &status.digest.as_slice(),
                &status.unsent.cast_signed(),
                &status.clock_trusted,
                &now.ms(),
            ],
        )
        .await?;
        self.signals().tell(Committed::NOTHING_TRAVELS);
        Ok(())
    }

    /// Two machines write as this node, as far as the hub can tell: a person must decide.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_fork(&self, node: NodeId, epoch: Epoch) -> Result<(), StoreError> {
        tracing::warn!(%node, %epoch, "the node shows another history than the one held");
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        fence(&tx, node).await?;
        tx.commit().await?;
        self.signals().tell(Committed::NOTHING_TRAVELS);
        Ok(())
    }

    /// A person decided that the fork is one box that was restored: at its next session it gets
    /// the tail it lost and writes its own branch anew. False when there is nothing to admit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn admit_branch(&self, node: NodeId) -> Result<bool, StoreError> {
        let admitted = self
            .change(
                "UPDATE node SET branch_admitted = true WHERE node = $1 AND status = 'fenced'",
                &[node.as_uuid()],
            )
            .await?;
        self.signals().tell_decided();
        Ok(admitted > 0)
    }

    /// Whether a person lets the node's branch in, and it has not come in whole.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_branch_admitted(&self, node: NodeId) -> Result<bool, StoreError> {
        let client = self.client().await?;
        let statement =
            client.prepare_cached("SELECT FROM node WHERE node = $1 AND branch_admitted").await?;
        Ok(client.query_opt(&statement, &[node.as_uuid()]).await?.is_some())
    }

    /// Where a node's log stands: its newest epoch and the last entry held of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn head(&self, node: NodeId) -> Result<Option<(Epoch, Seq)>, StoreError> {
        let client = self.client().await?;
        let statement = client
            .prepare_cached(
                "SELECT epoch, seq FROM chain WHERE node = $1 AND seq > 0
                 ORDER BY epoch DESC LIMIT 1",
            )
            .await?;
        let row = client.query_opt(&statement, &[node.as_uuid()]).await?;
        Ok(row.map(|row| {
            let epoch = Epoch(row.get::<_, i32>(0).cast_unsigned());
            (epoch, Seq(row.get::<_, i64>(1).cast_unsigned()))
        }))
    }

    pub(super) async fn change(
        &self,
        sql: &str,
        params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.execute(&statement, params).await?)
    }
}
