//! Answers without a graph: great-circle distance with a detour factor. Pure, and marked as an estimate in every answer.
//!
//! Calibrated on 21,201 motorcycle deliveries in Nairobi: the median detour is 1.46 (quartiles 1.28 and 1.74), the median
//! speed 23 km/h (quartiles 16 and 30).

use crate::geodesy::great_circle_metres;
use crate::place::Point;
use crate::profile::Profile;
use crate::slice::Slice;
use crate::travel::{
    Leg, MatrixError, PLACES_MAX, Route, RouteError, Snap, Source, Travel, TravelMatrix, Turn,
    TurnKind,
};

/// Road metres per great-circle metre, in hundredths.
pub const DETOUR_PERCENT: u32 = 146;

/// Metres an hour on the road, all stops at crossings included.
#[must_use]
pub fn metres_per_hour(profile: Profile, slice: Slice) -> u32 {
    let by_day = match profile {
        Profile::Okada => 23_000,
        Profile::TukTuk => 19_000,
        Profile::Van => 18_000,
    };
    let percent = match (profile, slice) {
        (_, Slice::Day) => 100,
        (_, Slice::Night) => 130,
        (Profile::Okada, Slice::Morning | Slice::Evening) => 85,
        (Profile::TukTuk, Slice::Morning | Slice::Evening) => 75,
        (Profile::Van, Slice::Morning | Slice::Evening) => 65,
    };
    by_day / 100 * percent
}

/// One way, estimated.
#[must_use]
pub fn travel(profile: Profile, slice: Slice, from: Point, to: Point) -> Travel {
    let metres = great_circle_metres(from, to) * f64::from(DETOUR_PERCENT) / 100.0;
    let seconds = metres * 3_600.0 / f64::from(metres_per_hour(profile, slice));
    Travel { seconds: whole(seconds), metres: whole(metres) }
}

/// Half of the earth's girth with the detour is 29,000 km, which fits.
fn whole(value: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded above")]
    let whole = value.round() as u32;
    whole
}

/// # Errors
/// When there are more than [`PLACES_MAX`] places.
pub fn matrix(
    profile: Profile,
    slice: Slice,
    places: &[Point],
) -> Result<TravelMatrix, MatrixError> {
    if places.len() > PLACES_MAX {
        return Err(MatrixError::TooManyPlaces { places: places.len() });
    }
    let cells = places.len() * places.len();
    let (mut seconds, mut metres) = (Vec::with_capacity(cells), Vec::with_capacity(cells));
    for from in places {
        for to in places {
            let travel = travel(profile, slice, *from, *to);
            seconds.push(travel.seconds);
            metres.push(travel.metres);
        }
    }
    Ok(TravelMatrix {
        places: places.len(),
        seconds,
        metres,
        snaps: vec![Snap::Estimated; places.len()],
        source: Source::Estimate { profile, slice },
    })
}

/// Straight lines between the places: something to draw, not something to ride.
///
/// # Errors
/// When there are fewer than two places, or more than [`PLACES_MAX`].
pub fn route(profile: Profile, slice: Slice, places: &[Point]) -> Result<Route, RouteError> {
    if !(2..=PLACES_MAX).contains(&places.len()) {
        return Err(RouteError::PlacesOutOfRange { places: places.len() });
    }
    let mut route = Route {
        geometry: places.to_vec(),
        legs: Vec::with_capacity(places.len() - 1),
        turns: Vec::with_capacity(places.len()),
        seconds: 0,
        metres: 0,
        snaps: vec![Snap::Estimated; places.len()],
        source: Source::Estimate { profile, slice },
    };
    for (leg, pair) in places.windows(2).enumerate() {
        let Travel { seconds, metres } = travel(profile, slice, pair[0], pair[1]);
        route.seconds += seconds;
        route.metres += metres;
        route.legs.push(Leg { seconds, metres, first_point: leg, last_point: leg + 1 });
        let street = String::new();
        let kind = TurnKind::Depart;
        route.turns.push(Turn { kind, street, metres, seconds, at: pair[0], leg });
    }
    let (at, leg) = (places[places.len() - 1], places.len() - 2);
    let (kind, street) = (TurnKind::Arrive, String::new());
    route.turns.push(Turn { kind, street, metres: 0, seconds: 0, at, leg });
    Ok(route)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nairobi() -> Vec<Point> {
        [(-1.2864, 36.8172), (-1.3000, 36.7800), (-1.2200, 36.8900)]
            .map(|(lat, lon)| Point::from_degrees(lat, lon).unwrap())
            .to_vec()
    }

    #[test]
    fn the_calibration_is_met_by_day_on_a_motorcycle() {
        let places = nairobi();
        let matrix = matrix(Profile::Okada, Slice::Day, &places).unwrap();
        assert!(matrix.source.is_estimate());
        assert_eq!(matrix.travel(0, 0), Some(Travel { seconds: 0, metres: 0 }));
        let travel = matrix.travel(0, 1).unwrap();
        let straight = great_circle_metres(places[0], places[1]);
        assert!((f64::from(travel.metres) / straight - 1.46).abs() < 0.001);
        let kmh = f64::from(travel.metres) / f64::from(travel.seconds) * 3.6;
        assert!((kmh - 23.0).abs() < 0.1, "{kmh}");
        assert_eq!(matrix.travel(0, 3), None);
        assert_eq!(matrix.travel(usize::MAX, 2), None);
    }

    #[test]
    fn a_route_adds_up_to_the_cells_of_the_matrix() {
        let places = nairobi();
        let matrix = matrix(Profile::Van, Slice::Morning, &places).unwrap();
        let route = route(Profile::Van, Slice::Morning, &places).unwrap();
        let cells = [matrix.travel(0, 1).unwrap(), matrix.travel(1, 2).unwrap()];
        assert_eq!(route.seconds, cells[0].seconds + cells[1].seconds);
        assert_eq!(route.metres, cells[0].metres + cells[1].metres);
        assert_eq!(route.turns.len(), 3);
    }

    #[test]
    fn too_many_and_too_few_places_are_refused() {
        let place = nairobi()[0];
        let many = vec![place; PLACES_MAX + 1];
        assert_eq!(
            matrix(Profile::Van, Slice::Day, &many),
            Err(MatrixError::TooManyPlaces { places: PLACES_MAX + 1 })
        );
        assert!(route(Profile::Van, Slice::Day, &[place]).is_err());
    }
}
