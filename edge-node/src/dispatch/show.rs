//! A plan as pages read it. Decides nothing.

use planning::check::Violation;
use planning::problem::{JobIx, VehicleIx};
use serde::Serialize;
use shared_model::dispatch::{Load, TravelSource, VehicleKind};
use shared_model::id::{ManifestId, OrderId, RiderId, VehicleId};
use shared_model::place::{Place, Window};
use uuid::Uuid;

use super::held::{Ground, Held, Made, about};
use super::problem::COST_UNITS;
use super::tours::{Standing, Tour, Tours, trip_of};
use super::unassigned::{Unassigned, unassigned};

/// A whole plan.
#[derive(Debug, Serialize)]
pub struct PlanShown {
    pub plan: Uuid,
    pub revision: u32,
    status: Made,
    made_ms: i64,
    travel: TravelSource,
    elapsed_ms: u64,
    first_ms: Option<u64>,
    threads: usize,
    iterations: u64,
    seed: u64,
    cost_minor: i64,
    cost: CostShown,
    routes: Vec<RouteShown>,
    unassigned: Vec<Unassigned>,
    violations: Vec<ViolationShown>,
    difference: Vec<Difference>,
    released: Vec<ManifestId>,
}

/// In minor units.
#[derive(Debug, Serialize)]
pub struct CostShown {
    fixed: i64,
    distance: i64,
    duration: i64,
    late: i64,
    unserved: i64,
    fairness: i64,
    moved: i64,
}

/// One tour of one vehicle.
#[derive(Debug, Serialize)]
pub struct RouteShown {
    manifest: ManifestId,
    standing: Standing,
    changed: bool,
    vehicle: VehicleId,
    vehicle_name: String,
    kind: VehicleKind,
    rider: Option<RiderId>,
    rider_name: String,
    trip: usize,
    departs_ms: i64,
    returns_ms: i64,
    metres: i64,
    seconds: i64,
    load: Load,
    load_share: LoadShare,
    cash_due_minor: i64,
    cost_minor: i64,
    stops: Vec<StopShown>,
}

#[derive(Debug, Serialize)]
struct LoadShare {
    weight: f64,
    volume: f64,
    parcels: f64,
    cash: f64,
}

#[derive(Debug, Serialize)]
struct StopShown {
    order: OrderId,
    number: String,
    place: Option<Place>,
    windows: Vec<Window>,
    arrive_ms: i64,
    begin_ms: i64,
    leave_ms: i64,
    wait_s: i64,
    late_s: i64,
    frozen: bool,
    load: Load,
    cash_due_minor: i64,
    customer_name: Option<String>,
    address: Option<String>,
}

/// A rule that the plan breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViolationShown {
    pub code: &'static str,
    /// No person can accept it.
    pub hard: bool,
    pub vehicle: Option<VehicleId>,
    pub vehicle_name: Option<String>,
    pub trip: Option<usize>,
    pub order: Option<OrderId>,
    pub number: Option<String>,
    /// By how much, in `unit`.
    pub by: Option<i64>,
    pub unit: &'static str,
    pub detail: String,
}

/// An order that the plan brings otherwise than what was locked.
#[derive(Debug, Serialize)]
struct Difference {
    order: OrderId,
    number: String,
    from: Option<String>,
    to: Option<String>,
    arrive_ms_before: Option<i64>,
    arrive_ms: Option<i64>,
    minutes: Option<i64>,
}

/// From cost units, to the nearest minor unit.
#[must_use]
pub const fn minor(cost: i64) -> i64 {
    (cost + COST_UNITS / 2).div_euclid(COST_UNITS)
}

/// The whole plan.
#[must_use]
pub fn plan(held: &Held) -> PlanShown {
    let ground = &held.ground;
    let cut = Tours::of(held);
    let cost = held.audit.cost;
    PlanShown {
        plan: held.id,
        revision: held.revision,
        status: held.made,
        made_ms: held.made_at.ms(),
        travel: ground.tables.source(),
        elapsed_ms: held.effort.elapsed_ms,
        first_ms: held.effort.first_ms,
        threads: held.effort.threads,
        iterations: held.effort.iterations,
        seed: held.effort.seed,
        cost_minor: minor(cost.total()),
        cost: CostShown {
            fixed: minor(cost.fixed),
            distance: minor(cost.distance),
            duration: minor(cost.duration),
            late: minor(cost.late),
            unserved: minor(cost.unserved),
            fairness: minor(cost.fairness),
            moved: minor(cost.moved),
        },
        routes: cut.tours.iter().map(|tour| route(ground, tour)).collect(),
        unassigned: unassigned(held),
        violations: held.audit.violations.iter().map(|found| violation(held, found)).collect(),
        difference: differences(ground, &cut.tours),
        released: cut.released,
    }
}

/// The tours of some vehicles.
#[must_use]
pub fn routes_of(held: &Held, vehicles: &[VehicleIx]) -> Vec<RouteShown> {
    let tours = Tours::of(held).tours;
    tours
        .iter()
        .filter(|tour| vehicles.contains(&tour.vehicle))
        .map(|tour| route(&held.ground, tour))
        .collect()
}

