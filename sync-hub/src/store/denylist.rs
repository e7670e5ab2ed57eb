//! The region's signed list of nodes that were shut out: added to in the transaction that revokes, read
//! for every node that has an older one, and taken back from nodes after this database was put back to
//! an earlier hour.

use deadpool_postgres::{GenericClient, Transaction};
use shared_model::admission::Tips;
use shared_model::id::NodeId;
use shared_model::network::denylist::{Cut, Denied, Denylist, DenylistRefused};
use shared_model::time::Timestamp;
use tokio_postgres::Row;

use super::HubStore;
use super::error::StoreError;

/// Newest first.
const NEWEST: &str = "SELECT version, bytes FROM denylist ORDER BY version DESC LIMIT 1";

/// A list as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDenylist {
    pub version: u64,
    pub bytes: Vec<u8>,
}

impl HubStore {
    /// The newest list; none as long as nobody was shut out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn denylist(&self) -> Result<Option<SignedDenylist>, StoreError> {
        let client = self.client().await?;
        let statement = client.prepare_cached(NEWEST).await?;
        let row = client.query_opt(&statement, &[]).await?;
        Ok(row.map(|row| SignedDenylist { version: version_of(&row), bytes: row.get(1) }))
    }

    /// What the newest list says.
    ///
    /// # Errors
    /// When the database fails, or holds a list that this hub did not sign.
    pub async fn denied(&self) -> Result<Option<Denylist>, StoreError> {
        let Some(signed) = self.denylist().await? else { return Ok(None) };
        self.open_list(&signed.bytes).map(Some)
    }

    /// Shuts a node out at where its chains stand, under the next version. The node's row is locked.
    pub(super) async fn deny_in(
        &self,
        tx: &Transaction<'_>,
        node: NodeId,
        tips: &Tips,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let cut = Cut::at(tips.values().map(|tip| (tip.epoch, tip.seq)));
        self.add_in(tx, 0, now, |denied| denied.deny(node, &cut)).await?;
        Ok(())
    }

    /// What stays valid of a revoked node's log; none when no list names it: it was revoked before
    /// there were lists.
    pub(super) async fn cut_in(
        &self,
        tx: &Transaction<'_>,
        node: NodeId,
    ) -> Result<Option<Cut>, StoreError> {
        let Some(row) = tx.query_opt(NEWEST, &[]).await? else { return Ok(None) };
        Ok(self.open_list(row.get(1))?.denied.cut(node).cloned())
    }

    /// Takes a list from a node: one that this region signed, in an hour that its database lost. Who
    /// is on it is shut out again. Says whether there was news in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_denylist(
        &self,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Result<bool, DenylistRefused>, StoreError> {
        let theirs = match Denylist::open(bytes, &self.identity().author_key) {
            Ok(theirs) => theirs,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        for (node, _) in theirs.denied.iter() {
            tx.execute("UPDATE node SET status = 'revoked' WHERE node = $1", &[node.as_uuid()])
                .await?;
        }
        let news =
            self.add_in(&tx, theirs.version, now, |denied| denied.merge(&theirs.denied)).await?;
        if news {
            tracing::warn!(
                version = theirs.version,
                "a node knew of shut out boxes that this hub had forgotten"
            );
            tx.commit().await?;
            self.signals().tell_decided();
        }
        Ok(Ok(news))
    }

    /// Signs a new list when `add` makes it say more. Its version is above ours and `above`.
    async fn add_in(
        &self,
        tx: &Transaction<'_>,
        above: u64,
        now: Timestamp,
        add: impl FnOnce(&mut Denied),
    ) -> Result<bool, StoreError> {
        // One list at a time is made from the one before it.
        tx.query_one("SELECT FROM hub FOR UPDATE", &[]).await?;
        let row = tx.query_opt(NEWEST, &[]).await?;
        let known = row.as_ref().map(|row| self.open_list(row.get(1))).transpose()?;
        let (version, mut denied) =
            known.map_or((0, Denied::default()), |list| (list.version, list.denied));
        let before = denied.clone();
        add(&mut denied);
        if denied == before {
            return Ok(false);
        }
        let list = Denylist {
            region: self.identity().region.clone(),
            version: version.max(above) + 1,
            issued: now,
            denied,
        };
        let bytes = list.sign(&self.0.author_key).map_err(broken)?;
        tx.execute(
            "INSERT INTO denylist (version, bytes, issued_ms) VALUES ($1, $2, $3)",
            &[&list.version.cast_signed(), &bytes, &now.ms()],
        )
        .await?;
        Ok(true)
    }

    fn open_list(&self, bytes: &[u8]) -> Result<Denylist, StoreError> {
        Denylist::open(bytes, &self.identity().author_key).map_err(broken)
    }
}

fn version_of(row: &Row) -> u64 {
    row.get::<_, i64>(0).cast_unsigned()
}

fn broken(refused: DenylistRefused) -> StoreError {
    StoreError::Broken(format!("the list of shut out nodes: {refused}"))
}
