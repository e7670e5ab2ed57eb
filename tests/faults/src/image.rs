//! What stands on a disk: files by name, their bytes in shared chunks, so that a million versions of one
//! disk cost what differs between them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a chunk.
pub const CHUNK_BYTES: usize = 4_096;
/// The unit in which a disk writes: what is torn, is torn here.
pub const SECTOR_BYTES: usize = 512;

type Chunk = [u8; CHUNK_BYTES];

/// Files by their names.
pub type Image = BTreeMap<Arc<str>, File>;

/// A file's bytes; a clone shares them.
#[derive(Debug, Clone, Default)]
pub struct File {
    chunks: Vec<Arc<Chunk>>,
    len: usize,
}

impl File {
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads what there is; the rest of `into` becomes zero. Returns the bytes that there were.
    pub fn read_at(&self, at: usize, into: &mut [u8]) -> usize {
        into.fill(0);
        let there = self.len.saturating_sub(at).min(into.len());
        let mut done = 0;
        while done < there {
            let (chunk, inside) = ((at + done) / CHUNK_BYTES, (at + done) % CHUNK_BYTES);
            let part = (CHUNK_BYTES - inside).min(there - done);
            into[done..done + part].copy_from_slice(&self.chunks[chunk][inside..inside + part]);
            done += part;
        }
        there
    }

    /// Writes, and grows the file where it is too short; what lies between is zero.
    pub fn write_at(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        self.grow(end);
        let mut done = 0;
        while done < bytes.len() {
            let (chunk, inside) = ((at + done) / CHUNK_BYTES, (at + done) % CHUNK_BYTES);
            let part = (CHUNK_BYTES - inside).min(bytes.len() - done);
            let target = Arc::make_mut(&mut self.chunks[chunk]);
            target[inside..inside + part].copy_from_slice(&bytes[done..done + part]);
            done += part;
        }
    }

    /// Cuts the file, or grows it with zeros.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return self.grow(len);
        }
        self.chunks.truncate(len.div_ceil(CHUNK_BYTES));
        self.len = len;
        let inside = len % CHUNK_BYTES;
        if inside > 0
            && let Some(last) = self.chunks.last_mut()
        {
            Arc::make_mut(last)[inside..].fill(0);
        }
    }

    fn grow(&mut self, len: usize) {
        if len > self.len {
            self.chunks.resize_with(len.div_ceil(CHUNK_BYTES), || Arc::new([0; CHUNK_BYTES]));
            self.len = len;
        }
    }

    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        self.read_at(0, &mut bytes);
        bytes
    }

    /// BLAKE3 over length and bytes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.len as u64).to_be_bytes());
        for (index, chunk) in self.chunks.iter().enumerate() {
            let there = (self.len - index * CHUNK_BYTES).min(CHUNK_BYTES);
            hasher.update(&chunk[..there]);
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reads_as_it_was_written_and_clones_stay_apart() {
        let mut file = File::default();
        file.write_at(5_000, b"later");
        let before = file.clone();
        file.write_at(4_090, &[7; 20]);
        file.truncate(4_100);
        file.truncate(4_200);
        let mut read = [1; 120];
        assert_eq!(file.read_at(4_085, &mut read), 115);
        assert_eq!(&read[..5], &[0; 5]);
        assert_eq!(&read[5..15], &[7; 10]);
        assert_eq!(&read[15..], &[0; 105], "what was cut off does not come back");
        assert_eq!(&before.bytes()[5_000..], b"later");
        assert_ne!(before.digest(), file.digest());
    }
}
