//! Moving the write-ahead log into the database file, off the writer's path: a checkpoint inside a
//! commit is the slowest hundredth of all commits.
//!
//! The thread here copies what is in the log while the writer goes on; only when nothing is left to
//! copy at the start of a commit does SQLite begin the log anew. Under load the thread alone would
//! never get there, and the log would grow without end. So it copies until little is left, and the
//! writer copies that rest between two commits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use rusqlite::Connection;

use super::OpenError;
use super::open::{CHECKPOINT_PAGES, open_writing};

/// What is left small enough for the writer: a few milliseconds of copying.
const REST_PAGES_MAX: u32 = 1_000;
/// Where the writer copies whatever the thread was too slow for: nothing may grow without end.
const BEHIND_PAGES_MAX: u32 = 4 * CHECKPOINT_PAGES;
/// Passes of the thread over the log; each finds what was written during the one before.
const PASSES_MAX: usize = 4;

/// Wakes the checkpoint thread; dropped, it ends.
pub(super) struct Checkpoints {
    wake: SyncSender<()>,
    little_left: Arc<AtomicBool>,
}

impl Checkpoints {
    pub(super) fn start(path: PathBuf) -> Result<Self, OpenError> {
        let (wake, woken) = sync_channel(1);
        let little_left = Arc::new(AtomicBool::new(false));
        let tell = Arc::clone(&little_left);
        std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || run(&path, &woken, &tell))
            .map_err(OpenError::Thread)?;
        Ok(Self { wake, little_left })
    }

    /// To be called by the writer after each commit, on its own connection.
    pub(super) fn after_commit(&self, db: &Connection) {
        if self.little_left.swap(false, Ordering::AcqRel) {
            copy(db);
        }
        match pages_to_copy(db) {
            Some(BEHIND_PAGES_MAX..) => copy(db),
            Some(CHECKPOINT_PAGES..) => self.ask(),
            Some(_) | None => {}
        }
    }

    /// Asks for a checkpoint; one that is already asked for serves both.
    fn ask(&self) {
        match self.wake.try_send(()) {
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}

/// One checkpoint, on a connection of its own, as the thread here does it.
///
/// # Errors
/// [`OpenError`] when the file does not open; a checkpoint that fails is tried again by the next.
pub fn checkpoint(path: &Path) -> Result<(), OpenError> {
    copy(&open_writing(path)?);
    Ok(())
}

fn run(path: &Path, woken: &Receiver<()>, little_left: &AtomicBool) {
    let mut connection = None;
    while woken.recv().is_ok() {
        let db = match connection.take().map_or_else(|| open_writing(path), Ok) {
            Ok(db) => connection.insert(db),
            Err(error) => {
                tracing::error!(error = %error, "no checkpoint; it is tried again");
                continue;
            }
        };
        for _ in 0..PASSES_MAX {
            copy(db);
            if pages_to_copy(db).is_some_and(|pages| pages <= REST_PAGES_MAX) {
                little_left.store(true, Ordering::Release);
                break;
            }
        }
    }
}

/// Copies what is in the log by now; waits for nobody.
pub(super) fn copy(db: &Connection) {
    let copied = db
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut checkpoint| checkpoint.query_row([], |_| Ok(())));
    if let Err(error) = copied {
        tracing::warn!(error = %error, "checkpoint failed; it is tried again");
    }
}

/// Pages of the log that are not in the database file yet. Changes nothing. The length of the log's
/// file does not tell: it stays when the log begins anew.
pub(super) fn pages_to_copy(db: &Connection) -> Option<u32> {
    let mut look = db.prepare_cached("PRAGMA wal_checkpoint(NOOP)").ok()?;
    let left = look.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?)).ok()?;
    u32::try_from(left).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of one commit: what a busy till's second of orders comes to.
    const COMMIT_PAGES: u32 = 64;

    fn commit(db: &mut Connection, checkpoints: &Checkpoints) {
        let transaction = db.transaction().unwrap();
        for _ in 0..COMMIT_PAGES {
            transaction.execute("INSERT INTO filler VALUES (zeroblob(3500))", []).unwrap();
        }
        transaction.commit().unwrap();
        checkpoints.after_commit(db);
    }

    #[test]
    fn under_a_load_that_never_pauses_the_log_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("busy.sqlite");
        let mut db = open_writing(&path).unwrap();
        db.execute_batch("CREATE TABLE filler (bytes BLOB)").unwrap();
        let checkpoints = Checkpoints::start(path.clone()).unwrap();
        assert_eq!(pages_to_copy(&db).map(|pages| pages > 0), Some(true));
        let commits = 8 * BEHIND_PAGES_MAX / COMMIT_PAGES;
        (0..commits).for_each(|_| commit(&mut db, &checkpoints));
        let log = std::fs::metadata(format!("{}-wal", path.display())).unwrap().len();
        let written = u64::from(commits * COMMIT_PAGES) * 4_096;
        assert!(log < written / 2, "{log} of {written} bytes are in the log");
    }
}
