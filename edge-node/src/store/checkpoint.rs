//! Moving the write-ahead log into the database file, off the writer's path: a checkpoint inside a
//! commit is the slowest hundredth of all commits.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::OpenError;
use super::open::open_writing;

/// Wakes the checkpoint thread; dropped, it ends.
pub(super) struct Checkpoints(SyncSender<()>);

impl Checkpoints {
    pub(super) fn start(path: PathBuf) -> Result<Self, OpenError> {
        let (wake, woken) = sync_channel(1);
        std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || run(&path, &woken))
            .map_err(OpenError::Thread)?;
        Ok(Self(wake))
    }

    /// Asks for a checkpoint; one that is already asked for serves both.
    pub(super) fn ask(&self) {
        match self.0.try_send(()) {
            Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
        }
    }
}

fn run(path: &std::path::Path, woken: &Receiver<()>) {
    let db = match open_writing(path) {
        Ok(db) => db,
        Err(error) => {
            tracing::error!(error = %error, "checkpoints do not run; the write-ahead log will grow");
            return;
        }
    };
    while woken.recv().is_ok() {
        let ran = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = ran {
            tracing::warn!(error = %error, "checkpoint failed; it is tried again");
        }
    }
}
