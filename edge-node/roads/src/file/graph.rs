//! A graph file opened: every number that is later used as an index is checked here, once. What passes can be asked
//! anything without a panic, whoever wrote the file.

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use crate::class::Class;
use crate::hierarchy::{Arc, Hierarchy, SHORTCUT};
use crate::profile::Profile;
use crate::slice::Slice;

use super::mapped::Mapped;
use super::{
    CLOSED, DIGESTED_HEADER_BYTES, ENTRY_BYTES, HEADER_BYTES, MAGIC, SECTIONS_MAX, Section, VERSION,
};

/// Why a graph file is not used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open {path}", path = path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is no road graph; remedy: build one with `edge-node roads build`", path = path.display())]
    Foreign { path: PathBuf },
    #[error(
        "the road graph has layout {found}, this program reads {VERSION}; remedy: build it again from the extract"
    )]
    Version { found: u32 },
    #[error("the road graph is damaged ({reason}); remedy: build it again from the extract")]
    Damaged { reason: &'static str },
}

fn damaged(reason: &'static str) -> OpenError {
    OpenError::Damaged { reason }
}

/// Numbers about the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    /// Seconds since 1970 of the extract's data; 0: not said.
    pub(crate) data_time: i64,
    /// Latitudes and longitudes of the corners, in ten-millionths of a degree.
    pub(crate) south_west: [i32; 2],
    pub(crate) north_east: [i32; 2],
}

impl Meta {
    pub(crate) fn words(self) -> [i64; 5] {
        let [south, west] = self.south_west.map(i64::from);
        let [north, east] = self.north_east.map(i64::from);
        [self.data_time, south, west, north, east]
    }

    fn of_words(words: &[i64]) -> Option<Meta> {
        let &[data_time, south, west, north, east] = words else { return None };
        let place = |lat, lon| Some([i32::try_from(lat).ok()?, i32::try_from(lon).ok()?]);
        Some(Meta { data_time, south_west: place(south, west)?, north_east: place(north, east)? })
    }
}

/// A section as elements of one type.
struct Elements<T> {
    from: usize,
    to: usize,
    of: PhantomData<T>,
}

struct OfProfile {
    free_ms: Elements<[u32; 2]>,
    head: Elements<u32>,
    tail_first: Elements<u32>,
    tail: Elements<u32>,
    slices: Vec<OfSlice>,
}

struct OfSlice {
    up_first: Elements<u32>,
    up: Elements<Arc>,
    down_first: Elements<u32>,
    down: Elements<Arc>,
}

pub(crate) struct Graph {
    mapped: Mapped,
    pub(crate) digest: [u8; 32],
    pub(crate) meta: Meta,
    shape_first: Elements<u32>,
    shape: Elements<[i32; 2]>,
    decimetres: Elements<u32>,
    name: Elements<u32>,
    kind: Elements<u32>,
    delay: Elements<[u16; 2]>,
    name_end: Elements<u32>,
    name_text: Elements<u8>,
    slowness: Elements<u32>,
    profiles: Vec<OfProfile>,
}

