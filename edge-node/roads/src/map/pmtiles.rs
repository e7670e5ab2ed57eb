//! PMTiles version 3: <https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md>. Writes one archive of gzipped vector
//! tiles; reading is the pages' part.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{ZOOM_MAX, ZOOM_MIN};
use crate::town::pbf::varint;

const HEADER_BYTES: usize = 127;
/// The header and the root directory fit into the first bytes that a reader asks for.
const ROOT_BYTES_MAX: usize = 16_384 - HEADER_BYTES;
const GZIP: u8 = 2;
const VECTOR_TILES: u8 = 1;

/// Corners in ten-millionths of a degree, latitude first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) south_west: [i32; 2],
    pub(crate) north_east: [i32; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    tile: u64,
    offset: u64,
    length: u64,
    /// Tiles in a row with this content; 0: a leaf directory.
    run: u64,
}

/// Writes the archive under another name and renames it. Tiles are zoom, column, row and bytes. Returns the bytes written.
pub(crate) fn write(
    path: &Path,
    extent: Extent,
    metadata: &str,
    tiles: Vec<(u8, u32, u32, Vec<u8>)>,
) -> io::Result<u64> {
    let mut numbered: Vec<(u64, Vec<u8>)> =
        tiles.into_iter().map(|(zoom, x, y, bytes)| (tile_id(zoom, x, y), bytes)).collect();
    numbered.sort_unstable_by_key(|(tile, _)| *tile);
    let addressed = numbered.len() as u64;
    let mut content: Vec<u8> = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    let mut known: HashMap<[u8; 32], (u64, u64)> = HashMap::new();
    for (tile, bytes) in numbered {
        let digest = *blake3::hash(&bytes).as_bytes();
        let (offset, length) = match known.get(&digest) {
            Some(place) => *place,
            None => {
                let packed = gzipped(&bytes)?;
                let place = (content.len() as u64, packed.len() as u64);
                content.extend(packed);
                known.insert(digest, place);
                place
            }
        };
        match entries.last_mut() {
            Some(last) if last.offset == offset && last.tile + last.run == tile => last.run += 1,
            _ => entries.push(Entry { tile, offset, length, run: 1 }),
        }
    }
    let (root, leaves) = directories(&entries)?;
    let metadata = gzipped(metadata.as_bytes())?;
    let sizes = [root.len(), metadata.len(), leaves.len(), content.len()].map(|size| size as u64);
    let counts = [addressed, entries.len() as u64, known.len() as u64];
    let header = header(extent, sizes, counts);
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    let result = write_all(Path::new(&draft), &[&header, &root, &metadata, &leaves, &content])
        .and_then(|()| fs::rename(&draft, path));
    if result.is_err() {
        let _ = fs::remove_file(&draft);
    }
    result.map(|()| HEADER_BYTES as u64 + sizes.iter().sum::<u64>())
}

fn write_all(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    parts.iter().try_for_each(|part| out.write_all(part))?;
    out.flush()?;
    out.get_ref().sync_all()
}

fn gzipped(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    gzip.finish()
}

fn header(extent: Extent, sizes: [u64; 4], counts: [u64; 3]) -> Vec<u8> {
    let mut header = b"PMTiles\x03".to_vec();
    let mut at = HEADER_BYTES as u64;
    for size in sizes {
        header.extend(at.to_le_bytes());
        header.extend(size.to_le_bytes());
        at += size;
    }
    counts.iter().for_each(|count| header.extend(count.to_le_bytes()));
    // Tiles are in the order of their ids; directories and tiles are gzipped.
    header.extend([1, GZIP, GZIP, VECTOR_TILES, ZOOM_MIN, ZOOM_MAX]);
    let ([south, west], [north, east]) = (extent.south_west, extent.north_east);
    [west, south, east, north].iter().for_each(|degrees| header.extend(degrees.to_le_bytes()));
    header.push(13);
    let centre = [west / 2 + east / 2, south / 2 + north / 2];
    centre.iter().for_each(|degrees| header.extend(degrees.to_le_bytes()));
    header
}

