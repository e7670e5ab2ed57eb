//! The one thread that writes. It takes what waits, does it in one transaction, commits, and only
//! then answers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use shared_model::document::Writer as DocumentWriter;
use shared_model::log::{AuthorKey, EntryBytes, Epoch, Hash, Seal, Seq};
use shared_model::network::denylist::{DenylistRefused, Denylists, Taken};
use shared_model::records::WorkingSet;
use shared_model::sync::v1::{Ack, EpochHead, FeedItem};
use shared_model::time::{Hlc, HlcClock, Timestamp};
use shared_model::workflows::{Command, Site};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::checkpoint::Checkpoints;
use super::documents::{Documents, InProcess, ReadDocuments};
use super::meta::{self, Meta};
use super::open::{Opening, open_current, open_writing};
use super::readers::Readers;
use super::reserve::Reserve;
use super::save::save_records;
use super::watch::Findings;
use super::{
    Answer, Asker, COMMIT_JOBS_MAX, CommandError, Committed, OpenError, Store, StoreError,
    WRITER_QUEUE_MAX, absorb, append, chain, log_file, reopen,
};

/// Records kept in memory between commits; above it all are let go and read again.
const CACHED_RECORDS_MAX: usize = 20_000;
/// Commits that a slow listener may lag behind.
const COMMITS_REMEMBERED: usize = 256;

pub(super) type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Returns why it failed, if it did, and what to call once the commit is known.
pub(super) type Local =
    Box<dyn FnOnce(Result<&Transaction<'_>, StoreError>) -> (Option<StoreError>, Finish) + Send>;
type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(super) struct Ask {
    pub(super) command: Command,
    pub(super) body_hash: [u8; 32],
    pub(super) asker: Asker,
    pub(super) answer: oneshot::Sender<Result<Answer, CommandError>>,
}

pub(super) enum Job {
    Command(Box<Ask>),
    Local(Local),
    Feed {
        items: Vec<FeedItem>,
        position: u64,
        answer: Reply<()>,
    },
    Met {
        incarnation: Vec<u8>,
        now: Timestamp,
        cursor: u64,
        answer: Reply<()>,
    },
    Acked {
        ack: Ack,
        now: Timestamp,
        answer: Reply<()>,
    },
    Forked {
        epoch: Option<Epoch>,
        answer: Reply<()>,
    },
    Denylist {
        list: Vec<u8>,
        answer: Reply<Result<Taken, DenylistRefused>>,
    },
    OpenEpoch {
        epoch: Epoch,
        first: Seq,
        newest: Epoch,
        answer: Reply<Vec<EpochHead>>,
    },
    Tail {
        entries: Vec<EntryBytes>,
        seals: Vec<Seal>,
        complete: bool,
        answer: Reply<Vec<EpochHead>>,
    },
}

/// The state behind the file; read anew after a commit that failed.
pub(super) struct Desk {
    pub(super) site: Site,
    pub(super) key: Arc<AuthorKey>,
    process: [u8; 16],
    built_ms: i64,
    pub(super) meta: Meta,
    pub(super) head: EpochHead,
    pub(super) clock: HlcClock,
    /// Who was shut out.
    pub(super) denylists: Denylists,
    pub(super) set: WorkingSet,
    /// Whether documents changed since the last commit.
    pub(super) documents_changed: bool,
    pub(super) documents: Documents,
    /// Asked for each command.
    pub(super) now: fn() -> Timestamp,
}

impl Desk {
    /// Reads where the log stands.
    pub(super) fn read(
        db: &Connection,
        opening: Opening,
        now: fn() -> Timestamp,
    ) -> Result<Self, StoreError> {
        let meta = Meta::read(db)?;
        let documents = Documents::new(meta.node, Box::new(InProcess));
        let mut desk = Self {
            site: opening.site,
            key: Arc::new(opening.author_key),
            process: opening.process,
            built_ms: opening.built_ms,
            head: EpochHead::empty(meta.epoch),
            clock: HlcClock::new(Hlc::default(), Timestamp::default()),
            denylists: Denylists::default(),
            meta,
            set: WorkingSet::default(),
            documents_changed: false,
            documents,
            now,
        };
        desk.refresh(db)?;
        Ok(desk)
    }

    /// Forgets what was not committed.
    pub(super) fn refresh(&mut self, db: &Connection) -> Result<(), StoreError> {
        self.set.clear();
        self.meta = Meta::read(db)?;
        self.site.hub = self.meta.hub.map(|hub| hub.node);
        self.denylists = meta::denylists(db, self.meta.hub)?;
        self.head = chain::own_head(db, self.meta.node, self.meta.epoch)?;
        let last = chain::newest_stamp(db, self.meta.node)?;
        let floor = Timestamp::from_ms(self.built_ms).max(self.meta.hub_now);
        self.clock = HlcClock::new(last.max(self.clock.last()), floor);
        Ok(())
    }

    /// Who writes automerge changes: another actor for every node, epoch and process.
    pub(super) fn document_writer(&self) -> DocumentWriter {
        let mut input = self.meta.node.as_uuid().as_bytes().to_vec();
        input.extend_from_slice(&self.head.epoch.0.to_be_bytes());
        input.extend_from_slice(&self.process);
        let hash = Hash::of(&input);
        let mut actor = [0; 16];
        actor.copy_from_slice(&hash.as_bytes()[..16]);
        DocumentWriter(actor)
    }
}

impl Store {
    /// Opens the store and starts its threads. The returned handle of the writer thread ends once
    /// every [`Store`] is dropped.
    ///
    /// # Errors
    /// [`OpenError`]: a node that cannot trust its store does not start.
    pub fn open(
        path: &Path,
        opening: Opening,
    ) -> Result<(Self, std::thread::JoinHandle<()>), OpenError> {
        Self::open_at(path, opening, now)
    }

    /// Like [`Store::open`], with a reader of other nodes' texts.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with(
        path: &Path,
        opening: Opening,
        strangers: Box<dyn ReadDocuments>,
    ) -> Result<(Self, std::thread::JoinHandle<()>), OpenError> {
        Self::start(path, Writer::open(path, opening, now)?.reading_with(strangers))
    }

    /// Like [`Store::open`], by another clock than the wall's.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_at(
        path: &Path,
        opening: Opening,
        now: fn() -> Timestamp,
    ) -> Result<(Self, std::thread::JoinHandle<()>), OpenError> {
        Self::start(path, Writer::open(path, opening, now)?)
    }

    fn start(
        path: &Path,
        writer: Writer,
    ) -> Result<(Self, std::thread::JoinHandle<()>), OpenError> {
        let (node, key) = (writer.desk.meta.node, Arc::clone(&writer.desk.key));
        let commits = writer.commits.clone();
        let (jobs, queue) = mpsc::channel(WRITER_QUEUE_MAX);
        let checkpoints = Checkpoints::start(path.to_owned())?;
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(queue, &checkpoints))
            .map_err(OpenError::Thread)?;
        let readers = Arc::new(Readers::new(path));
        Ok((Self { node, key, jobs, readers, commits, findings: Findings::default() }, writer))
    }
}

