//! The one module that touches a disk: a bundle as a folder. Reads no more than the limits allow, follows
//! no name that a bundle could choose, and writes nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::manifest::{FileEntry, MANIFEST_BYTES_MAX};
use crate::refused::Refused;
use crate::signature::{PinnedKeys, SIGNATURE_FILE_BYTES_MAX};
use crate::verify::{Signed, Verified};

pub const MANIFEST_FILE: &str = "manifest.json";
pub const SIGNATURE_FILE: &str = "manifest.sig";

/// The signed manifest of the bundle in a folder; its files are left alone.
///
/// # Errors
/// [`Refused`], [`Refused::Unreadable`] naming the file for what the disk says.
pub fn open(folder: &Path, pinned: &PinnedKeys) -> Result<Signed, Refused> {
    let manifest = read_bounded(&folder.join(MANIFEST_FILE), MANIFEST_FILE, MANIFEST_BYTES_MAX)?;
    let signature =
        read_bounded(&folder.join(SIGNATURE_FILE), SIGNATURE_FILE, SIGNATURE_FILE_BYTES_MAX)?;
    Signed::open(&manifest, &signature, pinned)
}

/// All of it, with every file's hash checked.
///
/// # Errors
/// As for [`open`] and [`Signed::verify_files`].
pub fn read(folder: &Path, pinned: &PinnedKeys) -> Result<Verified, Refused> {
    open(folder, pinned)?
        .verify_files(|entry| read_file(&folder.join(entry.name.file_name()), entry))
}

/// A file of a bundle, wherever it is kept: no more bytes than its entry says are read.
///
/// # Errors
/// [`Refused::Unreadable`]; [`Refused::FileDiffers`] when there are more.
pub fn read_file(path: &Path, entry: &FileEntry) -> Result<Vec<u8>, Refused> {
    let name = entry.name.file_name();
    read_bounded(path, name, entry.bytes).map_err(|refused| {
        let longer = matches!(refused, Refused::TooLarge { .. });
        if longer { Refused::FileDiffers { part: name } } else { refused }
    })
}

fn read_bounded(path: &Path, name: &str, bytes_max: u64) -> Result<Vec<u8>, Refused> {
    let unreadable = |error: std::io::Error| Refused::Unreadable {
        part: name.to_owned(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > bytes_max {
        let size = bytes.len() as u64;
        return Err(Refused::TooLarge { part: name.to_owned(), bytes: size, bytes_max });
    }
    Ok(bytes)
}
