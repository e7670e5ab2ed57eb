//! The vehicles of a file: grouped into types of equals. May not look at demands.

use std::collections::BTreeMap;

use super::Frame;
use crate::problem::bounds::{TIME_S_MAX, TRIPS_MAX, VEHICLE_TYPES_MAX, VEHICLES_MAX};
use crate::problem::{
    Depot, DepotIx, Draft, End, Load, Matrix, PlaceIx, ProfileIx, Refusal, Rule, Skills, Source,
    Start, TravelProfile, TypeIx, TypeSet, Vehicle, VehicleType, Window,
};

/// What two vehicles of one type have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Attributes {
    capacity: i64,
    cost_fixed: i64,
    cost_per_metre: i64,
    metres_max: Option<i64>,
    duration_s_max: Option<i64>,
    trips_max: u32,
    /// Sorted places it may visit; `None` = all.
    allowed: Option<Vec<usize>>,
}

/// A fleet of `vehicles` equals that cost a unit per metre, at one depot, place 0, with its window as shift. Places and
/// jobs are for the caller to add.
pub(in super::super) fn of_one_type(
    matrix: Matrix,
    vehicles: usize,
    capacity: Load,
    shift: Window,
) -> Draft {
    let depot = DepotIx(0);
    let vehicle = |at: usize| Vehicle {
        name: (at + 1).to_string(),
        vehicle_type: TypeIx(0),
        shift,
        start: Start::Depot(depot),
        end: End::Depot(depot),
        skills: Skills::NONE,
        breaks: Vec::new(),
        reload_depots: Vec::new(),
    };
    Draft {
        profiles: vec![TravelProfile::constant("all", Source::Given, matrix.clone(), matrix)],
        depots: vec![Depot {
            name: "0".to_owned(),
            place: PlaceIx(0),
            window: Window::ALWAYS,
            loading_s: 0,
        }],
        vehicle_types: vec![VehicleType {
            name: "all".to_owned(),
            profile: ProfileIx(0),
            capacity,
            cost_fixed: 0,
            cost_per_metre: 1,
            cost_per_second: 0,
            metres_max: None,
            duration_s_max: None,
            trips_max: 1,
            jobs_max: None,
        }],
        vehicles: (0..vehicles).map(vehicle).collect(),
        ..Draft::default()
    }
}

/// Adds types and vehicles, and returns which types may serve each place.
pub(super) fn add(frame: &Frame<'_>, draft: &mut Draft) -> Result<Vec<TypeSet>, Refusal> {
    let count = frame
        .sheet
        .count("VEHICLES", VEHICLES_MAX)?
        .unwrap_or(frame.places - frame.depots)
        .min(VEHICLES_MAX);
    let mut types: BTreeMap<Attributes, TypeIx> = BTreeMap::new();
    let mut allowed = vec![TypeSet(0); frame.places];
    for at in 0..count {
        let attributes = attributes(frame, at, count)?;
        let vehicle_type = match types.get(&attributes) {
            Some(&known) => known,
            None => {
                let fresh = add_type(draft, &attributes)?;
                allow(&mut allowed, fresh, attributes.allowed.as_deref());
                types.insert(attributes, fresh);
                fresh
            }
        };
        draft.vehicles.push(vehicle(frame, at, count, vehicle_type)?);
    }
    Ok(allowed)
}

fn allow(allowed: &mut [TypeSet], vehicle_type: TypeIx, places: Option<&[usize]>) {
    let bit = 1 << vehicle_type.0;
    match places {
        None => allowed.iter_mut().for_each(|set| set.0 |= bit),
        Some(places) => places.iter().for_each(|&place| allowed[place].0 |= bit),
    }
}

fn add_type(draft: &mut Draft, attributes: &Attributes) -> Result<TypeIx, Refusal> {
    let index = draft.vehicle_types.len();
    if index == VEHICLE_TYPES_MAX {
        return Err(Refusal::new(Rule::ListTooLong, "VEHICLES", "kinds of vehicles"));
    }
    draft.vehicle_types.push(VehicleType {
        name: (index + 1).to_string(),
        profile: ProfileIx(0),
        capacity: Load::capacity(attributes.capacity),
        cost_fixed: attributes.cost_fixed,
        cost_per_metre: attributes.cost_per_metre,
        cost_per_second: 0,
        metres_max: attributes.metres_max,
        duration_s_max: attributes.duration_s_max,
        trips_max: attributes.trips_max,
        jobs_max: None,
    });
    Ok(TypeIx::of(index))
}

