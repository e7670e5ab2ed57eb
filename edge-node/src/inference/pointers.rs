//! `pointers.json`: which versions of which models are in use. Written as a whole beside the old
//! one, flushed, and renamed over it; read again whenever another process replaced it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared_model::id::ModelCode;
use shared_model::inference::Life;

use super::disk::Disk;

const FORMAT: u32 = 1;
/// A dozen models with all their history take a few kilobytes.
const POINTERS_BYTES_MAX: u64 = 1024 * 1024;

/// The lives of all models, by their names.
pub type Lives = BTreeMap<ModelCode, Life>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    models: BTreeMap<String, Life>,
}

/// Why the pointers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PointersError {
    #[error("the disk: {0}")]
    Disk(#[from] io::Error),
    #[error(
        "{path} cannot be read: {reason}; remedy: remove it: models start anew from the hub's \
         orders, and the baselines answer until then",
        path = .path.display()
    )]
    Damaged { path: PathBuf, reason: String },
}

/// The file, and the lock that keeps two writers apart.
pub struct Pointers {
    path: PathBuf,
    lock: PathBuf,
    disk: Disk,
}

/// Tells one writing of the file from another.
pub type Stamp = (u64, i64, i64);

impl Pointers {
    #[must_use]
    pub fn new(root: &Path, disk: Disk) -> Self {
        Self { path: root.join("pointers.json"), lock: root.join("lock"), disk }
    }

    /// Which file it is now; none while there is none.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        let file = fs::metadata(&self.path).ok()?;
        Some((file.ino(), file.mtime(), file.mtime_nsec()))
    }

    /// # Errors
    /// [`PointersError`]; a missing file is an empty one.
    pub fn read(&self) -> Result<Lives, PointersError> {
        let damaged = |reason: String| PointersError::Damaged { path: self.path.clone(), reason };
        let text = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lives::new()),
            Err(error) => return Err(error.into()),
            Ok(file) if file.len() > POINTERS_BYTES_MAX => {
                return Err(damaged(format!("it has {} bytes", file.len())));
            }
            Ok(_) => fs::read_to_string(&self.path)?,
        };
        let kept: Kept = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if kept.format != FORMAT {
            return Err(damaged(format!("format {} is not known", kept.format)));
        }
        kept.models
            .into_iter()
            .map(|(model, life)| match model.parse() {
                Ok(model) => Ok((model, life)),
                Err(error) => Err(damaged(format!("{model} {error}"))),
            })
            .collect()
    }

    /// Changes the lives as they are on the disk now, one writer at a time; what `change` leaves as
    /// it was is not written.
    ///
    /// # Errors
    /// [`PointersError`], or what `change` says; then the file is as it was.
    pub fn change<E: From<PointersError>>(
        &self,
        change: impl FnOnce(&mut Lives) -> Result<(), E>,
    ) -> Result<Lives, E> {
        let held = self.lock().map_err(PointersError::from)?;
        let before = self.read()?;
        let mut lives = before.clone();
        change(&mut lives)?;
        if lives != before {
            self.write(&lives).map_err(PointersError::from)?;
        }
        drop(held);
        Ok(lives)
    }

    fn write(&self, lives: &Lives) -> io::Result<()> {
        let models = lives.iter().map(|(model, life)| (model.to_string(), life.clone()));
        let kept = Kept { format: FORMAT, models: models.collect() };
        let mut text = serde_json::to_vec_pretty(&kept).map_err(io::Error::other)?;
        text.push(b'\n');
        self.disk.replace(&self.path, &text)
    }

    fn lock(&self) -> io::Result<File> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&self.lock)?;
        file.lock()?;
        Ok(file)
    }
}
