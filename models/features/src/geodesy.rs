//! Distances and directions on a sphere, good to half a per cent within a city. No map here.

use std::f64::consts::PI;

/// Mean radius of the earth (IUGG), km.
const EARTH_RADIUS_KM: f64 = 6_371.008_8;

/// Road over great circle where no road graph is at hand: the ratio of sums over a year of motorbike trips
/// in a city of that kind.
pub const ROAD_OVER_CROW: f64 = 1.46;

/// A place in degrees, WGS 84.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// `None` when a coordinate is out of range or not a number.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let within = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        within.then_some(Self { latitude, longitude })
    }

    /// Great-circle distance by the haversine formula, km.
    #[must_use]
    pub fn crow_km(self, to: Self) -> f64 {
        let (from_rad, to_rad) = (self.latitude.to_radians(), to.latitude.to_radians());
        let sine_lat = ((to_rad - from_rad) / 2.0).sin();
        let sine_lon = ((to.longitude - self.longitude).to_radians() / 2.0).sin();
        let chord = sine_lat.mul_add(sine_lat, from_rad.cos() * to_rad.cos() * sine_lon * sine_lon);
        2.0 * EARTH_RADIUS_KM * chord.clamp(0.0, 1.0).sqrt().asin()
    }

    /// Offsets of `to` seen from here on the local plane: (north, east), km.
    #[must_use]
    pub fn offset_km(self, to: Self) -> (f64, f64) {
        let per_degree = EARTH_RADIUS_KM * PI / 180.0;
        let mut east = to.longitude - self.longitude;
        if east > 180.0 {
            east -= 360.0;
        } else if east < -180.0 {
            east += 360.0;
        }
        let north = (to.latitude - self.latitude) * per_degree;
        (north, east * per_degree * self.latitude.to_radians().cos())
    }

    /// The square of a grid of `step_degrees` that this place is in.
    #[must_use]
    pub fn cell(self, step_degrees: f64) -> (i32, i32) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 180 / 0.0005 = 360,000 squares"
        )]
        let square = |degrees: f64| (degrees / step_degrees).floor() as i32;
        (square(self.latitude), square(self.longitude))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_latitude_is_111_km() {
        let a = Point::new(-1.0, 36.8).unwrap();
        let b = Point::new(-2.0, 36.8).unwrap();
        assert!((a.crow_km(b) - 111.195).abs() < 0.01);
        let (north, east) = a.offset_km(b);
        assert!((north + 111.195).abs() < 0.01 && east.abs() < 1e-9);
    }

    #[test]
    fn the_date_line_is_no_wall() {
        let a = Point::new(0.0, 179.9).unwrap();
        let b = Point::new(0.0, -179.9).unwrap();
        assert!(a.offset_km(b).1 < 30.0 && a.crow_km(b) < 30.0);
    }

    #[test]
    fn places_off_the_globe_are_none() {
        assert_eq!(Point::new(91.0, 0.0), None);
        assert_eq!(Point::new(0.0, f64::NAN), None);
    }
}
