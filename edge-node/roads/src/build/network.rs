//! Ways cut into segments wherever roads meet. A segment has two directed edges, numbered `2 * segment` along its shape and
//! `2 * segment + 1` against it. Profiles and hours come later.

use std::collections::HashMap;

use crate::geodesy::great_circle_metres;
use crate::place::Point;
use crate::profile::Profile;

use super::error::BuildError;
use super::extract::{Extract, Way};
use super::restriction::Via;
use super::speed::{self, FERRY_BOARDING_SECONDS};
use crate::class::Class;

/// Edge numbers keep one bit for the hierarchy's shortcuts.
const SEGMENTS_MAX: u64 = 1 << 29;
/// Delays are kept in tenths of a second in 16 bits.
const DELAY_SECONDS_MAX: u32 = 3_600;

pub(super) struct Segment {
    pub(super) from: u32,
    pub(super) to: u32,
    /// Number of the way among the roads: see [`Network::way_number`].
    pub(super) way: u32,
    pub(super) decimetres: u32,
    /// Tenths of a second lost on the way along, and against.
    pub(super) delay: [u16; 2],
}

#[derive(Default)]
pub(super) struct Network {
    pub(super) segments: Vec<Segment>,
    /// Where each segment's shape begins in `shape`; one more at the end.
    pub(super) shape_first: Vec<u32>,
    pub(super) shape: Vec<[i32; 2]>,
    pub(super) vertices: u32,
    /// Vertices that a profile cannot drive through.
    pub(super) blocked: [Vec<u32>; 3],
    /// Ways that the extract cut off in the middle.
    pub(super) ways_cut: u32,
    vertex_of: HashMap<i64, u32>,
    way_ids: Vec<i64>,
    /// Numbers in the extract of the ways that are roads here.
    way_numbers: Vec<usize>,
    /// Segments of each way, by its id.
    way_segments: HashMap<i64, std::ops::Range<u32>>,
    paces: Vec<super::extract::Paces>,
    is_ferry: Vec<bool>,
    first_leaving: Vec<u32>,
    leaving: Vec<u32>,
}

pub(super) fn edge_of(segment: u32, against: bool) -> u32 {
    segment * 2 + u32::from(against)
}

pub(super) fn reverse(edge: u32) -> u32 {
    edge ^ 1
}

impl Network {
    pub(super) fn build(extract: &Extract) -> Result<Network, BuildError> {
        let mut network = Network::default();
        let meets = meeting_nodes(extract);
        for (number, way) in extract.ways.iter().enumerate().filter(|(_, way)| way.is_routable()) {
            network.way_numbers.push(number);
            network.add_way(extract, way, &meets);
            let count = network.segments.len() as u64;
            if count > SEGMENTS_MAX {
                let what = "road segments";
                return Err(BuildError::TooLarge { what, count, max: SEGMENTS_MAX });
            }
        }
        network.shape_first.push(index(network.shape.len()));
        network.index_leaving();
        for (node, mark) in &extract.marks {
            let Some(&vertex) = network.vertex_of.get(node) else { continue };
            for profile in Profile::ALL {
                if mark.blocked[profile.index()] {
                    network.blocked[profile.index()].push(vertex);
                }
            }
        }
        network.blocked.iter_mut().for_each(|vertices| vertices.sort_unstable());
        Ok(network)
    }

    fn add_way(&mut self, extract: &Extract, way: &Way, meets: &HashMap<i64, u8>) {
        let number = index(self.way_ids.len());
        self.way_ids.push(way.id);
        self.paces.push(way.paces);
        self.is_ferry.push(way.class == Class::Ferry);
        let first = index(self.segments.len());
        let mut cut = false;
        let mut open: Option<Open> = None;
        for &node in extract.refs(way) {
            let Some(place) = extract.place(node) else {
                cut = true;
                open = None;
                continue;
            };
            let Some(piece) = &mut open else {
                open = Some(Open { from: node, shape: vec![place], delay_seconds: 0 });
                continue;
            };
            piece.shape.push(place);
            if meets.get(&node).copied().unwrap_or(0) < 2 {
                piece.delay_seconds +=
                    extract.marks.get(&node).map_or(0, |mark| mark.delay_seconds);
                continue;
            }
            let piece = open.replace(Open { from: node, shape: vec![place], delay_seconds: 0 });
            if let Some(piece) = piece {
                self.close(extract, number, piece, node);
            }
        }
        self.ways_cut += u32::from(cut);
        self.way_segments.insert(way.id, first..index(self.segments.len()));
    }

    fn close(&mut self, extract: &Extract, way: u32, piece: Open, end: i64) {
        let metres: f64 = piece
            .shape
            .windows(2)
            .map(|pair| great_circle_metres(point(pair[0]), point(pair[1])))
            .sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let decimetres = ((metres * 10.0).round() as u32).clamp(1, u32::MAX / 1_024);
        let arriving = |node: i64| extract.marks.get(&node).map_or(0, |mark| mark.delay_seconds);
        let boarding = if self.is_ferry[way as usize] { FERRY_BOARDING_SECONDS } else { 0 };
        let delay = [end, piece.from].map(|node| {
            let seconds = (arriving(node) + piece.delay_seconds + boarding).min(DELAY_SECONDS_MAX);
            u16::try_from(seconds * 10).unwrap_or(u16::MAX)
        });
        let (from, to) = (self.add_vertex(piece.from), self.add_vertex(end));
        self.shape_first.push(index(self.shape.len()));
        self.shape.extend(piece.shape);
        self.segments.push(Segment { from, to, way, decimetres, delay });
    }

