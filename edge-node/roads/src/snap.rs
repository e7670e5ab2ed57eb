//! From a place to the road beside it: the nearest piece of any segment that the vehicle may both leave by and arrive by.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rstar::primitives::Line;
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use crate::file::Graph;
use crate::geodesy::{METRES_PER_STEP, east_north};
use crate::place::Point;
use crate::profile::Profile;

/// A place further from any road is off the map: nobody carries a parcel half a kilometre on foot for each stop.
pub(crate) const SNAP_METRES_MAX: f64 = 500.0;

/// A place on a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Snapped {
    pub(crate) segment: u32,
    /// From the beginning of the segment's shape.
    pub(crate) decimetres: u32,
    pub(crate) at: Point,
    pub(crate) metres_off: f64,
}

/// All pieces of roads by where they are, on one sheet for the whole extract, apart by who may use them: so the nearest
/// piece of a tree is one that a vehicle may use, however many lanes of others lie around it.
pub(crate) struct Index {
    /// The largest first.
    trees: Vec<(u8, RTree<Piece>)>,
    origin: Point,
}

/// Metres east and north of the origin; single precision is good to 3 cm over a country.
struct Piece {
    line: Line<[f32; 2]>,
    segment: u32,
    number: u32,
}

impl RTreeObject for Piece {
    type Envelope = AABB<[f32; 2]>;

    fn envelope(&self) -> AABB<[f32; 2]> {
        self.line.envelope()
    }
}

impl PointDistance for Piece {
    fn distance_2(&self, point: &[f32; 2]) -> f32 {
        self.line.distance_2(point)
    }
}

/// What a place met.
pub(crate) enum Met {
    Road(Snapped),
    /// The nearest road is this far away.
    TooFar(f64),
    Nothing,
}

impl Index {
    pub(crate) fn build(graph: &Graph) -> Index {
        let [south, west] = graph.meta.south_west;
        let [north, east] = graph.meta.north_east;
        let middle = |a: i32, b: i32| a / 2 + b / 2;
        let origin = Point::of_network(middle(south, north), middle(west, east));
        let mut pieces: BTreeMap<u8, Vec<Piece>> = BTreeMap::new();
        for segment in 0..u32::try_from(graph.segments()).unwrap_or(u32::MAX) {
            let profiles = profiles(graph, segment);
            if profiles == 0 {
                continue;
            }
            let line = |pair: &[[i32; 2]]| {
                Line::new(sheet(origin, point(pair[0])), sheet(origin, point(pair[1])))
            };
            let shape = (0..).zip(graph.shape(segment).windows(2));
            pieces.entry(profiles).or_default().extend(shape.map(|(number, pair)| Piece {
                line: line(pair),
                segment,
                number,
            }));
        }
        let tree = |(profiles, pieces)| (profiles, RTree::bulk_load(pieces));
        let mut trees: Vec<(u8, RTree<Piece>)> = pieces.into_iter().map(tree).collect();
        trees.sort_by_key(|(_, tree)| Reverse(tree.size()));
        Index { trees, origin }
    }

    pub(crate) fn nearest(&self, graph: &Graph, profile: Profile, place: Point) -> Met {
        let target = sheet(self.origin, place);
        let mut near: Option<(f32, &Piece)> = None;
        for (_, tree) in self.trees.iter().filter(|(open, _)| open & 1 << profile.index() != 0) {
            let nearer = |distance: f32| near.is_none_or(|(known, _)| distance < known);
            if !nearer(tree.root().envelope().distance_2(&target)) {
                continue;
            }
            let found =
                tree.nearest_neighbor(target).map(|piece| (piece.distance_2(&target), piece));
            near = found.filter(|(distance, _)| nearer(*distance)).or(near);
        }
        let Some((_, piece)) = near else { return Met::Nothing };
        let snapped = on_piece(graph, piece, place);
        if snapped.metres_off > SNAP_METRES_MAX {
            return Met::TooFar(snapped.metres_off);
        }
        Met::Road(snapped)
    }
}

/// Bits of the vehicles that may both leave and arrive by the segment.
fn profiles(graph: &Graph, segment: u32) -> u8 {
    let edges = [segment * 2, segment * 2 + 1];
    Profile::ALL.into_iter().fold(0, |bits, profile| {
        let leave = edges.iter().any(|edge| graph.head(profile, *edge).is_some());
        let arrive = edges.iter().any(|edge| !graph.tails(profile, *edge).is_empty());
        bits | u8::from(leave && arrive) << profile.index()
    })
}

/// The foot of the perpendicular on a piece, and how far along the whole segment that is.
fn on_piece(graph: &Graph, piece: &Piece, place: Point) -> Snapped {
    let shape = graph.shape(piece.segment);
    let length = |pair: &[[i32; 2]]| {
        let (east, north) = east_north(point(pair[0]), point(pair[1]));
        east.hypot(north)
    };
    let number = piece.number as usize;
    let (from, to) = (point(shape[number]), point(shape[number + 1]));
    let (along_east, along_north) = east_north(place, to);
    let (back_east, back_north) = east_north(place, from);
    let (east, north) = (along_east - back_east, along_north - back_north);
    let square = east * east + north * north;
    let share = match square > 0.0 {
        true => (-(back_east * east + back_north * north) / square).clamp(0.0, 1.0),
        false => 0.0,
    };
    let metres_off = (back_east + share * east).hypot(back_north + share * north);
    let total: f64 = shape.windows(2).map(length).sum();
    let before: f64 = shape[..=number].windows(2).map(length).sum();
    let along = before + share * length(&shape[number..=number + 1]);
    let decimetres = graph.decimetres(piece.segment);
    let share_of_all = if total > 0.0 { (along / total).clamp(0.0, 1.0) } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of it")]
    let offset = (f64::from(decimetres) * share_of_all).round() as u32;
    let at = between(from, to, share);
    Snapped { segment: piece.segment, decimetres: offset.min(decimetres), at, metres_off }
}

pub(crate) fn between(from: Point, to: Point, share: f64) -> Point {
    let mix = |a: i32, b: i32| {
        #[expect(clippy::cast_possible_truncation, reason = "between two numbers that fit")]
        let mixed = (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as i32;
        mixed
    };
    Point::of_network(mix(from.lat_e7(), to.lat_e7()), mix(from.lon_e7(), to.lon_e7()))
}

fn point(place: [i32; 2]) -> Point {
    Point::of_network(place[0], place[1])
}

#[expect(clippy::cast_possible_truncation, reason = "metres in single precision")]
fn sheet(origin: Point, at: Point) -> [f32; 2] {
    let shrink = origin.lat().to_radians().cos();
    let east = (f64::from(at.lon_e7()) - f64::from(origin.lon_e7())) * METRES_PER_STEP * shrink;
    let north = (f64::from(at.lat_e7()) - f64::from(origin.lat_e7())) * METRES_PER_STEP;
    [east as f32, north as f32]
}
