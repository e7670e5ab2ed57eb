//! The frames of a `.osm.pbf` file: checked from end to end before anything inside is believed, then decoded one by one.
//! Holds one block in memory at a time. Knows nothing of roads.
//!
//! Layout: <https://wiki.openstreetmap.org/wiki/PBF_Format>. A frame is a length (big-endian, 4 bytes), a `BlobHeader` of
//! that length, and a blob of the header's `datasize`. The decoder is `osmpbf`; it takes a file that ends within a length
//! for complete, and unwraps unknown kinds of relation members, so lengths are checked here and its panics are caught.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use osmpbf::{BlobDecode, BlobReader, ByteOffset, HeaderBlock, PrimitiveBlock};

use super::error::BuildError;

/// Limits of the format itself.
const HEADER_BYTES_MAX: u32 = 64 * 1024;
const BLOB_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// A country is a few hundred MB; beyond this the arrays of the build do not fit a box.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
const FEATURES_READ: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];

/// A file whose frames fit together.
pub(super) struct Frames {
    path: PathBuf,
    /// Where each data blob begins.
    blocks: Vec<u64>,
    /// Seconds since 1970 of the data, if the file says so.
    pub(super) data_time: Option<i64>,
}

impl Frames {
    pub(super) fn open(path: &Path) -> Result<Frames, BuildError> {
        let file = File::open(path).map_err(BuildError::io("open", path))?;
        let length = file.metadata().map_err(BuildError::io("look at", path))?.len();
        if length > FILE_BYTES_MAX {
            let what = "bytes of extract";
            return Err(BuildError::TooLarge { what, count: length, max: FILE_BYTES_MAX });
        }
        let mut walk = Walk { reader: BufReader::new(file), at: 0, length, path };
        let mut blocks = Vec::new();
        let mut header_seen = false;
        while let Some((at, kind)) = walk.next_frame(header_seen)? {
            match kind {
                Kind::Header => header_seen = true,
                Kind::Data => blocks.push(at),
                Kind::Other => {}
            }
        }
        if !header_seen {
            return Err(foreign(path));
        }
        let mut frames = Frames { path: path.to_owned(), blocks, data_time: None };
        frames.read_header()?;
        Ok(frames)
    }

    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Calls `visit` with each block that `wanted` picks by number.
    pub(super) fn each(
        &self,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(usize, &PrimitiveBlock) -> Result<(), BuildError>,
    ) -> Result<(), BuildError> {
        let mut reader = self.reader()?;
        for (number, &at) in self.blocks.iter().enumerate().filter(|(number, _)| wanted(*number)) {
            let damaged = |reason: String| BuildError::Damaged { at, reason };
            let guarded = catch_unwind(AssertUnwindSafe(|| {
                let blob =
                    reader.blob_from_offset(ByteOffset(at)).map_err(|e| damaged(e.to_string()))?;
                let block = blob.to_primitiveblock().map_err(|e| damaged(e.to_string()))?;
                visit(number, &block)
            }));
            guarded.unwrap_or_else(|_| Err(damaged("its numbers make no sense".to_owned())))?;
        }
        Ok(())
    }

    fn reader(&self) -> Result<BlobReader<BufReader<File>>, BuildError> {
        let file = File::open(&self.path).map_err(BuildError::io("open", &self.path))?;
        BlobReader::new_seekable(BufReader::new(file))
            .map_err(|e| BuildError::Damaged { at: 0, reason: e.to_string() })
    }

