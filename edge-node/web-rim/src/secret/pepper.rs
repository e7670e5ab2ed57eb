//! The pepper: 32 random bytes in a file that is no part of the database and of no backup of it.
//!
//! Without it every hash is worthless, to a thief and to us: it is never replaced silently.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::token::{NoRandomness, random};

const PEPPER_BYTES: usize = 32;
/// Read and write for the owner, nothing for anybody else.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const OTHERS: u32 = 0o077;

/// A secret that goes into every hash. Has no `Debug` on purpose.
pub struct Pepper([u8; PEPPER_BYTES]);

impl Pepper {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; PEPPER_BYTES]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the pepper at `path`, or makes one if there is none.
    ///
    /// Only for the moment a node is set up. A running node uses [`Pepper::load`]: a lost pepper
    /// must be noticed, not replaced.
    ///
    /// # Errors
    /// When the file cannot be written, or exists and others may read it.
    pub fn create(path: &Path) -> Result<Self, PepperError> {
        if let Some(folder) = path.parent() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(FOLDER_MODE);
            builder.create(folder).map_err(|e| PepperError::file(path, e))?;
        }
        match write_new(path) {
            Ok(pepper) => Ok(pepper),
            Err(PepperError::File { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists =>
            {
                Self::load(path)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the pepper at `path`.
    ///
    /// # Errors
    /// When it is missing, has another length, or others may read it.
    pub fn load(path: &Path) -> Result<Self, PepperError> {
        let failed = |e| PepperError::file(path, e);
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.mode();
        if mode & OTHERS != 0 {
            return Err(PepperError::OpenToOthers { path: path.to_owned(), mode: mode & 0o777 });
        }
        let mut bytes = Vec::with_capacity(PEPPER_BYTES);
        file.take(PEPPER_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        let bytes =
            bytes.try_into().map_err(|_| PepperError::WrongLength { path: path.to_owned() })?;
        Ok(Self(bytes))
    }
}

/// Writes under another name first: a power cut leaves a whole pepper or none.
fn write_new(path: &Path) -> Result<Pepper, PepperError> {
    let failed = |e| PepperError::file(path, e);
    let bytes = random()?;
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(&draft)
        .map_err(failed)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    // A link fails when the name is taken; a rename would replace a pepper in use.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft).map_err(failed)?;
    linked.map_err(failed)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(Pepper(bytes))
}

/// Why there is no pepper.
#[derive(Debug, thiserror::Error)]
pub enum PepperError {
    #[error(
        "the pepper file {path} cannot be used; remedy: restore it from where it is kept; a new one makes every PIN and password worthless"
    )]
    File { path: PathBuf, source: io::Error },
    #[error(
        "the pepper file {path} may be read by others (mode {mode:o}); remedy: chmod 600 {path}"
    )]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error(
        "the pepper file {path} does not hold {PEPPER_BYTES} bytes; remedy: restore it from where it is kept"
    )]
    WrongLength { path: PathBuf },
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl PepperError {
    fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets/pepper");
        assert!(matches!(Pepper::load(&path), Err(PepperError::File { .. })));
        let made = Pepper::create(&path).unwrap();
        assert_eq!(Pepper::create(&path).unwrap().0, made.0);
        assert_eq!(Pepper::load(&path).unwrap().0, made.0);
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Pepper::load(&path).err().unwrap();
        assert!(error.to_string().contains("chmod 600"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in [31, 33] {
            fs::write(&path, vec![1; wrong]).unwrap();
            assert!(matches!(Pepper::load(&path), Err(PepperError::WrongLength { .. })));
            assert!(Pepper::create(&path).is_err(), "a damaged pepper is not replaced");
        }
    }
}
