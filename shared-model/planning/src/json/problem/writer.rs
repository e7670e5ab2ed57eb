//! From a draft to its file. `None` anywhere: an index points at nothing.

use super::super::report::{PlanFile, StopFile};
use super::file::*;
use crate::problem::*;

pub(super) fn file(draft: &Draft) -> Option<ProblemFile> {
    let standing = match &draft.standing {
        Some(standing) => Some(self::standing(draft, standing)?),
        None => None,
    };
    let objective = &draft.objective;
    Some(ProblemFile {
        places: draft.places.iter().map(place).collect(),
        profiles: draft.profiles.iter().map(profile).collect(),
        depots: draft
            .depots
            .iter()
            .map(|depot| self::depot(draft, depot))
            .collect::<Option<_>>()?,
        vehicle_types: draft
            .vehicle_types
            .iter()
            .map(|one| vehicle_type(draft, one))
            .collect::<Option<_>>()?,
        vehicles: draft.vehicles.iter().map(|one| vehicle(draft, one)).collect::<Option<_>>()?,
        jobs: draft.jobs.iter().map(|one| job(draft, one)).collect::<Option<_>>()?,
        objective: ObjectiveFile {
            late_cost_per_second: objective.late_cost_per_second,
            unserved_cost: objective.unserved_cost,
            fairness_cost_per_second: objective.fairness_cost_per_second,
            moved_cost: objective.moved_cost,
        },
        skills: draft.skill_names.clone(),
        standing,
    })
}

fn place(place: &Place) -> PlaceFile {
    let degrees = |e6: i32| f64::from(e6) / 1e6;
    PlaceFile {
        name: place.name.clone(),
        lat: place.point.map(|point| degrees(point.lat_e6)),
        lon: place.point.map(|point| degrees(point.lon_e6)),
    }
}

fn profile(profile: &TravelProfile) -> ProfileFile {
    let rows = |matrix: &Matrix| -> Vec<Vec<Option<u32>>> {
        let cell = |cell: &Cell| cell.amount().and_then(|amount| u32::try_from(amount).ok());
        matrix
            .cells()
            .chunks(matrix.side().max(1))
            .map(|row| row.iter().map(cell).collect())
            .collect()
    };
    ProfileFile {
        name: profile.name.clone(),
        source: match profile.source {
            Source::Graph => SourceFile::Graph,
            Source::Estimate => SourceFile::Estimate,
            Source::Given => SourceFile::Given,
        },
        slices: profile
            .slices
            .iter()
            .map(|slice| SliceFile { from_s: slice.from_s, seconds: rows(&slice.seconds) })
            .collect(),
        metres: rows(&profile.metres),
    }
}

fn depot(draft: &Draft, depot: &Depot) -> Option<DepotFile> {
    Some(DepotFile {
        name: depot.name.clone(),
        place: place_name(draft, depot.place)?,
        window: window_out(depot.window),
        loading_s: depot.loading_s,
    })
}

fn place_name(draft: &Draft, place: PlaceIx) -> Option<String> {
    draft.places.get(place.at()).map(|place| place.name.clone())
}

fn depot_name(draft: &Draft, depot: DepotIx) -> Option<String> {
    draft.depots.get(depot.at()).map(|depot| depot.name.clone())
}

fn vehicle_type(draft: &Draft, one: &VehicleType) -> Option<TypeFile> {
    Some(TypeFile {
        name: one.name.clone(),
        profile: draft.profiles.get(one.profile.at())?.name.clone(),
        capacity: load_out(one.capacity, Load::UNLIMITED),
        cost_fixed: one.cost_fixed,
        cost_per_metre: one.cost_per_metre,
        cost_per_second: one.cost_per_second,
        metres_max: one.metres_max,
        duration_s_max: one.duration_s_max,
        trips_max: one.trips_max,
        jobs_max: one.jobs_max,
    })
}

