//! Files of every format: what is read, what is refused with its place, and that nothing makes a reader panic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod random;

use planning::check::{audit, latest_start};
use planning::formats::{self, Format, Rounding, solution};
use planning::json::{geojson, read_plan, read_problem, report, write_problem};
use planning::plan::{Action, Plan};
use planning::problem::{JobIx, Kind, Load, Rule};
use planning::solve::{Prepared, Steps};
use proptest::prelude::*;
use random::Dice;

const SOLOMON: &str = "Small\n\nVEHICLE\nNUMBER CAPACITY\n 2 10\n\nCUSTOMER\n\
    CUST NO. XCOORD. YCOORD. DEMAND READY DUE SERVICE\n\n\
    0 0 0 0 0 1000 0\n1 3 4 5 0 500 10\n2 6 8 5 10 600 10\n3 1 1 4 0 900 10\n";

const LI_LIM: &str = "2 10 1\n0 0 0 0 0 1000 0 0 0\n1 3 4 5 0 500 10 0 2\n2 6 8 -5 10 600 10 1 0\n";

const VRPLIB: &str = "NAME : small\nTYPE : MTVRPTWR\nDIMENSION : 4\nVEHICLES : 2\nCAPACITY : 6\n\
    EDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 8\n4 1 1\nDEMAND_SECTION\n1 0\n2 5\n3 5\n4 1\n\
    TIME_WINDOW_SECTION\n1 0 1000\n2 0 500\n3 10 600\n4 0 900\nSERVICE_TIME_SECTION\n1 0\n2 10\n3 10\n4 10\n\
    RELEASE_TIME_SECTION\n1 0\n2 0\n3 20\n4 0\nVEHICLES_RELOAD_DEPOT_SECTION\n1 1\n2 1\nDEPOT_SECTION\n1\n-1\nEOF\n";

const MIXED: &str = "TYPE : HFVRP\nDIMENSION : 3\nVEHICLES : 2\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : LOWER_ROW\n\
    EDGE_WEIGHT_SECTION\n7\n8 9\nDEMAND_SECTION\n1 0\n2 5\n3 5\nCAPACITY_SECTION\n1 5\n2 10\n\
    VEHICLES_FIXED_COST_SECTION\n1 3\n2 4\nVEHICLES_UNIT_DISTANCE_COST_SECTION\n1 100\n2 50\nDEPOT_SECTION\n1\nEOF\n";

const BACKHAULS: &str = "TYPE : VRPB\nDIMENSION : 3\nCAPACITY : 5\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 8\n\
    DEMAND_SECTION\n1 0\n2 5\n3 0\nBACKHAUL_SECTION\n1 0\n2 0\n3 4\nDEPOT_SECTION\n1\nEOF\n";

const SAMPLES: [&str; 5] = [SOLOMON, LI_LIM, VRPLIB, MIXED, BACKHAULS];

#[test]
fn formats_are_told_apart_and_rounded_as_their_sets_are() {
    let formats = SAMPLES.map(Format::of);
    let vrplib = Some(Format::Vrplib);
    assert_eq!(formats, [Some(Format::Solomon), Some(Format::LiLim), vrplib, vrplib, vrplib]);
    assert_eq!(Format::of("{\"places\": []}"), Some(Format::Json));

    let tenths = formats::read(SOLOMON, None).unwrap();
    let way = |draft: &planning::problem::Draft, from: usize, to: usize| {
        draft.profiles[0].metres.cells()[from * draft.places.len() + to].amount()
    };
    // From (0, 0) to (1, 1): 14.14 tenths, cut off; 1,414.2 thousandths, to the nearest.
    assert_eq!((way(&tenths, 0, 1), way(&tenths, 0, 3)), (Some(50), Some(14)));
    let thousandths = formats::read(SOLOMON, Some(Rounding::Thousandths)).unwrap();
    assert_eq!((way(&thousandths, 0, 1), way(&thousandths, 0, 3)), (Some(5_000), Some(1_414)));
    assert_eq!(tenths.vehicles.len(), 2);
    assert_eq!(tenths.vehicle_types[0].capacity, Load::capacity(10));
    assert!(
        matches!(&formats::read(LI_LIM, None).unwrap().jobs[..], [job] if matches!(job.kind, Kind::Shipment { .. }))
    );

    let mixed = formats::read(MIXED, None).unwrap();
    assert_eq!((way(&mixed, 0, 1), way(&mixed, 2, 1)), (Some(7), Some(9)));
    assert_eq!(mixed.vehicle_types.len(), 2);
    assert_eq!(
        (mixed.vehicle_types[0].cost_fixed, mixed.vehicle_types[0].cost_per_metre),
        (3, 100)
    );
    // A backhaul is reached from a linehaul alone.
    let backhauls = formats::read(BACKHAULS, None).unwrap();
    assert_eq!(
        (way(&backhauls, 0, 2), way(&backhauls, 1, 2), way(&backhauls, 2, 1)),
        (None, Some(5), None)
    );
}

