//! From an `.osm.pbf` to the files that a node serves. Runs for seconds to minutes on all cores, holds the extract's roads in
//! memory, and leaves either whole new files or none.

mod draw;
mod error;
mod extract;
mod frames;
mod mainland;
mod names;
mod network;
mod passage;
mod restriction;
mod scenery;
pub(crate) mod speed;
mod tags;
mod turns;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use error::BuildError;

use crate::class::Class;
use crate::file::{CLOSED, Meta, Section, Writer, edge_ms, flag, slowness_cell};
use crate::hierarchy::{self, Contracted, Link, contract::contract};
use crate::profile::Profile;
use crate::slice::Slice;
use extract::Extract;
use frames::Frames;
use network::Network;
use turns::{Driven, NOWHERE};

/// Name of the graph file in the folder of a build.
pub const GRAPH_FILE: &str = "roads.graph";
/// Name of the offline map in the folder of a build: PMTiles, vector tiles of zooms 10 to 14.
pub const MAP_FILE: &str = "map.pmtiles";

/// What a build found and made.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub graph_path: PathBuf,
    pub graph_bytes: u64,
    pub map_path: PathBuf,
    pub map_bytes: u64,
    pub map_tiles: usize,
    /// Ways with a `highway` or ferry tag that some vehicle may use.
    pub ways: usize,
    /// Ways of which the extract holds a part only.
    pub ways_cut: u32,
    pub segments: usize,
    /// Turn restrictions in the form of the wiki.
    pub restrictions: usize,
    /// Turn restrictions for some hours only, or malformed: not heeded.
    pub restrictions_unread: u32,
    pub profiles: Vec<ProfileReport>,
    /// Seconds since 1970 of the extract's data, if it says.
    pub data_time: Option<i64>,
    pub took: Duration,
}

/// What a build made for one vehicle.
#[derive(Clone, Debug, PartialEq)]
pub struct ProfileReport {
    pub profile: Profile,
    pub vertices: u32,
    pub arcs: usize,
    /// Strongly connected parts that places are put beside.
    pub parts: usize,
    /// Restrictions that fit no road that the vehicle may use.
    pub restrictions_unplaced: u32,
    pub took: Duration,
}

/// Builds [`GRAPH_FILE`] and [`MAP_FILE`] in `folder`, which must exist. `step` is told in words what is being done.
///
/// # Errors
/// When the extract cannot be read, is damaged or too large, holds no roads, or the files cannot be written.
pub fn build(
    extract: &Path,
    folder: &Path,
    step: &mut dyn FnMut(&str),
) -> Result<Report, BuildError> {
    let started = std::time::Instant::now();
    let frames = Frames::open(extract)?;
    let extract = Extract::read(&frames, &mut *step)?;
    step("cutting ways into segments");
    let network = Network::build(&extract)?;
    step("contracting");
    let built = contract_profiles(&extract, &network)?;
    step("writing the graph");
    let graph_path = folder.join(GRAPH_FILE);
    let graph_bytes = write(&graph_path, &extract, &network, &built)
        .map_err(BuildError::io("write", &graph_path))?;
    step("drawing the map");
    let map_path = folder.join(MAP_FILE);
    let (map_bytes, map_tiles) =
        draw::draw(&extract, &map_path).map_err(BuildError::io("write", &map_path))?;
    Ok(Report {
        graph_path,
        graph_bytes,
        map_path,
        map_bytes,
        map_tiles,
        ways: extract.ways.iter().filter(|way| way.is_routable()).count(),
        ways_cut: network.ways_cut,
        segments: network.segments.len(),
        restrictions: extract.restrictions.len(),
        restrictions_unread: extract.restrictions_unread,
        profiles: built.into_iter().map(|built| built.report).collect(),
        data_time: extract.data_time,
        took: started.elapsed(),
    })
}

/// One profile, ready to be written.
struct Built {
    report: ProfileReport,
    head: Vec<u32>,
    tail_first: Vec<u32>,
    tail: Vec<u32>,
    slices: Vec<Contracted>,
}

