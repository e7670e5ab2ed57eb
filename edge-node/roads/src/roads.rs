//! A graph file, open for questions. Any number of threads may ask at once; each question allocates what it needs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use crate::file::{Graph, OpenError};
use crate::hierarchy::search::Seed;
use crate::hierarchy::{FAR, Weight, decimetres, ms, plain, table, weight};
use crate::place::Point;
use crate::profile::Profile;
use crate::slice::Slice;
use crate::snap::{Index, Met, Snapped};
use crate::travel::{MatrixError, PLACES_MAX, Snap, Source, TravelMatrix, UNREACHABLE};

/// The roads of an extract as vehicles may use them.
pub struct Roads {
    pub(crate) graph: Graph,
    index: OnceLock<Index>,
}

/// What an open graph file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    pub digest: [u8; 32],
    /// Seconds since 1970 of the extract's data, if it said.
    pub data_time: Option<i64>,
    pub south_west: Point,
    pub north_east: Point,
    pub segments: usize,
    pub file_bytes: usize,
}

impl Roads {
    /// Maps the file and checks all of it: a second for each GB or so.
    ///
    /// # Errors
    /// When the file cannot be opened, is no graph, of another version, or damaged.
    pub fn open(path: &Path) -> Result<Roads, OpenError> {
        Ok(Roads { graph: Graph::open(path)?, index: OnceLock::new() })
    }

    #[must_use]
    pub fn profiles(&self) -> &'static [Profile] {
        &Profile::ALL
    }

    #[must_use]
    pub fn slices(&self) -> &'static [Slice] {
        &Slice::ALL
    }

    #[must_use]
    pub fn info(&self) -> Info {
        let corner = |[lat, lon]: [i32; 2]| Point::of_network(lat, lon);
        let meta = self.graph.meta;
        Info {
            digest: self.graph.digest,
            data_time: (meta.data_time != 0).then_some(meta.data_time),
            south_west: corner(meta.south_west),
            north_east: corner(meta.north_east),
            segments: self.graph.segments(),
            file_bytes: self.graph.file_bytes(),
        }
    }

    /// Vertices of a profile's graph.
    #[must_use]
    pub fn vertices(&self, profile: Profile) -> usize {
        self.graph.hierarchy(profile, Slice::Day).vertices()
    }

    /// Times and lengths of the quickest ways between all places, in one slice of the day.
    ///
    /// A place off the map has [`UNREACHABLE`] in its row and column, and says how far it is in `snaps`.
    ///
    /// # Errors
    /// When there are more than [`PLACES_MAX`] places.
    pub fn matrix(
        &self,
        profile: Profile,
        slice: Slice,
        places: &[Point],
    ) -> Result<TravelMatrix, MatrixError> {
        if places.len() > PLACES_MAX {
            return Err(MatrixError::TooManyPlaces { places: places.len() });
        }
        let (snaps, snapped) = self.snap_all(profile, places);
        let ends: Vec<Ends> = snapped
            .iter()
            .map(|at| at.map(|at| Ends::at(self, profile, slice, at)).unwrap_or_default())
            .collect();
        let mut neighbours: HashMap<u32, Vec<usize>> = HashMap::new();
        for (place, at) in snapped.iter().enumerate() {
            if let Some(at) = at {
                neighbours.entry(at.segment).or_default().push(place);
            }
        }
        let cells = places.len() * places.len();
        let mut matrix = TravelMatrix {
            places: places.len(),
            seconds: Vec::with_capacity(cells),
            metres: Vec::with_capacity(cells),
            snaps,
            source: self.source(profile, slice),
        };
        let graph = self.graph.hierarchy(profile, slice);
        let sources: Vec<Vec<Seed>> = ends.iter().map(|ends| ends.leaving_seeds()).collect();
        let targets: Vec<Vec<Seed>> = ends.iter().map(|ends| ends.arriving_seeds()).collect();
        table::rows(graph, &sources, &targets, |from, row| {
            let first = matrix.seconds.len();
            matrix.seconds.extend(row.iter().map(|weight| seconds(*weight)));
            matrix.metres.extend(row.iter().map(|weight| metres(*weight)));
            let Some(at) = snapped[from] else { return };
            for &to in &neighbours[&at.segment] {
                let direct = snapped[to]
                    .and_then(|to| self.along_segment(profile, slice, at, to))
                    .map_or(FAR, |(weight, _)| weight)
                    .min(row[to]);
                matrix.seconds[first + to] = seconds(direct);
                matrix.metres[first + to] = metres(direct);
            }
        });
        Ok(matrix)
    }

    /// One row of [`Roads::matrix`] by Dijkstra's algorithm on the plain graph, rounded alike: the floor for benches, and the
    /// proof for tests. Slow.
    #[doc(hidden)]
    #[must_use]
    pub fn plain_row(
        &self,
        profile: Profile,
        slice: Slice,
        from: Point,
        places: &[Point],
    ) -> Vec<(u32, u32)> {
        let graph = self.graph.hierarchy(profile, slice);
        let (_, from) = self.snap_all(profile, &[from]);
        let (_, snapped) = self.snap_all(profile, places);
        let seeds = from[0].map(|at| Ends::at(self, profile, slice, at)).unwrap_or_default();
        let distances = plain::Plain::of(graph).distances(&seeds.leaving_seeds());
        let weight = |to: Snapped| {
            let ends = Ends::at(self, profile, slice, to).arriving_seeds().into_iter();
            let over_graph = ends
                .map(|seed| distances[seed.vertex as usize].saturating_add(seed.weight))
                .min()
                .unwrap_or(FAR);
            let direct = from[0]
                .filter(|from| from.segment == to.segment)
                .and_then(|from| self.along_segment(profile, slice, from, to));
            over_graph.min(direct.map_or(FAR, |(weight, _)| weight))
        };
        let rounded = |weight| (seconds(weight), metres(weight));
        snapped
            .into_iter()
            .map(|to| {
                to.filter(|_| from[0].is_some())
                    .map_or((UNREACHABLE, UNREACHABLE), |to| rounded(weight(to)))
            })
            .collect()
    }

    pub(crate) fn source(&self, profile: Profile, slice: Slice) -> Source {
        Source::Graph { digest: self.graph.digest, profile, slice }
    }

    pub(crate) fn snap_all(
        &self,
        profile: Profile,
        places: &[Point],
    ) -> (Vec<Snap>, Vec<Option<Snapped>>) {
        let index = self.index.get_or_init(|| Index::build(&self.graph));
        places
            .iter()
            .map(|place| match index.nearest(&self.graph, profile, *place) {
                Met::Road(snapped) => {
                    let metres = whole(snapped.metres_off);
                    (Snap::OnRoad { metres, at: snapped.at }, Some(snapped))
                }
                Met::TooFar(metres) => (Snap::OffMap { metres: Some(whole(metres)) }, None),
                Met::Nothing => (Snap::OffMap { metres: None }, None),
            })
            .unzip()
    }

    /// The way between two places on one segment that does not leave it, and the edge that it uses.
    pub(crate) fn along_segment(
        &self,
        profile: Profile,
        slice: Slice,
        from: Snapped,
        to: Snapped,
    ) -> Option<(Weight, u32)> {
        let edge = from.segment * 2 + u32::from(to.decimetres < from.decimetres);
        let either = if to.decimetres == from.decimetres { Some(edge ^ 1) } else { None };
        let length = self.graph.decimetres(from.segment);
        [Some(edge), either].into_iter().flatten().find_map(|edge| {
            let ms = self.graph.edge_ms(profile, slice, edge)?;
            Some((part(ms, to.decimetres.abs_diff(from.decimetres), length), edge))
        })
    }
}

