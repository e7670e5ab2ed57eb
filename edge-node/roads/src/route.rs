//! A way to ride: its line on the map, and what to do at which street.

use crate::class::Class;
use crate::file::flag;
use crate::geodesy::east_north;
use crate::hierarchy::search::{Search, Seed, quickest};
use crate::hierarchy::{FAR, Weight, unpack};
use crate::place::Point;
use crate::profile::Profile;
use crate::roads::{Ends, Roads, metres, part, seconds};
use crate::slice::Slice;
use crate::snap::{Snapped, between};
use crate::travel::{Leg, PLACES_MAX, Route, RouteError, Turn, TurnKind};

/// A bend of fewer degrees on a street of the same name is no turn.
const TURN_DEGREES_MIN: f64 = 38.0;
/// Directions are taken over this length, so that a short first piece does not decide.
const BEARING_METRES: f64 = 12.0;

impl Roads {
    /// The quickest way through the places in their order. Each leg equals its cell of [`Roads::matrix`].
    ///
    /// # Errors
    /// When there are fewer than two places or more than [`PLACES_MAX`], a place is off the map, or a leg has no way.
    pub fn route(
        &self,
        profile: Profile,
        slice: Slice,
        places: &[Point],
    ) -> Result<Route, RouteError> {
        if !(2..=PLACES_MAX).contains(&places.len()) {
            return Err(RouteError::PlacesOutOfRange { places: places.len() });
        }
        let (snaps, snapped) = self.snap_all(profile, places);
        let mut route = Route {
            geometry: Vec::new(),
            legs: Vec::with_capacity(places.len() - 1),
            turns: Vec::new(),
            seconds: 0,
            metres: 0,
            snaps,
            source: self.source(profile, slice),
        };
        let mut on_road = Vec::with_capacity(places.len());
        for (place, at) in snapped.into_iter().enumerate() {
            let Some(at) = at else {
                let metres = match route.snaps[place] {
                    crate::Snap::OffMap { metres } => metres,
                    crate::Snap::OnRoad { .. } | crate::Snap::Estimated => None,
                };
                return Err(RouteError::OffMap { place, metres, profile });
            };
            on_road.push(at);
        }
        let vertices = self.vertices(profile);
        let mut asked = Asked {
            roads: self,
            profile,
            slice,
            ahead: Search::new(vertices),
            back: Search::new(vertices),
        };
        for (from, pair) in on_road.windows(2).enumerate() {
            let (weight, pieces) = asked.leg(pair[0], pair[1]).ok_or(RouteError::Unreachable {
                from,
                to: from + 1,
                profile,
            })?;
            asked.append(&mut route, weight, &pieces);
        }
        Ok(route)
    }
}

/// A part of an edge, in decimetres from where the edge begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    edge: u32,
    from: u32,
    to: u32,
}

struct Asked<'a> {
    roads: &'a Roads,
    profile: Profile,
    slice: Slice,
    ahead: Search,
    back: Search,
}

