//! Files by the hash of their bytes: `blobs/<sha256>` is whole and right, `partial/<sha256>` is on
//! its way. A file gets its place only after its bytes were hashed and reached the disk.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use shared_model::blob::{BLOB_BYTES_MAX, BlobId};

use super::disk::Disk;

/// What models may take of the disk unless the operator says otherwise.
pub const STORE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Why a blob is not here.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the disk: {0}")]
    Disk(#[from] io::Error),
    /// The sender's fault, or the disk's: ask for it again from the start.
    #[error("blob {blob} arrived with other bytes than its name says")]
    Damaged { blob: BlobId },
    #[error("blob {blob} has {bytes} bytes, above the limit of {BLOB_BYTES_MAX}")]
    TooLarge { blob: BlobId, bytes: u64 },
    #[error(
        "models may take {bytes_max} bytes of the disk, and {needed} more are needed; remedy: \
         publish smaller ones, or give them more"
    )]
    NoRoom { needed: u64, bytes_max: u64 },
}

impl BlobError {
    /// Whether the disk has no room: later there may be some.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Disk(error) => error.kind() == io::ErrorKind::StorageFull,
            Self::Damaged { .. } | Self::TooLarge { .. } | Self::NoRoom { .. } => false,
        }
    }
}

/// The folder of blobs.
pub struct Blobs {
    root: PathBuf,
    disk: Disk,
    bytes_max: u64,
}

impl Blobs {
    /// Opens the folder, making it if there is none.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(root: &Path, disk: Disk, bytes_max: u64) -> io::Result<Self> {
        for folder in ["blobs", "partial"] {
            let path = root.join(folder);
            fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        }
        Ok(Self { root: root.to_owned(), disk, bytes_max })
    }

    #[must_use]
    pub const fn disk(&self) -> &Disk {
        &self.disk
    }

    fn path(&self, blob: BlobId) -> PathBuf {
        self.root.join("blobs").join(blob.to_string())
    }

    fn partial(&self, blob: BlobId) -> PathBuf {
        self.root.join("partial").join(blob.to_string())
    }

    #[must_use]
    pub fn holds(&self, blob: BlobId) -> bool {
        self.path(blob).is_file()
    }

    /// How much of a blob has arrived.
    #[must_use]
    pub fn arrived_bytes(&self, blob: BlobId) -> u64 {
        fs::metadata(self.partial(blob)).map_or(0, |file| file.len())
    }

    /// Bytes of all files here.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let of = |folder: &str| -> u64 {
            let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
            entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
        };
        of("blobs") + of("partial")
    }

    /// # Errors
    /// [`BlobError::NoRoom`] when so many more bytes are too many.
    pub fn check_room(&self, needed: u64) -> Result<(), BlobError> {
        if self.bytes().saturating_add(needed) > self.bytes_max {
            return Err(BlobError::NoRoom { needed, bytes_max: self.bytes_max });
        }
        Ok(())
    }

    /// Takes in the next piece of a blob.
    ///
    /// # Errors
    /// What the disk says; the piece may have to be asked for again.
    pub fn append(&self, blob: BlobId, bytes: &[u8]) -> Result<(), BlobError> {
        let after = self.arrived_bytes(blob) + bytes.len() as u64;
        if after > BLOB_BYTES_MAX {
            self.disk.remove(&self.partial(blob))?;
            return Err(BlobError::TooLarge { blob, bytes: after });
        }
        Ok(self.disk.append(&self.partial(blob), bytes)?)
    }

    /// All has arrived: gives it its place, if it is what it is called.
    ///
    /// # Errors
    /// [`BlobError::Damaged`]; then what arrived is thrown away.
    pub fn finish(&self, blob: BlobId) -> Result<(), BlobError> {
        let partial = self.partial(blob);
        if hash(&fs::read(&partial)?) != blob {
            self.disk.remove(&partial)?;
            return Err(BlobError::Damaged { blob });
        }
        self.disk.sync(&partial)?;
        Ok(self.disk.rename(&partial, &self.path(blob))?)
    }

    /// Keeps bytes that are here already: from a bundle's folder on a stick.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`], or what the disk says.
    pub fn put(&self, bytes: &[u8]) -> Result<BlobId, BlobError> {
        let blob = hash(bytes);
        if self.holds(blob) {
            return Ok(blob);
        }
        self.disk.remove(&self.partial(blob))?;
        self.append(blob, bytes)?;
        self.finish(blob)?;
        Ok(blob)
    }

    /// A blob's bytes. Bytes that changed on the disk are thrown away: they will be fetched again.
    ///
    /// # Errors
    /// [`BlobError::Damaged`], or what the disk says.
    pub fn read(&self, blob: BlobId) -> Result<Vec<u8>, BlobError> {
        let path = self.path(blob);
        let bytes = fs::read(&path)?;
        if hash(&bytes) == blob {
            return Ok(bytes);
        }
        tracing::error!(%blob, "a file of a model changed on the disk");
        self.disk.remove(&path)?;
        Err(BlobError::Damaged { blob })
    }

    /// Removes what is not to be kept; says how many files went.
    ///
    /// # Errors
    /// What the disk says; what was removed until then is gone.
    pub fn collect(&self, keep: &BTreeSet<BlobId>) -> io::Result<usize> {
        let mut removed = 0;
        for folder in ["blobs", "partial"] {
            for entry in fs::read_dir(self.root.join(folder))? {
                let path = entry?.path();
                let name = path.file_name().and_then(|name| name.to_str());
                let kept = name.and_then(|name| name.parse::<BlobId>().ok());
                if !kept.is_some_and(|blob| keep.contains(&blob)) {
                    self.disk.remove(&path)?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

/// The name of some bytes.
#[must_use]
pub fn hash(bytes: &[u8]) -> BlobId {
    BlobId::from_bytes(Sha256::digest(bytes).into())
}