#[test]
fn a_published_solution_is_worked_out_again() {
    let problem = formats::read(VRPLIB, None).unwrap().check().unwrap();
    let read = solution::read("Route #1: 1 0 2\nRoute #2: 3\nCost 314\n", &problem).unwrap();
    assert_eq!(read.cost, Some(314.0));
    let mut plan = read.plan;
    assert!(matches!(plan.routes[0].actions[1], Action::Reload(_)));
    for route in &mut plan.routes {
        route.start_s = latest_start(&problem, route).unwrap();
    }
    let audit = audit(&problem, &plan);
    assert_eq!(audit.violations, []);
    // 2 × 50 + 2 × 100 + 2 × 14 tenths.
    assert_eq!(audit.cost.total(), 328);
    assert!(solution::read("Route #1: 1 9\n", &problem).is_err());
}

#[track_caller]
fn refused(text: &str, rule: Rule, place: &str) {
    let refusals = formats::read(text, None).and_then(|draft| draft.check().map(drop)).unwrap_err();
    let found = &refusals.0[0];
    assert_eq!((found.rule, found.path.as_str()), (rule, place), "{refusals}");
}

#[test]
fn what_is_not_of_the_format_is_refused_with_its_line() {
    refused(&SOLOMON.replace("3 1 1 4", "4 1 1 4"), Rule::ValueWrong, "line 13");
    refused(&SOLOMON.replace("1 3 4 5 0", "1 nan 4 5 0"), Rule::ValueWrong, "line 11");
    refused(
        &SOLOMON.replace(" 2 10\n", " 2 0\n"),
        Rule::CapacityZero,
        "vehicle_types[0].capacity.weight_g",
    );
    refused(&SOLOMON.replace("5 0 500", "5 600 500"), Rule::WindowInverted, "jobs[0].windows[0]");
    refused(&LI_LIM.replace("10 0 2", "10 0 9"), Rule::IndexDangling, "line 3");
    refused(&VRPLIB.replace("RELEASE_TIME", "RELEASED"), Rule::FieldUnknown, "line 27");
    refused(&VRPLIB.replace("DIMENSION : 4", "DIMENSION : 99999999"), Rule::ListTooLong, "line 3");
    refused(&MIXED.replace("8 9", "8"), Rule::MatrixShapeWrong, "EDGE_WEIGHT_SECTION");
    refused(&BACKHAULS.replace("6 8\n", "6 1e300\n"), Rule::ValueWrong, "line 8");
    refused("", Rule::SyntaxBroken, "line 1");
}