impl Asked<'_> {
    /// `None`: no way, or a file whose shortcuts lead nowhere.
    fn leg(&mut self, from: Snapped, to: Snapped) -> Option<(Weight, Vec<Piece>)> {
        let direct = (from.segment == to.segment)
            .then(|| self.roads.along_segment(self.profile, self.slice, from, to))
            .flatten();
        let leaving = Ends::at(self.roads, self.profile, self.slice, from);
        let arriving = Ends::at(self.roads, self.profile, self.slice, to);
        let graph = self.roads.graph.hierarchy(self.profile, self.slice);
        let way = quickest(
            graph,
            &mut self.ahead,
            &mut self.back,
            &leaving.leaving_seeds(),
            &arriving.arriving_seeds(),
        );
        let over_graph = way.as_ref().map_or(FAR, |way| way.weight);
        if let Some((weight, edge)) = direct.filter(|(weight, _)| *weight <= over_graph) {
            let (from, to) = (self.offset(edge, from), self.offset(edge, to));
            return Some((weight, vec![Piece { edge, from, to }]));
        }
        let way = way?;
        let first = cheapest(&leaving.leaving, way.first)?;
        let last = cheapest(&arriving.arriving, way.last)?;
        let mut edges = Vec::new();
        unpack::edges(graph, &way.steps, &mut edges).ok()?;
        let length = |edge: u32| self.roads.graph.decimetres(edge / 2);
        let mut pieces =
            vec![Piece { edge: first, from: self.offset(first, from), to: length(first) }];
        pieces.extend(edges.into_iter().map(|edge| Piece { edge, from: 0, to: length(edge) }));
        pieces.push(Piece { edge: last, from: 0, to: self.offset(last, to) });
        pieces.retain(|piece| piece.from < piece.to);
        Some((way.weight, pieces))
    }

    fn offset(&self, edge: u32, at: Snapped) -> u32 {
        let length = self.roads.graph.decimetres(at.segment);
        if edge & 1 == 0 { at.decimetres } else { length - at.decimetres }
    }

    fn append(&self, route: &mut Route, weight: Weight, pieces: &[Piece]) {
        let leg = route.legs.len();
        let shapes: Vec<Vec<Point>> = pieces.iter().map(|piece| self.shape(*piece)).collect();
        let place = |snap: usize| match route.snaps[snap] {
            crate::Snap::OnRoad { at, .. } => at,
            crate::Snap::OffMap { .. } | crate::Snap::Estimated => Point::of_network(0, 0),
        };
        let (start, end) = (place(leg), place(leg + 1));
        push(&mut route.geometry, start);
        let first_point = route.geometry.len() - 1;
        shapes.iter().flatten().for_each(|point| push(&mut route.geometry, *point));
        push(&mut route.geometry, end);
        let (seconds, metres) = (seconds(weight), metres(weight));
        let last_point = route.geometry.len() - 1;
        route.legs.push(Leg { seconds, metres, first_point, last_point });
        route.seconds = route.seconds.saturating_add(seconds);
        route.metres = route.metres.saturating_add(metres);
        self.append_turns(route, leg, pieces, &shapes, start);
        let (kind, street) = (TurnKind::Arrive, String::new());
        route.turns.push(Turn { kind, street, metres: 0, seconds: 0, at: end, leg });
    }

    fn append_turns(
        &self,
        route: &mut Route,
        leg: usize,
        pieces: &[Piece],
        shapes: &[Vec<Point>],
        start: Point,
    ) {
        let street =
            |edge: u32| self.roads.graph.name(self.roads.graph.name_number(edge / 2)).to_owned();
        let mut open: Option<(Turn, Weight)> = None;
        let mut exits = 0_u8;
        for (number, piece) in pieces.iter().enumerate() {
            let turn = match number.checked_sub(1) {
                None => Some(TurnKind::Depart),
                Some(before) => {
                    self.turn(pieces[before].edge, piece.edge, &shapes[before], &shapes[number])
                }
            };
            if let Some(kind) = turn {
                if let Some((done, weight)) = open.take() {
                    route.turns.push(close(done, weight, exits));
                }
                exits = 0;
                let at = shapes[number].first().copied().unwrap_or(start);
                let street = street(piece.edge);
                open = Some((Turn { kind, street, metres: 0, seconds: 0, at, leg }, 0));
            }
            let Some((_, weight)) = &mut open else { continue };
            *weight = weight.saturating_add(self.weight(*piece));
            let flags = self.roads.graph.flags(piece.edge / 2);
            let is_exit =
                flags & flag::ROUNDABOUT != 0 && flags & flag::EXIT << (piece.edge & 1) != 0;
            exits = exits.saturating_add(u8::from(is_exit));
        }
        if let Some((done, weight)) = open {
            route.turns.push(close(done, weight, exits));
        }
    }

    /// What to do between two edges; `None`: nothing worth saying.
    fn turn(&self, before: u32, after: u32, came: &[Point], goes: &[Point]) -> Option<TurnKind> {
        let graph = &self.roads.graph;
        let (was, is) = (before / 2, after / 2);
        if after == before ^ 1 {
            return Some(TurnKind::UTurn);
        }
        if graph.class(is) == Class::Ferry && graph.class(was) != Class::Ferry {
            return Some(TurnKind::Ferry);
        }
        let round = |segment: u32| graph.flags(segment) & flag::ROUNDABOUT != 0;
        match (round(was), round(is)) {
            (false, true) => return Some(TurnKind::Roundabout { exit: 0 }),
            (true, true) => return None,
            (true, false) | (false, false) => {}
        }
        let same_street = graph.name_number(was) == graph.name_number(is);
        let crossing = graph.flags(was) & flag::CROSSING << (before & 1) != 0;
        let degrees = bend(came, goes)?;
        if round(was) {
            // The exit was said on entering; the street that it leads into is worth a line of its own.
            return Some(TurnKind::Straight);
        }
        if same_street && (!crossing || degrees.abs() < TURN_DEGREES_MIN) {
            return None;
        }
        Some(kind_of(degrees))
    }

    fn weight(&self, piece: Piece) -> Weight {
        let ms = self.roads.graph.edge_ms(self.profile, self.slice, piece.edge).unwrap_or(0);
        part(ms, piece.to - piece.from, self.roads.graph.decimetres(piece.edge / 2))
    }

    /// The line of a part of an edge, in the direction of driving.
    fn shape(&self, piece: Piece) -> Vec<Point> {
        let mut shape: Vec<Point> = self
            .roads
            .graph
            .shape(piece.edge / 2)
            .iter()
            .map(|[lat, lon]| Point::of_network(*lat, *lon))
            .collect();
        if piece.edge & 1 == 1 {
            shape.reverse();
        }
        let length = f64::from(self.roads.graph.decimetres(piece.edge / 2));
        cut(&shape, f64::from(piece.from) / length, f64::from(piece.to) / length)
    }
}

