//! The one plan at hand: what was asked, what it was worked out from, and what came out. A value: every change makes
//! another, checked anew. It is advice, and no record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use planning::check::{Audit, Violation, audit, latest_start};
use planning::plan::{Action, Plan, Route};
use planning::problem::{DepotIx, JobIx, Problem, VehicleIx};
use shared_model::id::OrderId;
use shared_model::place::Place;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::day::{Day, OrderToday, VehicleToday};
use super::problem::{BuildError, Built, Origin, Selection, Wish, build};
use super::travel::Tables;

/// What a search says of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    pub elapsed_ms: u64,
    /// Until everything that could be brought had a place in the plan.
    pub first_ms: Option<u64>,
    pub threads: usize,
    pub iterations: u64,
    pub seed: u64,
}

/// Who made the plan as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// The search, all of it.
    Optimised,
    /// A person changed it.
    Draft,
}

/// The facts and the tables behind a plan.
#[derive(Debug, Clone)]
pub struct Ground {
    pub day: Day,
    pub wish: Wish,
    pub selection: Selection,
    pub tables: Tables,
    pub built: Built,
    pub depot: Place,
}

/// A plan with all it rests on.
#[derive(Debug, Clone)]
pub struct Held {
    pub id: Uuid,
    pub revision: u32,
    pub made: Made,
    pub made_at: Timestamp,
    pub ground: Arc<Ground>,
    pub plan: Plan,
    pub audit: Audit,
    pub effort: Effort,
}

/// Where a stop is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub vehicle: VehicleIx,
    /// From 1; one more than there are begins a new tour.
    pub trip: usize,
    /// Among the stops of the tour that are not frozen, from 0, without the one that moves.
    pub position: usize,
}

/// Why a stop cannot be moved at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Immovable {
    #[error("the rider is at this door, or has been")]
    Frozen,
    #[error("the goods are on the road with another rider")]
    OnBoard,
    #[error("the vehicle has no such tour")]
    NoTrip,
    #[error("the tour has no such position")]
    NoPosition,
}

impl Ground {
    /// Of a day as it is now.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn new(
        day: Day,
        wish: Wish,
        selection: Selection,
        tables: Tables,
        (origin, depot): (Origin, Place),
    ) -> Result<Self, BuildError> {
        let built = build(&day, &selection, &tables, &wish, (origin, depot))?;
        Ok(Self { day, wish, selection, tables, built, depot })
    }

    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.built.problem
    }

    #[must_use]
    pub fn order(&self, job: JobIx) -> &OrderToday {
        &self.day.orders[self.built.jobs[job.at()]]
    }

    #[must_use]
    pub fn vehicle(&self, vehicle: VehicleIx) -> &VehicleToday {
        &self.day.vehicles[self.built.vehicles[vehicle.at()]]
    }

    #[must_use]
    pub fn job_of(&self, order: OrderId) -> Option<JobIx> {
        self.built.jobs.iter().position(|at| self.day.orders[*at].order == order).map(JobIx::of)
    }

    #[must_use]
    pub fn vehicle_of(&self, vehicle: shared_model::id::VehicleId) -> Option<VehicleIx> {
        let is_it = |at: &usize| self.day.vehicles[*at].vehicle.vehicle == vehicle;
        self.built.vehicles.iter().position(is_it).map(VehicleIx::of)
    }

    /// Actions at the beginning of a route that are facts.
    #[must_use]
    pub fn frozen(&self, vehicle: VehicleIx) -> usize {
        self.problem().underway(vehicle).map_or(0, |known| known.frozen.len())
    }
}

impl Held {
    /// A plan as a search found it.
    #[must_use]
    pub fn new(id: Uuid, made_at: Timestamp, ground: Ground, plan: Plan, effort: Effort) -> Self {
        let audit = audit(ground.problem(), &plan);
        let (revision, made) = (1, Made::Optimised);
        Self { id, revision, made, made_at, ground: Arc::new(ground), plan, audit, effort }
    }

    /// The same with other routes, changed by a person.
    #[must_use]
    pub fn changed(&self, plan: Plan) -> Self {
        let audit = audit(self.ground.problem(), &plan);
        Self { revision: self.revision + 1, made: Made::Draft, plan, audit, ..self.clone() }
    }