    fn read_header(&mut self) -> Result<(), BuildError> {
        let damaged = |reason: String| BuildError::Damaged { at: 0, reason };
        let blob = self
            .reader()?
            .blob_from_offset(ByteOffset(0))
            .map_err(|error| damaged(error.to_string()))?;
        let header: Box<HeaderBlock> = match blob.decode() {
            Ok(BlobDecode::OsmHeader(header)) => header,
            Ok(BlobDecode::OsmData(_) | BlobDecode::Unknown(_)) => {
                return Err(foreign(&self.path));
            }
            Err(error) => return Err(damaged(error.to_string())),
        };
        let unread = |feature: &&String| !FEATURES_READ.contains(&feature.as_str());
        if let Some(feature) = header.required_features().iter().find(unread) {
            return Err(BuildError::Unsupported { feature: feature.chars().take(80).collect() });
        }
        self.data_time = header.osmosis_replication_timestamp();
        Ok(())
    }
}

fn foreign(path: &Path) -> BuildError {
    let remedy =
        "an extract as of download.geofabrik.de or extract.bbbike.org, in the format `OSM PBF`";
    BuildError::Foreign { path: path.to_owned(), remedy }
}

enum Kind {
    Header,
    Data,
    Other,
}

struct Walk<'a> {
    reader: BufReader<File>,
    at: u64,
    length: u64,
    path: &'a Path,
}

impl Walk<'_> {
    /// Where the next frame begins and what it holds; `None` exactly at the end of the file.
    fn next_frame(&mut self, header_seen: bool) -> Result<Option<(u64, Kind)>, BuildError> {
        let at = self.at;
        if at == self.length {
            return Ok(None);
        }
        // What does not begin like a frame is another format rather than half of this one.
        let broken = |error| if header_seen { error } else { foreign(self.path) };
        let mut prefix = [0; 4];
        let whole = self.take(&mut prefix)?;
        let header_bytes = u32::from_be_bytes(prefix);
        if !whole || header_bytes == 0 || header_bytes >= HEADER_BYTES_MAX {
            let reason = "its length is out of range".to_owned();
            let error = if whole {
                BuildError::Damaged { at, reason }
            } else {
                BuildError::Truncated { at }
            };
            return Err(broken(error));
        }
        let mut header = vec![0; header_bytes as usize];
        if !self.take(&mut header)? {
            return Err(broken(BuildError::Truncated { at }));
        }
        let Some((kind, blob_bytes)) = blob_header(&header) else {
            let reason = "its header is unreadable".to_owned();
            return Err(broken(BuildError::Damaged { at, reason }));
        };
        if !header_seen && !matches!(kind, Kind::Header) {
            return Err(foreign(self.path));
        }
        if blob_bytes > BLOB_BYTES_MAX {
            let reason = format!("{blob_bytes} bytes are more than the format allows");
            return Err(BuildError::Damaged { at, reason });
        }
        if self.at + blob_bytes > self.length {
            return Err(BuildError::Truncated { at });
        }
        self.at += blob_bytes;
        self.reader.seek(SeekFrom::Start(self.at)).map_err(BuildError::io("read", self.path))?;
        Ok(Some((at, kind)))
    }

    /// Whether there were enough bytes to fill `buffer`.
    fn take(&mut self, buffer: &mut [u8]) -> Result<bool, BuildError> {
        if self.at + buffer.len() as u64 > self.length {
            return Ok(false);
        }
        self.reader.read_exact(buffer).map_err(BuildError::io("read", self.path))?;
        self.at += buffer.len() as u64;
        Ok(true)
    }
}

/// `BlobHeader`: field 1 the type, field 3 the bytes of the blob. `None` if it is not one.
fn blob_header(mut bytes: &[u8]) -> Option<(Kind, u64)> {
    let (mut kind, mut blob_bytes) = (None, None);
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        match (key >> 3, key & 7) {
            (3, 0) => blob_bytes = Some(varint(&mut bytes)?),
            (_, 0) => _ = varint(&mut bytes)?,
            (field, 2) => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (text, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                if field == 1 {
                    kind = Some(match text {
                        b"OSMHeader" => Kind::Header,
                        b"OSMData" => Kind::Data,
                        _ => Kind::Other,
                    });
                }
            }
            _ => return None,
        }
    }
    Some((kind?, blob_bytes?))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
