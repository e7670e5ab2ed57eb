//! The depot's store: one SQLite file, one named writer thread, a pool of readers.
//!
//! Nothing is answered before it is committed (`WAL`, `synchronous=FULL`). Whatever waits together
//! shares one commit. The writer's working set is a cache: a commit that fails throws it away, so
//! memory is never ahead of the disk. No other code opens the file for writing.

mod absorb;
mod append;
mod backup;
mod chain;
mod checked_pages;
mod checkpoint;
mod documents;
mod inline;
mod load;
mod log_file;
mod meta;
mod open;
#[cfg(feature = "problems")]
mod problem;
mod query;
mod readers;
mod reopen;
mod repair;
mod reserve;
mod save;
mod scrub;
mod verify;
mod watch;
mod writer;

use std::sync::Arc;

use rusqlite::{Connection, Transaction};
use shared_model::id::{EntryId, NodeId, StaffId};
use shared_model::log::{AuthorKey, EntryBytes, Epoch, Position, Range, Seal, Seq};
use shared_model::network::denylist::{DenylistRefused, Taken};
use shared_model::refusal::Refusal;
use shared_model::staff::Role;
use shared_model::sync::v1::{Ack, EpochHead, FeedItem};
use shared_model::time::Timestamp;
use shared_model::workflows::Command;
use tokio::sync::{broadcast, mpsc, oneshot};

pub use backup::{BackupError, Manifest, back_up, open_next_epoch, restore};
pub use checked_pages::{PAGE_BYTES, is_sound, page_sum};
pub use checkpoint::checkpoint;
pub use documents::{InProcess, MergedDocument, ReadDocuments, STRIKES_MAX, UnreadChange};
pub use inline::InlineStore;
pub use meta::{Hub, Meta, newest_denylist, put_contact, put_hub, put_lease};
pub use open::{OpenError, Opening, migrate, open_once, read_only, write_beside};
pub use query::{
    ListedDocument, ListedRow, SyncState, Travelled, Wanted, WrittenAt, counts_by_status,
    customers_listed, document, document_at, document_name, entries_after, own_heads, record,
    record_at, records_beginning, records_listed, records_under, sync_state,
};
pub use repair::{Salvage, mend, salvage};
pub use reserve::RESERVE_BYTES;
pub use save::author_bytes;
pub use scrub::{Damage, Scrub, scrub};
pub use verify::{Verification, verify};

pub use writer::now;

use readers::Readers;
use writer::Job;

/// Jobs waiting for the writer. Above it people are asked to try again.
pub const WRITER_QUEUE_MAX: usize = 1_024;
/// Jobs that may share one commit.
pub const COMMIT_JOBS_MAX: usize = 256;

/// Why the store could not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    DiskFull,
    #[error("the store has stopped")]
    Stopped,
    #[error("too much is waiting to be written")]
    QueueFull,
    #[error("the database: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// The file holds what this build did not write.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Another node's text waits: what would read it cannot be started now.
    #[error("another node's text cannot be read now, and comes again: {0}")]
    NoReader(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_disk_full(&error) {
            Self::DiskFull
        } else if is_damage(&error) {
            Self::Damaged(format!("{error}; remedy: stop the depot and run edge-node repair"))
        } else {
            Self::Sqlite(Arc::new(error))
        }
    }
}

/// A page is not what was written, or what stands in it is no database.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        || error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_DATA)
}

/// SQLite says so in two ways: a file that cannot grow is full, but the index of the write-ahead
/// log, which is mapped into memory, fails to reach its size.
fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
        || error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// Why a command left no entry.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The id was used for another command: one of the two would be lost if it passed.
    #[error("the id {id} was used for another command")]
    IdReused { id: EntryId },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the person is told: the entry is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub position: Position,
    /// JSON.
    pub reply: String,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    pub staff: Option<StaffId>,
    pub role: Role,
}

impl Asker {
    /// The node itself, or its operator at the command line.
    pub const NODE: Self = Self { staff: None, role: Role::Manager };
}

/// A commit has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    pub head: EpochHead,
    /// Tables whose records changed.
    pub kinds: Arc<[&'static str]>,
}

/// A handle on the store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    node: NodeId,
    key: Arc<AuthorKey>,
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
    commits: broadcast::Sender<Committed>,
    findings: watch::Findings,
}

impl Store {
    /// Whose log this is.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// Told after each commit; a slow listener misses some and reads the state instead.
    #[must_use]
    pub fn commits(&self) -> broadcast::Receiver<Committed> {
        self.commits.subscribe()
    }

    /// Carries a command out: decided, appended, projected and committed before it answers.
    /// `body_hash` tells a retry from another command under the same id.
    ///
    /// # Errors
    /// [`CommandError`]; then nothing was written.
    pub async fn submit(
        &self,
        command: Command,
        body_hash: [u8; 32],
        asker: Asker,
    ) -> Result<Answer, CommandError> {
        let (answer, wait) = oneshot::channel();
        let job = Job::Command(Box::new(writer::Ask { command, body_hash, asker, answer }));
        self.jobs.try_send(job).map_err(refused_job)?;
        wait.await.map_err(|_| CommandError::Store(StoreError::Stopped))?
    }