/// Where searches from and to a place begin, and by which edges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    pub(crate) leaving: Vec<(Seed, u32)>,
    pub(crate) arriving: Vec<(Seed, u32)>,
}

impl Ends {
    pub(crate) fn at(roads: &Roads, profile: Profile, slice: Slice, at: Snapped) -> Ends {
        let mut ends = Ends::default();
        let length = roads.graph.decimetres(at.segment);
        let behind = [at.decimetres, length - at.decimetres];
        for (side, behind) in (0..2).zip(behind) {
            let edge = at.segment * 2 + side;
            let Some(ms) = roads.graph.edge_ms(profile, slice, edge) else { continue };
            if let Some(vertex) = roads.graph.head(profile, edge) {
                let weight = part(ms, length - behind, length);
                ends.leaving.push((Seed { vertex, weight }, edge));
            }
            let weight = part(ms, behind, length);
            let tails = roads.graph.tails(profile, edge).iter();
            ends.arriving.extend(tails.map(|&vertex| (Seed { vertex, weight }, edge)));
        }
        ends
    }

    pub(crate) fn leaving_seeds(&self) -> Vec<Seed> {
        self.leaving.iter().map(|(seed, _)| *seed).collect()
    }

    pub(crate) fn arriving_seeds(&self) -> Vec<Seed> {
        self.arriving.iter().map(|(seed, _)| *seed).collect()
    }
}

/// Weight of a part of an edge, by its length.
pub(crate) fn part(edge_ms: u32, part_decimetres: u32, edge_decimetres: u32) -> Weight {
    let share = u64::from(edge_ms) * u64::from(part_decimetres) / u64::from(edge_decimetres.max(1));
    weight(u32::try_from(share).unwrap_or(edge_ms), part_decimetres)
}

pub(crate) fn seconds(weight: Weight) -> u32 {
    if weight == FAR { UNREACHABLE } else { (ms(weight) / 500).div_ceil(2) }
}

pub(crate) fn metres(weight: Weight) -> u32 {
    if weight == FAR { UNREACHABLE } else { (decimetres(weight) / 5).div_ceil(2) }
}

fn whole(metres: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let whole = metres.round() as u32;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_to_the_nearest_half_up() {
        let of = |ms, dm| (seconds(weight(ms, dm)), metres(weight(ms, dm)));
        assert_eq!(of(499, 4), (0, 0));
        assert_eq!(of(500, 5), (1, 1));
        assert_eq!(of(1_499, 14), (1, 1));
        assert_eq!(of(1_500, 15), (2, 2));
        assert_eq!((seconds(FAR), metres(FAR)), (UNREACHABLE, UNREACHABLE));
        assert_eq!(part(1_000, 5, 10), weight(500, 5));
        assert_eq!(part(u32::MAX, u32::MAX, 0), weight(u32::MAX, u32::MAX));
    }
}