/// One thread for each profile: contraction is what takes time, and profiles share nothing.
fn contract_profiles(extract: &Extract, network: &Network) -> Result<Vec<Built>, BuildError> {
    std::thread::scope(|scope| {
        let threads = Profile::ALL
            .map(|profile| scope.spawn(move || contract_profile(extract, network, profile)));
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn contract_profile(
    extract: &Extract,
    network: &Network,
    profile: Profile,
) -> Result<Built, BuildError> {
    let started = std::time::Instant::now();
    let (forbidden, restrictions_unplaced) =
        restriction::forbidden(network, &extract.restrictions, profile);
    let mut driven = Driven::build(network, &forbidden, profile);
    let (mainland, parts) = mainland::find(&driven);
    if parts == 0 {
        return Err(BuildError::NoRoads { profile });
    }
    let arrivable = arrivable(&driven, &mainland);
    for head in driven.head.iter_mut().filter(|head| **head != NOWHERE) {
        if !mainland[*head as usize] {
            *head = NOWHERE;
        }
    }
    let vertices = renumber(&mut driven);
    let links_by_day = links(extract, network, &driven, profile, Slice::Day);
    let rank = hierarchy::order(vertices as usize, &links_by_day);
    for arc in &mut driven.arcs {
        (arc.from, arc.to) = (rank[arc.from as usize], rank[arc.to as usize]);
    }
    for head in driven.head.iter_mut().filter(|head| **head != NOWHERE) {
        *head = rank[*head as usize];
    }
    let slices = Slice::ALL
        .map(|slice| contract(vertices as usize, &links(extract, network, &driven, profile, slice)))
        .into();
    let (tail_first, tail) = tails(&driven, &arrivable);
    let report = ProfileReport {
        profile,
        vertices,
        arcs: driven.arcs.len(),
        parts,
        restrictions_unplaced,
        took: started.elapsed(),
    };
    Ok(Built { report, head: driven.head, tail_first, tail, slices })
}

/// By edge, whether a place on it can be driven to from the mainland.
fn arrivable(driven: &Driven, mainland: &[bool]) -> Vec<bool> {
    let mut arrivable = vec![false; driven.head.len()];
    for arc in driven.arcs.iter().filter(|arc| mainland[arc.from as usize]) {
        arrivable[arc.edge as usize] = true;
    }
    arrivable
}

/// Leaves out the vertices that no arc touches, such as those of other vehicles' roads; returns how many are left.
fn renumber(driven: &mut Driven) -> u32 {
    let mut number = vec![NOWHERE; driven.vertices as usize];
    let mut vertices = 0;
    let mut renumbered = |vertex: u32| {
        let known = &mut number[vertex as usize];
        if *known == NOWHERE {
            *known = vertices;
            vertices += 1;
        }
        *known
    };
    for arc in &mut driven.arcs {
        (arc.from, arc.to) = (renumbered(arc.from), renumbered(arc.to));
    }
    for head in driven.head.iter_mut().filter(|head| **head != NOWHERE) {
        *head = renumbered(*head);
    }
    driven.vertices = vertices;
    vertices
}

fn links(
    extract: &Extract,
    network: &Network,
    driven: &Driven,
    profile: Profile,
    slice: Slice,
) -> Vec<Link> {
    let slowness = Class::ALL.map(|class| speed::slowness_permille(profile, slice, class));
    driven
        .arcs
        .iter()
        .filter_map(|arc| {
            let segment = &network.segments[arc.edge as usize / 2];
            let class = extract.ways[network.way_number(segment.way)].class;
            let free = network.free_ms(arc.edge, profile)?;
            let ms = edge_ms(free, slowness[class.index()], segment.delay[arc.edge as usize & 1]);
            let weight = hierarchy::weight(ms, segment.decimetres);
            Some(Link { from: arc.from, to: arc.to, weight, via: arc.edge })
        })
        .collect()
}

/// By edge, the vertices from which it may be entered.
fn tails(driven: &Driven, arrivable: &[bool]) -> (Vec<u32>, Vec<u32>) {
    let edges = arrivable.len();
    let arcs = || driven.arcs.iter().filter(|arc| arrivable[arc.edge as usize]);
    let mut first = vec![0_u32; edges + 1];
    arcs().for_each(|arc| first[arc.edge as usize + 1] += 1);
    for edge in 0..edges {
        first[edge + 1] += first[edge];
    }
    let mut next = first.clone();
    let mut tail = vec![0; first[edges] as usize];
    for arc in arcs() {
        tail[next[arc.edge as usize] as usize] = arc.from;
        next[arc.edge as usize] += 1;
    }
    (first, tail)
}

fn write(
    path: &Path,
    extract: &Extract,
    network: &Network,
    built: &[Built],
) -> std::io::Result<u64> {
    let mut writer = Writer::create(path)?;
    let meta = Meta {
        data_time: extract.data_time.unwrap_or(0),
        south_west: corner(&network.shape, i32::min),
        north_east: corner(&network.shape, i32::max),
    };
    writer.section(Section::Meta, &meta.words())?;
    let segments = &network.segments;
    let of_way = |number: u32| &extract.ways[network.way_number(number)];
    let kind = |way: &extract::Way| {
        let flag = |is: bool, flag: u32| if is { flag } else { 0 };
        u32::from(way.class as u8)
            | flag(way.is_roundabout, flag::ROUNDABOUT)
            | flag(way.is_bridge, flag::BRIDGE)
            | flag(way.is_tunnel, flag::TUNNEL)
    };
    let kinds: Vec<u32> = (0..)
        .zip(segments)
        .map(|(number, segment)| kind(of_way(segment.way)) | end_flags(extract, network, number))
        .collect();
    let column = |f: &dyn Fn(&network::Segment) -> u32| segments.iter().map(f).collect::<Vec<_>>();
    writer.section(Section::ShapeFirst, &network.shape_first)?;
    writer.section(Section::Shape, &network.shape)?;
    writer.section(Section::Decimetres, &column(&|segment| segment.decimetres))?;
    writer.section(Section::Name, &column(&|segment| of_way(segment.way).name))?;
    writer.section(Section::Kind, &kinds)?;
    writer.section(Section::Delay, &segments.iter().map(|s| s.delay).collect::<Vec<_>>())?;
    writer.section(Section::NameEnd, &extract.names.ends)?;
    writer.section(Section::NameText, extract.names.text.as_bytes())?;
    writer.section(Section::Slowness, &slowness_table())?;
    for (profile, built) in Profile::ALL.into_iter().zip(built) {
        write_profile(&mut writer, network, profile, built)?;
    }
    writer.finish()
}

/// What there is at both ends of a segment, for directions in words.
fn end_flags(extract: &Extract, network: &Network, segment: u32) -> u32 {
    [false, true].into_iter().fold(0, |flags, against| {
        let edge = network::edge_of(segment, against);
        let end = network.head(edge);
        let leads_out = |other: u32| {
            let way = network.way_number(network.segments[other as usize / 2].way);
            let open = Profile::ALL.iter().any(|profile| network.is_open(other, *profile));
            open && !extract.ways[way].is_roundabout
        };
        let exit = if network.leaving(end).any(leads_out) { flag::EXIT } else { 0 };
        let crossing = if network.leaving(end).count() > 2 { flag::CROSSING } else { 0 };
        flags | (exit | crossing) << u32::from(against)
    })
}

fn write_profile(
    writer: &mut Writer,
    network: &Network,
    profile: Profile,
    built: &Built,
) -> std::io::Result<()> {
    let free_ms: Vec<[u32; 2]> = (0..)
        .take(network.segments.len())
        .map(|segment| {
            [false, true].map(|against| {
                network.free_ms(network::edge_of(segment, against), profile).unwrap_or(CLOSED)
            })
        })
        .collect();
    let index = profile.index();
    writer.section(Section::FreeMs { profile: index }, &free_ms)?;
    writer.section(Section::Head { profile: index }, &built.head)?;
    writer.section(Section::TailFirst { profile: index }, &built.tail_first)?;
    writer.section(Section::Tail { profile: index }, &built.tail)?;
    for (slice, contracted) in built.slices.iter().enumerate() {
        writer.section(Section::UpFirst { profile: index, slice }, &contracted.up_first)?;
        writer.section(Section::Up { profile: index, slice }, &contracted.up)?;
        writer.section(Section::DownFirst { profile: index, slice }, &contracted.down_first)?;
        writer.section(Section::Down { profile: index, slice }, &contracted.down)?;
    }
    Ok(())
}

fn slowness_table() -> Vec<u32> {
    let mut table = vec![1_000; Profile::ALL.len() * Slice::ALL.len() * Class::ALL.len()];
    for profile in Profile::ALL {
        for slice in Slice::ALL {
            for class in Class::ALL {
                table[slowness_cell(profile, slice, class)] =
                    speed::slowness_permille(profile, slice, class);
            }
        }
    }
    table
}

fn corner(shape: &[[i32; 2]], pick: fn(i32, i32) -> i32) -> [i32; 2] {
    shape.iter().copied().reduce(|a, b| [pick(a[0], b[0]), pick(a[1], b[1])]).unwrap_or_default()
}

#[cfg(test)]
mod tests;