/// The root directory and the leaves, packed. A root that is too large gives its entries to leaves of a size that fits.
fn directories(entries: &[Entry]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let root = directory(entries)?;
    if root.len() <= ROOT_BYTES_MAX {
        return Ok((root, Vec::new()));
    }
    let mut leaf_entries = 4_096;
    loop {
        let (mut root, mut leaves) = (Vec::new(), Vec::new());
        for part in entries.chunks(leaf_entries) {
            let leaf = directory(part)?;
            let (offset, length) = (leaves.len() as u64, leaf.len() as u64);
            root.push(Entry { tile: part[0].tile, offset, length, run: 0 });
            leaves.extend(leaf);
        }
        let root = directory(&root)?;
        if root.len() <= ROOT_BYTES_MAX {
            return Ok((root, leaves));
        }
        leaf_entries *= 2;
    }
}

fn directory(entries: &[Entry]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    varint(&mut bytes, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        varint(&mut bytes, entry.tile - before);
        before = entry.tile;
    }
    entries.iter().for_each(|entry| varint(&mut bytes, entry.run));
    entries.iter().for_each(|entry| varint(&mut bytes, entry.length));
    let mut follows = None;
    for entry in entries {
        let value = if follows == Some(entry.offset) { 0 } else { entry.offset + 1 };
        varint(&mut bytes, value);
        follows = Some(entry.offset + entry.length);
    }
    gzipped(&bytes)
}

/// Tiles of all lower zooms, then the place along the Hilbert curve.
fn tile_id(zoom: u8, x: u32, y: u32) -> u64 {
    let below: u64 = (0..u32::from(zoom)).map(|zoom| 1_u64 << (2 * zoom)).sum();
    let (mut x, mut y) = (u64::from(x), u64::from(y));
    let side = 1_u64 << zoom;
    let (mut id, mut step) = (0, side / 2);
    while step > 0 {
        let right = u64::from(x & step > 0);
        let down = u64::from(y & step > 0);
        id += step * step * ((3 * right) ^ down);
        if down == 0 {
            if right == 1 {
                x = (side - 1).wrapping_sub(x);
                y = (side - 1).wrapping_sub(y);
            }
            std::mem::swap(&mut x, &mut y);
        }
        step /= 2;
    }
    below + id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_ids_are_those_of_the_specification() {
        // The table in section 4.1.1.
        let ids =
            [(0, 0, 0, 0), (1, 0, 0, 1), (1, 0, 1, 2), (1, 1, 1, 3), (1, 1, 0, 4), (2, 0, 0, 5)];
        for (zoom, x, y, id) in ids {
            assert_eq!(tile_id(zoom, x, y), id);
        }
        assert_eq!(tile_id(12, 3_423, 1_763), 19_078_479);
        let mut all: Vec<u64> = (0..64).map(|n| tile_id(3, n % 8, n / 8)).collect();
        all.sort_unstable();
        assert_eq!(all, (21..85).collect::<Vec<u64>>());
    }

    #[test]
    fn a_directory_is_runs_lengths_and_offsets() {
        let entry = |tile, offset, length, run| Entry { tile, offset, length, run };
        let packed =
            directory(&[entry(5, 0, 10, 1), entry(6, 10, 20, 2), entry(42, 0, 10, 1)]).unwrap();
        let mut plain = Vec::new();
        io::copy(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut plain).unwrap();
        assert_eq!(plain, [3, 5, 1, 36, 1, 2, 1, 10, 20, 10, 1, 0, 1]);
    }

    #[test]
    fn many_entries_go_to_leaves() {
        let scattered = |n: u64| Entry {
            tile: n * n % 9_973 + n * 10_000,
            offset: n * 977,
            length: n % 731,
            run: 1,
        };
        let entries: Vec<Entry> = (0..20_000).map(scattered).collect();
        let (root, leaves) = directories(&entries).unwrap();
        assert!(root.len() <= ROOT_BYTES_MAX && !leaves.is_empty());
    }

    #[test]
    fn a_header_has_its_length() {
        let extent = Extent { south_west: [-1, -2], north_east: [3, 4] };
        assert_eq!(header(extent, [1, 2, 3, 4], [5, 6, 7]).len(), HEADER_BYTES);
    }
}