impl Graph {
    pub(crate) fn open(path: &Path) -> Result<Graph, OpenError> {
        let mapped =
            Mapped::open(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        let Some(table) = Table::read(mapped.bytes())? else {
            return Err(OpenError::Foreign { path: path.to_owned() });
        };
        let meta = table.elements::<i64>(Section::Meta)?;
        let meta = Meta::of_words(slice(&mapped, &meta)).ok_or(damaged("its extent"))?;
        let profiles = (0..Profile::ALL.len())
            .map(|profile| table.of_profile(profile))
            .collect::<Result<_, _>>()?;
        let graph = Graph {
            digest: table.digest,
            meta,
            shape_first: table.elements(Section::ShapeFirst)?,
            shape: table.elements(Section::Shape)?,
            decimetres: table.elements(Section::Decimetres)?,
            name: table.elements(Section::Name)?,
            kind: table.elements(Section::Kind)?,
            delay: table.elements(Section::Delay)?,
            name_end: table.elements(Section::NameEnd)?,
            name_text: table.elements(Section::NameText)?,
            slowness: table.elements(Section::Slowness)?,
            profiles,
            mapped,
        };
        graph.check_segments()?;
        Profile::ALL.iter().try_for_each(|profile| graph.check_profile(*profile))?;
        Ok(graph)
    }

    pub(crate) fn segments(&self) -> usize {
        self.decimetres.len()
    }

    pub(crate) fn file_bytes(&self) -> usize {
        self.mapped.bytes().len()
    }

    /// Places along the segment, two or more.
    pub(crate) fn shape(&self, segment: u32) -> &[[i32; 2]] {
        let first = self.get(&self.shape_first);
        let range = first[segment as usize] as usize..first[segment as usize + 1] as usize;
        &self.get(&self.shape)[range]
    }

    pub(crate) fn decimetres(&self, segment: u32) -> u32 {
        self.get(&self.decimetres)[segment as usize]
    }

    pub(crate) fn name_number(&self, segment: u32) -> u32 {
        self.get(&self.name)[segment as usize]
    }

    pub(crate) fn name(&self, number: u32) -> &str {
        let ends = self.get(&self.name_end);
        let from = if number == 0 { 0 } else { ends[number as usize - 1] };
        let bytes = &self.get(&self.name_text)[from as usize..ends[number as usize] as usize];
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    pub(crate) fn flags(&self, segment: u32) -> u32 {
        self.get(&self.kind)[segment as usize]
    }

    pub(crate) fn class(&self, segment: u32) -> Class {
        class_of(self.flags(segment)).unwrap_or(Class::Service)
    }

    /// Milliseconds over the whole edge, waiting included; `None`: closed.
    pub(crate) fn edge_ms(&self, profile: Profile, slice: Slice, edge: u32) -> Option<u32> {
        let (segment, side) = (edge / 2, edge as usize & 1);
        let free = self.get(&self.profiles[profile.index()].free_ms)[segment as usize][side];
        if free == CLOSED {
            return None;
        }
        let cell = slowness_cell(profile, slice, self.class(segment));
        let slowness = self.get(&self.slowness)[cell];
        Some(edge_ms(free, slowness, self.get(&self.delay)[segment as usize][side]))
    }

    /// The vertex after driving the edge from its middle; `None`: that may not be done.
    pub(crate) fn head(&self, profile: Profile, edge: u32) -> Option<u32> {
        let head = self.get(&self.profiles[profile.index()].head)[edge as usize];
        (head != CLOSED).then_some(head)
    }

    /// The vertices from which the edge may be entered.
    pub(crate) fn tails(&self, profile: Profile, edge: u32) -> &[u32] {
        let profile = &self.profiles[profile.index()];
        let first = self.get(&profile.tail_first);
        let range = first[edge as usize] as usize..first[edge as usize + 1] as usize;
        &self.get(&profile.tail)[range]
    }

    pub(crate) fn hierarchy(&self, profile: Profile, slice: Slice) -> Hierarchy<'_> {
        let parts = &self.profiles[profile.index()].slices[slice.index()];
        Hierarchy {
            up_first: self.get(&parts.up_first),
            up: self.get(&parts.up),
            down_first: self.get(&parts.down_first),
            down: self.get(&parts.down),
        }
    }

    fn get<T: bytemuck::Pod>(&self, elements: &Elements<T>) -> &[T] {
        slice(&self.mapped, elements)
    }

    fn check_segments(&self) -> Result<(), OpenError> {
        let segments = self.segments();
        let lengths = [self.name.len(), self.kind.len(), self.delay.len()];
        if lengths.iter().any(|length| *length != segments) || segments >= (SHORTCUT / 2) as usize {
            return Err(damaged("its segments"));
        }
        check_first(self.get(&self.shape_first), segments, self.shape.len(), 2)?;
        let names = self.name_end.len();
        let ends = self.get(&self.name_end);
        let text = self.get(&self.name_text);
        let whole = std::str::from_utf8(text).map_err(|_| damaged("its names"))?;
        let in_order = ends.windows(2).all(|pair| pair[0] <= pair[1])
            && ends.iter().all(|end| whole.is_char_boundary(*end as usize));
        if names == 0 || !in_order || self.get(&self.name).iter().any(|n| *n as usize >= names) {
            return Err(damaged("its names"));
        }
        let cells = Profile::ALL.len() * Slice::ALL.len() * Class::ALL.len();
        let slow = self.get(&self.slowness);
        if slow.len() != cells || slow.iter().any(|slow| !(1..=100_000).contains(slow)) {
            return Err(damaged("its speeds"));
        }
        if self.get(&self.kind).iter().any(|kind| class_of(*kind).is_none()) {
            return Err(damaged("its classes"));
        }
        let on_earth = |at: &[i32; 2]| {
            (-900_000_000..=900_000_000).contains(&at[0])
                && (-1_800_000_000..=1_800_000_000).contains(&at[1])
        };
        if !self.get(&self.shape).iter().all(on_earth) {
            return Err(damaged("its places"));
        }
        Ok(())
    }

    fn check_profile(&self, profile: Profile) -> Result<(), OpenError> {
        let parts = &self.profiles[profile.index()];
        let edges = self.segments() * 2;
        let (head, free_ms) = (self.get(&parts.head), self.get(&parts.free_ms));
        if head.len() != edges || free_ms.len() * 2 != edges {
            return Err(damaged("its edges"));
        }
        check_first(self.get(&parts.tail_first), edges, parts.tail.len(), 0)?;
        for slice in Slice::ALL {
            let parts = &parts.slices[slice.index()];
            let vertices = self.get(&parts.up_first).len().saturating_sub(1);
            check_first(self.get(&parts.up_first), vertices, parts.up.len(), 0)?;
            check_first(self.get(&parts.down_first), vertices, parts.down.len(), 0)?;
            check_upward(self.get(&parts.up_first), self.get(&parts.up), edges)?;
            check_upward(self.get(&parts.down_first), self.get(&parts.down), edges)?;
            let beyond = |vertex: &u32| *vertex as usize >= vertices && *vertex != CLOSED;
            let tails = self.get(&self.profiles[profile.index()].tail);
            if head.iter().any(beyond) || tails.iter().any(|v| *v == CLOSED || beyond(v)) {
                return Err(damaged("its vertices"));
            }
        }
        Ok(())
    }
}

/// Free flow, slowed by the hour, plus tenths of a second of waiting. The build and every question count by this.
pub(crate) fn edge_ms(free_ms: u32, slowness_permille: u32, delay: u16) -> u32 {
    let driving = u64::from(free_ms) * u64::from(slowness_permille) / 1_000;
    u32::try_from(driving).unwrap_or(CLOSED / 16).min(CLOSED / 16) + u32::from(delay) * 100
}

pub(crate) fn slowness_cell(profile: Profile, slice: Slice, class: Class) -> usize {
    (profile.index() * Slice::ALL.len() + slice.index()) * Class::ALL.len() + class.index()
}

fn class_of(kind: u32) -> Option<Class> {
    Class::of_index((kind & 0xff) as u8)
}

fn slice<'a, T: bytemuck::Pod>(mapped: &'a Mapped, elements: &Elements<T>) -> &'a [T] {
    // Bounds, alignment and whole elements were checked when the table was read.
    bytemuck::try_cast_slice(&mapped.bytes()[elements.from..elements.to]).unwrap_or_default()
}

