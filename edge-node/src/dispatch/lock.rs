//! A plan becomes a command that locks manifests. The plan is checked against the records of this moment; what changed
//! since it was made, and what it breaks, is named.

use std::collections::BTreeSet;

use planning::problem::{JobIx, VehicleIx};
use shared_model::dispatch::{
    LOCKED_MAX, LockManifests, ManifestDraft, STOPS_MAX, Size, StopDraft,
};
use shared_model::id::{EntryId, ManifestId, OrderId};
use shared_model::text::{Several, Text};

use super::held::{Held, about};
use super::show::{ViolationShown, is_hard, violation};
use super::tours::{Standing, Tour, Tours};

/// Why a plan is not locked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    #[error("every tour of the plan is locked as it is")]
    NothingToLock,
    #[error("the plan breaks rules that nobody accepted")]
    Breaks(Vec<ViolationShown>),
    #[error("{tours} tours are more than {LOCKED_MAX} at once")]
    TooManyTours { tours: usize },
    #[error("tour {trip} of {vehicle} has {stops} stops, more than {STOPS_MAX}")]
    TooManyStops { vehicle: String, trip: usize, stops: usize },
}

/// The command that locks the plan. `before` is the plan as the person saw it, `now` the same over the records of this
/// moment. `wanted` chooses among new tours; standing ones that change are always in it, since stops move between them.
///
/// # Errors
/// [`LockError`].
pub fn command(
    id: EntryId,
    before: &Held,
    now: &Held,
    wanted: Option<&BTreeSet<ManifestId>>,
    accept: &BTreeSet<String>,
) -> Result<LockManifests, LockError> {
    let cut = Tours::of(now);
    let is_wanted = |tour: &&Tour| match tour.standing {
        Standing::New => wanted.is_none_or(|wanted| wanted.contains(&tour.manifest)),
        Standing::Changed | Standing::Same | Standing::OnTheRoad => tour.is_changed,
    };
    let tours: Vec<&Tour> = cut.tours.iter().filter(is_wanted).collect();
    let breaks = breaks(before, now, &tours);
    let accepted = |found: &ViolationShown| !found.hard && accept.contains(found.code);
    if !breaks.iter().all(accepted) {
        return Err(LockError::Breaks(breaks));
    }
    if tours.len() > LOCKED_MAX || cut.released.len() > LOCKED_MAX {
        return Err(LockError::TooManyTours { tours: tours.len() });
    }
    let drafts = tours.iter().map(|tour| draft(now, tour)).collect::<Result<_, _>>()?;
    let manifests = Several::new(drafts).map_err(|_| LockError::NothingToLock)?;
    Ok(LockManifests { id, manifests, release: Several::new(cut.released).ok() })
}

/// What stands against locking these tours: rules they break, and orders or vehicles that are not there any more.
fn breaks(before: &Held, now: &Held, tours: &[&Tour]) -> Vec<ViolationShown> {
    let vehicles: BTreeSet<VehicleIx> = tours.iter().map(|tour| tour.vehicle).collect();
    let concerns = |vehicle: Option<VehicleIx>| vehicle.is_none_or(|one| vehicles.contains(&one));
    let found = now.audit.violations.iter().filter(|found| concerns(about(found).0));
    let mut breaks: Vec<ViolationShown> = found.map(|found| violation(now, found)).collect();
    for route in &before.plan.routes {
        let today = before.ground.vehicle(route.vehicle);
        let jobs: Vec<JobIx> = route.actions.iter().filter_map(|action| action.job()).collect();
        let vehicle = &today.vehicle;
        if now.ground.vehicle_of(vehicle.vehicle).is_none() {
            let detail = format!("{} has no rider any more", vehicle.name);
            breaks.push(gone("vehicle-gone", true, Some(vehicle), None, detail));
            continue;
        }
        for job in jobs {
            let order = before.ground.order(job);
            if !order.on_board && now.ground.job_of(order.order).is_none() {
                let detail = format!("order {} is not waiting any more", order.number);
                let about = Some((order.order, order.number.clone()));
                breaks.push(gone("order-gone", false, Some(vehicle), about, detail));
            }
        }
    }
    breaks
}

fn gone(
    code: &'static str,
    hard: bool,
    vehicle: Option<&shared_model::dispatch::Vehicle>,
    order: Option<(OrderId, String)>,
    detail: String,
) -> ViolationShown {
    let (order, number) = order.unzip();
    ViolationShown {
        code,
        hard,
        vehicle: vehicle.map(|vehicle| vehicle.vehicle),
        vehicle_name: vehicle.map(|vehicle| vehicle.name.clone()),
        trip: None,
        order,
        number,
        by: None,
        unit: "",
        detail,
    }
}

fn draft(held: &Held, tour: &Tour) -> Result<ManifestDraft, LockError> {
    let ground = &held.ground;
    let vehicle = &ground.vehicle(tour.vehicle).vehicle;
    let moment = |at_s| ground.built.origin.moment(at_s);
    let stop = |(job, times): &(JobIx, planning::check::StopTimes)| {
        let order = ground.order(*job);
        StopDraft {
            order: order.order,
            arrive_ms: moment(times.arrive_s),
            leave_ms: moment(times.depart_s),
            place: order.place,
        }
    };
    let stops: Vec<StopDraft> = tour.stops.iter().map(stop).collect();
    let count = stops.len();
    let stops = Several::new(stops).map_err(|_| LockError::TooManyStops {
        vehicle: vehicle.name.clone(),
        trip: tour.trip,
        stops: count,
    })?;
    let mut codes: Vec<&str> = held
        .violations_of(tour.vehicle)
        .filter(|found| !is_hard(found))
        .map(planning::check::Violation::code)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let accepted: Vec<Text<64>> = codes.iter().filter_map(|code| Text::new(code).ok()).collect();
    Ok(ManifestDraft {
        manifest: tour.manifest,
        vehicle: vehicle.vehicle,
        departs_ms: moment(tour.departs_s),
        returns_ms: moment(tour.returns_s),
        metres: Size::at_most(tour.metres),
        travel: ground.tables.source(),
        stops,
        accepted: Several::new(accepted).ok(),
    })
}
