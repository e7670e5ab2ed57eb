//! How fast riders and quarters were, against the baseline, learned from finished trips one by one.
//! A node keeps a book of its own trips; training keeps one that never holds the trip it describes.
//! Averages are drawn towards the book's own mean until enough trips speak.
//!
//! No customer is in it: who orders was no better than where (measured), and is nobody's business.

use std::collections::BTreeMap;

use crate::arrival_time::Trip;
use crate::geodesy::Point;
use crate::schema::known;

/// Riders and squares kept of each kind; beyond them new ones are not learned.
pub const KEYS_MAX: usize = 50_000;

/// Numbers this book gives, in the order of the schema.
pub(crate) const WIDTH: usize = 23;

/// A trip may count as at least a tenth and at most four times its baseline.
const RATIO_MIN: f64 = 0.1;
const RATIO_MAX: f64 = 4.0;
/// Below this, the rider pressed "arrived" before he was, s.
const EARLY_S: f64 = 90.0;
const SLOW_RATIO: f64 = 1.8;
const FAST_RATIO: f64 = 0.5;

/// Trips at the mean that every rider or square starts with.
const RIDER_PRIOR: f64 = 5.0;
const CELL_PRIOR: f64 = 10.0;

const CELL_DEGREES: [f64; 3] = [0.000_5, 0.003, 0.01];
const LEG_DEGREES: f64 = 0.02;

type Square = (i32, i32);

#[derive(Clone, Copy, PartialEq, Default, Debug)]
struct Sums {
    trips: f64,
    ratio: f64,
    log: f64,
    early: f64,
    slow: f64,
    fast: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.trips += other.trips;
        self.ratio += other.ratio;
        self.log += other.log;
        self.early += other.early;
        self.slow += other.slow;
        self.fast += other.fast;
    }
}

/// Sums of finished trips by rider, square of pickup, square of drop, and pair of squares.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct PaceBook {
    all: Sums,
    riders: BTreeMap<u64, Sums>,
    pickups: [BTreeMap<Square, Sums>; 3],
    drops: [BTreeMap<Square, Sums>; 3],
    legs: BTreeMap<(Square, Square), Sums>,
}

impl PaceBook {
    /// Learns that `trip` took `actual_s`. A duration that is no positive number teaches nothing.
    pub fn learn(&mut self, trip: &Trip, actual_s: f64) {
        if !actual_s.is_finite() || actual_s <= 0.0 {
            return;
        }
        let ratio = (actual_s / trip.baseline_s()).clamp(RATIO_MIN, RATIO_MAX);
        let share = |holds: bool| f64::from(u8::from(holds));
        let sums = Sums {
            trips: 1.0,
            ratio,
            log: ratio.ln(),
            early: share(actual_s < EARLY_S),
            slow: share(actual_s > SLOW_RATIO * trip.baseline_s()),
            fast: share(actual_s < FAST_RATIO * trip.baseline_s()),
        };
        self.all.add(sums);
        if let Some(key) = trip.rider.key {
            enter(&mut self.riders, key, sums);
        }
        for (index, step) in CELL_DEGREES.into_iter().enumerate() {
            enter(&mut self.pickups[index], trip.pickup.cell(step), sums);
            enter(&mut self.drops[index], trip.drop.cell(step), sums);
        }
        enter(&mut self.legs, leg(trip.pickup, trip.drop), sums);
    }

    /// Trips learned so far.
    #[must_use]
    pub fn trips(&self) -> f64 {
        self.all.trips
    }

    pub(crate) fn row(&self, trip: &Trip) -> [f32; WIDTH] {
        let mut row = [f32::NAN; WIDTH];
        let rider =
            trip.rider.key.and_then(|key| self.riders.get(&key)).copied().unwrap_or_default();
        row[0] = self.drawn(rider, RIDER_PRIOR, |sums| sums.ratio);
        row[1] = known(rider.trips);
        row[2] = self.drawn(rider, RIDER_PRIOR, |sums| sums.early);
        row[3] = self.drawn(rider, RIDER_PRIOR, |sums| sums.slow);
        row[4] = self.drawn(rider, RIDER_PRIOR, |sums| sums.fast);
        row[5] = self.drawn(rider, RIDER_PRIOR, |sums| sums.log);
        let mut place = 6;
        for (index, step) in CELL_DEGREES.into_iter().enumerate() {
            for (book, point) in [(&self.pickups, trip.pickup), (&self.drops, trip.drop)] {
                let sums = book[index].get(&point.cell(step)).copied().unwrap_or_default();
                row[place] = self.drawn(sums, CELL_PRIOR, |sums| sums.ratio);
                row[place + 1] = known(sums.trips);
                place += 2;
                if index == 0 {
                    row[place] = self.drawn(sums, CELL_PRIOR, |sums| sums.log);
                    place += 1;
                }
            }
        }
        let sums = self.legs.get(&leg(trip.pickup, trip.drop)).copied().unwrap_or_default();
        row[place] = self.drawn(sums, CELL_PRIOR, |sums| sums.ratio);
        row[place + 1] = known(sums.trips);
        row[place + 2] = self.drawn(sums, CELL_PRIOR, |sums| sums.log);
        row
    }

