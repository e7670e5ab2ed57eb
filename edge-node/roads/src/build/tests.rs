//! Builds against a search that knows no graph tricks at all: it remembers every edge it drove and refuses a forbidden
//! sequence when it sees one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::hierarchy::Weight;
use crate::place::Point;
use crate::roads::{Roads, metres, part, seconds};
use crate::snap::Snapped;
use crate::town::{Extract as Drawn, Town};
use crate::travel::UNREACHABLE;

fn built(pbf: &[u8], folder: &Path) -> Result<(Report, Network, Extract), BuildError> {
    let path = folder.join("town.osm.pbf");
    std::fs::write(&path, pbf).unwrap();
    let report = build(&path, folder, &mut |_| {})?;
    let extract = Extract::read(&Frames::open(&path)?, |_| {})?;
    let network = Network::build(&extract)?;
    Ok((report, network, extract))
}

/// Drives edges one after the other, with a memory of all that matters.
struct Naive<'a> {
    roads: &'a Roads,
    network: &'a Network,
    forbidden: Vec<Vec<u32>>,
    profile: Profile,
    slice: Slice,
}

impl Naive<'_> {
    fn ms(&self, edge: u32) -> Option<u32> {
        self.roads.graph.edge_ms(self.profile, self.slice, edge)
    }

    fn is_forbidden(&self, history: &[u32]) -> bool {
        self.forbidden.iter().any(|sequence| history.ends_with(sequence))
    }

    /// Weights to all places from one.
    fn row(&self, from: Snapped, places: &[Snapped]) -> Vec<Option<Weight>> {
        let memory = self.forbidden.iter().map(Vec::len).max().unwrap_or(1);
        let mut best: Vec<Option<Weight>> = places
            .iter()
            .map(|to| {
                let same = to.segment == from.segment;
                let way = || self.roads.along_segment(self.profile, self.slice, from, *to);
                same.then(way).flatten().map(|(weight, _)| weight)
            })
            .collect();
        let mut done: BTreeMap<Vec<u32>, Weight> = BTreeMap::new();
        let mut heap = BinaryHeap::new();
        let length = |segment: u32| self.network.segments[segment as usize].decimetres;
        for edge in [from.segment * 2, from.segment * 2 + 1] {
            let Some(ms) = self.ms(edge) else { continue };
            let all = length(from.segment);
            let ahead = if edge & 1 == 0 { all - from.decimetres } else { from.decimetres };
            heap.push(Reverse((part(ms, ahead, all), vec![edge])));
        }
        while let Some(Reverse((weight, history))) = heap.pop() {
            if done.contains_key(&history) {
                continue;
            }
            done.insert(history.clone(), weight);
            let at = self.network.head(history[history.len() - 1]);
            for edge in self.network.leaving(at) {
                let Some(ms) = self.ms(edge) else { continue };
                let mut longer = history.clone();
                longer.push(edge);
                if self.is_forbidden(&longer) {
                    continue;
                }
                let all = length(edge / 2);
                for (to, best) in places.iter().zip(&mut best) {
                    if to.segment == edge / 2 {
                        let into = if edge & 1 == 0 { to.decimetres } else { all - to.decimetres };
                        let found = weight + part(ms, into, all);
                        *best = Some(best.map_or(found, |best| best.min(found)));
                    }
                }
                let forgotten = longer.len().saturating_sub(memory);
                heap.push(Reverse((weight + part(ms, all, all), longer.split_off(forgotten))));
            }
        }
        best
    }
}

/// Every pair of the middles of some segments, for every vehicle and slice, against the naive search.
fn check_all(pbf: &[u8], every: usize) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let (report, network, extract) = built(pbf, folder.path()).unwrap();
    let roads = Roads::open(&report.graph_path).unwrap();
    let places: Vec<Point> = (0..network.segments.len())
        .step_by(every)
        .map(|segment| {
            let shape = roads.graph.shape(segment as u32);
            let (a, b) = (shape[0], shape[1]);
            Point::of_network(a[0] / 2 + b[0] / 2, a[1] / 2 + b[1] / 2)
        })
        .collect();
    for profile in Profile::ALL {
        let (forbidden, _) = restriction::forbidden(&network, &extract.restrictions, profile);
        for slice in Slice::ALL {
            let naive = Naive {
                roads: &roads,
                network: &network,
                forbidden: forbidden.clone(),
                profile,
                slice,
            };
            check_matrix(&roads, &naive, &places);
        }
    }
    report
}