impl<T> Elements<T> {
    fn len(&self) -> usize {
        (self.to - self.from) / size_of::<T>()
    }
}

/// Starts of lists: one more than lists, never falling, ending with the last element; each list `least` long.
fn check_first(first: &[u32], lists: usize, elements: usize, least: u32) -> Result<(), OpenError> {
    let whole = first.len() == lists + 1
        && first[0] == 0
        && first[lists] as usize == elements
        && first.windows(2).all(|pair| pair[0] <= pair[1] && pair[1] - pair[0] >= least);
    if whole { Ok(()) } else { Err(damaged("its lists")) }
}

/// Arcs lead upward, shortcuts lead over something lower, and lists are sorted: so every search and unpacking ends.
fn check_upward(first: &[u32], arcs: &[Arc], edges: usize) -> Result<(), OpenError> {
    let vertices = first.len() - 1;
    for (vertex, range) in first.windows(2).enumerate() {
        let list = &arcs[range[0] as usize..range[1] as usize];
        let upward = list.iter().all(|[other, .., via]| {
            let stands_for = match via & SHORTCUT {
                0 => (*via as usize) < edges,
                _ => ((via & !SHORTCUT) as usize) < vertex,
            };
            (*other as usize) > vertex && (*other as usize) < vertices && stands_for
        });
        if !upward || !list.windows(2).all(|pair| pair[0][0] < pair[1][0]) {
            return Err(damaged("its arcs"));
        }
    }
    Ok(())
}

