//! The store on its caller's thread: the same writer and the same jobs, without a thread, a queue and a
//! pool of readers. For whoever owns time itself: the simulator. A depot never uses it.

use std::path::Path;

use rusqlite::Connection;
use shared_model::log::{EntryBytes, Epoch, Range, Seal, Seq};
use shared_model::sync::v1::{Ack, EpochHead, FeedItem};
use shared_model::time::Timestamp;
use shared_model::workflows::Command;
use tokio::sync::oneshot;

use super::writer::{Ask, Job, Writer};
use super::{
    Answer, Asker, COMMIT_JOBS_MAX, CommandError, OpenError, Opening, StoreError, chain, checkpoint,
};

/// A store that does what it is asked before the call returns.
pub struct InlineStore {
    writer: Writer,
}

impl InlineStore {
    /// Opens the file as every start of a depot does. `now` is asked for each command.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, opening: Opening, now: fn() -> Timestamp) -> Result<Self, OpenError> {
        Ok(Self { writer: Writer::open(path, opening, now)? })
    }

    /// Carries commands out in one commit, at most [`COMMIT_JOBS_MAX`] of them; answers in their order.
    pub fn submit_together(
        &mut self,
        commands: Vec<(Command, [u8; 32], Asker)>,
    ) -> Vec<Result<Answer, CommandError>> {
        debug_assert!(commands.len() <= COMMIT_JOBS_MAX, "a commit takes no more");
        let (jobs, waits): (Vec<_>, Vec<_>) = commands
            .into_iter()
            .map(|(command, body_hash, asker)| {
                let (answer, wait) = oneshot::channel();
                (Job::Command(Box::new(Ask { command, body_hash, asker, answer })), wait)
            })
            .unzip();
        self.writer.take(jobs);
        let told = |mut wait: oneshot::Receiver<_>| match wait.try_recv() {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Stopped.into()),
        };
        waits.into_iter().map(told).collect()
    }

    /// Reads between two commits.
    ///
    /// # Errors
    /// The reading function's.
    pub fn read<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        f(&self.writer.db)
    }

    /// Where the log stands, as the writer knows it.
    #[must_use]
    pub const fn head(&self) -> EpochHead {
        self.writer.desk.head
    }

    /// As [`Store::own_entries`](super::Store::own_entries).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_entries(
        &self,
        epoch: Epoch,
        range: Range,
        entries_max: usize,
        bytes_max: usize,
    ) -> Result<(Vec<EntryBytes>, Vec<Seal>), StoreError> {
        let (node, key) = (self.writer.desk.meta.node, &self.writer.desk.key);
        chain::read_own(&self.writer.db, node, key, epoch, range, entries_max, bytes_max)
    }

    /// As [`Store::store_feed`](super::Store::store_feed).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn store_feed(&mut self, items: Vec<FeedItem>, position: u64) -> Result<(), StoreError> {
        self.ask(|answer| Job::Feed { items, position, answer })
    }

    /// As [`Store::note_met`](super::Store::note_met).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_met(
        &mut self,
        incarnation: Vec<u8>,
        now: Timestamp,
        cursor: u64,
    ) -> Result<(), StoreError> {
        self.ask(|answer| Job::Met { incarnation, now, cursor, answer })
    }

    /// As [`Store::note_ack`](super::Store::note_ack).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_ack(&mut self, ack: Ack, now: Timestamp) -> Result<(), StoreError> {
        self.ask(|answer| Job::Acked { ack, now, answer })
    }

    /// As [`Store::note_fork`](super::Store::note_fork).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn note_fork(&mut self, epoch: Option<Epoch>) -> Result<(), StoreError> {
        self.ask(|answer| Job::Forked { epoch, answer })
    }

    /// As [`Store::open_epoch`](super::Store::open_epoch).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_epoch(
        &mut self,
        epoch: Epoch,
        first: Seq,
        newest: Epoch,
    ) -> Result<Vec<EpochHead>, StoreError> {
        self.ask(|answer| Job::OpenEpoch { epoch, first, newest, answer })
    }

    /// As [`Store::store_tail`](super::Store::store_tail).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn store_tail(
        &mut self,
        entries: Vec<EntryBytes>,
        seals: Vec<Seal>,
        complete: bool,
    ) -> Result<Vec<EpochHead>, StoreError> {
        self.ask(|answer| Job::Tail { entries, seals, complete, answer })
    }

    /// What the checkpoint thread does, now.
    pub fn checkpoint(&self) {
        checkpoint::copy(&self.writer.db);
    }

    fn ask<T>(
        &mut self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let (answer, mut wait) = oneshot::channel();
        self.writer.take(vec![job(answer)]);
        wait.try_recv().map_err(|_| StoreError::Stopped)?
    }
}
