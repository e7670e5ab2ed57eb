//! When a rider arrives: trips that were made, learned from the log, and trips still to be made, put
//! as questions. Runs no model, reads no store; a promise to nobody.

use std::collections::{BTreeMap, HashMap, VecDeque};

use features::arrival_time::{Rider, Trip, Vehicle};
use features::geodesy::Point;
use features::pace::PaceBook;
use serde::Serialize;
use shared_model::dispatch::{Event, Manifest, Stop, StopState, VehicleKind};
use shared_model::id::{ManifestId, OrderId, RiderId};
use shared_model::place::Place;
use shared_model::time::Timestamp;

use super::history::day_of;

/// Tours followed at once; more than a depot has vehicles.
const TOURS_MAX: usize = 2_000;
/// Trips finished and not yet told to the models.
const FINISHED_MAX: usize = 1_000;
/// Places by which the pace of an hour is judged.
const LATELY_MAX: usize = 128;
/// An hour is at most twice as slow or as fast as usual; what says more is not believed.
const PACE_MILLI: std::ops::RangeInclusive<f64> = 500.0..=2_000.0;
/// Nothing that took longer is a trip: somebody pressed the button the next morning.
const TRIP_S_MAX: f64 = 6.0 * 3_600.0;

const SECOND_MS: i64 = 1_000;
const DAY_S: i64 = 86_400;

/// When to expect a rider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Arrival {
    pub expected_ms: i64,
    /// Nine of ten come before.
    pub late_ms: i64,
}

/// A trip that was made.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub order: OrderId,
    pub actual_s: f64,
    pub at: Timestamp,
}

struct Tour {
    rider: RiderId,
    stops: BTreeMap<OrderId, Place>,
    /// Where the rider left last, and when; none while the tour is in the yard.
    left: Option<(Place, Timestamp)>,
}

/// What the log says of tours.
#[derive(Default)]
pub(super) struct Rounds {
    depot: Option<Place>,
    tours: HashMap<ManifestId, Tour>,
    book: PaceBook,
    /// Places lately planned for, the newest last.
    lately: VecDeque<(OrderId, Place)>,
    finished: Vec<Finished>,
}