/// The table of sections, over a file whose digest is right.
struct Table<'a> {
    entries: &'a [u8],
    /// Where sections end and the table begins.
    end: usize,
    digest: [u8; 32],
}

impl<'a> Table<'a> {
    /// `None`: another kind of file.
    fn read(bytes: &'a [u8]) -> Result<Option<Table<'a>>, OpenError> {
        if bytes.len() < HEADER_BYTES || &bytes[..MAGIC.len()] != MAGIC {
            return Ok(None);
        }
        let version = word(bytes, 8);
        if version != VERSION {
            return Err(OpenError::Version { found: version });
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&bytes[HEADER_BYTES..]).update(&bytes[..DIGESTED_HEADER_BYTES]);
        let digest = *hasher.finalize().as_bytes();
        if bytes[DIGESTED_HEADER_BYTES..HEADER_BYTES] != digest {
            return Err(damaged("its checksum is another"));
        }
        let sections = word(bytes, 12) as usize;
        let end = usize::try_from(long(bytes, 16)).unwrap_or(usize::MAX);
        let whole = sections <= SECTIONS_MAX
            && end >= HEADER_BYTES
            && end.checked_add(sections * ENTRY_BYTES) == Some(bytes.len());
        if !whole {
            return Err(damaged("its table"));
        }
        Ok(Some(Table { entries: &bytes[end..], end, digest }))
    }

    fn elements<T: bytemuck::Pod>(&self, section: Section) -> Result<Elements<T>, OpenError> {
        let entry = self
            .entries
            .chunks_exact(ENTRY_BYTES)
            .find(|entry| word(entry, 0) == section.id())
            .ok_or(damaged("a section is missing"))?;
        let from = usize::try_from(long(entry, 8)).unwrap_or(usize::MAX);
        let length = usize::try_from(long(entry, 16)).unwrap_or(usize::MAX);
        let to = from.checked_add(length).filter(|to| *to <= self.end);
        let (Some(to), true) = (to, from >= HEADER_BYTES) else {
            return Err(damaged("a section lies outside"));
        };
        let fits = word(entry, 4) as usize == size_of::<T>()
            && from.is_multiple_of(super::ALIGNMENT)
            && length.is_multiple_of(size_of::<T>());
        if !fits {
            return Err(damaged("a section has another shape"));
        }
        Ok(Elements { from, to, of: PhantomData })
    }

    fn of_profile(&self, profile: usize) -> Result<OfProfile, OpenError> {
        let of_slice = |slice| {
            Ok(OfSlice {
                up_first: self.elements(Section::UpFirst { profile, slice })?,
                up: self.elements(Section::Up { profile, slice })?,
                down_first: self.elements(Section::DownFirst { profile, slice })?,
                down: self.elements(Section::Down { profile, slice })?,
            })
        };
        Ok(OfProfile {
            free_ms: self.elements(Section::FreeMs { profile })?,
            head: self.elements(Section::Head { profile })?,
            tail_first: self.elements(Section::TailFirst { profile })?,
            tail: self.elements(Section::Tail { profile })?,
            slices: (0..Slice::ALL.len()).map(of_slice).collect::<Result<_, OpenError>>()?,
        })
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}