/// What is on board when the tour leaves, and what is collected on it.
#[must_use]
pub fn loads(ground: &Ground, tour: &Tour) -> (Load, i64) {
    tour.stops.iter().fold((Load::default(), 0_i64), |(load, cash), (job, _)| {
        let order = ground.order(*job);
        (load.plus(order.load), cash.saturating_add(order.cash_due_minor))
    })
}

fn route(ground: &Ground, tour: &Tour) -> RouteShown {
    let today = ground.vehicle(tour.vehicle);
    let vehicle = &today.vehicle;
    let (load, cash_due_minor) = loads(ground, tour);
    let seconds = tour.returns_s - tour.departs_s;
    let kind = ground.problem().type_of(tour.vehicle);
    let fixed = if tour.trip == 1 { kind.cost_fixed } else { 0 };
    let cost = fixed + kind.cost_per_metre * tour.metres + kind.cost_per_second * seconds;
    let moment = |at_s| ground.built.origin.moment(at_s).ms();
    RouteShown {
        manifest: tour.manifest,
        standing: tour.standing,
        changed: tour.is_changed,
        vehicle: vehicle.vehicle,
        vehicle_name: vehicle.name.clone(),
        kind: vehicle.kind,
        rider: today.rider.as_ref().map(|rider| rider.rider),
        rider_name: today.rider.as_ref().map(|rider| rider.name.clone()).unwrap_or_default(),
        trip: tour.trip,
        departs_ms: moment(tour.departs_s),
        returns_ms: moment(tour.returns_s),
        metres: tour.metres,
        seconds,
        load,
        load_share: LoadShare {
            weight: share(load.weight_g, vehicle.capacity.weight_g),
            volume: share(load.volume_ml, vehicle.capacity.volume_ml),
            parcels: share(load.parcels, vehicle.capacity.parcels),
            cash: share(cash_due_minor, today.cash_room_minor),
        },
        cash_due_minor,
        cost_minor: minor(cost),
        stops: tour.stops.iter().map(|(job, times)| stop(ground, *job, times)).collect(),
    }
}

/// To three decimals: it is a bar on a page.
#[expect(clippy::cast_precision_loss, reason = "a bar on a page")]
fn share(part: i64, whole: i64) -> f64 {
    if part <= 0 {
        return 0.0;
    }
    (part as f64 / whole.max(1) as f64 * 1000.0).round() / 1000.0
}

fn stop(ground: &Ground, job: JobIx, times: &planning::check::StopTimes) -> StopShown {
    let order = ground.order(job);
    let moment = |at_s| ground.built.origin.moment(at_s).ms();
    StopShown {
        order: order.order,
        number: order.number.clone(),
        place: order.place,
        windows: order.windows.clone(),
        arrive_ms: moment(times.arrive_s),
        begin_ms: moment(times.start_s),
        leave_ms: moment(times.depart_s),
        wait_s: (times.start_s - times.arrive_s).max(0),
        late_s: times.late_s,
        frozen: times.is_frozen,
        load: order.load,
        cash_due_minor: order.cash_due_minor,
        customer_name: order.customer_name.clone(),
        address: order.address.clone(),
    }
}

/// What no person can accept: laws of nature, and the depot's own rules.
#[must_use]
pub fn is_hard(found: &Violation) -> bool {
    match found {
        Violation::Unknown { .. }
        | Violation::RoutesUnordered { .. }
        | Violation::RouteEmpty { .. }
        | Violation::FrozenChanged { .. }
        | Violation::JobTwice { .. }
        | Violation::ShipmentBroken { .. }
        | Violation::LoadedElsewhere { .. }
        | Violation::NotLoaded { .. }
        | Violation::CapacityExceeded { .. }
        | Violation::BackhaulBefore { .. }
        | Violation::Unreachable { .. } => true,
        Violation::SkillMissing { .. }
        | Violation::TypeForbidden { .. }
        | Violation::WindowMissed { .. }
        | Violation::RideTooLong { .. }
        | Violation::BreakMissing { .. }
        | Violation::BreakTwice { .. }
        | Violation::BreakMissed { .. }
        | Violation::BreakNowhere { .. }
        | Violation::ReloadForbidden { .. }
        | Violation::DepotClosed { .. }
        | Violation::NotReleased { .. }
        | Violation::StartTooEarly { .. }
        | Violation::ShiftExceeded { .. }
        | Violation::DurationExceeded { .. }
        | Violation::MetresExceeded { .. }
        | Violation::TripsExceeded { .. }
        | Violation::JobsExceeded { .. } => false,
    }
}