#[test]
fn json_is_read_as_it_was_written() {
    for seed in 0..30 {
        let mut dice = Dice::new(seed);
        let features = random::some(&mut dice);
        let draft = random::draft(&mut dice, &features);
        let problem = draft.clone().check().unwrap();
        assert_eq!(read_problem(&write_problem(&draft).unwrap()).unwrap(), draft, "seed {seed}");
        let prepared = Prepared::new(&problem);
        let mut search = prepared.search(1);
        search.run(&mut Steps(10));
        let plan = search.best();
        let audit = audit(&problem, &plan);
        let written = report(&problem, &plan, &audit);
        assert_eq!(read_plan(&written["plan"].to_string(), &problem).unwrap(), plan, "seed {seed}");
        assert_eq!(written["cost"]["total"], audit.cost.total());
        let map = geojson(&problem, &audit.timetables, &[]);
        let features = map["features"].as_array().unwrap();
        let stops: usize = plan.routes.iter().map(|route| route.actions.len()).sum();
        assert!(features.len() >= stops, "seed {seed}: {} of {stops}", features.len());
        for feature in features.iter().filter(|feature| feature["geometry"]["type"] == "Point") {
            // Longitude first (RFC 7946, 3.1.1): Nairobi lies at 36.8° east.
            assert_eq!(feature["geometry"]["coordinates"][0].as_f64().unwrap().trunc(), 36.0);
        }
        let standing = random::underway(&problem, &plan, 9_000, 5);
        assert_eq!(
            read_problem(&write_problem(&standing).unwrap()).unwrap(),
            standing,
            "seed {seed}"
        );
    }
}

const JSON: &str = r#"{
    "places": [{"name": "depot", "lat": -1.28, "lon": 36.82}, {"name": "door", "lat": -1.3, "lon": 36.8}],
    "profiles": [{"name": "okada", "slices": [{"from_s": 0, "seconds": [[0, 60], [60, 0]]}], "metres": [[0, 500], [500, 0]]}],
    "depots": [{"name": "shop", "place": "depot"}],
    "vehicle_types": [{"name": "okada", "profile": "okada", "capacity": {"weight_g": 30000}, "cost_per_metre": 1}],
    "vehicles": [{"name": "rider", "type": "okada", "start": {"depot": "shop"}, "shift": {"from_s": 0, "to_s": 3600}}],
    "jobs": [{"name": "order", "visit": {"place": "door", "deliver": {"weight_g": 500}, "windows": [{"from_s": 0, "to_s": 900}]}}]
}"#;

#[track_caller]
fn json_refused(from: &str, to: &str, rule: Rule, path: &str) {
    assert!(JSON.contains(from), "{from}");
    let refusals = read_problem(&JSON.replace(from, to))
        .and_then(|draft| draft.check().map(drop))
        .unwrap_err();
    let found = &refusals.0[0];
    assert_eq!((found.rule, found.path.as_str()), (rule, path), "{refusals}");
}

#[test]
fn json_is_refused_by_rule_and_path() {
    let problem = read_problem(JSON).unwrap().check().unwrap();
    let plan = r#"{"routes": [{"vehicle": "rider", "start_s": 0, "stops": [{"visit": "order"}]}]}"#;
    let plan = read_plan(plan, &problem).unwrap();
    assert_eq!(audit(&problem, &plan).cost.total(), 1_000);

    json_refused("\"jobs\"", "\"job\"", Rule::FieldUnknown, "job");
    json_refused("\"start\": {\"depot\": \"shop\"}, ", "", Rule::FieldMissing, "vehicles[0]");
    json_refused(
        "\"type\": \"okada\"",
        "\"type\": \"okada\", \"type\": \"okada\"",
        Rule::FieldRepeated,
        "vehicles[0]",
    );
    json_refused(
        "{\"depot\": \"shop\"}",
        "{\"depot\": \"shed\"}",
        Rule::NameUnknown,
        "vehicles[0].start",
    );
    json_refused("\"lat\": -1.3", "\"lat\": 91.0", Rule::PointOffRange, "places[1].lat");
    json_refused(
        "\"lat\": -1.3, \"lon\": 36.8",
        "\"lat\": 0.0, \"lon\": 0",
        Rule::PointZero,
        "places[1]",
    );
    json_refused("\"lat\": -1.3, ", "", Rule::FieldMissing, "places[1].lat");
    json_refused("\"to_s\": 900", "\"to_s\": -900", Rule::TimeOffRange, "jobs[0].windows[0].to_s");
    json_refused(
        "\"from_s\": 0, \"to_s\": 900",
        "\"from_s\": 950, \"to_s\": 900",
        Rule::WindowInverted,
        "jobs[0].windows[0]",
    );
    json_refused(
        "\"weight_g\": 30000",
        "\"weight_g\": 0",
        Rule::CapacityZero,
        "vehicle_types[0].capacity.weight_g",
    );
    json_refused(
        "\"weight_g\": 500",
        "\"weight_g\": 9223372036854775807",
        Rule::LoadOffRange,
        "jobs[0].deliver.weight_g",
    );
    json_refused(
        "\"cost_per_metre\": 1",
        "\"cost_per_metre\": 1000001",
        Rule::CostOffRange,
        "vehicle_types[0].cost_per_metre",
    );
}

