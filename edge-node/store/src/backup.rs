//! Backups: the database as of one moment, and the identity without which it is nobody's.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;
use serde::{Deserialize, Serialize};

use super::open::{open_file, open_reading, open_writing};
use super::{Meta, OpenError, StoreError, chain, meta};

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub node: String,
    pub epoch: u32,
    pub head_seq: u64,
    pub head_hash: String,
    pub taken_ms: i64,
}

/// Why a backup was not made or not taken back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{path}")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} holds a site already; choose an empty state directory")]
    NotEmpty { path: PathBuf },
    #[error("{path} is no backup: its manifest is missing or cannot be read")]
    NoBackup { path: PathBuf },
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

const DATABASE: &str = "depot.sqlite";
const MANIFEST: &str = "manifest.json";

/// Copies a running or stopped node's state to a new folder.
///
/// # Errors
/// [`BackupError`].
pub fn back_up(state: &Path, to: &Path, taken_ms: i64) -> Result<Manifest, BackupError> {
    refuse_if_used(to)?;
    make_folder(to)?;
    let source = open_reading(&state.join(DATABASE))?;
    let target = to.join(DATABASE);
    // A copy acknowledges nothing, so no pragma is set: it is synced whole.
    let mut copy = open_file(&target, OpenFlags::default())?;
    let backup = rusqlite::backup::Backup::new(&source, &mut copy)?;
    backup.run_to_completion(512, std::time::Duration::ZERO, None)?;
    drop(backup);
    let found = Meta::read(&copy)?;
    let head = chain::own_head(&copy, found.node, found.epoch)?;
    drop(copy);
    copy_identity(state, to)?;
    let manifest = Manifest {
        node: found.node.to_string(),
        epoch: head.epoch.0,
        head_seq: head.seq.0,
        head_hash: head.hash.to_string(),
        taken_ms,
    };
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|_| BackupError::NoBackup { path: to.to_owned() })?;
    write_durably(&to.join(MANIFEST), &text)?;
    make_durable(&target)?;
    Ok(manifest)
}

/// Puts a backup into an empty state directory and opens a new epoch: what was written after the
/// backup stands in the old one, at the hub, and comes back from there.
///
/// # Errors
/// [`BackupError`].
pub fn restore(from: &Path, state: &Path) -> Result<Manifest, BackupError> {
    let unreadable = || BackupError::NoBackup { path: from.to_owned() };
    let text = fs::read(from.join(MANIFEST)).map_err(|_| unreadable())?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| unreadable())?;
    refuse_if_used(state)?;
    make_folder(state)?;
    copy_identity(from, state)?;
    let target = state.join(DATABASE);
    fs::copy(from.join(DATABASE), &target).map_err(at(&target))?;
    open_next_epoch(&target)?;
    make_durable(&target)?;
    Ok(manifest)
}

/// A database that was put back goes on under an epoch of its own: what the lost time wrote keeps its
/// places and numbers.
///
/// # Errors
/// [`OpenError`] when the file cannot be opened or written.
pub fn open_next_epoch(database: &Path) -> Result<(), OpenError> {
    let db = open_writing(database)?;
    let found = Meta::read(&db)?;
    // Also where the backup has no entry of its epoch: the lost time may have some.
    Ok(meta::put(&db, "epoch", found.epoch.next().0)?)
}

fn refuse_if_used(folder: &Path) -> Result<(), BackupError> {
    let used = fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
    if used { Err(BackupError::NotEmpty { path: folder.to_owned() }) } else { Ok(()) }
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

fn make_folder(folder: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))
}

/// Secrets, certificates and the site's profile: whatever lies beside the database.
fn copy_identity(from: &Path, to: &Path) -> Result<(), BackupError> {
    for file in fs::read_dir(from).map_err(at(from))? {
        let file = file.map_err(at(from))?;
        let name = file.file_name();
        let skipped = name.to_string_lossy().starts_with("depot.sqlite") || name == MANIFEST;
        if skipped {
            continue;
        }
        let (source, target) = (file.path(), to.join(&name));
        if file.file_type().map_err(at(&source))?.is_dir() {
            make_folder(&target)?;
            copy_identity(&source, &target)?;
        } else {
            // Copying keeps the permissions: secrets stay readable by their owner alone.
            fs::copy(&source, &target).map_err(at(&target))?;
        }
    }
    Ok(())
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    fs::write(path, bytes).map_err(at(path))?;
    make_durable(path)
}

fn make_durable(path: &Path) -> Result<(), BackupError> {
    fs::File::open(path).and_then(|file| file.sync_all()).map_err(at(path))?;
    let folder = path.parent().unwrap_or(path);
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}