    fn add_vertex(&mut self, node: i64) -> u32 {
        let next = self.vertices;
        let vertex = *self.vertex_of.entry(node).or_insert(next);
        self.vertices += u32::from(vertex == next);
        vertex
    }

    fn index_leaving(&mut self) {
        let mut first = vec![0_u32; self.vertices as usize + 1];
        for segment in &self.segments {
            first[segment.from as usize + 1] += 1;
            first[segment.to as usize + 1] += 1;
        }
        for vertex in 1..first.len() {
            first[vertex] += first[vertex - 1];
        }
        let mut next = first.clone();
        let mut leaving = vec![0; self.segments.len() * 2];
        for (number, segment) in self.segments.iter().enumerate() {
            for (vertex, against) in [(segment.from, false), (segment.to, true)] {
                leaving[next[vertex as usize] as usize] = edge_of(index(number), against);
                next[vertex as usize] += 1;
            }
        }
        (self.first_leaving, self.leaving) = (first, leaving);
    }

    /// Both directions of every segment at the vertex that begin there, open or not.
    pub(super) fn leaving(&self, vertex: u32) -> impl Iterator<Item = u32> + '_ {
        let range = self.first_leaving[vertex as usize]..self.first_leaving[vertex as usize + 1];
        self.leaving[range.start as usize..range.end as usize].iter().copied()
    }

    pub(super) fn head(&self, edge: u32) -> u32 {
        let segment = &self.segments[edge as usize / 2];
        if edge & 1 == 0 { segment.to } else { segment.from }
    }

    pub(super) fn tail(&self, edge: u32) -> u32 {
        self.head(reverse(edge))
    }

    /// Id of the way that the edge is part of.
    pub(super) fn way(&self, edge: u32) -> i64 {
        self.way_ids[self.segments[edge as usize / 2].way as usize]
    }

    pub(super) fn vertex(&self, node: i64) -> Option<u32> {
        self.vertex_of.get(&node).copied()
    }

    pub(super) fn is_open(&self, edge: u32, profile: Profile) -> bool {
        self.kmh(edge, profile) > 0
    }

    /// Milliseconds at free flow, waiting not counted; `None`: closed.
    pub(super) fn free_ms(&self, edge: u32, profile: Profile) -> Option<u32> {
        let kmh = self.kmh(edge, profile);
        let decimetres = self.segments[edge as usize / 2].decimetres;
        (kmh > 0).then(|| speed::free_ms(decimetres, u32::from(kmh)))
    }

    fn kmh(&self, edge: u32, profile: Profile) -> u16 {
        let way = self.segments[edge as usize / 2].way as usize;
        self.paces[way][profile.index()][edge as usize & 1]
    }

    /// Number in the extract of a segment's way.
    pub(super) fn way_number(&self, way: u32) -> usize {
        self.way_numbers[way as usize]
    }

    fn segments_of(&self, way: i64) -> std::ops::Range<u32> {
        self.way_segments.get(&way).cloned().unwrap_or(0..0)
    }

    /// The only vertex that both ways touch.
    pub(super) fn shared_vertex(&self, way: i64, other: i64) -> Option<u32> {
        let ends = |way| {
            self.segments_of(way).flat_map(|s| {
                let segment = &self.segments[s as usize];
                [segment.from, segment.to]
            })
        };
        let mut shared = ends(way).filter(|vertex| ends(other).any(|end| end == *vertex));
        let first = shared.next()?;
        shared.all(|vertex| vertex == first).then_some(first)
    }

    /// The edges of one way from a vertex to another.
    pub(super) fn along_way(&self, way: i64, from: u32, to: u32) -> Option<Vec<u32>> {
        let segments = self.segments_of(way);
        let along: Vec<u32> = segments.clone().map(|segment| edge_of(segment, false)).collect();
        let against: Vec<u32> = segments.rev().map(|segment| edge_of(segment, true)).collect();
        [along, against].into_iter().find_map(|edges| {
            let start = edges.iter().position(|edge| self.tail(*edge) == from)?;
            let length = edges[start..].iter().position(|edge| self.head(*edge) == to)?;
            Some(edges[start..=start + length].to_vec())
        })
    }
}

/// A segment on its way to its far end.
struct Open {
    from: i64,
    shape: Vec<[i32; 2]>,
    delay_seconds: u32,
}

/// How often roads touch a node, ends and nodes of restrictions and barriers counted as meetings.
fn meeting_nodes(extract: &Extract) -> HashMap<i64, u8> {
    let mut meets: HashMap<i64, u8> = HashMap::new();
    let mut touch = |node: i64, times: u8| {
        let count = meets.entry(node).or_default();
        *count = count.saturating_add(times);
    };
    for way in extract.ways.iter().filter(|way| way.is_routable()) {
        let refs = extract.refs(way);
        refs.iter().for_each(|node| touch(*node, 1));
        // Before and after a hole that the extract cut, the road ends as well.
        for pair in refs.windows(2) {
            if extract.place(pair[0]).is_none() != extract.place(pair[1]).is_none() {
                pair.iter().for_each(|node| touch(*node, 2));
            }
        }
        for end in [refs.first(), refs.last()].into_iter().flatten() {
            touch(*end, 2);
        }
    }
    for restriction in &extract.restrictions {
        if let Via::Node(node) = restriction.via {
            touch(node, 2);
        }
    }
    for (node, mark) in &extract.marks {
        if mark.blocked.contains(&true) {
            touch(*node, 2);
        }
    }
    meets
}

fn point(place: [i32; 2]) -> Point {
    Point::of_network(place[0], place[1])
}

/// Sizes are bounded long before: segments by `SEGMENTS_MAX`, points by the extract's own limit.
fn index(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
