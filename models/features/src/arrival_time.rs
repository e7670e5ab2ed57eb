//! From a trip to the row of `arrival-time/1`, the baseline for its duration, and from a model's numbers
//! to a promise. Knows no model, no map and no clock: distance by road and times come in.

use crate::geodesy::{Point, ROAD_OVER_CROW};
use crate::pace::{self, PaceBook};
use crate::schema::{Schema, known, maybe};

/// Published text; its hash is in the manifests of bundles trained on it.
pub const SCHEMA: Schema = Schema { name: "arrival-time/1", text: SCHEMA_TEXT };

/// One row is one trip from leaving the pickup to arriving at the customer.
pub const SCHEMA_TEXT: &str = "arrival-time/1
# name unit missing
road_km km great-circle*1.46
crow_km km never
detour ratio NaN
baseline_s s never
pickup_north_km km-from-centre never
pickup_east_km km-from-centre never
drop_north_km km-from-centre never
drop_east_km km-from-centre never
leg_north_km km never
leg_east_km km never
leg_bearing_rad rad-from-north never
pickup_centre_km km never
drop_centre_km km never
departed_h local-hour NaN
placed_h local-hour NaN
weekday monday=1 NaN
confirm_wait_s s NaN
to_pickup_s s NaN
pickup_wait_s s NaN
business 0-or-1 NaN
vehicle code 0
temperature_c celsius NaN
rain_mm mm NaN
rider_deliveries count NaN
rider_days days NaN
rider_rating points NaN
rider_ratings count NaN
rider_recent_pickups count-within-2h NaN
rider_since_pickup_s s NaN
rider_open_orders count NaN
rider_last_drop_to_drop_km km NaN
rider_last_drop_to_pickup_km km NaN
customer_recent_orders count-within-2h NaN
customer_order_gap_s s NaN
pace_rider ratio-to-baseline NaN
pace_rider_n count 0
pace_rider_early share NaN
pace_rider_slow share NaN
pace_rider_fast share NaN
pace_rider_log mean-ln-ratio NaN
pace_pickup_55m ratio-to-baseline NaN
pace_pickup_55m_n count 0
pace_pickup_55m_log mean-ln-ratio NaN
pace_drop_55m ratio-to-baseline NaN
pace_drop_55m_n count 0
pace_drop_55m_log mean-ln-ratio NaN
pace_pickup_330m ratio-to-baseline NaN
pace_pickup_330m_n count 0
pace_drop_330m ratio-to-baseline NaN
pace_drop_330m_n count 0
pace_pickup_1100m ratio-to-baseline NaN
pace_pickup_1100m_n count 0
pace_drop_1100m ratio-to-baseline NaN
pace_drop_1100m_n count 0
pace_leg_2200m ratio-to-baseline NaN
pace_leg_2200m_n count 0
pace_leg_2200m_log mean-ln-ratio NaN
expect_rider_s baseline*rider NaN
expect_leg_s baseline*leg NaN
expect_rider_leg_s baseline*e^(rider_log+leg_log) NaN
expect_55m_s baseline*e^(rider_log+55m_logs) NaN
expect_330m_s baseline*rider*330m-pair NaN
expect_1100m_s baseline*rider*1100m-pair*leg NaN
";

/// Features in a row.
pub const WIDTH: usize = 63;
/// Outputs of a model of this schema, in order.
pub const OUTPUTS: [&str; 3] = ["mean_s", "q50_s", "q90_s"];

/// Shortest and longest promise, s: what lies outside is not said to anybody.
pub const PROMISE_S_MIN: f64 = 30.0;
pub const PROMISE_S_MAX: f64 = 43_200.0;

/// Handing over, parking and stairs, and the road, from motorbike deliveries in Nairobi.
const BASELINE_FIXED_S: f64 = 599.0;
const BASELINE_S_PER_KM: f64 = 101.0;
/// Ninetieth percentile over the mean on the same deliveries.
const BASELINE_Q90_OVER_MEAN: f64 = 1.55;

/// What drives. The code stands in the row; codes are never reused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vehicle {
    Motorbike,
    Bicycle,
    Car,
    Lorry,
    OnFoot,
}