    /// Like [`Store::submit`], but waits for a place in the queue: for imports.
    ///
    /// # Errors
    /// [`CommandError`]; then nothing was written.
    pub async fn submit_in_turn(
        &self,
        command: Command,
        body_hash: [u8; 32],
        asker: Asker,
    ) -> Result<Answer, CommandError> {
        let (answer, wait) = oneshot::channel();
        let job = Job::Command(Box::new(writer::Ask { command, body_hash, asker, answer }));
        self.jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        wait.await.map_err(|_| CommandError::Store(StoreError::Stopped))?
    }

    /// The answer that a command was given, if it was carried out: for a page whose question cannot be put together
    /// again.
    ///
    /// # Errors
    /// [`CommandError::IdReused`] when the id was used for another body, or the store's.
    pub async fn answered(
        &self,
        id: EntryId,
        body_hash: [u8; 32],
    ) -> Result<Option<Answer>, CommandError> {
        let node = self.node;
        self.read(move |db| Ok(append::answer_of(db, node, id, body_hash))).await?
    }

    /// Reads from a consistent snapshot, beside the writer.
    ///
    /// # Errors
    /// [`StoreError`] of the reading function, or when stopped.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || readers.with(f))
            .await
            .map_err(|_| StoreError::Stopped)?
    }

    /// Writes what is local to the box and never enters the log: credentials, devices, sessions.
    /// Answers after commit; if `f` fails, only its own writes are undone.
    ///
    /// # Errors
    /// [`StoreError`] of the writing function or of the commit.
    pub async fn write_local<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        let job = Job::Local(Box::new(move |transaction| {
            let done = transaction.and_then(f);
            let failed = done.as_ref().err().cloned();
            let finish: writer::Finish = Box::new(move |committed| {
                let _ = answer.send(committed.and(done));
            });
            (failed, finish)
        }));
        self.jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        wait.await.map_err(|_| StoreError::Stopped)?
    }

    /// Own entries of a range, bounded, with the seals that go with them: one over the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn own_entries(
        &self,
        epoch: Epoch,
        range: Range,
        entries_max: usize,
        bytes_max: usize,
    ) -> Result<(Vec<EntryBytes>, Vec<Seal>), StoreError> {
        let (node, key) = (self.node, Arc::clone(&self.key));
        self.read(move |db| chain::read_own(db, node, &key, epoch, range, entries_max, bytes_max))
            .await
    }

    /// Commits entries of other logs and the cursor in the hub's feed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_feed(&self, items: Vec<FeedItem>, position: u64) -> Result<(), StoreError> {
        self.ask(|answer| Job::Feed { items, position, answer }).await
    }

    /// Notes the hub that was met.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_met(
        &self,
        incarnation: Vec<u8>,
        now: Timestamp,
        cursor: u64,
    ) -> Result<(), StoreError> {
        self.ask(|answer| Job::Met { incarnation, now, cursor, answer }).await
    }

    /// Notes what the hub has committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_ack(&self, ack: Ack, now: Timestamp) -> Result<(), StoreError> {
        self.ask(|answer| Job::Acked { ack, now, answer }).await
    }

    /// Notes that the hub holds another history of this log (or, with none, that it agrees).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_fork(&self, epoch: Option<Epoch>) -> Result<(), StoreError> {
        self.ask(|answer| Job::Forked { epoch, answer }).await
    }

    /// Takes in a list of shut out nodes, whatever way it came; what it says holds from the next
    /// entry on. The inner error is what speaks against the list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_denylist(
        &self,
        list: Vec<u8>,
    ) -> Result<Result<Taken, DenylistRefused>, StoreError> {
        self.ask(|answer| Job::Denylist { list, answer }).await
    }

    /// Opens a new epoch after `newest`, the last one of which the hub knows; own entries of
    /// `epoch` from `first` on are written anew under it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_epoch(
        &self,
        epoch: Epoch,
        first: Seq,
        newest: Epoch,
    ) -> Result<Vec<EpochHead>, StoreError> {
        self.ask(|answer| Job::OpenEpoch { epoch, first, newest, answer }).await
    }

    /// Commits own entries that had been lost; with the last of them, rebuilds the records.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_tail(
        &self,
        entries: Vec<EntryBytes>,
        seals: Vec<Seal>,
        complete: bool,
    ) -> Result<Vec<EpochHead>, StoreError> {
        self.ask(|answer| Job::Tail { entries, seals, complete, answer }).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        self.jobs.send(job(answer)).await.map_err(|_| StoreError::Stopped)?;
        wait.await.map_err(|_| StoreError::Stopped)?
    }
}

fn refused_job(error: mpsc::error::TrySendError<Job>) -> CommandError {
    CommandError::Store(match error {
        mpsc::error::TrySendError::Full(_) => StoreError::QueueFull,
        mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_whose_index_cannot_grow_is_a_full_disk_too() {
        let failure = |code| {
            StoreError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None))
        };
        for code in [rusqlite::ffi::SQLITE_FULL, rusqlite::ffi::SQLITE_IOERR_SHMSIZE] {
            assert!(matches!(failure(code), StoreError::DiskFull), "{code}");
        }
        let other = failure(rusqlite::ffi::SQLITE_IOERR_WRITE);
        assert!(matches!(other, StoreError::Sqlite(_)), "{other}");
    }
}
