//! Taking a log in anew: after an upgrade that reads entries which an earlier version could only
//! keep, or when somebody doubts the records. The log is the truth; the records follow it.

use deadpool_postgres::Transaction;
use shared_model::admission::{Gathered, Shelf, Step, contained};
use shared_model::id::NodeId;
use shared_model::log::{EntryBytes, Position, Seq};
use shared_model::records::Kind;
use shared_model::workflows::{Stamp, inspect};
use tokio_postgres::Row;

use super::HubStore;
use super::error::StoreError;
use super::ingest::tips_of;
use super::landing::{
    self, count_in, digest_of, write_digest, write_document_changes, write_records,
};
use super::projecting::gather;
use super::signals::Committed;
use super::standing::node_of;

/// Entries read and taken in at once.
const ENTRIES_MAX: i64 = 2_000;

impl HubStore {
    /// Takes in anew every log with entries that only a later version could read, if this is one.
    /// Says how many logs that were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read_what_waited(&self) -> Result<usize, StoreError> {
        let client = self.client().await?;
        let rows = client
            .query("SELECT DISTINCT ON (node) node, bytes FROM log WHERE NOT projected", &[])
            .await?;
        drop(client);
        let mut rebuilt = 0;
        for row in rows {
            if self.readable(row.get(1)) {
                self.rebuild(node_of(&row, 0)).await?;
                rebuilt += 1;
            }
        }
        Ok(rebuilt)
    }

    /// Throws an author's records away and takes its log in anew, in one transaction.
    ///
    /// # Errors
    /// When the database fails; then everything is as it was.
    pub async fn rebuild(&self, author: NodeId) -> Result<(), StoreError> {
        tracing::info!(node = %author, "taking a log in anew");
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        // Both, whosever log it is: nothing may be appended meanwhile.
        tx.query_opt("SELECT 1 FROM node WHERE node = $1 FOR UPDATE", &[author.as_uuid()]).await?;
        tx.query_opt("SELECT 1 FROM hub WHERE node = $1 FOR UPDATE", &[author.as_uuid()]).await?;
        for kind in Kind::ALL {
            let sql = format!("DELETE FROM {} WHERE author = $1", kind.table());
            tx.execute(&sql, &[author.as_uuid()]).await?;
        }
        tx.execute("DELETE FROM digest WHERE author = $1", &[author.as_uuid()]).await?;
        let mut documents = false;
        for tip in tips_of(&tx, author).await?.into_values() {
            let mut after = Seq(0);
            while after < tip.seq {
                let through = Seq((after.0 + ENTRIES_MAX.unsigned_abs()).min(tip.seq.0));
                let start = Position { node: author, epoch: tip.epoch, seq: after };
                documents |= self.take_in(&tx, start, through).await?;
                after = through;
            }
        }
        tx.commit().await?;
        self.signals().tell(Committed { documents, ..Committed::NOTHING_TRAVELS });
        tracing::info!(node = %author, "its records are whole again");
        Ok(())
    }

    /// Takes in the entries above a place. What was kept unread before brings its texts along.
    async fn take_in(
        &self,
        tx: &Transaction<'_>,
        after: Position,
        through: Seq,
    ) -> Result<bool, StoreError> {
        let rows = tx
            .query(
                "SELECT bytes, projected FROM log
                 WHERE node = $1 AND epoch = $2 AND seq > $3 AND seq <= $4 ORDER BY seq",
                &[
                    after.node.as_uuid(),
                    &landing::epoch(after.epoch),
                    &landing::seq(after.seq),
                    &landing::seq(through),
                ],
            )
            .await?;
        let mut new = Vec::new();
        let mut steps = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(step) = self.step(row) else { continue };
            if !row.get::<_, bool>(1) {
                new.push(step.position);
            }
            steps.push(step);
        }
        let Some(end) = steps.last().map(|step| step.position) else {
            return Ok(false);
        };
        let mut gathered: Gathered = gather(tx, steps, Shelf::default()).await?;
        gathered.document_changes.retain(|change| new.contains(&change.position));
        write_records(tx, after.node, Some(end), &gathered.saved).await?;
        let mut digest = digest_of(tx, after.node).await?;
        count_in(&mut digest, &gathered.saved);
        write_digest(tx, after.node, digest, &gathered.saved).await?;
        write_document_changes(tx, &gathered.document_changes).await?;
        let seqs: Vec<i64> = new.iter().map(|at| landing::seq(at.seq)).collect();
        tx.execute(
            "UPDATE log SET projected = true WHERE node = $1 AND epoch = $2 AND seq = ANY($3)",
            &[after.node.as_uuid(), &landing::epoch(after.epoch), &seqs],
        )
        .await?;
        Ok(!gathered.document_changes.is_empty())
    }

    fn step(&self, row: &Row) -> Option<Step> {
        let entry = EntryBytes::parse(row.get(0)).ok()?;
        let entry = entry.entry();
        let body = contained(|| inspect(entry, Some(self.hub_key()))).ok()?.ok()??;
        Some(Step {
            position: entry.position,
            stamp: Stamp { author: entry.position.node, at: entry.hlc.at(), staff: entry.actor },
            body,
        })
    }

    fn readable(&self, bytes: Vec<u8>) -> bool {
        let entry = EntryBytes::parse(bytes);
        entry.is_ok_and(|entry| {
            let read = contained(|| inspect(entry.entry(), Some(self.hub_key())));
            matches!(read, Ok(Ok(Some(_))))
        })
    }
}