impl Vehicle {
    /// The vehicle of that word (`motorbike`, `bicycle`, `car`, `lorry`, `foot`).
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "motorbike" => Some(Self::Motorbike),
            "bicycle" => Some(Self::Bicycle),
            "car" => Some(Self::Car),
            "lorry" => Some(Self::Lorry),
            "foot" => Some(Self::OnFoot),
            _ => None,
        }
    }

    fn code(self) -> f32 {
        match self {
            Self::Motorbike => 1.0,
            Self::Bicycle => 2.0,
            Self::Car => 3.0,
            Self::Lorry => 4.0,
            Self::OnFoot => 5.0,
        }
    }
}

/// What is known of the person who drives, as of the trip. Everything may be unknown.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Rider {
    /// Key of the rider in the pace book, chosen by the caller.
    pub key: Option<u64>,
    pub deliveries: Option<f64>,
    pub days: Option<f64>,
    pub rating: Option<f64>,
    pub ratings: Option<f64>,
    /// Pickups of this rider within the two hours before this one.
    pub recent_pickups: Option<f64>,
    /// Since the rider's last pickup within these two hours, s.
    pub since_pickup_s: Option<f64>,
    /// Orders accepted and not yet picked up when this one leaves.
    pub open_orders: Option<f64>,
    /// Destination of that last pickup.
    pub last_drop: Option<Point>,
}

/// One delivery as it is known when it is asked about. Times are seconds of the local day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Trip {
    /// Where positions are counted from: the depot, or the centre of its town.
    pub centre: Point,
    pub pickup: Point,
    pub drop: Point,
    /// From the road graph; without it, great circle × 1.46.
    pub road_km: Option<f64>,
    pub placed_s: Option<f64>,
    pub confirmed_s: Option<f64>,
    pub at_pickup_s: Option<f64>,
    pub departed_s: Option<f64>,
    /// Monday is 1.
    pub weekday: Option<u8>,
    pub business: Option<bool>,
    pub vehicle: Option<Vehicle>,
    pub temperature_c: Option<f64>,
    pub rain_mm: Option<f64>,
    pub rider: Rider,
    /// Other orders of this customer within the two hours before departure.
    pub customer_recent_orders: Option<f64>,
    /// To the nearest of them by time of placing, s; negative when it came later.
    pub customer_order_gap_s: Option<f64>,
}

impl Trip {
    /// Length by road, km; estimated when no graph gave it.
    #[must_use]
    pub fn road_km(&self) -> f64 {
        let crow = self.pickup.crow_km(self.drop);
        self.road_km.filter(|km| km.is_finite() && *km >= 0.0).unwrap_or(crow * ROAD_OVER_CROW)
    }

    /// The formula that answers when no model may: 599 s + 101 s/km of road.
    #[must_use]
    pub fn baseline_s(&self) -> f64 {
        BASELINE_S_PER_KM.mul_add(self.road_km(), BASELINE_FIXED_S)
    }
}

/// A promise in seconds, ordered and in bounds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Promise {
    pub mean_s: f64,
    pub q50_s: f64,
    /// Nine of ten trips are shorter.
    pub q90_s: f64,
}

/// The promise of the formula alone.
#[must_use]
pub fn baseline(trip: &Trip) -> Promise {
    let mean_s = trip.baseline_s();
    bounded([mean_s, mean_s, mean_s * BASELINE_Q90_OVER_MEAN])
}

/// A model's row of outputs as a promise: in bounds, and the ninetieth percentile not below the median.
/// `None` when the model said anything that is no number.
#[must_use]
pub fn settle(outputs: [f32; 3]) -> Option<Promise> {
    outputs.iter().all(|value| value.is_finite()).then(|| bounded(outputs.map(f64::from)))
}

fn bounded(values: [f64; 3]) -> Promise {
    let [mean_s, q50_s, q90_s] = values.map(|value| value.clamp(PROMISE_S_MIN, PROMISE_S_MAX));
    Promise { mean_s, q50_s, q90_s: q90_s.max(q50_s) }
}

