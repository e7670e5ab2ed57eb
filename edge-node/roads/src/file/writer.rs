//! Writing a graph file: section by section under another name, then synced and renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{ALIGNMENT, DIGESTED_HEADER_BYTES, HEADER_BYTES, MAGIC, Section, VERSION};

/// Removes its unfinished file when dropped.
pub(crate) struct Writer {
    target: PathBuf,
    draft: PathBuf,
    out: BufWriter<File>,
    digest: blake3::Hasher,
    at: usize,
    table: Vec<u8>,
    sections: u32,
}

impl Writer {
    pub(crate) fn create(target: &Path) -> io::Result<Writer> {
        let mut draft = target.as_os_str().to_owned();
        draft.push(".part");
        let draft = PathBuf::from(draft);
        let mut out = BufWriter::new(File::create(&draft)?);
        out.write_all(&[0; HEADER_BYTES])?;
        Ok(Writer {
            target: target.to_owned(),
            draft,
            out,
            digest: blake3::Hasher::new(),
            at: HEADER_BYTES,
            table: Vec::new(),
            sections: 0,
        })
    }

    pub(crate) fn section<T: bytemuck::Pod>(
        &mut self,
        section: Section,
        content: &[T],
    ) -> io::Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(content);
        let element = u32::try_from(size_of::<T>()).unwrap_or(u32::MAX);
        self.table.extend(section.id().to_le_bytes());
        self.table.extend(element.to_le_bytes());
        self.table.extend((self.at as u64).to_le_bytes());
        self.table.extend((bytes.len() as u64).to_le_bytes());
        self.sections += 1;
        self.put(bytes)?;
        let padding = self.at.next_multiple_of(ALIGNMENT) - self.at;
        self.put(&[0; ALIGNMENT][..padding])
    }

    /// Writes the table and the header, syncs, and gives the file its name. Returns its bytes.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        let table_at = self.at as u64;
        let table = std::mem::take(&mut self.table);
        self.put(&table)?;
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&self.sections.to_le_bytes());
        header[16..24].copy_from_slice(&table_at.to_le_bytes());
        self.digest.update(&header[..DIGESTED_HEADER_BYTES]);
        header[DIGESTED_HEADER_BYTES..].copy_from_slice(self.digest.finalize().as_bytes());
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header)?;
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        fs::rename(&self.draft, &self.target)?;
        Ok(self.at as u64)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.at += bytes.len();
        self.out.write_all(bytes)
    }
}

impl Drop for Writer {
    /// After `finish` there is nothing left to remove.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.draft);
    }
}