impl Rounds {
    pub(super) fn fold(&mut self, at: Timestamp, event: &Event, utc_offset_minutes: i32) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the rest moves nobody")]
        match event {
            Event::DepotLocated { place } => self.depot = Some(*place),
            Event::ManifestLocked(manifest) => self.lock(manifest),
            Event::ManifestHandedOut { manifest, .. } => {
                if let (Some(tour), Some(depot)) = (self.tours.get_mut(manifest), self.depot) {
                    tour.left = Some((depot, at));
                }
            }
            Event::StopReached { manifest, order } => {
                self.arrive(*manifest, *order, at, utc_offset_minutes);
            }
            Event::StopEnded { manifest, order, .. } => {
                self.arrive(*manifest, *order, at, utc_offset_minutes);
                self.leave(*manifest, *order, at);
            }
            Event::ManifestCancelled { manifest, .. } => {
                self.tours.remove(manifest);
            }
            _ => {}
        }
    }

    fn lock(&mut self, manifest: &Manifest) {
        let left = self.tours.get(&manifest.manifest).and_then(|tour| tour.left);
        if self.tours.len() >= TOURS_MAX && left.is_none() {
            return;
        }
        for stop in &manifest.stops {
            if self.lately.len() >= LATELY_MAX {
                self.lately.pop_front();
            }
            self.lately.push_back((stop.order, stop.place));
        }
        let stops = manifest.stops.iter().map(|stop| (stop.order, stop.place)).collect();
        self.tours.insert(manifest.manifest, Tour { rider: manifest.rider, stops, left });
    }

    /// The first sign of life at a stop ends the trip to it.
    fn arrive(&mut self, id: ManifestId, order: OrderId, at: Timestamp, utc_offset_minutes: i32) {
        let Some(depot) = self.depot else { return };
        let Some(tour) = self.tours.get_mut(&id) else { return };
        let (Some(place), Some((from, left))) = (tour.stops.remove(&order), tour.left) else {
            return;
        };
        let actual_s = seconds(at.ms() - left.ms());
        tour.left = Some((place, at));
        if !(0.0..TRIP_S_MAX).contains(&actual_s) {
            return;
        }
        let leg = Leg { order, from, to: place, departs: left, road_share: None };
        if let Some(trip) = leg.trip(depot, tour.rider, None, utc_offset_minutes) {
            self.book.learn(&trip, actual_s);
        }
        if self.finished.len() < FINISHED_MAX {
            self.finished.push(Finished { order, actual_s, at });
        }
    }

    fn leave(&mut self, id: ManifestId, order: OrderId, at: Timestamp) {
        let Some(tour) = self.tours.get_mut(&id) else { return };
        if let Some((_, left)) = &mut tour.left {
            *left = at;
        }
        tour.stops.remove(&order);
        if tour.stops.is_empty() {
            self.tours.remove(&id);
        }
    }

    /// Ways from the depot to places lately delivered to, as if somebody left now.
    #[must_use]
    pub(super) fn likely_trips(
        &self,
        now: Timestamp,
        utc_offset_minutes: i32,
    ) -> Vec<(String, Trip)> {
        let Some(depot) = self.depot else { return Vec::new() };
        let nobody = RiderId::new(uuid::Uuid::nil());
        let trips = self.lately.iter().filter_map(|(order, to)| {
            let leg = Leg { order: *order, from: depot, to: *to, departs: now, road_share: None };
            let trip = leg.trip(depot, nobody, None, utc_offset_minutes)?;
            // Not the order's own subject: nobody makes this trip.
            Some((format!("pace of {order}"), Trip { rider: Rider::default(), ..trip }))
        });
        trips.collect()
    }

    /// Trips that ended since this was asked last.
    pub(super) fn take_finished(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.finished)
    }

    #[must_use]
    pub(super) const fn book(&self) -> &PaceBook {
        &self.book
    }
}

/// One way from a place to a stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leg {
    pub order: OrderId,
    from: Place,
    to: Place,
    departs: Timestamp,
    /// Road over great circle of the whole tour, when its length by road is known.
    road_share: Option<f64>,
}

/// What is left of a tour.
#[derive(Debug)]
pub(super) struct Ahead {
    starts: Timestamp,
    pub legs: Vec<Leg>,
    /// At each stop, from arriving to leaving.
    service_ms: Vec<i64>,
}

impl Ahead {
    /// The stops not yet made, from where the rider was seen last.
    #[must_use]
    pub(super) fn of(manifest: &Manifest, depot: Place) -> Self {
        let mut at = manifest.handed_out.unwrap_or(manifest.departs);
        let mut from = depot;
        let share = road_share(manifest, depot);
        let mut ahead = Self { starts: at, legs: Vec::new(), service_ms: Vec::new() };
        for stop in &manifest.stops {
            let seen = match stop.state {
                StopState::Pending => None,
                StopState::Reached { at } => Some(Timestamp::from_ms(at.ms() + service_ms(stop))),
                StopState::Delivered { at } | StopState::Failed { at, .. } => Some(at),
            };
            match seen {
                Some(left) if ahead.legs.is_empty() => {
                    (at, from) = (left, stop.place);
                    ahead.starts = at;
                }
                Some(_) => from = stop.place,
                None => {
                    let departs = if ahead.legs.is_empty() { at } else { stop.arrive };
                    let leg =
                        Leg { order: stop.order, from, to: stop.place, departs, road_share: share };
                    ahead.legs.push(leg);
                    ahead.service_ms.push(service_ms(stop));
                    from = stop.place;
                }
            }
        }
        ahead
    }

