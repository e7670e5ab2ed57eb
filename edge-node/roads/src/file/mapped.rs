//! The only unsafe code of this crate: a file as bytes in memory. Everything that is read from those bytes is checked by
//! safe code.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// A whole file, mapped for reading.
pub(super) struct Mapped {
    map: Mmap,
}

impl Mapped {
    #[expect(unsafe_code, reason = "a mapping's bytes are only as constant as its file")]
    pub(super) fn open(path: &Path) -> io::Result<Mapped> {
        let file = File::open(path)?;
        // SAFETY: `Mmap::map` asks that nobody changes the file while it is mapped. Files of this kind are written under
        // another name, synced, and renamed into place (`Writer::finish`); a rebuild replaces the name and leaves the mapped
        // inode as it was, and nothing in the project opens one for writing. The map is read-only, its pointer never leaves
        // this type, and the slice borrowed from it cannot outlive it. An operator who truncates the file in place by hand
        // stops the process (SIGBUS); he does not make it misread.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Mapped { map })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }
}
