//! Rules of depots, vehicle types and vehicles. May not look at jobs.

use super::super::bounds::{
    BREAKS_MAX, COST_MAX, COST_PER_SECOND_MAX, COST_RATE_MAX, DEPOTS_MAX, TRIPS_MAX,
};
use super::super::refusal::Findings;
use super::super::{Dimension, Draft, End, Rule, Skills, Start, Vehicle, VehicleType};
use super::{index, load, names, time, window, windows, within};

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    names("depots", draft.depots.iter().map(|depot| depot.name.as_str()), findings);
    names("vehicle_types", draft.vehicle_types.iter().map(|one| one.name.as_str()), findings);
    names("vehicles", draft.vehicles.iter().map(|vehicle| vehicle.name.as_str()), findings);
    for (at, depot) in draft.depots.iter().enumerate() {
        let path = |field: &str| format!("depots[{at}].{field}");
        index(depot.place.at(), draft.places.len(), || path("place"), findings);
        window(depot.window, || path("window"), findings);
        time(depot.loading_s, || path("loading_s"), findings);
    }
    for (at, one) in draft.vehicle_types.iter().enumerate() {
        vehicle_type(draft, one, &format!("vehicle_types[{at}]"), findings);
    }
    for (at, one) in draft.vehicles.iter().enumerate() {
        vehicle(draft, one, at, findings);
    }
}

fn vehicle_type(draft: &Draft, one: &VehicleType, path: &str, findings: &mut Findings) {
    let field = |field: &str| format!("{path}.{field}");
    index(one.profile.at(), draft.profiles.len(), || field("profile"), findings);
    load(one.capacity, || field("capacity"), findings);
    for dimension in [Dimension::WeightG, Dimension::VolumeMl, Dimension::Parcels] {
        if one.capacity.of(dimension) == 0 {
            findings.add(Rule::CapacityZero, || field("capacity.") + dimension.name(), "");
        }
    }
    within(one.cost_fixed, COST_MAX, || field("cost_fixed"), findings);
    within(one.cost_per_metre, COST_RATE_MAX, || field("cost_per_metre"), findings);
    within(one.cost_per_second, COST_PER_SECOND_MAX, || field("cost_per_second"), findings);
    let limits = [
        ("metres_max", one.metres_max, i64::MAX),
        ("duration_s_max", one.duration_s_max, i64::MAX),
        ("trips_max", Some(i64::from(one.trips_max)), i64::from(TRIPS_MAX)),
        ("jobs_max", one.jobs_max.map(i64::from), i64::MAX),
    ];
    for (name, limit, most) in limits {
        if limit.is_some_and(|limit| limit < 1 || limit > most) {
            findings.add(Rule::LimitZero, || field(name), "");
        }
    }
}

fn vehicle(draft: &Draft, one: &Vehicle, at: usize, findings: &mut Findings) {
    let path = |field: &str| format!("vehicles[{at}].{field}");
    index(one.vehicle_type.at(), draft.vehicle_types.len(), || path("vehicle_type"), findings);
    window(one.shift, || path("shift"), findings);
    match one.start {
        Start::Depot(depot) => {
            index(depot.at(), draft.depots.len(), || path("start"), findings);
        }
        Start::Place(place) => {
            index(place.at(), draft.places.len(), || path("start"), findings);
        }
        Start::Anywhere => {}
    }
    match one.end {
        End::Depot(depot) => {
            index(depot.at(), draft.depots.len(), || path("end"), findings);
        }
        End::Place(place) => {
            index(place.at(), draft.places.len(), || path("end"), findings);
        }
        End::Anywhere => {}
    }
    skills(draft, one.skills, || path("skills"), findings);
    if one.breaks.len() > BREAKS_MAX {
        findings.add(Rule::ListTooLong, || path("breaks"), one.breaks.len());
    }
    for (number, rest) in one.breaks.iter().enumerate().take(BREAKS_MAX) {
        let path = |field: &str| path(&format!("breaks[{number}].{field}"));
        windows(&rest.windows, || path("windows"), findings);
        time(rest.duration_s, || path("duration_s"), findings);
    }
    if one.reload_depots.len() > DEPOTS_MAX {
        findings.add(Rule::ListTooLong, || path("reload_depots"), one.reload_depots.len());
    }
    for (number, depot) in one.reload_depots.iter().enumerate().take(DEPOTS_MAX) {
        let path = || path(&format!("reload_depots[{number}]"));
        index(depot.at(), draft.depots.len(), path, findings);
    }
}

/// Bits beyond the names are skills nobody can explain.
pub(super) fn skills(
    draft: &Draft,
    skills: Skills,
    path: impl FnOnce() -> String,
    findings: &mut Findings,
) {
    let count = draft.skill_names.len();
    let known = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
    if skills.0 & !known != 0 {
        findings.add(Rule::SkillUnknown, path, format_args!("{:#x}", skills.0 & !known));
    }
}
