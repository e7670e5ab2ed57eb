//! The region's store in Postgres: the log of every node, and the records that it adds up to.
//!
//! One transaction a batch, acknowledged after its commit. Several processes may share one
//! database: a node's log grows under the lock of its row, the feed under the lock of its head.
//! It knows no socket and starts no task.

mod append;
mod denylist;
mod enrol;
mod error;
mod feed;
mod fetch;
mod identity;
mod ingest;
mod landing;
mod projecting;
mod publish;
mod rebuild;
mod schema;
mod signals;
mod standing;
mod told;
mod warm;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use deadpool_postgres::{Object, Pool};
use shared_model::document::Writer;
use shared_model::id::{EntityCode, NodeId, RegionCode};
use shared_model::log::{AuthorKey, AuthorPublicKey};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use append::Appended;
pub(crate) use append::new_entry_id;
pub use denylist::SignedDenylist;
pub use enrol::Door;
pub use error::{AppendError, StoreError};
pub use feed::FEED_ITEMS_MAX;
pub use publish::Published;
pub use signals::{Committed, Signals};

use warm::Warm;

/// What the store needs to open.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    pub database: tokio_postgres::Config,
    /// The hub's secrets are kept in `secrets` below it.
    pub state_dir: PathBuf,
    pub region: RegionCode,
    /// Whose books the hub itself keeps.
    pub entity: EntityCode,
    pub connections_max: usize,
}

/// Who the hub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub node: NodeId,
    pub region: RegionCode,
    pub entity: EntityCode,
    pub author_key: AuthorPublicKey,
}

/// The store; clones share it.
#[derive(Clone)]
pub struct HubStore(Arc<Inner>);

struct Inner {
    pool: Pool,
    database: tokio_postgres::Config,
    identity: Identity,
    author_key: AuthorKey,
    state_dir: PathBuf,
    writer: Writer,
    signals: Signals,
    warm: Warm,
}

impl HubStore {
    /// Opens the store: brings the schema up to date, and makes the hub's identity at the first
    /// start.
    ///
    /// # Errors
    /// When the database cannot be reached, its schema fails, or it belongs to another region.
    pub async fn open(config: StoreConfig) -> anyhow::Result<Self> {
        let database = schema::with_settings(config.database.clone());
        let pool = schema::pool(database.clone(), config.connections_max)?;
        let mut client = pool.get().await?;
        schema::migrate(&mut client).await?;
        let author_key = identity::author_key(&config.state_dir)?;
        let identity = identity::establish(&mut client, &config, author_key.public()).await?;
        drop(client);
        let process = uuid_v7();
        Ok(Self(Arc::new(Inner {
            pool,
            database,
            identity,
            author_key,
            state_dir: config.state_dir,
            writer: Writer(*process.as_bytes()),
            signals: Signals::new(process),
            warm: Warm::default(),
        })))
    }

    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.0.identity
    }

    /// Where the hub's secrets are, in `secrets` below it.
    #[must_use]
    pub(crate) fn state_dir(&self) -> &Path {
        &self.0.state_dir
    }

    /// Wakes whoever waits for a commit.
    #[must_use]
    pub fn signals(&self) -> &Signals {
        &self.0.signals
    }

    /// A connection for reading views. Give it back soon: there are few.
    ///
    /// # Errors
    /// When none is free in time.
    pub async fn client(&self) -> Result<Object, StoreError> {
        Ok(self.0.pool.get().await?)
    }

    /// Tells other processes of our commits and hears of theirs, until cancelled. Run it once.
    pub async fn relay_signals(&self, cancel: CancellationToken) {
        self.0.signals.relay(self.0.database.clone(), cancel).await;
    }

    /// Tells other processes of whatever was committed: for a command that ends before
    /// [`HubStore::relay_signals`] would have told them.
    ///
    /// # Errors
    /// When the database fails; the others look by themselves, a little later.
    pub async fn announce(&self) -> Result<(), StoreError> {
        let client = self.client().await?;
        self.0.signals.announce_all(&client).await
    }

    /// Something was committed beside the log that views show.
    pub fn tell_changed(&self) {
        self.0.signals.tell(Committed::NOTHING_TRAVELS);
    }

    /// Closes every connection; what is under way fails.
    pub fn close(&self) {
        self.0.pool.close();
    }

    /// The hub as the checks of entries want it.
    fn hub_key(&self) -> (NodeId, AuthorPublicKey) {
        (self.0.identity.node, self.0.identity.author_key)
    }
}

/// A new id, ordered by time.
#[must_use]
pub fn uuid_v7() -> Uuid {
    Uuid::now_v7()
}