/// By how much, and in what.
fn amount(found: &Violation) -> (Option<i64>, &'static str) {
    match *found {
        Violation::CapacityExceeded { over, dimension, .. } => {
            use planning::problem::Dimension;
            let unit = match dimension {
                Dimension::WeightG => "g",
                Dimension::VolumeMl => "ml",
                Dimension::Parcels => "parcels",
                Dimension::CashMinor => "minor",
            };
            (Some(over), unit)
        }
        Violation::WindowMissed { late_s: seconds, .. }
        | Violation::RideTooLong { over_s: seconds, .. }
        | Violation::StartTooEarly { early_s: seconds, .. }
        | Violation::ShiftExceeded { over_s: seconds, .. }
        | Violation::DurationExceeded { over_s: seconds, .. } => (Some(seconds), "s"),
        Violation::MetresExceeded { over, .. } => (Some(over), "m"),
        Violation::TripsExceeded { over, .. } | Violation::JobsExceeded { over, .. } => {
            (Some(i64::from(over)), "")
        }
        Violation::Unknown { .. }
        | Violation::RoutesUnordered { .. }
        | Violation::RouteEmpty { .. }
        | Violation::FrozenChanged { .. }
        | Violation::JobTwice { .. }
        | Violation::ShipmentBroken { .. }
        | Violation::LoadedElsewhere { .. }
        | Violation::NotLoaded { .. }
        | Violation::SkillMissing { .. }
        | Violation::TypeForbidden { .. }
        | Violation::BackhaulBefore { .. }
        | Violation::Unreachable { .. }
        | Violation::BreakMissing { .. }
        | Violation::BreakTwice { .. }
        | Violation::BreakMissed { .. }
        | Violation::BreakNowhere { .. }
        | Violation::ReloadForbidden { .. }
        | Violation::DepotClosed { .. }
        | Violation::NotReleased { .. } => (None, ""),
    }
}

/// One broken rule in words.
#[must_use]
pub fn violation(held: &Held, found: &Violation) -> ViolationShown {
    let ground = &held.ground;
    let (vehicle, job, stop) = about(found);
    let route = held.plan.routes.iter().find(|route| Some(route.vehicle) == vehicle);
    let at_stop = route.zip(stop).and_then(|(route, stop)| route.actions.get(stop)?.job());
    let order = job.or(at_stop).map(|job| ground.order(job));
    let today = vehicle.map(|vehicle| ground.vehicle(vehicle));
    let (by, unit) = amount(found);
    let who = today.map_or("", |today| today.vehicle.name.as_str());
    let what = order.map_or("", |order| order.number.as_str());
    ViolationShown {
        code: found.code(),
        hard: is_hard(found),
        vehicle: today.map(|today| today.vehicle.vehicle),
        vehicle_name: today.map(|today| today.vehicle.name.clone()),
        trip: route.map(|route| trip_of(&route.actions, stop.unwrap_or(0))),
        order: order.map(|order| order.order),
        number: order.map(|order| order.number.clone()),
        by,
        unit,
        detail: words(found.code(), who, what, by, unit),
    }
}

fn words(code: &str, who: &str, what: &str, by: Option<i64>, unit: &str) -> String {
    let by = by.unwrap_or(0);
    let minutes = by.div_euclid(60) + i64::from(by.rem_euclid(60) > 0);
    match code {
        "capacity-exceeded" => match unit {
            "minor" => {
                format!("{who} would collect {by} (minor units) above the rider's cash ceiling")
            }
            _ => format!("{who} would carry {by} {unit} too much"),
        },
        "window-missed" => format!("{who} reaches order {what} {minutes} minutes too late"),
        "shift-exceeded" => format!("{who} comes back {minutes} minutes after the shift"),
        "start-too-early" => format!("{who} would leave {minutes} minutes before it may"),
        "type-forbidden" => {
            format!("order {what} must not go with {who}: another kind of vehicle is asked for")
        }
        "unreachable" => format!("there is no way for {who} to order {what}"),
        "loaded-elsewhere" | "not-loaded" => {
            format!("the goods of order {what} are with another rider")
        }
        "frozen-changed" => format!("{who} is at a door already"),
        _ => format!("{code}: {who} {what}").trim_end().to_owned(),
    }
}

fn differences(ground: &Ground, tours: &[Tour]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (job, order) in
        (0..ground.built.jobs.len()).map(JobIx::of).map(|job| (job, ground.order(job)))
    {
        let Some(manifest) = order.manifest else { continue };
        let known = ground.day.manifests.iter().find(|known| known.manifest == manifest);
        let Some((known, before)) = known.and_then(|m| Some((m, m.stop(order.order)?))) else {
            continue;
        };
        let planned = tours.iter().find_map(|tour| {
            let (_, times) = tour.stops.iter().find(|(planned, _)| *planned == job)?;
            Some((tour, ground.built.origin.moment(times.start_s).ms()))
        });
        let to = planned.map(|(tour, _)| &ground.vehicle(tour.vehicle).vehicle);
        let was = before.arrive.ms();
        let minutes = planned.map(|(_, at)| (at - was).div_euclid(60_000));
        let moved = to.is_none_or(|to| to.vehicle != known.vehicle);
        if moved || minutes.is_some_and(|minutes| minutes.abs() >= 1) {
            differences.push(Difference {
                order: order.order,
                number: order.number.clone(),
                from: Some(known.vehicle_name.clone()),
                to: to.map(|vehicle| vehicle.name.clone()),
                arrive_ms_before: Some(was),
                arrive_ms: planned.map(|(_, at)| at),
                minutes,
            });
        }
    }
    differences
}