    /// Mean of `of`, drawn to the book's mean by `prior` trips; NaN while the book is empty.
    fn drawn(&self, sums: Sums, prior: f64, of: impl Fn(&Sums) -> f64) -> f32 {
        let mean = of(&self.all) / self.all.trips;
        known(prior.mul_add(mean, of(&sums)) / (sums.trips + prior))
    }
}

/// Durations, s, if rider, quarters and leg each stretched the baseline by their own pace. Trees add; they
/// would need many splits to multiply. The numbers are places in `PaceBook::row`.
pub(crate) fn expected_s(pace: &[f32; WIDTH], baseline_s: f64) -> [f32; 6] {
    let ratio = |place: usize| f64::from(pace[place]);
    let (rider, rider_log, leg, leg_log) = (ratio(0), ratio(5), ratio(20), ratio(22));
    [
        rider,
        leg,
        (rider_log + leg_log).exp(),
        (rider_log + ratio(8) + ratio(11)).exp(),
        rider * ratio(12) * ratio(14),
        rider * ratio(16) * ratio(18) * leg,
    ]
    .map(|stretch| known(baseline_s * stretch))
}

fn leg(pickup: Point, drop: Point) -> (Square, Square) {
    (pickup.cell(LEG_DEGREES), drop.cell(LEG_DEGREES))
}

fn enter<K: Ord>(book: &mut BTreeMap<K, Sums>, key: K, sums: Sums) {
    if book.len() < KEYS_MAX || book.contains_key(&key) {
        book.entry(key).or_default().add(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrival_time::Rider;

    fn trip(key: u64) -> Trip {
        let point = Point::new(0.1, 32.5).unwrap();
        Trip {
            centre: point,
            pickup: point,
            drop: Point::new(0.12, 32.52).unwrap(),
            road_km: Some(4.0),
            placed_s: None,
            confirmed_s: None,
            at_pickup_s: None,
            departed_s: None,
            weekday: None,
            business: None,
            vehicle: None,
            temperature_c: None,
            rain_mm: None,
            rider: Rider { key: Some(key), ..Rider::default() },
            customer_recent_orders: None,
            customer_order_gap_s: None,
        }
    }

    #[test]
    fn few_trips_say_little() {
        let mut book = PaceBook::default();
        for _ in 0..95 {
            book.learn(&trip(1), trip(1).baseline_s());
        }
        for _ in 0..5 {
            book.learn(&trip(2), 2.0 * trip(2).baseline_s());
        }
        let slow = book.row(&trip(2))[0];
        let mean = 1.05;
        assert!((f64::from(slow) - (5.0 * mean + 10.0) / 10.0).abs() < 1e-6, "{slow}");
        let stranger = book.row(&trip(3));
        assert!((f64::from(stranger[0]) - mean).abs() < 1e-6 && stranger[1] == 0.0);
    }

    #[test]
    fn an_empty_book_knows_nothing_and_bad_durations_teach_nothing() {
        let mut book = PaceBook::default();
        for actual_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            book.learn(&trip(1), actual_s);
        }
        assert_eq!(book, PaceBook::default());
        let row = book.row(&trip(1));
        assert!(row[0].is_nan() && row[1] == 0.0);
    }

    #[test]
    fn a_book_is_bounded() {
        let mut book: BTreeMap<u64, Sums> =
            (0..KEYS_MAX as u64).map(|key| (key, Sums::default())).collect();
        enter(&mut book, u64::MAX, Sums::default());
        assert_eq!(book.len(), KEYS_MAX);
        enter(&mut book, 1, Sums { trips: 1.0, ..Sums::default() });
        assert_eq!(book[&1].trips, 1.0);
    }
}