#[test]
fn tables_of_json_are_refused_by_rule_and_path() {
    json_refused(
        "[[0, 60], [60, 0]]",
        "[[0, 60], [60, 1]]",
        Rule::MatrixDiagonalNotZero,
        "profiles[0].slices[0].seconds[1][1]",
    );
    json_refused(
        "[[0, 60], [60, 0]]",
        "[[0, null], [60, 0]]",
        Rule::MatrixReachDiffers,
        "profiles[0].slices[0].seconds[0][1]",
    );
    json_refused(
        "\"slices\": [{\"from_s\": 0",
        "\"slices\": [{\"from_s\": 5",
        Rule::SlicesUnordered,
        "profiles[0].slices",
    );
    json_refused(
        "\"places\": [",
        "\"places\": [{\"name\": \"door\"}, ",
        Rule::NameRepeated,
        "places[2].name",
    );
}

#[test]
fn numbers_beyond_every_float_are_refused() {
    assert!(read_problem(&JSON.replace("\"lat\": -1.3", "\"lat\": 1e999")).is_err());
    assert!(read_problem(&JSON.replace("\"lat\": -1.3", "\"lat\": NaN")).is_err());
}

#[test]
fn codes_are_told_apart() {
    let mut codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Rule::ALL.len());
}

/// Everything that reads text.
fn read_all(text: &str) {
    for rounding in [None, Some(Rounding::Nearest), Some(Rounding::Tenths)] {
        if let Ok(problem) = formats::read(text, rounding).and_then(planning::problem::Draft::check)
        {
            let _ = solution::read(text, &problem);
        }
    }
    let _ = formats::solomon::read(text, Rounding::Nearest);
    let _ = formats::lilim::read(text, Rounding::Nearest);
    let _ = formats::vrplib::read(text, None);
    let _ = read_problem(text).and_then(|draft| draft.check().map(drop));
}

fn mutated(sample: &str, cuts: &[(usize, u8, usize)]) -> String {
    let mut bytes = sample.as_bytes().to_vec();
    for &(at, byte, kind) in cuts {
        let at = at % bytes.len().max(1);
        match kind % 4 {
            _ if bytes.is_empty() => {}
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,300}") {
        read_all(&text);
    }

    #[test]
    fn no_damage_makes_a_reader_panic(
        sample in 0..6_usize,
        cuts in prop::collection::vec((0..2_000_usize, any::<u8>(), 0..4_usize), 1..8),
    ) {
        let samples = [SOLOMON, LI_LIM, VRPLIB, MIXED, BACKHAULS, JSON];
        read_all(&mutated(samples[sample], &cuts));
    }

    #[test]
    fn no_plan_makes_the_checker_panic(
        routes in prop::collection::vec((0..3_u32, any::<i64>(), prop::collection::vec((0..5_usize, 0..5_u32), 0..6)), 0..4),
    ) {
        let problem = formats::read(VRPLIB, None).unwrap().check().unwrap();
        let action = |kind: usize, at: u32| match kind {
            0 | 1 => Action::Visit(JobIx(at)),
            2 => Action::Pickup(JobIx(at)),
            3 => Action::Break(at),
            _ => Action::Reload(planning::problem::DepotIx(at)),
        };
        let routes = routes.into_iter().map(|(vehicle, start_s, actions)| planning::plan::Route {
            vehicle: planning::problem::VehicleIx(vehicle),
            start_s: start_s % 1_000_000_000,
            actions: actions.into_iter().map(|(kind, at)| action(kind, at)).collect(),
        });
        let plan = Plan { routes: routes.collect() };
        let audit = audit(&problem, &plan);
        prop_assert!(audit.is_sound() || !audit.violations.is_empty());
    }
}
