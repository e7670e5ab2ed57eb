//! A place on the earth, checked when it is made: no later code meets a NaN, a latitude of 91 or the point 0,0.

use std::fmt;
use std::str::FromStr;

/// Steps of a degree in which places are kept: OpenStreetMap's own resolution, about 1 cm.
pub(crate) const STEPS_PER_DEGREE: f64 = 1e7;

/// A place in WGS 84, in ten-millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Point {
    lat_e7: i32,
    lon_e7: i32,
}

/// Why two numbers are no place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PointError {
    #[error(
        "latitude or longitude is not a number; remedy: give both in degrees, such as -1.2864,36.8172"
    )]
    NotANumber,
    #[error("latitude {0} is not between -90 and 90; remedy: latitude comes first")]
    LatitudeOutOfRange(f64),
    #[error("longitude {0} is not between -180 and 180")]
    LongitudeOutOfRange(f64),
    #[error(
        "0,0 lies in the sea, and is what a phone without a fix sends; remedy: take the place again"
    )]
    NullIsland,
    #[error("`{0}` is not a place; remedy: latitude,longitude in degrees, such as -1.2864,36.8172")]
    NotAPair(String),
}

impl Point {
    /// # Errors
    /// When a coordinate is no number or out of range, or when both are nought.
    pub fn from_degrees(lat: f64, lon: f64) -> Result<Point, PointError> {
        if !lat.is_finite() || !lon.is_finite() {
            return Err(PointError::NotANumber);
        }
        if !(-90.0..=90.0).contains(&lat) {
            return Err(PointError::LatitudeOutOfRange(lat));
        }
        if !(-180.0..=180.0).contains(&lon) {
            return Err(PointError::LongitudeOutOfRange(lon));
        }
        let point = Point { lat_e7: steps(lat), lon_e7: steps(lon) };
        if point.lat_e7 == 0 && point.lon_e7 == 0 {
            return Err(PointError::NullIsland);
        }
        Ok(point)
    }

    /// From ten-millionths of a degree.
    ///
    /// # Errors
    /// As [`Point::from_degrees`].
    pub fn from_e7(lat_e7: i32, lon_e7: i32) -> Result<Point, PointError> {
        Point::from_degrees(
            f64::from(lat_e7) / STEPS_PER_DEGREE,
            f64::from(lon_e7) / STEPS_PER_DEGREE,
        )
    }

    /// A vertex of the network: 0,0 is as good as any there, and ranges were checked when it was read.
    pub(crate) fn of_network(lat_e7: i32, lon_e7: i32) -> Point {
        Point { lat_e7, lon_e7 }
    }

    #[must_use]
    pub fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    #[must_use]
    pub fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / STEPS_PER_DEGREE
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / STEPS_PER_DEGREE
    }
}

/// The caller has checked that `degrees` is within ±180, so that the steps fit.
fn steps(degrees: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "±180 degrees are ±1.8e9 steps")]
    let steps = (degrees * STEPS_PER_DEGREE).round() as i32;
    steps
}

impl FromStr for Point {
    type Err = PointError;

    /// `latitude,longitude` in degrees.
    fn from_str(text: &str) -> Result<Point, PointError> {
        let pair = || PointError::NotAPair(text.chars().take(64).collect());
        let (lat, lon) = text.split_once(',').ok_or_else(pair)?;
        let lat = lat.trim().parse().map_err(|_| pair())?;
        let lon = lon.trim().parse().map_err(|_| pair())?;
        Point::from_degrees(lat, lon)
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6},{:.6}", self.lat(), self.lon())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_none_are_refused_with_their_reason() {
        let reason = |lat, lon| Point::from_degrees(lat, lon).unwrap_err();
        assert_eq!(reason(f64::NAN, 1.0), PointError::NotANumber);
        assert_eq!(reason(1.0, f64::INFINITY), PointError::NotANumber);
        assert_eq!(reason(90.1, 1.0), PointError::LatitudeOutOfRange(90.1));
        assert_eq!(reason(1.0, -181.0), PointError::LongitudeOutOfRange(-181.0));
        assert_eq!(reason(0.0, 0.0), PointError::NullIsland);
        assert_eq!(reason(-0.0, 1e-9), PointError::NullIsland);
        assert!(matches!("here".parse::<Point>(), Err(PointError::NotAPair(_))));
        assert!(matches!("1;2".parse::<Point>(), Err(PointError::NotAPair(_))));
    }

    #[test]
    fn a_place_reads_back_what_it_wrote() {
        let place: Point = " -1.286412, 36.817223".parse().unwrap();
        assert_eq!(place.to_string(), "-1.286412,36.817223");
        assert_eq!((place.lat_e7(), place.lon_e7()), (-12_864_120, 368_172_230));
        assert!(Point::from_degrees(90.0, -180.0).is_ok());
    }
}
