//! Why a job is left out, and what would have to give way for it. May not change a plan that it is asked about.
//!
//! A job is put into each vehicle's order at each place, first as the problem stands, then with one rule at a time
//! relaxed. Looks at the [`VEHICLES_MAX`] vehicles whose stops come nearest, so it explains what it found there: another
//! vehicle, or another plan, may need less.

mod alone;
mod relaxation;

use self::alone::Alone;
pub use self::relaxation::Relaxation;
use crate::plan::{Plan, Route};
use crate::problem::{Dimension, JobIx, PlaceIx, Problem, VehicleIx};

/// Vehicles looked at per job.
pub const VEHICLES_MAX: usize = 12;

/// The rule that keeps a job out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// No vehicle has a way to it and on from it.
    Unreachable,
    Capacity(Dimension),
    Window,
    Skill,
    VehicleType,
    RideTime,
    ShiftEnd,
    Duration,
    Metres,
    JobCount,
    Release,
    Trips,
    /// It fits, and costs more than its prize.
    NotWorthItsPrize,
    /// It fits: planning on, or putting it there, serves it.
    Fits,
    /// More than one rule would have to give way.
    Several,
}

impl Binding {
    /// Stable, for pages to translate by.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Capacity(_) => "capacity",
            Self::Window => "window",
            Self::Skill => "skill",
            Self::VehicleType => "vehicle-type",
            Self::RideTime => "ride-time",
            Self::ShiftEnd => "shift-end",
            Self::Duration => "duration",
            Self::Metres => "metres",
            Self::JobCount => "job-count",
            Self::Release => "release",
            Self::Trips => "trips",
            Self::NotWorthItsPrize => "not-worth-its-prize",
            Self::Fits => "fits",
            Self::Several => "several",
        }
    }
}

/// Why one job is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unassigned {
    pub job: JobIx,
    pub binding: Binding,
    /// The least change that would serve it, at this vehicle.
    pub relaxation: Option<Relaxation>,
    pub vehicle: Option<VehicleIx>,
}

/// Explains `job`, which `plan` leaves out.
#[must_use]
pub fn explain(problem: &Problem, plan: &Plan, job: JobIx) -> Unassigned {
    let mut fits: Option<(i64, VehicleIx)> = None;
    let mut least: Option<(f64, Relaxation, VehicleIx)> = None;
    let mut is_reachable = false;
    for vehicle in nearest(problem, plan, job) {
        let Some(mut alone) = Alone::of(problem, plan, vehicle, job) else { continue };
        is_reachable |= alone.is_reachable();
        if let Some(price) = alone.price() {
            if fits.is_none_or(|(best, _)| price < best) {
                fits = Some((price, vehicle));
            }
            continue;
        }
        if fits.is_some() {
            continue;
        }
        for (effort, relaxation) in relaxation::least_of_each(&mut alone) {
            if least.is_none_or(|(best, _, _)| effort < best) {
                least = Some((effort, relaxation, vehicle));
            }
        }
    }
    if let Some((price, vehicle)) = fits {
        let prize = problem.jobs[job.at()].prize;
        let (binding, relaxation) = match prize {
            Some(prize) if price >= prize => {
                (Binding::NotWorthItsPrize, Some(Relaxation::Prize { at_least: price + 1 }))
            }
            Some(_) | None => (Binding::Fits, None),
        };
        return Unassigned { job, binding, relaxation, vehicle: Some(vehicle) };
    }
    match least {
        Some((_, relaxation, vehicle)) => Unassigned {
            job,
            binding: relaxation.binding(),
            relaxation: Some(relaxation),
            vehicle: Some(vehicle),
        },
        None => {
            let binding = if is_reachable { Binding::Several } else { Binding::Unreachable };
            Unassigned { job, binding, relaxation: None, vehicle: None }
        }
    }
}

/// `plan` with `job` in it, at the cheapest place that `vehicle` has for it; breaks, reloads and the begin of its route are
/// decided anew. `None` when it has none, or when its route in `plan` breaks a rule already.
#[must_use]
pub fn insertion(problem: &Problem, plan: &Plan, vehicle: VehicleIx, job: JobIx) -> Option<Plan> {
    let (start_s, actions) = Alone::of(problem, plan, vehicle, job)?.inserted()?;
    let mut plan = plan.clone();
    let route = Route { vehicle, start_s, actions };
    match plan.routes.binary_search_by_key(&vehicle, |route| route.vehicle) {
        Ok(at) => plan.routes[at] = route,
        Err(at) => plan.routes.insert(at, route),
    }
    Some(plan)
}

/// Vehicles by how near one of their stops comes to the job, of equal ones without a route only the first.
fn nearest(problem: &Problem, plan: &Plan, job: JobIx) -> Vec<VehicleIx> {
    let Some(to) = problem.jobs[job.at()].visits().next().map(|visit| visit.place) else {
        return Vec::new();
    };
    let mut found: Vec<(i64, VehicleIx)> = Vec::new();
    for at in 0..problem.vehicles.len() {
        let vehicle = VehicleIx::of(at);
        let route = plan.routes.binary_search_by_key(&vehicle, |route| route.vehicle).ok();
        let is_another = found.iter().any(|&(_, known)| {
            let (one, other) = (&problem.vehicles[known.at()], &problem.vehicles[at]);
            let is_idle = plan.routes.binary_search_by_key(&known, |route| route.vehicle).is_err();
            is_idle
                && one.vehicle_type == other.vehicle_type
                && (one.shift, one.start, one.end, one.skills)
                    == (other.shift, other.start, other.end, other.skills)
                && one.breaks == other.breaks
                && one.reload_depots == other.reload_depots
        });
        if route.is_none() && is_another {
            continue;
        }
        let metres = &problem.profile_of(vehicle).metres;
        let way = |place: PlaceIx| metres.cell(place, to).amount();
        let stops = route.map_or(&[][..], |at| &plan.routes[at].actions);
        let near = stops.iter().filter_map(|action| action.job()).filter_map(|job| {
            problem.jobs[job.at()].visits().filter_map(|visit| way(visit.place)).min()
        });
        found.push((near.min().unwrap_or(0), vehicle));
    }
    found.sort();
    found.truncate(VEHICLES_MAX);
    found.into_iter().map(|(_, vehicle)| vehicle).collect()
}
