//! Lengths on a sphere, and the flat sheet used within a town. Nothing here is exact to the centimetre over a continent:
//! the sphere differs from the ellipsoid by up to 0.5 %.

use crate::place::Point;

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_METRES: f64 = 6_371_008.8;
/// Metres per ten-millionth of a degree of latitude.
pub(crate) const METRES_PER_STEP: f64 = EARTH_RADIUS_METRES * std::f64::consts::PI / 180.0 / 1e7;

/// Great-circle distance in metres (haversine).
pub(crate) fn great_circle_metres(a: Point, b: Point) -> f64 {
    let (lat_a, lat_b) = (a.lat().to_radians(), b.lat().to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.lon() - a.lon()).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    2.0 * EARTH_RADIUS_METRES * h.sqrt().min(1.0).asin()
}

/// Metres east and north of `origin` on a sheet that touches the earth there; good to 0.1 % within 30 km.
#[must_use]
pub(crate) fn east_north(origin: Point, point: Point) -> (f64, f64) {
    let shrink = origin.lat().to_radians().cos();
    (
        (f64::from(point.lon_e7()) - f64::from(origin.lon_e7())) * METRES_PER_STEP * shrink,
        (f64::from(point.lat_e7()) - f64::from(origin.lat_e7())) * METRES_PER_STEP,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Point {
        Point::from_degrees(lat, lon).unwrap()
    }

    #[test]
    fn nairobi_to_mombasa_is_440_km() {
        let metres = great_circle_metres(at(-1.2864, 36.8172), at(-4.0435, 39.6682));
        assert!((440_000.0..441_500.0).contains(&metres), "{metres}");
    }

    #[test]
    fn the_sheet_agrees_with_the_sphere_within_a_town() {
        let (a, b) = (at(6.45, 3.39), at(6.60, 3.50));
        let (east, north) = east_north(a, b);
        let sphere = great_circle_metres(a, b);
        assert!((east.hypot(north) - sphere).abs() < sphere * 0.001);
    }
}
