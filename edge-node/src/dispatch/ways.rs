//! The way of one tour, to draw and to ride: along the roads where there is a graph, else straight.

use roads::{Roads, RouteError, TurnKind};
use serde::Serialize;
use shared_model::dispatch::{TravelSource, VehicleKind};
use shared_model::place::Place;

use super::travel::{point_of, profile_of, slices_between};

/// A way as pages read it.
#[derive(Debug, Serialize)]
pub struct Way {
    travel: TravelSource,
    /// Longitude and latitude in degrees, as GeoJSON has it.
    line: Vec<[f64; 2]>,
    turns: Vec<TurnShown>,
    legs: Vec<LegShown>,
}

#[derive(Debug, Serialize)]
struct TurnShown {
    kind: &'static str,
    /// Of a roundabout.
    exit: Option<u8>,
    street: String,
    metres: u32,
    seconds: u32,
    lat_e7: i32,
    lon_e7: i32,
    leg: usize,
}

#[derive(Debug, Serialize)]
struct LegShown {
    seconds: u32,
    metres: u32,
}

/// Through all places in their order, in the slice of the second of the day at which it begins.
///
/// # Errors
/// The roads': a place off the map, or no way between two of them.
pub fn way(
    roads: Option<&Roads>,
    kind: VehicleKind,
    departs_s: i64,
    places: &[Place],
) -> Result<Way, RouteError> {
    let out_of_range = || RouteError::PlacesOutOfRange { places: places.len() };
    let points: Vec<roads::Point> = places
        .iter()
        .map(|place| point_of(*place))
        .collect::<Result<_, _>>()
        .map_err(|_| out_of_range())?;
    let slice = slices_between(departs_s, departs_s).first().map(|(_, slice)| *slice);
    let (profile, slice) = (profile_of(kind), slice.unwrap_or(roads::Slice::Day));
    let route = match roads {
        Some(roads) => roads.route(profile, slice, &points)?,
        None => roads::estimate::route(profile, slice, &points)?,
    };
    let turns = if roads.is_some() { route.turns } else { Vec::new() };
    Ok(Way {
        travel: if roads.is_some() { TravelSource::Roads } else { TravelSource::Estimate },
        line: route.geometry.iter().map(|point| [point.lon(), point.lat()]).collect(),
        turns: turns.into_iter().map(turn).collect(),
        legs: route
            .legs
            .iter()
            .map(|leg| LegShown { seconds: leg.seconds, metres: leg.metres })
            .collect(),
    })
}

fn turn(turn: roads::Turn) -> TurnShown {
    let exit = if let TurnKind::Roundabout { exit } = turn.kind { Some(exit) } else { None };
    TurnShown {
        kind: name(turn.kind),
        exit,
        street: turn.street,
        metres: turn.metres,
        seconds: turn.seconds,
        lat_e7: turn.at.lat_e7(),
        lon_e7: turn.at.lon_e7(),
        leg: turn.leg,
    }
}

const fn name(kind: TurnKind) -> &'static str {
    match kind {
        TurnKind::Depart => "depart",
        TurnKind::Straight => "straight",
        TurnKind::SlightLeft => "slight_left",
        TurnKind::Left => "left",
        TurnKind::SharpLeft => "sharp_left",
        TurnKind::SlightRight => "slight_right",
        TurnKind::Right => "right",
        TurnKind::SharpRight => "sharp_right",
        TurnKind::UTurn => "u_turn",
        TurnKind::Roundabout { .. } => "roundabout",
        TurnKind::Ferry => "ferry",
        TurnKind::Arrive => "arrive",
    }
}