/// The row of `arrival-time/1`. What `book` never saw stays at its average, or NaN when it saw nothing.
#[must_use]
pub fn row(trip: &Trip, book: &PaceBook) -> [f32; WIDTH] {
    let mut row = [f32::NAN; WIDTH];
    let pace = book.row(trip);
    let expected = pace::expected_s(&pace, trip.baseline_s());
    let known = way(trip).into_iter().chain(hours(trip)).chain(load(trip));
    let parts = known.chain(pace).chain(expected);
    for (place, value) in row.iter_mut().zip(parts) {
        *place = value;
    }
    row
}

fn way(trip: &Trip) -> [f32; 13] {
    let (crow, road) = (trip.pickup.crow_km(trip.drop), trip.road_km());
    let (leg_north, leg_east) = trip.pickup.offset_km(trip.drop);
    let (pickup_north, pickup_east) = trip.centre.offset_km(trip.pickup);
    let (drop_north, drop_east) = trip.centre.offset_km(trip.drop);
    [
        known(road),
        known(crow),
        if crow < 0.1 { f32::NAN } else { known(road / crow) },
        known(trip.baseline_s()),
        known(pickup_north),
        known(pickup_east),
        known(drop_north),
        known(drop_east),
        known(leg_north),
        known(leg_east),
        known(leg_east.atan2(leg_north)),
        known(trip.centre.crow_km(trip.pickup)),
        known(trip.centre.crow_km(trip.drop)),
    ]
}

fn hours(trip: &Trip) -> [f32; 10] {
    let wait = |from: Option<f64>, to: Option<f64>| maybe(from.zip(to).map(|(a, b)| b - a));
    [
        maybe(trip.departed_s.map(|s| s / 3_600.0)),
        maybe(trip.placed_s.map(|s| s / 3_600.0)),
        maybe(trip.weekday.filter(|day| (1..=7).contains(day)).map(f64::from)),
        wait(trip.placed_s, trip.confirmed_s),
        wait(trip.confirmed_s, trip.at_pickup_s),
        wait(trip.at_pickup_s, trip.departed_s),
        trip.business.map_or(f32::NAN, |yes| if yes { 1.0 } else { 0.0 }),
        trip.vehicle.map_or(0.0, Vehicle::code),
        maybe(trip.temperature_c),
        maybe(trip.rain_mm),
    ]
}

