//! Extracts and graph files that are cut, flipped, foreign or made up: an error that says why, never a panic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use roads::build::{BuildError, build};
use roads::town::{Extract, Town};
use roads::{OpenError, Point, Profile, Roads, Slice};

fn nairobi() -> Point {
    Point::from_degrees(-1.2864, 36.8172).unwrap()
}

/// A few streets, a restriction and a barrier: each kind of element in as few bytes as it takes.
fn hamlet() -> Vec<u8> {
    let mut drawn = Extract::default();
    for id in 1..=6 {
        let at = [-12_864_000 + (id as i32 % 3) * 9_000, 368_172_000 + (id as i32 / 3) * 9_000];
        let tags: &[(&str, &str)] = if id == 4 { &[("barrier", "gate")] } else { &[] };
        drawn.node(id, at, tags);
    }
    drawn.way(1, &[1, 2, 3], &[("highway", "residential"), ("name", "Mango Street")]);
    drawn.way(2, &[3, 4, 5], &[("highway", "primary"), ("oneway", "no")]);
    drawn.way(3, &[5, 6, 1], &[("highway", "service")]);
    let members = [("from", 1, false), ("via", 3, true), ("to", 2, false)];
    drawn.relation(1, &members, &[("type", "restriction"), ("restriction", "no_left_turn")]);
    drawn.to_pbf()
}

fn build_bytes(bytes: &[u8], folder: &Path) -> Result<(), BuildError> {
    let path = folder.join("extract.osm.pbf");
    fs::write(&path, bytes).unwrap();
    let result = build(&path, folder, &mut |_| {});
    assert!(!folder.join("roads.graph.part").exists(), "a draft was left behind");
    result.map(|_| ())
}

#[test]
fn an_extract_cut_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = hamlet();
    build_bytes(&whole, folder.path()).unwrap();
    // The format has no end mark: a file cut exactly before its last block is a whole file with less in it.
    let relations_begin = whole.len() - last_frame_bytes(&whole);
    for length in (0..whole.len()).filter(|length| *length != relations_begin) {
        let error = build_bytes(&whole[..length], folder.path()).expect_err("half a file");
        let told = matches!(
            error,
            BuildError::Foreign { .. } | BuildError::Truncated { .. } | BuildError::NoRoads { .. }
        );
        assert!(told, "{length}: {error}");
    }
}

fn last_frame_bytes(file: &[u8]) -> usize {
    let mut last = 0;
    let mut rest = file;
    while !rest.is_empty() {
        let header_bytes = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let header = &rest[4..4 + header_bytes];
        let mut at = 3 + header[1] as usize;
        last = 4 + header_bytes + read_varint(header, &mut at);
        rest = &rest[last..];
    }
    last
}

#[test]
fn an_extract_cut_between_blocks_lacks_roads_rather_than_silently_shrinking() {
    // Nodes come first: a file cut after them is whole as frames go, and has no road.
    let folder = tempfile::tempdir().unwrap();
    let mut nodes_alone = Extract::default();
    nodes_alone.node(1, [1, 1], &[]);
    let error = build_bytes(&nodes_alone.to_pbf(), folder.path()).unwrap_err();
    assert!(matches!(error, BuildError::NoRoads { .. }), "{error}");
}

#[test]
fn foreign_files_are_told_apart_from_damaged_ones() {
    let folder = tempfile::tempdir().unwrap();
    for foreign in [&b""[..], b"<?xml version=\"1.0\"?><osm></osm>", b"PK\x03\x04zip", &[0; 4_096]]
    {
        let error = build_bytes(foreign, folder.path()).unwrap_err();
        assert!(matches!(error, BuildError::Foreign { .. }), "{error}");
    }
    let missing = build(&folder.path().join("none.osm.pbf"), folder.path(), &mut |_| {});
    assert!(matches!(missing, Err(BuildError::Io { .. })));
}

/// An open graph must answer anything without a panic.
fn ask(roads: &Roads) {
    let near = |north: i32, east: i32| {
        Point::from_e7(-12_864_000 + north * 4_000, 368_172_000 + east * 4_000).unwrap()
    };
    let places = [near(0, 0), near(1, 2), near(4, 1), near(2, 2), near(90_000, 90_000)];
    for profile in Profile::ALL {
        for slice in Slice::ALL {
            let _ = roads.matrix(profile, slice, &places);
            let _ = roads.route(profile, slice, &places[..4]);
        }
    }
}

fn hamlet_graph(folder: &Path) -> Vec<u8> {
    build_bytes(&hamlet(), folder).unwrap();
    fs::read(folder.join("roads.graph")).unwrap()
}

fn open_bytes(bytes: &[u8], folder: &Path) -> Result<Roads, OpenError> {
    let path = folder.join("changed.graph");
    fs::write(&path, bytes).unwrap();
    Roads::open(&path)
}