fn attributes(frame: &Frame<'_>, at: usize, count: usize) -> Result<Attributes, Refusal> {
    let scaled = |name: &str| -> Result<Option<i64>, Refusal> {
        per_vehicle(frame, name, at, count)?
            .map(|value| frame.rounding.apply(value, name))
            .transpose()
    };
    let section = frame.sheet.columns("CAPACITY_SECTION", count)?;
    let capacity = match section {
        Some(rows) => Some(whole(rows.row(at, 1)?[0], "CAPACITY_SECTION")?),
        None => {
            frame.sheet.number("CAPACITY")?.map(|value| whole(value, "CAPACITY")).transpose()?
        }
    };
    let unit = per_vehicle(frame, "VEHICLES_UNIT_DISTANCE_COST", at, count)?;
    let reloads = per_vehicle(frame, "VEHICLES_MAX_RELOADS", at, count)?;
    let trips = match reloads {
        Some(value) => whole(value, "VEHICLES_MAX_RELOADS")?.clamp(0, i64::from(TRIPS_MAX) - 1) + 1,
        None if frame.sheet.has(RELOADS) => i64::from(TRIPS_MAX),
        None => 1,
    };
    Ok(Attributes {
        capacity: capacity.unwrap_or(Load::UNLIMITED.0[0]),
        cost_fixed: scaled("VEHICLES_FIXED_COST")?.unwrap_or(0),
        cost_per_metre: unit.map_or(Ok(1), |value| whole(value, "VEHICLES_UNIT_DISTANCE_COST"))?,
        metres_max: scaled("VEHICLES_MAX_DISTANCE")?,
        duration_s_max: scaled("VEHICLES_MAX_DURATION")?,
        trips_max: u32::try_from(trips).expect("clamped to the limit of trips"),
        allowed: allowed(frame, at, count)?,
    })
}

fn allowed(frame: &Frame<'_>, at: usize, count: usize) -> Result<Option<Vec<usize>>, Refusal> {
    let section = "VEHICLES_ALLOWED_CLIENTS_SECTION";
    let Some(rows) = frame.sheet.columns(section, count)? else { return Ok(None) };
    let mut places = rows
        .any(at)?
        .iter()
        .map(|&number| place(number, frame.places, section))
        .collect::<Result<Vec<_>, _>>()?;
    places.sort_unstable();
    places.dedup();
    Ok(Some(places))
}

const RELOADS: &str = "VEHICLES_RELOAD_DEPOT_SECTION";

fn vehicle(
    frame: &Frame<'_>,
    at: usize,
    count: usize,
    vehicle_type: TypeIx,
) -> Result<Vehicle, Refusal> {
    let section = "VEHICLES_DEPOT_SECTION";
    let depot = match frame.sheet.columns(section, count)? {
        Some(rows) => place(rows.row(at, 1)?[0], frame.depots, section)?,
        None => 0,
    };
    let reload_depots = match frame.sheet.columns(RELOADS, count)? {
        Some(rows) => rows
            .any(at)?
            .iter()
            .map(|&number| place(number, frame.depots, RELOADS).map(DepotIx::of))
            .collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let mut shift = frame.window(depot)?;
    shift.to_s = shift.to_s.min(TIME_S_MAX);
    Ok(Vehicle {
        name: (at + 1).to_string(),
        vehicle_type,
        shift,
        start: Start::Depot(DepotIx::of(depot)),
        end: End::Depot(DepotIx::of(depot)),
        skills: Skills::NONE,
        breaks: Vec::new(),
        reload_depots,
    })
}

/// A number per vehicle, or one for all.
fn per_vehicle(
    frame: &Frame<'_>,
    name: &str,
    at: usize,
    count: usize,
) -> Result<Option<f64>, Refusal> {
    let section = format!("{name}_SECTION");
    match frame.sheet.columns(&section, count)? {
        Some(rows) => Ok(Some(rows.row(at, 1)?[0])),
        None => frame.sheet.number(name),
    }
}

pub(super) fn whole(value: f64, path: &str) -> Result<i64, Refusal> {
    if value.fract() == 0.0 && value.abs() < 9.0e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Ok(value as i64);
    }
    Err(Refusal::new(Rule::ValueWrong, path, value))
}

/// A number from 1 to `count`, as an index from 0.
pub(super) fn place(number: f64, count: usize, path: &str) -> Result<usize, Refusal> {
    match usize::try_from(whole(number, path)?) {
        Ok(number) if (1..=count).contains(&number) => Ok(number - 1),
        Ok(_) | Err(_) => Err(Refusal::new(Rule::IndexDangling, path, number)),
    }
}