/// What writes, and what it holds.
pub(super) struct Writer {
    pub(super) db: Connection,
    path: PathBuf,
    pub(super) desk: Desk,
    commits: broadcast::Sender<Committed>,
    reserve: Reserve,
    /// The disk failed: what can be read of the file may not be on it. Nothing is written and nothing
    /// answered before the file was opened anew and made sure of.
    suspect: bool,
}

impl Writer {
    pub(super) fn open(
        path: &Path,
        opening: Opening,
        now: fn() -> Timestamp,
    ) -> Result<Self, OpenError> {
        let db = open_current(path, opening.site.node)?;
        let desk = Desk::read(&db, opening, now)?;
        let (commits, _) = broadcast::channel(COMMITS_REMEMBERED);
        Ok(Self {
            db,
            path: path.to_owned(),
            desk,
            commits,
            reserve: Reserve::beside(path),
            suspect: false,
        })
    }

    fn reading_with(mut self, strangers: Box<dyn ReadDocuments>) -> Self {
        self.desk.documents = Documents::new(self.desk.meta.node, strangers);
        self
    }

    fn run(mut self, mut queue: mpsc::Receiver<Job>, checkpoints: &Checkpoints) {
        while let Some(first) = queue.blocking_recv() {
            let mut jobs = vec![first];
            while jobs.len() < COMMIT_JOBS_MAX {
                match queue.try_recv() {
                    Ok(job) => jobs.push(job),
                    Err(_) => break,
                }
            }
            self.take(jobs);
            checkpoints.after_commit(&self.db);
        }
        tracing::debug!("the store has written everything it was given");
    }