fn vehicle(draft: &Draft, one: &Vehicle) -> Option<VehicleFile> {
    let start = match one.start {
        Start::Depot(depot) => TerminalFile::Depot(depot_name(draft, depot)?),
        Start::Place(place) => TerminalFile::Place(place_name(draft, place)?),
        Start::Anywhere => TerminalFile::Anywhere,
    };
    let end = match one.end {
        End::Depot(depot) => TerminalFile::Depot(depot_name(draft, depot)?),
        End::Place(place) => TerminalFile::Place(place_name(draft, place)?),
        End::Anywhere => TerminalFile::Anywhere,
    };
    let breaks = one
        .breaks
        .iter()
        .map(|rest| BreakFile { windows: windows_out(&rest.windows), duration_s: rest.duration_s });
    Some(VehicleFile {
        name: one.name.clone(),
        vehicle_type: draft.vehicle_types.get(one.vehicle_type.at())?.name.clone(),
        shift: window_out(one.shift),
        start,
        end: Some(end),
        skills: skills(draft, one.skills),
        breaks: breaks.collect(),
        reload_depots: one
            .reload_depots
            .iter()
            .map(|&depot| depot_name(draft, depot))
            .collect::<Option<_>>()?,
    })
}

fn skills(draft: &Draft, skills: Skills) -> Vec<String> {
    let named = draft.skill_names.iter().take(64).enumerate();
    named.filter(|(bit, _)| skills.0 >> bit & 1 == 1).map(|(_, name)| name.clone()).collect()
}

fn job(draft: &Draft, one: &Job) -> Option<JobFile> {
    let (visit, shipment) = match &one.kind {
        Kind::Visit { visit, deliver, collect, backhaul } => {
            let visit = VisitFile {
                place: place_name(draft, visit.place)?,
                windows: windows_out(&visit.windows),
                service_s: visit.service_s,
                deliver: load_out(*deliver, Load::ZERO),
                collect: load_out(*collect, Load::ZERO),
                backhaul: *backhaul,
            };
            (Some(visit), None)
        }
        Kind::Shipment { pickup, delivery, load, ride_s_max } => {
            let stop = |visit: &Visit| {
                Some(StopOfJobFile {
                    place: place_name(draft, visit.place)?,
                    windows: windows_out(&visit.windows),
                    service_s: visit.service_s,
                })
            };
            let shipment = ShipmentFile {
                pickup: stop(pickup)?,
                delivery: stop(delivery)?,
                load: load_out(*load, Load::ZERO),
                ride_s_max: *ride_s_max,
            };
            (None, Some(shipment))
        }
    };
    let types = draft.vehicle_types.iter().take(64).enumerate();
    let allowed =
        types.filter(|(bit, _)| one.types.0 >> bit & 1 == 1).map(|(_, known)| known.name.clone());
    Some(JobFile {
        name: one.name.clone(),
        visit,
        shipment,
        priority: match one.priority {
            Priority::Lowest => PriorityFile::Lowest,
            Priority::Low => PriorityFile::Low,
            Priority::Normal => PriorityFile::Normal,
            Priority::High => PriorityFile::High,
            Priority::Highest => PriorityFile::Highest,
        },
        prize: one.prize,
        release_s: one.release_s,
        skills: skills(draft, one.skills),
        vehicle_types: (one.types != TypeSet::ALL).then(|| allowed.collect()),
        late_s_max: one.late_s_max,
    })
}

fn standing(draft: &Draft, standing: &Standing) -> Option<StandingFile> {
    let mut underway = Vec::with_capacity(standing.underway.len());
    for known in &standing.underway {
        let mut frozen = Vec::with_capacity(known.frozen.len());
        for stop in &known.frozen {
            let action = StopFile::of(draft, stop.action)?;
            frozen.push(FrozenFile {
                stop: action,
                start_s: stop.start_s,
                depart_s: stop.depart_s,
            });
        }
        let loaded =
            known.loaded.iter().map(|job| draft.jobs.get(job.at()).map(|job| job.name.clone()));
        underway.push(UnderwayFile {
            vehicle: draft.vehicles.get(known.vehicle.at())?.name.clone(),
            started_s: known.started_s,
            frozen,
            position: PositionFile {
                place: place_name(draft, known.position.place)?,
                at_s: known.position.at_s,
            },
            metres_done: known.metres_done,
            loaded: loaded.collect::<Option<_>>()?,
        });
    }
    let handed_out = PlanFile::of(draft, &standing.handed_out)?;
    Some(StandingFile { now_s: standing.now_s, underway, handed_out })
}

fn load_out(load: Load, default: Load) -> LoadFile {
    let given = |at: usize| (load.0[at] != default.0[at]).then_some(load.0[at]);
    LoadFile { weight_g: given(0), volume_ml: given(1), parcels: given(2), cash_minor: given(3) }
}
