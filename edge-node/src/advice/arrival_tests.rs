//! Arrivals and trips, worked out by hand.

use shared_model::dispatch::{Load, Outcome, Status, TravelSource};
use shared_model::id::VehicleId;
use uuid::Uuid;

use super::*;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

fn place(lat_e7: i32) -> Place {
    Place::new(lat_e7, 368_000_000).unwrap()
}

fn order(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(number))
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_ms(20_000 * DAY_MS + 8 * 60 * MINUTE_MS + minutes * MINUTE_MS)
}

fn stop(number: u128, lat_e7: i32, minutes: i64, state: StopState) -> Stop {
    Stop {
        order: order(number),
        number: format!("NBO-1-{number}"),
        place: place(lat_e7),
        arrive: at(minutes),
        leave: at(minutes + 5),
        load: Load::default(),
        cash_due_minor: 0,
        task: None,
        state,
    }
}

fn manifest(stops: Vec<Stop>) -> Manifest {
    Manifest {
        manifest: ManifestId::new(Uuid::from_u128(7)),
        vehicle: VehicleId::new(Uuid::from_u128(8)),
        vehicle_name: "KMFB 1".into(),
        rider: RiderId::new(Uuid::from_u128(9)),
        status: Status::HandedOut,
        stops,
        departs: at(0),
        returns: at(60),
        metres: 0,
        travel: TravelSource::Estimate,
        accepted: Vec::new(),
        revision: 1,
        locked: at(-10),
        locked_by: None,
        handed_out: Some(at(0)),
        ended: None,
        delay_s: 0,
    }
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-6
}

#[test]
fn each_arrival_adds_the_way_and_the_stop_before() {
    let tour = manifest(vec![
        stop(1, -12_900_000, 10, StopState::Pending),
        stop(2, -12_800_000, 30, StopState::Pending),
    ]);
    let ahead = Ahead::of(&tour, place(-13_000_000));
    let arrivals = ahead.arrivals(&[(600.0, 900.0), (300.0, 700.0)]);
    assert_eq!(arrivals[&order(1)], Arrival { expected_ms: at(10).ms(), late_ms: at(15).ms() });
    // 600 s, five minutes at the door, 300 s; above the mean √(300² + 400²) = 500 s.
    let second = Arrival { expected_ms: at(20).ms(), late_ms: at(20).ms() + 500_000 };
    assert_eq!(arrivals[&order(2)], second);
}

#[test]
fn what_was_made_is_behind_and_the_rest_starts_from_there() {
    let tour = manifest(vec![
        stop(1, -12_900_000, 10, StopState::Delivered { at: at(22) }),
        stop(2, -12_800_000, 30, StopState::Pending),
    ]);
    let ahead = Ahead::of(&tour, place(-13_000_000));
    assert_eq!(ahead.legs.len(), 1);
    assert_eq!(ahead.arrivals(&[(60.0, 60.0)])[&order(2)].expected_ms, at(23).ms());
}

#[test]
fn a_trip_is_learned_from_leaving_to_the_first_sign_of_life() {
    let tour = manifest(vec![
        stop(1, -12_900_000, 10, StopState::Pending),
        stop(2, -12_800_000, 30, StopState::Pending),
    ]);
    let (id, task) = (tour.manifest, Vec::new());
    let mut rounds = Rounds::default();
    rounds.fold(at(-60), &Event::DepotLocated { place: place(-13_000_000) }, 180);
    rounds.fold(at(-10), &Event::ManifestLocked(Box::new(tour)), 180);
    rounds.fold(at(0), &Event::ManifestHandedOut { manifest: id, tasks: task }, 180);
    rounds.fold(at(12), &Event::StopReached { manifest: id, order: order(1) }, 180);
    let ended = |number| Event::StopEnded {
        manifest: id,
        order: order(number),
        outcome: Outcome::Delivered,
    };
    rounds.fold(at(17), &ended(1), 180);
    rounds.fold(at(30), &ended(2), 180);
    let finished = rounds.take_finished();
    assert_eq!(finished.iter().map(|trip| trip.order).collect::<Vec<_>>(), [order(1), order(2)]);
    assert!(close(finished[0].actual_s, 720.0) && close(finished[1].actual_s, 780.0));
    assert!(close(rounds.book().trips(), 2.0));
    assert!(rounds.take_finished().is_empty());
}

#[test]
fn a_trip_that_took_all_night_teaches_nothing() {
    let tour = manifest(vec![stop(1, -12_900_000, 10, StopState::Pending)]);
    let id = tour.manifest;
    let mut rounds = Rounds::default();
    rounds.fold(at(-60), &Event::DepotLocated { place: place(-13_000_000) }, 180);
    rounds.fold(at(-10), &Event::ManifestLocked(Box::new(tour)), 180);
    rounds.fold(at(0), &Event::ManifestHandedOut { manifest: id, tasks: Vec::new() }, 180);
    rounds.fold(at(16 * 60), &Event::StopReached { manifest: id, order: order(1) }, 180);
    assert!(rounds.take_finished().is_empty());
}

#[test]
fn a_trip_says_the_site_s_own_hour_and_weekday() {
    let tour = manifest(vec![stop(1, -12_900_000, 10, StopState::Pending)]);
    let ahead = Ahead::of(&tour, place(-13_000_000));
    let trip = ahead.legs[0].trip(place(-13_000_000), tour.rider, None, 180).unwrap();
    // Day 20,000 is 2024-10-04, a Friday; 08:00 UTC is 11:00 in Nairobi.
    assert!(close(trip.departed_s.unwrap(), 11.0 * 3_600.0));
    assert_eq!(trip.weekday, Some(5));
}

#[test]
fn an_hour_s_pace_is_believed_within_bounds_only() {
    assert_eq!(pace_milli(1.25), 1_250);
    assert_eq!((pace_milli(9.0), pace_milli(0.01)), (2_000, 500));
    assert_eq!(pace_milli(f64::NAN), 1_000);
}