    /// Does what waited together in one commit, and answers.
    pub(super) fn take(&mut self, mut jobs: Vec<Job>) {
        let sure = self.make_sure();
        if self.reserve.is_spent() {
            jobs = refuse_new_work(jobs);
        }
        self.write_together(jobs, sure);
        if self.desk.set.len() > CACHED_RECORDS_MAX {
            self.desk.set.clear();
        }
    }

    /// After a failure of the disk: the file is opened anew, and its log written through.
    fn make_sure(&mut self) -> Result<(), StoreError> {
        if !self.suspect {
            return Ok(());
        }
        let mut db = open_writing(&self.path).map_err(|error| match error {
            OpenError::Store(error) => error,
            error @ (OpenError::Migration(_)
            | OpenError::SqliteTooOld { .. }
            | OpenError::OtherNode { .. }
            | OpenError::HeaderDamaged
            | OpenError::Thread(_)) => StoreError::Damaged(error.to_string()),
        })?;
        log_file::make_durable(&mut db, &self.path)?;
        log_file::sync_folder(&self.path)?;
        self.desk.refresh(&db)?;
        self.db = db;
        self.suspect = false;
        tracing::info!("the disk writes again");
        Ok(())
    }

    fn write_together(&mut self, jobs: Vec<Job>, sure: Result<(), StoreError>) {
        let mut finishes: Vec<Finish> = Vec::with_capacity(jobs.len());
        let written = write(&mut self.db, &mut self.desk, jobs, sure, &mut finishes);
        let outcome = match written {
            Ok(kinds) => {
                let head = self.desk.head;
                let _ = self.commits.send(Committed { head, kinds: kinds.into_iter().collect() });
                Ok(())
            }
            Err(error) => {
                self.note_failure(&error);
                Err(error)
            }
        };
        for finish in finishes {
            finish(outcome.clone());
        }
    }

    fn note_failure(&mut self, error: &StoreError) {
        tracing::error!(error = %error, "nothing of this commit was written");
        match error {
            StoreError::DiskFull => self.reserve.give_back(),
            StoreError::Sqlite(_) => self.suspect = true,
            StoreError::Stopped
            | StoreError::QueueFull
            | StoreError::Damaged(_)
            | StoreError::NoReader(_) => {}
        }
        if let Err(error) = self.desk.refresh(&self.db) {
            tracing::error!(error = %error, "the store could not be read again");
            self.suspect = true;
        }
    }
}

/// Commands wait for room on the disk. What the hub says is taken in: it may be what makes room.
fn refuse_new_work(jobs: Vec<Job>) -> Vec<Job> {
    let mut taken = Vec::with_capacity(jobs.len());
    for job in jobs {
        match job {
            Job::Command(ask) => {
                let _ = ask.answer.send(Err(CommandError::Store(StoreError::DiskFull)));
            }
            job @ (Job::Local(_)
            | Job::Feed { .. }
            | Job::Met { .. }
            | Job::Acked { .. }
            | Job::Forked { .. }
            | Job::Denylist { .. }
            | Job::OpenEpoch { .. }
            | Job::Tail { .. }) => taken.push(job),
        }
    }
    taken
}

fn write(
    db: &mut Connection,
    desk: &mut Desk,
    jobs: Vec<Job>,
    sure: Result<(), StoreError>,
    finishes: &mut Vec<Finish>,
) -> Result<BTreeSet<&'static str>, StoreError> {
    // When the transaction cannot begin, every job is still owed its answer.
    let mut begun = sure.and_then(|()| {
        db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)
    });
    let mut failed: Option<StoreError> = None;
    for job in jobs {
        let transaction = match (&mut begun, &failed) {
            (Ok(transaction), None) => Ok(transaction),
            (Ok(_), Some(error)) => Err(error.clone()),
            (Err(error), _) => Err(error.clone()),
        };
        match do_job(transaction, desk, job) {
            Ok(finish) => finishes.push(finish),
            Err((error, finish)) => {
                failed.get_or_insert(error);
                finishes.push(finish);
            }
        }
    }
    let transaction = begun?;
    if let Some(error) = failed {
        return Err(error);
    }
    let mut kinds = save_records(&transaction, &mut desk.set, (desk.head.epoch, desk.head.seq))?;
    if std::mem::take(&mut desk.documents_changed) {
        kinds.insert("document");
    }
    transaction.commit()?;
    Ok(kinds)
}

