//! The graph file: sections of plain numbers, little-endian, each 64-byte aligned, under one BLAKE3 digest. Written once and
//! renamed into place, never changed: so a box can map it while serving.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `OMNIROAD` |
//! | 8..12 | version of the layout |
//! | 12..16 | number of sections |
//! | 16..24 | where the table of sections begins |
//! | 24..32 | nought |
//! | 32..64 | BLAKE3 of bytes 64.. and then of bytes 0..32 |
//!
//! The table follows the last section: for each, its id (4 bytes), bytes of an element (4), offset (8) and bytes (8).

mod graph;
mod mapped;
mod writer;

pub use graph::OpenError;
pub(crate) use graph::{Graph, Meta, edge_ms, slowness_cell};
pub(crate) use writer::Writer;

#[cfg(target_endian = "big")]
compile_error!("graph files are read in place, and they are little-endian");

const MAGIC: &[u8; 8] = b"OMNIROAD";
/// Goes up with every change of layout or meaning; a file of another version is built again from its extract.
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 64;
const DIGESTED_HEADER_BYTES: usize = 32;
const ENTRY_BYTES: usize = 24;
const ALIGNMENT: usize = 64;
const SECTIONS_MAX: usize = 256;

/// A section by what it holds. `profile` and `slice` are indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// See [`Meta`].
    Meta,
    ShapeFirst,
    /// Latitude and longitude in ten-millionths of a degree.
    Shape,
    Decimetres,
    Name,
    /// Class in the lowest byte, then the flags of [`flag`].
    Kind,
    /// Tenths of a second lost along and against.
    Delay,
    NameEnd,
    NameText,
    /// Thousandths by profile, slice and class.
    Slowness,
    /// Milliseconds at free flow along and against, or [`CLOSED`].
    FreeMs {
        profile: usize,
    },
    /// By edge: the vertex one is at after it, or [`CLOSED`].
    Head {
        profile: usize,
    },
    /// By edge: where its list in [`Section::Tail`] begins.
    TailFirst {
        profile: usize,
    },
    /// Vertices from which an edge may be entered.
    Tail {
        profile: usize,
    },
    UpFirst {
        profile: usize,
        slice: usize,
    },
    Up {
        profile: usize,
        slice: usize,
    },
    DownFirst {
        profile: usize,
        slice: usize,
    },
    Down {
        profile: usize,
        slice: usize,
    },
}

pub(crate) const CLOSED: u32 = u32::MAX;

/// Bits of [`Section::Kind`].
pub(crate) mod flag {
    pub(crate) const ROUNDABOUT: u32 = 1 << 8;
    pub(crate) const BRIDGE: u32 = 1 << 9;
    pub(crate) const TUNNEL: u32 = 1 << 10;
    /// Where the segment ends, driven along, a road leads out of the roundabout; shifted by one, driven against.
    pub(crate) const EXIT: u32 = 1 << 11;
    /// Where the segment ends, driven along, three roads or more meet; shifted by one, driven against.
    pub(crate) const CROSSING: u32 = 1 << 13;
}

impl Section {
    fn id(self) -> u32 {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX / 1_024);
        let of_profile = |profile, what: u32| 100 + 10 * number(profile) + what;
        let of_slice =
            |profile, slice, what: u32| 1_000 + 100 * number(profile) + 10 * number(slice) + what;
        match self {
            Section::Meta => 1,
            Section::ShapeFirst => 2,
            Section::Shape => 3,
            Section::Decimetres => 4,
            Section::Name => 5,
            Section::Kind => 6,
            Section::Delay => 7,
            Section::NameEnd => 8,
            Section::NameText => 9,
            Section::Slowness => 10,
            Section::FreeMs { profile } => of_profile(profile, 0),
            Section::Head { profile } => of_profile(profile, 1),
            Section::TailFirst { profile } => of_profile(profile, 2),
            Section::Tail { profile } => of_profile(profile, 3),
            Section::UpFirst { profile, slice } => of_slice(profile, slice, 0),
            Section::Up { profile, slice } => of_slice(profile, slice, 1),
            Section::DownFirst { profile, slice } => of_slice(profile, slice, 2),
            Section::Down { profile, slice } => of_slice(profile, slice, 3),
        }
    }
}