fn load(trip: &Trip) -> [f32; 11] {
    let rider = &trip.rider;
    let from_last = |to: Point| maybe(rider.last_drop.map(|last| last.crow_km(to)));
    [
        maybe(rider.deliveries),
        maybe(rider.days),
        maybe(rider.rating),
        maybe(rider.ratings),
        maybe(rider.recent_pickups),
        maybe(rider.since_pickup_s),
        maybe(rider.open_orders),
        from_last(trip.drop),
        from_last(trip.pickup),
        maybe(trip.customer_recent_orders),
        maybe(trip.customer_order_gap_s),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trip() -> Trip {
        let point = |north, east| Point::new(north, east).unwrap();
        Trip {
            centre: point(-1.286, 36.817),
            pickup: point(-1.26, 36.80),
            drop: point(-1.30, 36.83),
            road_km: Some(8.0),
            placed_s: Some(36_000.0),
            confirmed_s: Some(36_060.0),
            at_pickup_s: Some(36_600.0),
            departed_s: Some(36_900.0),
            weekday: Some(2),
            business: Some(true),
            vehicle: Vehicle::named("motorbike"),
            temperature_c: None,
            rain_mm: None,
            rider: Rider { key: Some(7), ..Rider::default() },
            customer_recent_orders: Some(0.0),
            customer_order_gap_s: None,
        }
    }

    /// The value of a named feature.
    fn value(row: &[f32; WIDTH], name: &str) -> f32 {
        row[SCHEMA.features().position(|known| known == name).unwrap()]
    }

    #[test]
    fn a_row_is_as_wide_as_its_schema() {
        assert_eq!(SCHEMA.features().count(), WIDTH);
    }

    #[test]
    fn features_stand_where_the_schema_says() {
        let mut book = PaceBook::default();
        for _ in 0..5 {
            book.learn(&trip(), 2.0 * trip().baseline_s());
        }
        let row = row(&trip(), &book);
        for (name, expect) in [
            ("road_km", 8.0),
            ("baseline_s", 1_407.0),
            ("departed_h", 10.25),
            ("weekday", 2.0),
            ("confirm_wait_s", 60.0),
            ("to_pickup_s", 540.0),
            ("pickup_wait_s", 300.0),
            ("business", 1.0),
            ("vehicle", 1.0),
            ("customer_recent_orders", 0.0),
            ("pace_rider", 2.0),
            ("pace_rider_n", 5.0),
            ("pace_rider_slow", 1.0),
            ("pace_rider_early", 0.0),
            ("pace_leg_2200m_n", 5.0),
            ("pace_leg_2200m_log", std::f32::consts::LN_2),
            ("expect_rider_s", 2.0 * 1_407.0),
            ("expect_rider_leg_s", 4.0 * 1_407.0),
            ("expect_55m_s", 8.0 * 1_407.0),
            ("expect_1100m_s", 16.0 * 1_407.0),
        ] {
            assert!(
                (value(&row, name) / expect - 1.0).abs() < 1e-4 || value(&row, name) == expect,
                "{name}"
            );
        }
        assert!(value(&row, "rain_mm").is_nan() && value(&row, "customer_order_gap_s").is_nan());
        assert!(value(&row, "drop_north_km") < -1.0 && value(&row, "drop_east_km") > 1.0);
    }

    #[test]
    fn what_is_unknown_is_nan_and_an_unknown_vehicle_is_0() {
        let bare = Trip {
            road_km: Some(f64::NAN),
            departed_s: None,
            weekday: Some(9),
            business: None,
            vehicle: Vehicle::named("rickshaw"),
            rider: Rider::default(),
            ..trip()
        };
        let row = row(&bare, &PaceBook::default());
        for name in ["departed_h", "weekday", "business", "pickup_wait_s", "pace_rider"] {
            assert!(value(&row, name).is_nan(), "{name}");
        }
        assert_eq!(value(&row, "vehicle"), 0.0);
        let crow = bare.pickup.crow_km(bare.drop);
        assert!((bare.road_km() / crow - ROAD_OVER_CROW).abs() < 1e-9);
    }

    #[test]
    fn the_formula_is_the_documented_one() {
        let promise = baseline(&Trip { road_km: Some(10.0), ..trip() });
        assert_eq!(promise.mean_s, 1_609.0);
        assert!(promise.q90_s > promise.q50_s);
    }

    #[test]
    fn a_model_that_says_no_number_says_nothing() {
        assert_eq!(settle([1.0, f32::NAN, 2.0]), None);
        assert_eq!(settle([1.0, f32::INFINITY, 2.0]), None);
        let crossed = settle([900.0, 1_000.0, 800.0]).unwrap();
        assert_eq!((crossed.q50_s, crossed.q90_s), (1_000.0, 1_000.0));
        assert_eq!(settle([-5.0, 0.0, 1e9]).unwrap().mean_s, PROMISE_S_MIN);
    }

    proptest! {
        #[test]
        fn no_row_holds_an_infinity(
            lat in -90.0_f64..=90.0, lon in -180.0_f64..=180.0, km in any::<f64>(), s in any::<f64>(),
            actual in any::<f64>(), key in any::<Option<u64>>(),
        ) {
            let odd = Trip {
                drop: Point::new(lat, lon).unwrap(),
                road_km: Some(km),
                departed_s: Some(s),
                rider: Rider { key, since_pickup_s: Some(s), last_drop: Point::new(lat, lon), ..Rider::default() },
                ..trip()
            };
            let mut book = PaceBook::default();
            book.learn(&odd, actual);
            for value in row(&odd, &book) {
                prop_assert!(!value.is_infinite());
            }
            let promise = baseline(&odd);
            prop_assert!(promise.q50_s <= promise.q90_s && promise.q90_s <= PROMISE_S_MAX);
        }
    }
}
