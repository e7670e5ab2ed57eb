//! Plans as JSON: the decisions, to be read again, and the report around them, to be looked at. May not judge.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Names, parse};
use crate::check::{self, Audit, Served, StopTimes, Timetable, Violation, differences};
use crate::plan::{Action, Plan, Route};
use crate::problem::{DepotIx, Draft, JobIx, Problem, Refusals, VehicleIx};

/// A plan's decisions.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanFile {
    routes: Vec<RouteFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteFile {
    vehicle: String,
    start_s: i64,
    stops: Vec<StopFile>,
}

/// `{"visit": job}`, `{"pickup": job}`, `{"deliver": job}`, `{"break": number}` or `{"reload": depot}`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StopFile {
    Visit(String),
    Pickup(String),
    Deliver(String),
    Break(u32),
    Reload(String),
}

impl StopFile {
    pub(super) fn of(draft: &Draft, action: Action) -> Option<Self> {
        let job = |job: JobIx| draft.jobs.get(job.at()).map(|job| job.name.clone());
        Some(match action {
            Action::Visit(at) => Self::Visit(job(at)?),
            Action::Pickup(at) => Self::Pickup(job(at)?),
            Action::Deliver(at) => Self::Deliver(job(at)?),
            Action::Break(number) => Self::Break(number),
            Action::Reload(depot) => Self::Reload(draft.depots.get(depot.at())?.name.clone()),
        })
    }

    pub(super) fn action(
        &self,
        jobs: &Names<'_>,
        depots: &Names<'_>,
        path: impl Fn() -> String,
    ) -> Result<Action, Refusals> {
        Ok(match self {
            Self::Visit(job) => Action::Visit(JobIx::of(jobs.find(job, path)?)),
            Self::Pickup(job) => Action::Pickup(JobIx::of(jobs.find(job, path)?)),
            Self::Deliver(job) => Action::Deliver(JobIx::of(jobs.find(job, path)?)),
            Self::Break(number) => Action::Break(*number),
            Self::Reload(depot) => Action::Reload(DepotIx::of(depots.find(depot, path)?)),
        })
    }
}

impl PlanFile {
    pub(super) fn of(draft: &Draft, plan: &Plan) -> Option<Self> {
        let mut routes = Vec::with_capacity(plan.routes.len());
        for route in &plan.routes {
            let stops = route.actions.iter().map(|&action| StopFile::of(draft, action));
            routes.push(RouteFile {
                vehicle: draft.vehicles.get(route.vehicle.at())?.name.clone(),
                start_s: route.start_s,
                stops: stops.collect::<Option<_>>()?,
            });
        }
        Some(Self { routes })
    }

    pub(super) fn plan(
        &self,
        jobs: &Names<'_>,
        depots: &Names<'_>,
        vehicles: &Names<'_>,
    ) -> Result<Plan, Refusals> {
        let mut routes = Vec::with_capacity(self.routes.len());
        for (at, route) in self.routes.iter().enumerate() {
            let vehicle = vehicles.find(&route.vehicle, || format!("routes[{at}].vehicle"))?;
            let mut actions = Vec::with_capacity(route.stops.len());
            for (stop, file) in route.stops.iter().enumerate() {
                actions.push(file.action(jobs, depots, || format!("routes[{at}].stops[{stop}]"))?);
            }
            routes.push(Route { vehicle: VehicleIx::of(vehicle), start_s: route.start_s, actions });
        }
        routes.sort_by_key(|route| route.vehicle);
        Ok(Plan { routes })
    }
}

/// Reads a plan's decisions: the member `plan` of a [`report`], on its own.
///
/// # Errors
/// The first field that is not as it should be, with its path.
pub fn read_plan(text: &str, problem: &Problem) -> Result<Plan, Refusals> {
    let file: PlanFile = parse(text)?;
    file.plan(
        &Names::of(problem.jobs.iter().map(|job| job.name.as_str())),
        &Names::of(problem.depots.iter().map(|depot| depot.name.as_str())),
        &Names::of(problem.vehicles.iter().map(|vehicle| vehicle.name.as_str())),
    )
}

/// Everything there is to know of a plan: its decisions (`plan`), what the checker worked out (`cost`, `timetables`,
/// `violations`), and the jobs left out (`unserved`). Names that do not exist are `null`.
///
/// Where the problem has a plan that is handed out (`handed_out`, otherwise `null`): the rules it breaks by now, and every
/// job that the plan serves by another vehicle, at another time, or in one of the two alone.
#[must_use]
pub fn report(problem: &Problem, plan: &Plan, audit: &Audit) -> Value {
    let job = |at: JobIx| problem.jobs.get(at.at()).map(|job| &job.name);
    let cost = audit.cost;
    json!({
        "plan": PlanFile::of(problem, plan),
        "cost": {
            "total": cost.total(),
            "fixed": cost.fixed,
            "distance": cost.distance,
            "duration": cost.duration,
            "late": cost.late,
            "unserved": cost.unserved,
            "fairness": cost.fairness,
            "moved": cost.moved,
        },
        "is_complete": audit.owed(problem).next().is_none(),
        "timetables": audit.timetables.iter().map(|one| timetable(problem, one)).collect::<Vec<_>>(),
        "unserved": audit.unserved.iter().map(|&at| job(at)).collect::<Vec<_>>(),
        "violations": violations(&audit.violations),
        "handed_out": handed_out(problem, audit),
    })
}

fn violations(found: &[Violation]) -> Value {
    found.iter().map(|one| json!({ "code": one.code(), "detail": format!("{one:?}") })).collect()
}

fn handed_out(problem: &Problem, audit: &Audit) -> Value {
    let Some(standing) = &problem.standing else { return Value::Null };
    let before = check::audit(problem, &standing.handed_out);
    let served = |served: Option<Served>| {
        served.map(|Served { vehicle, start_s }| {
            json!({ "vehicle": problem.vehicles[vehicle.at()].name, "start_s": start_s })
        })
    };
    let changed = differences(problem, &before, audit).into_iter().map(|one| {
        let job = &problem.jobs[one.job.at()].name;
        json!({ "job": job, "before": served(one.before), "after": served(one.after) })
    });
    json!({
        "violations": violations(&before.violations),
        "difference": changed.collect::<Vec<_>>(),
    })
}

fn timetable(problem: &Problem, timetable: &Timetable) -> Value {
    json!({
        "vehicle": problem.vehicles[timetable.vehicle.at()].name,
        "start_s": timetable.start_s,
        "end_s": timetable.end_s,
        "metres": timetable.metres,
        "stops": timetable.stops.iter().map(|one| stop(problem, one)).collect::<Vec<_>>(),
    })
}

pub(super) fn stop(problem: &Problem, stop: &StopTimes) -> Value {
    json!({
        "stop": StopFile::of(problem, stop.action),
        "place": problem.places[stop.place.at()].name,
        "arrive_s": stop.arrive_s,
        "start_s": stop.start_s,
        "depart_s": stop.depart_s,
        "late_s": stop.late_s,
        "metres": stop.metres,
        "is_frozen": stop.is_frozen,
    })
}
