//! The few things that are done to files of models, each of which a power cut or a full disk may
//! strike. A hook sees every step before it is done, so that tests can strike at each of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One step, before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskStep {
    /// Bytes are put at the end of a file, which may be new.
    Append(PathBuf),
    /// What was written to a file reaches the disk.
    Sync(PathBuf),
    /// A file gets another name, in place of the one that has it.
    Rename(PathBuf, PathBuf),
    /// New names in a folder reach the disk.
    SyncFolder(PathBuf),
    Remove(PathBuf),
}

/// Looks at a step, and may fail it.
pub type Hook = Arc<dyn Fn(&DiskStep) -> io::Result<()> + Send + Sync>;

/// A disk, with or without somebody who looks on.
#[derive(Clone, Default)]
pub struct Disk(Option<Hook>);

impl Disk {
    /// One whose every step is shown to `hook` first.
    #[must_use]
    pub fn watched(hook: Hook) -> Self {
        Self(Some(hook))
    }

    fn step(&self, step: &DiskStep) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |hook| hook(step))
    }

    pub(super) fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(&DiskStep::Append(path.to_owned()))?;
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.write_all(bytes)
    }

    pub(super) fn sync(&self, path: &Path) -> io::Result<()> {
        self.step(&DiskStep::Sync(path.to_owned()))?;
        File::open(path)?.sync_all()
    }

    /// A name is durable once its folder is.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(&DiskStep::Rename(from.to_owned(), to.to_owned()))?;
        fs::rename(from, to)?;
        let folder = to.parent().unwrap_or(to);
        self.step(&DiskStep::SyncFolder(folder.to_owned()))?;
        File::open(folder)?.sync_all()
    }

    /// What is not there is removed.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(&DiskStep::Remove(path.to_owned()))?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Replaces a file as a whole: after a cut there is the old one or the new one.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let fresh = path.with_extension("new");
        self.remove(&fresh)?;
        self.append(&fresh, bytes)?;
        self.sync(&fresh)?;
        self.rename(&fresh, path)
    }
}