type Done = Result<Finish, (StoreError, Finish)>;

fn do_job(
    transaction: Result<&mut Transaction<'_>, StoreError>,
    desk: &mut Desk,
    job: Job,
) -> Done {
    match job {
        Job::Command(ask) => do_command(transaction, desk, *ask),
        Job::Local(local) => do_local(transaction, local),
        Job::Feed { items, position, answer } => {
            finish_with(transaction.and_then(|db| absorb::feed(db, desk, items, position)), answer)
        }
        Job::Met { incarnation, now, cursor, answer } => {
            let met = |db: &mut Transaction<'_>| absorb::met(db, desk, &incarnation, now, cursor);
            finish_with(transaction.and_then(met), answer)
        }
        Job::Acked { ack, now, answer } => {
            finish_with(transaction.and_then(|db| absorb::acked(db, desk, &ack, now)), answer)
        }
        Job::Forked { epoch, answer } => {
            finish_with(transaction.and_then(|db| absorb::forked(db, desk, epoch)), answer)
        }
        Job::Denylist { list, answer } => {
            finish_with(transaction.and_then(|db| absorb::denylist(db, desk, &list)), answer)
        }
        Job::OpenEpoch { epoch, first, newest, answer } => finish_with(
            transaction.and_then(|db| reopen::open_epoch(db, desk, epoch, first, newest)),
            answer,
        ),
        Job::Tail { entries, seals, complete, answer } => {
            let store =
                |db: &mut Transaction<'_>| reopen::tail(db, desk, &entries, &seals, complete);
            finish_with(transaction.and_then(store), answer)
        }
    }
}

fn finish_with<T: Send + 'static>(done: Result<T, StoreError>, answer: Reply<T>) -> Done {
    let failed = done.as_ref().err().cloned();
    let finish: Finish = Box::new(move |committed| {
        let _ = answer.send(committed.and(done));
    });
    match failed {
        Some(error) => Err((error, finish)),
        None => Ok(finish),
    }
}

fn do_command(
    transaction: Result<&mut Transaction<'_>, StoreError>,
    desk: &mut Desk,
    ask: Ask,
) -> Done {
    let now = (desk.now)();
    let done = match transaction {
        Ok(db) => append::command(db, desk, &ask.command, ask.body_hash, ask.asker, now),
        Err(error) => Err(CommandError::Store(error)),
    };
    let failed = match &done {
        Err(CommandError::Store(error)) => Some(error.clone()),
        Err(CommandError::Refused(_) | CommandError::IdReused { .. }) | Ok(_) => None,
    };
    let answer = ask.answer;
    let finish: Finish = Box::new(move |committed| {
        let told = match committed {
            Ok(()) => done,
            // A refusal needed no commit.
            Err(error) => done.and(Err(CommandError::Store(error))),
        };
        let _ = answer.send(told);
    });
    match failed {
        Some(error) => Err((error, finish)),
        None => Ok(finish),
    }
}

fn do_local(transaction: Result<&mut Transaction<'_>, StoreError>, local: Local) -> Done {
    let refused = |error: StoreError, local: Local| -> Done {
        let (_, finish) = local(Err(error.clone()));
        Err((error, finish))
    };
    let transaction = match transaction {
        Ok(transaction) => transaction,
        Err(error) => return refused(error, local),
    };
    if let Err(error) = transaction.execute_batch("SAVEPOINT local") {
        return refused(error.into(), local);
    }
    let (failed, finish) = local(Ok(transaction));
    // A disk that is full in the middle of a statement ends the transaction, savepoint and all.
    if let (Some(error), true) = (&failed, transaction.is_autocommit()) {
        return Err((error.clone(), finish));
    }
    let end = if failed.is_some() { "ROLLBACK TO local; RELEASE local" } else { "RELEASE local" };
    match transaction.execute_batch(end) {
        Ok(()) => Ok(finish),
        Err(error) => Err((error.into(), finish)),
    }
}

/// The wall clock: read here, at the rim, and handed in.
#[must_use]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Timestamp::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
}