    /// The plan with one stop taken out, and put where `target` says.
    ///
    /// # Errors
    /// [`Immovable`].
    pub fn moved(&self, job: JobIx, target: Option<Target>) -> Result<Plan, Immovable> {
        self.check_movable(job, target)?;
        let mut routes: BTreeMap<VehicleIx, Vec<Action>> =
            self.plan.routes.iter().map(|route| (route.vehicle, route.actions.clone())).collect();
        let mut touched = BTreeSet::new();
        for (vehicle, actions) in &mut routes {
            let before = actions.len();
            actions.retain(|action| action.job() != Some(job));
            if actions.len() != before {
                touched.insert(*vehicle);
            }
        }
        if let Some(target) = target {
            let frozen = self.ground.frozen(target.vehicle);
            let actions = routes.entry(target.vehicle).or_default();
            let at = place_in(actions, frozen, target)?;
            if target.trip > trips(actions) {
                actions.push(Action::Reload(DepotIx(0)));
                actions.push(Action::Visit(job));
            } else {
                actions.insert(at, Action::Visit(job));
            }
            touched.insert(target.vehicle);
        }
        Ok(self.assembled(routes, &touched))
    }

    /// Facts do not move, and goods on the road stay with their rider.
    fn check_movable(&self, job: JobIx, target: Option<Target>) -> Result<(), Immovable> {
        let standing = self.ground.problem().standing.iter();
        for known in standing.flat_map(|standing| &standing.underway) {
            if known.frozen.iter().any(|stop| stop.action.job() == Some(job)) {
                return Err(Immovable::Frozen);
            }
            let stays =
                target.is_some_and(|target| target.vehicle == known.vehicle && target.trip == 1);
            if known.loaded.contains(&job) && !stays {
                return Err(Immovable::OnBoard);
            }
        }
        Ok(())
    }

    fn assembled(
        &self,
        routes: BTreeMap<VehicleIx, Vec<Action>>,
        touched: &BTreeSet<VehicleIx>,
    ) -> Plan {
        let old: BTreeMap<VehicleIx, &Route> =
            self.plan.routes.iter().map(|route| (route.vehicle, route)).collect();
        assemble(self.ground.problem(), routes, |vehicle| {
            let kept = old.get(&vehicle).filter(|_| !touched.contains(&vehicle));
            kept.map(|route| route.start_s)
        })
    }

    /// The same decisions over the records of another moment: orders that went elsewhere are left
    /// out, vehicles that left begin where they are.
    ///
    /// # Errors
    /// [`BuildError`]: a place was set since, and is in no table.
    pub fn refreshed(&self, day: Day, origin: Origin) -> Result<Self, BuildError> {
        let old = &self.ground;
        let in_plan: BTreeSet<OrderId> =
            (0..old.built.jobs.len()).map(|job| old.order(JobIx::of(job)).order).collect();
        let vehicles = old.built.vehicles.iter().map(|at| old.day.vehicles[*at].vehicle.vehicle);
        let wish = Wish {
            vehicles: Some(vehicles.collect()),
            orders: Some(in_plan),
            keep: true,
            ..old.wish.clone()
        };
        let selection = Selection::of(&day, &wish);
        let tables = old.tables.clone();
        let ground = Ground::new(day, wish, selection, tables, (origin, old.depot))?;
        let mut routes: BTreeMap<VehicleIx, Vec<Action>> = BTreeMap::new();
        for route in &self.plan.routes {
            let vehicle = ground.vehicle_of(old.vehicle(route.vehicle).vehicle.vehicle);
            let Some(vehicle) = vehicle else { continue };
            let known = ground.problem().underway(vehicle);
            let mut actions: Vec<Action> = known
                .iter()
                .flat_map(|known| known.frozen.iter().map(|stop| stop.action))
                .collect();
            for action in &route.actions {
                let again = match action.job() {
                    Some(job) => ground.job_of(old.order(job).order).map(Action::Visit),
                    None => Some(*action),
                };
                actions.extend(again.filter(|again| is_reload(*again) || !actions.contains(again)));
            }
            routes.insert(vehicle, actions);
        }
        for known in ground.problem().standing.iter().flat_map(|standing| &standing.underway) {
            let actions = routes.entry(known.vehicle).or_default();
            let missing = known.loaded.iter().map(|job| Action::Visit(*job));
            let missing: Vec<Action> = missing.filter(|stop| !actions.contains(stop)).collect();
            let at = actions.iter().position(|action| is_reload(*action)).unwrap_or(actions.len());
            actions.splice(at..at, missing);
        }
        let plan = assemble(ground.problem(), routes, |_| None);
        let audit = audit(ground.problem(), &plan);
        Ok(Self { ground: Arc::new(ground), plan, audit, ..self.clone() })
    }

