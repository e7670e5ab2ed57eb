//! A made-up town from extract to answers, asked as a depot asks.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::LazyLock;

use roads::build::{Report, build};
use roads::town::Town;
use roads::{Point, Profile, Roads, RouteError, Slice, Snap, Source, TurnKind, UNREACHABLE};

struct Built {
    folder: tempfile::TempDir,
    report: Report,
    roads: Roads,
    town: Town,
}

/// Built once for all tests of a process.
static BUILT: LazyLock<Built> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let town = Town { blocks: 18, seed: 5, centre: Point::from_degrees(6.5244, 3.3792).unwrap() };
    let path = folder.path().join("town.osm.pbf");
    std::fs::write(&path, town.pbf()).unwrap();
    let report = build(&path, folder.path(), &mut |_| {}).unwrap();
    let roads = Roads::open(&report.graph_path).unwrap();
    Built { folder, report, roads, town }
});

/// Metres north and east of the centre.
fn at(north: f64, east: f64) -> Point {
    let centre = BUILT.town.centre;
    Point::from_degrees(centre.lat() + north / 111_195.0, centre.lon() + east / 110_400.0).unwrap()
}

fn spread(count: i32) -> Vec<Point> {
    (0..count)
        .map(|n| at(f64::from(n * 397 % 1_700 - 850), f64::from(n * 911 % 1_700 - 850)))
        .collect()
}

#[test]
fn every_cell_equals_plain_dijkstra_for_each_vehicle_and_slice() {
    let places = spread(24);
    for profile in Profile::ALL {
        for slice in Slice::ALL {
            let matrix = BUILT.roads.matrix(profile, slice, &places).unwrap();
            for (from, place) in places.iter().enumerate() {
                let row = BUILT.roads.plain_row(profile, slice, *place, &places);
                for (to, expected) in row.into_iter().enumerate() {
                    let cell = from * places.len() + to;
                    assert_eq!((matrix.seconds[cell], matrix.metres[cell]), expected);
                }
            }
        }
    }
}

#[test]
fn vehicles_differ_where_the_town_says_so() {
    assert!(BUILT.report.restrictions > 0);
    // In the middle of the informal quarter, where only motorcycles pass.
    let lanes = [at(-525.0, 577.0), at(-560.0, 500.0)];
    let metres_off = |profile| {
        let matrix = BUILT.roads.matrix(profile, Slice::Day, &lanes).unwrap();
        matrix
            .snaps
            .iter()
            .map(|snap| match snap {
                Snap::OnRoad { metres, .. } => *metres,
                Snap::OffMap { .. } | Snap::Estimated => panic!("{snap:?}"),
            })
            .sum::<u32>()
    };
    assert!(metres_off(Profile::Okada) + 60 < metres_off(Profile::Van));
    let places = spread(12);
    let matrix = |profile, slice| BUILT.roads.matrix(profile, slice, &places).unwrap();
    let sum = |profile, slice| {
        let matrix = matrix(profile, slice);
        assert!(matches!(matrix.source, Source::Graph { profile: of, .. } if of == profile));
        matrix
            .seconds
            .iter()
            .filter(|seconds| **seconds != UNREACHABLE)
            .map(|s| u64::from(*s))
            .sum::<u64>()
    };
    let by_night = sum(Profile::Van, Slice::Night);
    assert!(sum(Profile::Van, Slice::Evening) > by_night);
    assert!(sum(Profile::Okada, Slice::Evening) < sum(Profile::Van, Slice::Evening));
    let seconds = matrix(Profile::Van, Slice::Day).seconds;
    let both_ways = |from: usize, to: usize| (seconds[from * 12 + to], seconds[to * 12 + from]);
    let asymmetric = (0..12).flat_map(|a| (0..a).map(move |b| (a, b))).any(|(a, b)| {
        let (there, back) = both_ways(a, b);
        there != back
    });
    assert!(asymmetric, "oneways make ways back differ");
}