#[test]
fn a_graph_cut_or_flipped_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let whole = hamlet_graph(folder.path());
    ask(&open_bytes(&whole, folder.path()).unwrap());
    for length in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
        assert!(open_bytes(&whole[..length], folder.path()).is_err(), "{length}");
    }
    for at in (0..whole.len()).step_by(37) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        assert!(open_bytes(&flipped, folder.path()).is_err(), "{at}");
    }
    let mut newer = whole;
    newer[8] = 99;
    let error = open_bytes(&newer, folder.path()).err().unwrap();
    assert!(matches!(error, OpenError::Version { found: 99 }), "{error}");
}

/// Puts the right checksum on wrong bytes.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[64..]).update(&bytes[..32]);
    let digest = *hasher.finalize().as_bytes();
    bytes[32..64].copy_from_slice(&digest);
    bytes
}

/// Numbers that pass for indexes, and numbers that pass every bound.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0_u32..64, 1 => any::<u32>(), 1 => Just(u32::MAX)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// The checksum keeps out accidents; whoever makes one up meets the checks of every index.
    #[test]
    fn a_made_up_graph_with_a_right_checksum_does_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), word()), 1..6)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = hamlet_graph(folder.path());
        for (index, word) in changes {
            let at = 12 + index.index((bytes.len() - 16) / 4) * 4;
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        if let Ok(roads) = open_bytes(&sealed(bytes), folder.path()) {
            ask(&roads);
        }
    }

    #[test]
    fn an_extract_with_flipped_bytes_does_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = hamlet();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = build_bytes(&bytes, folder.path());
    }

    /// Bytes inside a block, where no zlib checksum stands guard: the block is stored raw.
    #[test]
    fn blocks_of_nonsense_do_no_harm(content in prop::collection::vec(any::<u8>(), 0..400)) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = hamlet();
        bytes.extend(raw_frame(&content));
        let _ = build_bytes(&bytes, folder.path());
    }

    /// Whole blocks of real structure with single bytes changed.
    #[test]
    fn blocks_with_wrong_numbers_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        for (kind, mut content) in unpacked(&hamlet()) {
            if kind == b"OSMData" {
                for (index, byte) in &changes {
                    let at = index.index(content.len());
                    content[at] = *byte;
                }
            }
            bytes.extend(framed(&kind, &raw_blob(&content)));
        }
        let _ = build_bytes(&bytes, folder.path());
    }
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn raw_blob(content: &[u8]) -> Vec<u8> {
    [vec![10], varint(content.len()), content.to_vec()].concat()
}

fn raw_frame(content: &[u8]) -> Vec<u8> {
    framed(b"OSMData", &raw_blob(content))
}

fn framed(kind: &[u8], blob: &[u8]) -> Vec<u8> {
    let header =
        [vec![10], varint(kind.len()), kind.to_vec(), vec![24], varint(blob.len())].concat();
    [(header.len() as u32).to_be_bytes().to_vec(), header, blob.to_vec()].concat()
}

/// Kind and inflated content of each block of a file written by `roads::town`.
fn unpacked(file: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut blocks = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let header_bytes = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let header = &rest[4..4 + header_bytes];
        let kind = header[2..2 + header[1] as usize].to_vec();
        let mut at = 3 + header[1] as usize;
        let blob_bytes = read_varint(header, &mut at);
        let blob = &rest[4 + header_bytes..][..blob_bytes];
        let mut at = 1;
        let inflated_bytes = read_varint(blob, &mut at);
        at += 1;
        let packed_bytes = read_varint(blob, &mut at);
        let mut content = Vec::with_capacity(inflated_bytes);
        let mut zlib = flate2::read::ZlibDecoder::new(&blob[at..at + packed_bytes]);
        std::io::Read::read_to_end(&mut zlib, &mut content).unwrap();
        blocks.push((kind, content));
        rest = &rest[4 + header_bytes + blob_bytes..];
    }
    blocks
}

fn read_varint(bytes: &[u8], at: &mut usize) -> usize {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        value |= usize::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    value
}

#[test]
fn a_rebuild_does_not_disturb_an_open_graph() {
    let folder = tempfile::tempdir().unwrap();
    build_bytes(&hamlet(), folder.path()).unwrap();
    let roads = Roads::open(&folder.path().join("roads.graph")).unwrap();
    let before = roads.info();
    let town = Town { blocks: 8, ..Town::around(nairobi()) };
    build_bytes(&town.pbf(), folder.path()).unwrap();
    assert_eq!(roads.info(), before);
    ask(&roads);
    let after = Roads::open(&folder.path().join("roads.graph")).unwrap().info();
    assert_ne!(after.digest, before.digest);
}