fn close(mut turn: Turn, weight: Weight, exits: u8) -> Turn {
    if let TurnKind::Roundabout { exit } = &mut turn.kind {
        *exit = exits.max(1);
    }
    (turn.seconds, turn.metres) = (seconds(weight), metres(weight));
    turn
}

fn cheapest(ends: &[(Seed, u32)], vertex: u32) -> Option<u32> {
    ends.iter()
        .filter(|(seed, _)| seed.vertex == vertex)
        .min_by_key(|(seed, _)| seed.weight)
        .map(|(_, edge)| *edge)
}

fn push(line: &mut Vec<Point>, point: Point) {
    if line.last() != Some(&point) {
        line.push(point);
    }
}

/// The part of a line between two shares of its length.
fn cut(line: &[Point], from: f64, to: f64) -> Vec<Point> {
    let lengths: Vec<f64> = line.windows(2).map(|pair| flat_metres(pair[0], pair[1])).collect();
    let total: f64 = lengths.iter().sum();
    let (from, to) = (from * total, to * total);
    let mut cut = Vec::new();
    let mut before = 0.0;
    for (pair, length) in line.windows(2).zip(lengths) {
        let after = before + length;
        if length > 0.0 && after >= from && before <= to {
            let share = |at: f64| ((at - before) / length).clamp(0.0, 1.0);
            push(&mut cut, between(pair[0], pair[1], share(from)));
            push(&mut cut, between(pair[0], pair[1], share(to)));
        }
        before = after;
    }
    cut
}

fn flat_metres(a: Point, b: Point) -> f64 {
    let (east, north) = east_north(a, b);
    east.hypot(north)
}

/// Degrees by which the direction changes between two lines, positive to the right.
fn bend(came: &[Point], goes: &[Point]) -> Option<f64> {
    let backwards: Vec<Point> = came.iter().rev().copied().collect();
    let (east, north) = direction(&backwards)?;
    let before = (-east).atan2(-north);
    let (east, north) = direction(goes)?;
    let degrees = (east.atan2(north) - before).to_degrees();
    Some((degrees + 540.0).rem_euclid(360.0) - 180.0)
}

/// From the first point of a line to one some metres on.
fn direction(line: &[Point]) -> Option<(f64, f64)> {
    let start = *line.first()?;
    let on = line.iter().find(|point| flat_metres(start, **point) >= BEARING_METRES);
    let end = on.or(line.last())?;
    (*end != start).then(|| east_north(start, *end))
}

fn kind_of(degrees: f64) -> TurnKind {
    let right = degrees > 0.0;
    match degrees.abs() {
        ..25.0 => TurnKind::Straight,
        25.0..55.0 if right => TurnKind::SlightRight,
        25.0..55.0 => TurnKind::SlightLeft,
        55.0..125.0 if right => TurnKind::Right,
        55.0..125.0 => TurnKind::Left,
        125.0..172.0 if right => TurnKind::SharpRight,
        125.0..172.0 => TurnKind::SharpLeft,
        _ => TurnKind::UTurn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(pairs: &[(f64, f64)]) -> Vec<Point> {
        pairs.iter().map(|(lat, lon)| Point::from_degrees(*lat, *lon).unwrap()).collect()
    }

    #[test]
    fn a_bend_has_a_hand() {
        let north = line(&[(1.0, 1.0), (1.001, 1.0)]);
        let bend_to = |lat, lon| bend(&north, &line(&[(1.001, 1.0), (lat, lon)])).unwrap().round();
        assert_eq!(bend_to(1.001, 1.001), 90.0);
        assert_eq!(bend_to(1.001, 0.999), -90.0);
        assert_eq!(bend_to(1.002, 1.0), 0.0);
        assert_eq!(kind_of(90.0), TurnKind::Right);
        assert_eq!(kind_of(-30.0), TurnKind::SlightLeft);
        assert_eq!(kind_of(-180.0), TurnKind::UTurn);
        assert_eq!(bend(&north, &line(&[(1.0, 1.0)])), None);
    }

    #[test]
    fn a_line_is_cut_by_shares_of_its_length() {
        let way = line(&[(1.0, 1.0), (1.0, 1.001), (1.0, 1.004)]);
        assert_eq!(cut(&way, 0.5, 1.0), line(&[(1.0, 1.002), (1.0, 1.004)]));
        assert_eq!(cut(&way, 0.125, 0.5), line(&[(1.0, 1.0005), (1.0, 1.001), (1.0, 1.002)]));
        assert_eq!(cut(&way, 0.0, 1.0), way);
    }
}
