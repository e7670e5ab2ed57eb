//! Room kept for a full disk: a file beside the database that is given back when there is none left, so
//! that what the hub says can still be noted, and a checkpoint can end. New work is refused until there
//! is room again. It may not hold anything up: without it the store works as it is.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// Bytes kept: some four hundred acknowledgements, or the pages of a checkpoint's rest.
pub const RESERVE_BYTES: u64 = 4 * 1024 * 1024;
/// Room there must be before they are kept again: else they would be given and taken by turns.
const ROOM_BYTES_MIN: u64 = 2 * RESERVE_BYTES;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Held,
    /// Given back: the disk is full.
    Spent,
    /// This disk takes no such file.
    Absent,
}

pub(super) struct Reserve {
    path: PathBuf,
    kept: Kept,
}

impl Reserve {
    /// Keeps room beside a database.
    pub(super) fn beside(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-reserve");
        let mut reserve = Self { path: path.into(), kept: Kept::Absent };
        reserve.keep();
        reserve
    }

    /// Whether new work must wait for room. Looks whether there is some again.
    pub(super) fn is_spent(&mut self) -> bool {
        if self.kept == Kept::Spent && self.room_bytes() >= ROOM_BYTES_MIN {
            self.keep();
        }
        self.kept == Kept::Spent
    }

    /// Gives the room back, once.
    pub(super) fn give_back(&mut self) {
        if self.kept != Kept::Held {
            return;
        }
        match fs::remove_file(&self.path) {
            Ok(()) => {
                tracing::warn!("the disk is full: new work is refused, the reserve is given back");
                self.kept = Kept::Spent;
            }
            Err(error) => tracing::error!(error = %error, "the reserve could not be given back"),
        }
    }

    fn keep(&mut self) {
        self.kept = match allocate(&self.path) {
            Ok(()) => Kept::Held,
            Err(Errno::NOSPC | Errno::DQUOT) => {
                let _ = fs::remove_file(&self.path);
                Kept::Spent
            }
            Err(error) => {
                tracing::warn!(error = %error, "no room is kept for a full disk");
                let _ = fs::remove_file(&self.path);
                Kept::Absent
            }
        };
    }

    fn room_bytes(&self) -> u64 {
        let folder = self.path.parent().unwrap_or(&self.path);
        statvfs(folder).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

fn allocate(path: &Path) -> Result<(), Errno> {
    let failed = |error: &std::io::Error| Errno::from_io_error(error).unwrap_or(Errno::IO);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| failed(&error))?;
    if file.metadata().map_err(|error| failed(&error))?.len() == RESERVE_BYTES {
        return Ok(());
    }
    fallocate(&file, FallocateFlags::empty(), 0, RESERVE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_takes_room_and_gives_it_back_once() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("depot.sqlite");
        let mut reserve = Reserve::beside(&database);
        let file = folder.path().join("depot.sqlite-reserve");
        assert_eq!(file.metadata().unwrap().len(), RESERVE_BYTES);
        assert!(!reserve.is_spent());
        reserve.give_back();
        assert!(!file.exists());
        // There is room: the next look keeps it again.
        assert!(!reserve.is_spent());
        assert!(file.exists());
    }

    #[test]
    fn without_a_folder_the_store_works_as_it_is() {
        let mut reserve = Reserve::beside(Path::new("/no/such/folder/depot.sqlite"));
        assert!(!reserve.is_spent());
        reserve.give_back();
        assert!(!reserve.is_spent());
    }
}