    /// What it breaks, by vehicle.
    pub fn violations_of(&self, vehicle: VehicleIx) -> impl Iterator<Item = &Violation> {
        self.audit.violations.iter().filter(move |found| about(found).0 == Some(vehicle))
    }
}

/// Routes in order of their vehicles, without those that do nothing, each beginning as late as it may.
fn assemble(
    problem: &Problem,
    routes: BTreeMap<VehicleIx, Vec<Action>>,
    start: impl Fn(VehicleIx) -> Option<i64>,
) -> Plan {
    let mut plan = Plan::default();
    for (vehicle, actions) in routes {
        let actions = without_empty_trips(actions);
        if actions.is_empty() && problem.underway(vehicle).is_none() {
            continue;
        }
        let mut route = Route { vehicle, start_s: 0, actions };
        route.start_s =
            start(vehicle).or_else(|| latest_start(problem, &route)).unwrap_or(problem.now_s());
        plan.routes.push(route);
    }
    plan
}

pub(super) const fn is_reload(action: Action) -> bool {
    matches!(action, Action::Reload(_))
}

fn trips(actions: &[Action]) -> usize {
    1 + actions.iter().filter(|action| is_reload(**action)).count()
}

/// Nobody drives to the depot to load nothing.
fn without_empty_trips(actions: Vec<Action>) -> Vec<Action> {
    let mut kept: Vec<Action> = Vec::with_capacity(actions.len());
    for action in actions {
        if !is_reload(action) || kept.last().is_some_and(|last| !is_reload(*last)) {
            kept.push(action);
        }
    }
    if kept.last().is_some_and(|last| is_reload(*last)) {
        kept.pop();
    }
    kept
}

/// Where in a route the position of one of its tours is.
fn place_in(actions: &[Action], frozen: usize, target: Target) -> Result<usize, Immovable> {
    let all = trips(actions);
    if target.trip == 0 || target.trip > all + 1 {
        return Err(Immovable::NoTrip);
    }
    if target.trip == all + 1 {
        return if target.position == 0 { Ok(actions.len()) } else { Err(Immovable::NoPosition) };
    }
    let reloads = actions.iter().enumerate().filter(|(_, action)| is_reload(**action));
    let borders: Vec<usize> = reloads.map(|(at, _)| at).collect();
    let first = if target.trip == 1 { frozen } else { borders[target.trip - 2] + 1 };
    let end = borders.get(target.trip - 1).copied().unwrap_or(actions.len());
    let at = first + target.position;
    if at > end { Err(Immovable::NoPosition) } else { Ok(at) }
}

/// Whom a violation is about, and where in the route.
#[must_use]
pub fn about(found: &Violation) -> (Option<VehicleIx>, Option<JobIx>, Option<usize>) {
    match *found {
        Violation::Unknown { vehicle, stop }
        | Violation::CapacityExceeded { vehicle, stop, .. }
        | Violation::Unreachable { vehicle, stop } => (Some(vehicle), None, stop),
        Violation::RoutesUnordered { vehicle }
        | Violation::RouteEmpty { vehicle }
        | Violation::FrozenChanged { vehicle }
        | Violation::BreakMissing { vehicle, .. }
        | Violation::BreakTwice { vehicle, .. }
        | Violation::ReloadForbidden { vehicle, .. }
        | Violation::DepotClosed { vehicle, .. }
        | Violation::StartTooEarly { vehicle, .. }
        | Violation::ShiftExceeded { vehicle, .. }
        | Violation::DurationExceeded { vehicle, .. }
        | Violation::MetresExceeded { vehicle, .. }
        | Violation::TripsExceeded { vehicle, .. }
        | Violation::JobsExceeded { vehicle, .. } => (Some(vehicle), None, None),
        Violation::JobTwice { job } | Violation::ShipmentBroken { job } => (None, Some(job), None),
        Violation::LoadedElsewhere { vehicle, job }
        | Violation::NotLoaded { vehicle, job }
        | Violation::SkillMissing { vehicle, job }
        | Violation::TypeForbidden { vehicle, job }
        | Violation::RideTooLong { vehicle, job, .. }
        | Violation::NotReleased { vehicle, job } => (Some(vehicle), Some(job), None),
        Violation::BackhaulBefore { vehicle, stop }
        | Violation::WindowMissed { vehicle, stop, .. }
        | Violation::BreakMissed { vehicle, stop }
        | Violation::BreakNowhere { vehicle, stop } => (Some(vehicle), None, Some(stop)),
    }
}