fn check_matrix(roads: &Roads, naive: &Naive<'_>, places: &[Point]) {
    let (profile, slice) = (naive.profile, naive.slice);
    let matrix = roads.matrix(profile, slice, places).unwrap();
    let (_, snapped) = roads.snap_all(profile, places);
    let all: Vec<Snapped> = snapped.iter().flatten().copied().collect();
    for (from, at) in snapped.iter().enumerate() {
        let row = at.map(|at| naive.row(at, &all));
        let mut row = row.into_iter().flatten();
        for (to, met) in snapped.iter().enumerate() {
            let cell = from * places.len() + to;
            let found = (matrix.seconds[cell], matrix.metres[cell]);
            let truth = match (at, met) {
                (Some(_), Some(_)) => row.next().flatten(),
                _ => None,
            };
            let expected = truth.map_or((UNREACHABLE, UNREACHABLE), |w| (seconds(w), metres(w)));
            assert_eq!(found, expected, "{profile} {slice} from {from} to {to}");
            check_route(roads, naive, places[from], places[to], truth);
        }
    }
}

/// The route equals the cell of the matrix, and its turns add up to it.
fn check_route(roads: &Roads, naive: &Naive<'_>, from: Point, to: Point, truth: Option<Weight>) {
    let route = roads.route(naive.profile, naive.slice, &[from, to]);
    let Some(truth) = truth else {
        assert!(route.is_err());
        return;
    };
    let route = route.unwrap();
    assert_eq!((route.seconds, route.metres), (seconds(truth), metres(truth)));
    let driven: u32 = route.turns.iter().map(|turn| turn.metres).sum();
    assert!(driven.abs_diff(route.metres) <= 1 + route.turns.len() as u32);
    let drawn: f64 = route
        .geometry
        .windows(2)
        .map(|pair| crate::geodesy::great_circle_metres(pair[0], pair[1]))
        .sum();
    let off = (drawn - f64::from(route.metres)).abs();
    assert!(off <= 3.0 + f64::from(route.metres) / 100.0, "{drawn} {}", route.metres);
}

#[test]
fn a_town_agrees_with_the_naive_search() {
    let centre = Point::from_degrees(-1.2864, 36.8172).unwrap();
    let report = check_all(&Town { blocks: 9, seed: 3, centre }.pbf(), 29);
    assert!(report.restrictions > 2);
    assert_eq!(report.restrictions_unread, 0);
}