    /// Arrivals of means and ninetieth percentiles per leg: means add up, what lies above them does
    /// so as the root of its squares, trips being taken as independent.
    #[must_use]
    pub(super) fn arrivals(&self, promises: &[(f64, f64)]) -> BTreeMap<OrderId, Arrival> {
        let (mut passed_ms, mut spread) = (0_i64, 0.0_f64);
        let mut arrivals = BTreeMap::new();
        for ((leg, service_ms), (mean_s, q90_s)) in
            self.legs.iter().zip(&self.service_ms).zip(promises)
        {
            passed_ms += milliseconds(*mean_s);
            spread += (q90_s - mean_s).max(0.0).powi(2);
            let expected_ms = self.starts.ms() + passed_ms;
            let late_ms = expected_ms + milliseconds(spread.sqrt());
            arrivals.insert(leg.order, Arrival { expected_ms, late_ms });
            passed_ms += service_ms;
        }
        arrivals
    }
}

impl Leg {
    /// The trip as the models know it; none when a place is no place.
    #[must_use]
    pub(super) fn trip(
        &self,
        depot: Place,
        rider: RiderId,
        kind: Option<VehicleKind>,
        utc_offset_minutes: i32,
    ) -> Option<Trip> {
        let (pickup, drop) = (point(self.from)?, point(self.to)?);
        let local_s = self.departs.ms() / SECOND_MS + i64::from(utc_offset_minutes) * 60;
        let weekday = (day_of(self.departs, utc_offset_minutes) + 3).rem_euclid(7) + 1;
        Some(Trip {
            centre: point(depot)?,
            pickup,
            drop,
            road_km: self.road_share.map(|share| share * pickup.crow_km(drop)),
            placed_s: None,
            confirmed_s: None,
            at_pickup_s: None,
            departed_s: Some(seconds(local_s.rem_euclid(DAY_S) * SECOND_MS)),
            weekday: u8::try_from(weekday).ok(),
            business: None,
            vehicle: kind.map(|kind| match kind {
                VehicleKind::Okada => Vehicle::Motorbike,
                VehicleKind::Tuktuk | VehicleKind::Van => Vehicle::Car,
            }),
            temperature_c: None,
            rain_mm: None,
            rider: Rider { key: Some(key(rider)), ..Rider::default() },
            customer_recent_orders: None,
            customer_order_gap_s: None,
        })
    }
}

/// A ratio of times in thousandths, within what is believed.
#[must_use]
pub(super) fn pace_milli(ratio: f64) -> u32 {
    let milli = (ratio * 1_000.0).clamp(*PACE_MILLI.start(), *PACE_MILLI.end());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let milli = milli as u32;
    if ratio.is_finite() { milli } else { crate::dispatch::travel::PACE_MILLI_USUAL }
}

fn road_share(manifest: &Manifest, depot: Place) -> Option<f64> {
    let places = std::iter::once(depot)
        .chain(manifest.stops.iter().map(|stop| stop.place))
        .chain(std::iter::once(depot));
    let points: Vec<Point> = places.filter_map(point).collect();
    let crow_km: f64 = points.windows(2).map(|pair| pair[0].crow_km(pair[1])).sum();
    let road_km = seconds(manifest.metres);
    (crow_km > 0.1 && road_km >= crow_km).then(|| road_km / crow_km)
}

fn service_ms(stop: &Stop) -> i64 {
    (stop.leave.ms() - stop.arrive.ms()).max(0)
}

fn point(place: Place) -> Option<Point> {
    Point::new(f64::from(place.lat_e7()) / 1e7, f64::from(place.lon_e7()) / 1e7)
}

/// Riders are people: the book knows them by a number that says nothing.
fn key(rider: RiderId) -> u64 {
    rider.as_uuid().as_u64_pair().1
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a day, metres of a tour")]
fn seconds(thousandths: i64) -> f64 {
    thousandths as f64 / 1_000.0
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a tour; a cast of f64 saturates")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1_000.0) as i64
}

#[cfg(test)]
#[path = "arrival_tests.rs"]
mod tests;