#[test]
fn a_route_is_the_sum_of_its_cells_and_names_streets() {
    let places = spread(6);
    let matrix = BUILT.roads.matrix(Profile::Okada, Slice::Morning, &places).unwrap();
    let route = BUILT.roads.route(Profile::Okada, Slice::Morning, &places).unwrap();
    assert_eq!(route.legs.len(), 5);
    for (from, leg) in route.legs.iter().enumerate() {
        let cell = matrix.travel(from, from + 1).unwrap();
        assert_eq!((leg.seconds, leg.metres), (cell.seconds, cell.metres));
        assert!(leg.first_point <= leg.last_point && leg.last_point < route.geometry.len());
    }
    assert_eq!(route.seconds, route.legs.iter().map(|leg| leg.seconds).sum::<u32>());
    let kinds: Vec<TurnKind> = route.turns.iter().map(|turn| turn.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == TurnKind::Depart).count(), 5);
    assert_eq!(kinds.iter().filter(|kind| **kind == TurnKind::Arrive).count(), 5);
    assert!(kinds.contains(&TurnKind::Left) && kinds.contains(&TurnKind::Right), "{kinds:?}");
    assert!(route.turns.iter().any(|turn| turn.street.ends_with("Street")));
}

#[test]
fn a_place_far_from_roads_is_off_the_map_by_how_far() {
    let sea = at(30_000.0, 0.0);
    let places = [at(0.0, 0.0), sea];
    let matrix = BUILT.roads.matrix(Profile::Van, Slice::Day, &places).unwrap();
    assert_eq!(matrix.off_map().collect::<Vec<_>>(), [1]);
    assert_eq!(matrix.travel(0, 1), None);
    assert_eq!(matrix.travel(0, 0).map(|travel| travel.seconds), Some(0));
    let Snap::OffMap { metres: Some(metres) } = matrix.snaps[1] else {
        panic!("{:?}", matrix.snaps)
    };
    assert!((28_000..30_000).contains(&metres), "{metres}");
    let error = BUILT.roads.route(Profile::Van, Slice::Day, &places).unwrap_err();
    assert_eq!(error, RouteError::OffMap { place: 1, metres: Some(metres), profile: Profile::Van });
    assert!(BUILT.roads.route(Profile::Van, Slice::Day, &places[..1]).is_err());
}

#[test]
fn places_on_one_segment_do_not_go_round_the_block() {
    let route = |a, b| BUILT.roads.route(Profile::Okada, Slice::Day, &[a, b]).unwrap();
    let here = at(210.0, 190.0);
    let there = route(here, here);
    assert_eq!((there.seconds, there.metres), (0, 0));
    let near = route(here, at(210.0, 193.0));
    assert!(near.metres < 120, "{}", near.metres);
}

#[test]
fn the_map_is_an_archive_that_says_whose_data_it_is() {
    let bytes = std::fs::read(&BUILT.report.map_path).unwrap();
    assert_eq!(bytes.len() as u64, BUILT.report.map_bytes);
    assert_eq!(&bytes[..8], b"PMTiles\x03");
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let unpack = |from: usize, length: usize| {
        let mut text = Vec::new();
        let mut gzip = flate2::read::GzDecoder::new(&bytes[from..from + length]);
        std::io::Read::read_to_end(&mut gzip, &mut text).unwrap();
        text
    };
    let metadata = String::from_utf8(unpack(long(24), long(32))).unwrap();
    assert!(metadata.contains("© OpenStreetMap contributors"));
    assert_eq!(long(72), BUILT.report.map_tiles);
    // The first tile of the content is of zoom 10 and holds a road and the river.
    let root = unpack(long(8), long(16));
    assert!(!root.is_empty());
    let tile = unpack(long(56), long(64));
    for layer in ["roads", "water", "places"] {
        assert!(tile.windows(layer.len()).any(|bytes| bytes == layer.as_bytes()), "{layer}");
    }
    let left: Vec<String> = std::fs::read_dir(BUILT.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