/// A restriction's members by role, id and whether a node, and its tags.
type Relation<'a> = (&'a [(&'a str, i64, bool)], &'a [(&'a str, &'a str)]);

/// A crossing of four arms with ends, so that every turn can be asked for.
fn crossing(relations: &[Relation<'_>]) -> Vec<u8> {
    let mut drawn = Drawn::default();
    let at = |north: i32, east: i32| [-12_864_000 + north * 10_000, 368_172_000 + east * 10_000];
    for (id, place) in [(1, at(0, 0)), (2, at(1, 0)), (3, at(0, 1)), (4, at(-1, 0)), (5, at(0, -1))]
    {
        drawn.node(id, place, &[]);
    }
    // Beyond the ends a ring, so that there is a way round.
    for (id, place) in [(6, at(2, 0)), (7, at(0, 2)), (8, at(-2, 0)), (9, at(0, -2))] {
        drawn.node(id, place, &[]);
    }
    for (way, refs) in [(12, [1, 2]), (13, [1, 3]), (14, [1, 4]), (15, [1, 5])] {
        drawn.way(way, &refs, &[("highway", "residential")]);
    }
    for (way, refs) in [(22, [2, 6]), (23, [3, 7]), (24, [4, 8]), (25, [5, 9])] {
        drawn.way(way, &refs, &[("highway", "residential")]);
    }
    for (way, refs) in [(31, [6, 7]), (32, [7, 8]), (33, [8, 9]), (34, [9, 6])] {
        drawn.way(way, &refs, &[("highway", "service")]);
    }
    for (number, (members, tags)) in relations.iter().enumerate() {
        let tags: Vec<_> = [("type", "restriction")].iter().chain(*tags).copied().collect();
        drawn.relation(number as i64 + 1, members, &tags);
    }
    drawn.to_pbf()
}

/// Seconds of a van from the middle of the western arm to the middle of another.
fn van_from_west(pbf: &[u8], to: (f64, f64)) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let (report, ..) = built(pbf, folder.path()).unwrap();
    let roads = Roads::open(&report.graph_path).unwrap();
    let place = |north: f64, east: f64| {
        Point::from_degrees(-1.2864 + north / 1_000.0, 36.8172 + east / 1_000.0).unwrap()
    };
    let places = [place(0.0, -0.5), place(to.0, to.1)];
    roads.matrix(Profile::Van, Slice::Night, &places).unwrap().seconds[1]
}

#[test]
fn each_kind_of_restriction_forbids_what_it_says() {
    let (north, south, east) = ((0.5, 0.0), (-0.5, 0.0), (0.0, 0.5));
    let open = crossing(&[]);
    let straight = van_from_west(&open, east);
    assert_eq!(van_from_west(&open, north), van_from_west(&open, south));
    let via = ("via", 1, true);
    let from = ("from", 15, false);
    let no_left: &[_] = &[from, via, ("to", 12, false)];
    let no_left = crossing(&[(no_left, &[("restriction", "no_left_turn")])]);
    assert!(van_from_west(&no_left, north) > 3 * straight, "the way round is long");
    assert_eq!(van_from_west(&no_left, south), straight);
    assert_eq!(van_from_west(&no_left, east), straight);
    let only: &[_] = &[from, via, ("to", 13, false)];
    let only = crossing(&[(only, &[("restriction", "only_straight_on")])]);
    assert_eq!(van_from_west(&only, east), straight);
    assert!(van_from_west(&only, north) > 3 * straight);
    assert!(van_from_west(&only, south) > 3 * straight);
    let excepted: &[_] = &[from, via, ("to", 12, false)];
    let excepted =
        crossing(&[(excepted, &[("restriction", "no_left_turn"), ("except", "motorcar")])]);
    assert_eq!(van_from_west(&excepted, north), straight);
    let over_way: &[_] = &[from, ("via", 12, false), ("to", 22, false)];
    let over_way = crossing(&[(over_way, &[("restriction", "no_straight_on")])]);
    assert_eq!(van_from_west(&over_way, north), straight);
    assert!(van_from_west(&over_way, (1.5, 0.0)) > van_from_west(&open, (1.5, 0.0)));
}

prop_compose! {
    /// A small grid with random oneways, barriers, restrictions over nodes and ways, and a few streets missing.
    fn grids()(
        streets in prop::collection::vec(0_u8..8, 24),
        barriers in prop::collection::vec(0_u8..12, 16),
        turns in prop::collection::vec((0_usize..24, 0_usize..24, 0_usize..24, 0_u8..6), 0..10),
    ) -> Vec<u8> {
        grid(&streets, &barriers, &turns)
    }
}

fn grid(streets: &[u8], barriers: &[u8], turns: &[(usize, usize, usize, u8)]) -> Vec<u8> {
    let mut drawn = Drawn::default();
    for (number, barrier) in barriers.iter().enumerate() {
        let (row, column) = (number as i32 / 4, number as i32 % 4);
        let at = [-12_864_000 + row * 9_000 + column * 700, 368_172_000 + column * 11_000];
        let tags: &[(&str, &str)] = match barrier {
            0 => &[("barrier", "bollard")],
            1 => &[("barrier", "gate")],
            2 => &[("highway", "traffic_signals")],
            _ => &[],
        };
        drawn.node(number as i64 + 1, at, tags);
    }
    let along = (0..16).filter(|n| n % 4 != 3).map(|n| [n + 1, n + 2]);
    let up = (0..12).map(|n| [n + 1, n + 5]);
    let ends: Vec<[i64; 2]> = along.chain(up).collect();
    for (number, (refs, street)) in ends.iter().zip(streets).enumerate() {
        let tags: &[(&str, &str)] = match street {
            0 => &[("highway", "path")],
            1 => &[("highway", "primary"), ("oneway", "yes")],
            2 => &[("highway", "residential"), ("oneway", "-1")],
            3 => &[("highway", "service"), ("access", "private")],
            4 => &[("highway", "residential"), ("oneway", "yes"), ("oneway:motorcycle", "no")],
            _ => &[("highway", "tertiary")],
        };
        drawn.way(number as i64 + 1, refs, tags);
    }
    for (number, &(from, middle, to, kind)) in turns.iter().enumerate() {
        let word = ["no_left_turn", "only_right_turn", "no_u_turn"][usize::from(kind % 3)];
        let shared = ends[from].iter().find(|node| ends[to].contains(node));
        let via = match (kind < 3, shared) {
            (true, Some(node)) => ("via", *node, true),
            _ => ("via", middle as i64 + 1, false),
        };
        let members = [("from", from as i64 + 1, false), via, ("to", to as i64 + 1, false)];
        drawn.relation(
            number as i64 + 1,
            &members,
            &[("type", "restriction"), ("restriction", word)],
        );
    }
    drawn.to_pbf()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_grids_agree_with_the_naive_search(pbf in grids()) {
        let folder = tempfile::tempdir().unwrap();
        if let Err(error) = built(&pbf, folder.path()) {
            assert!(matches!(error, BuildError::NoRoads { .. }), "{error}");
            return Ok(());
        }
        check_all(&pbf, 2);
    }
}
