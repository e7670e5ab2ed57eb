//! A day and the tables of its ways become a problem to plan, and a plan of it becomes tours again. Holds the one
//! mapping between records and indices.

use std::collections::{BTreeMap, BTreeSet};

use planning::plan::{Action, Plan, Route};
use planning::problem as p;
use planning::problem::{DepotIx, JobIx, PlaceIx, Problem, TypeIx, VehicleIx};
use shared_model::dispatch::{Manifest, StopState, VehicleKind};
use shared_model::id::{ManifestId, OrderId, VehicleId};
use shared_model::place::Place;
use shared_model::time::Timestamp;

use super::day::{Day, OrderToday, VehicleToday};
use super::travel::Tables;

/// Cost units of the planner in one minor unit: a metre costs less than the smallest coin.
pub const COST_UNITS: i64 = 1_000;
/// A vehicle without a shift may be out for so long from now on.
pub const HORIZON_S: i64 = 16 * 3600;
/// Loading at the depot.
pub const LOADING_S: i64 = 300;
/// Tours of one vehicle in one plan.
pub const TRIPS_MAX: u32 = 6;
/// Lateness with goods that are on the road already: they are brought all the same.
const ON_BOARD_LATE_S: i64 = 24 * 3600;
/// For each second late: ten vans' time.
const LATE_COST_PER_SECOND: i64 = 50_000;

/// What a person asks of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// None: all that are manned.
    pub vehicles: Option<BTreeSet<VehicleId>>,
    /// None: all that are packed.
    pub orders: Option<BTreeSet<OrderId>>,
    /// Locked manifests are planned with everything else; else they and their vehicles are left alone.
    pub keep: bool,
    /// Against moving an order from the vehicle it is locked to.
    pub moved_cost_minor: i64,
    /// Lateness allowed, at a cost.
    pub late_s_max: i64,
}

impl Default for Wish {
    fn default() -> Self {
        Self { vehicles: None, orders: None, keep: true, moved_cost_minor: 20_00, late_s_max: 0 }
    }
}

/// What takes part in a plan: indices into the day's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub vehicles: Vec<usize>,
    pub orders: Vec<usize>,
    /// Packed and wanted, but nobody knows where they go.
    pub unplaced: Vec<usize>,
}

impl Selection {
    #[must_use]
    pub fn of(day: &Day, wish: &Wish) -> Self {
        let standing: BTreeMap<ManifestId, &Manifest> =
            day.manifests.iter().map(|manifest| (manifest.manifest, manifest)).collect();
        let busy: BTreeSet<VehicleId> =
            day.manifests.iter().map(|manifest| manifest.vehicle).collect();
        let takes_part = |today: &VehicleToday| {
            let wanted =
                wish.vehicles.as_ref().is_none_or(|some| some.contains(&today.vehicle.vehicle));
            wanted && today.rider.is_some() && (wish.keep || !busy.contains(&today.vehicle.vehicle))
        };
        let vehicles: Vec<usize> =
            (0..day.vehicles.len()).filter(|at| takes_part(&day.vehicles[*at])).collect();
        let here: BTreeSet<VehicleId> =
            vehicles.iter().map(|at| day.vehicles[*at].vehicle.vehicle).collect();
        let is_wanted = |order: &OrderToday| match order.manifest {
            Some(manifest) => standing.get(&manifest).is_some_and(|m| here.contains(&m.vehicle)),
            None => wish.orders.as_ref().is_none_or(|some| some.contains(&order.order)),
        };
        let wanted = (0..day.orders.len()).filter(|at| is_wanted(&day.orders[*at]));
        let (orders, unplaced) = wanted.partition(|at| day.orders[*at].place.is_some());
        Self { vehicles, orders, unplaced }
    }

    /// The places of it, the depot first, each once.
    #[must_use]
    pub fn places(&self, day: &Day, depot: Place) -> Vec<Place> {
        let mut places = vec![depot];
        let mut seen = BTreeSet::from([depot]);
        let of_orders = self.orders.iter().filter_map(|at| day.orders[*at].place);
        let here: BTreeSet<VehicleId> =
            self.vehicles.iter().map(|at| day.vehicles[*at].vehicle.vehicle).collect();
        // Where riders were last: a stop that ended is no order to plan any more.
        let on_road = day.manifests.iter().filter(|manifest| here.contains(&manifest.vehicle));
        let passed = on_road.flat_map(|manifest| manifest.stops.iter().map(|stop| stop.place));
        for place in of_orders.chain(passed) {
            if seen.insert(place) {
                places.push(place);
            }
        }
        places
    }

    #[must_use]
    pub fn kinds(&self, day: &Day) -> Vec<VehicleKind> {
        let kinds: BTreeSet<VehicleKind> =
            self.vehicles.iter().map(|at| day.vehicles[*at].vehicle.kind).collect();
        kinds.into_iter().collect()
    }
}

/// Seconds from the midnight before a plan begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin(Timestamp);

impl Origin {
    /// The local midnight before `now`.
    #[must_use]
    pub fn before(now: Timestamp, utc_offset_minutes: i32) -> Self {
        let offset_ms = i64::from(utc_offset_minutes) * 60_000;
        let day_ms = 24 * 3600 * 1000;
        let local = now.ms() + offset_ms;
        Self(Timestamp::from_ms(local - local.rem_euclid(day_ms) - offset_ms))
    }

    /// Whole seconds, rounded down, within what a problem may hold.
    #[must_use]
    pub fn seconds(self, at: Timestamp) -> i64 {
        let seconds = (at.ms().saturating_sub(self.0.ms())).div_euclid(1000);
        seconds.clamp(0, p::bounds::TIME_S_MAX)
    }

    #[must_use]
    pub const fn moment(self, at_s: i64) -> Timestamp {
        Timestamp::from_ms(self.0.ms().saturating_add(at_s.saturating_mul(1000)))
    }
}

/// A problem and what its indices mean.
#[derive(Debug, Clone)]
pub struct Built {
    pub problem: Problem,
    pub origin: Origin,
    /// By job: index into the day's orders.
    pub jobs: Vec<usize>,
    /// By vehicle: index into the day's vehicles.
    pub vehicles: Vec<usize>,
    /// By vehicle: the manifests it has, by departure. Those on the road come first.
    pub standing: Vec<Vec<ManifestId>>,
}

/// Why a day makes no problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A place of the day is in no table: it was set after the tables were made.
    #[error("a place was set after the ways were worked out")]
    PlaceUnknown,
    #[error("{0}")]
    Refused(p::Refusals),
}

struct Builder<'a> {
    day: &'a Day,
    tables: &'a Tables,
    wish: &'a Wish,
    origin: Origin,
    now_s: i64,
    draft: p::Draft,
    /// By order: its job.
    jobs: BTreeMap<OrderId, JobIx>,
}

/// # Errors
/// [`BuildError`].
pub fn build(
    day: &Day,
    selection: &Selection,
    tables: &Tables,
    wish: &Wish,
    (origin, depot): (Origin, Place),
) -> Result<Built, BuildError> {
    let now_s = origin.seconds(day.now);
    let draft = p::Draft::default();
    let mut builder = Builder { day, tables, wish, origin, now_s, draft, jobs: BTreeMap::new() };
    builder.ways(depot)?;
    let kinds = builder.types(selection);
    for at in &selection.orders {
        builder.job(&day.orders[*at], &kinds)?;
    }
    let standing = builder.standing(selection)?;
    builder.draft.objective = p::Objective {
        late_cost_per_second: LATE_COST_PER_SECOND,
        moved_cost: wish.moved_cost_minor.saturating_mul(COST_UNITS).clamp(0, p::bounds::COST_MAX),
        ..p::Objective::default()
    };
    let problem = builder.draft.check().map_err(BuildError::Refused)?;
    let (jobs, vehicles) = (selection.orders.clone(), selection.vehicles.clone());
    Ok(Built { problem, origin, jobs, vehicles, standing })
}

impl Builder<'_> {
    fn place(&self, place: Place) -> Result<PlaceIx, BuildError> {
        self.tables.place(place).ok_or(BuildError::PlaceUnknown)
    }

    fn ways(&mut self, depot: Place) -> Result<(), BuildError> {
        let name = |at: usize| if at == 0 { "depot".to_owned() } else { format!("place {at}") };
        let places = self.tables.places();
        self.draft.places = (0..)
            .zip(&places)
            .map(|(at, place)| p::Place {
                name: name(at),
                point: Some(p::Point { lat_e6: place.lat_e7() / 10, lon_e6: place.lon_e7() / 10 }),
            })
            .collect();
        self.draft.profiles = self.tables.profiles().to_vec();
        let place = self.place(depot)?;
        let window = p::Window::ALWAYS;
        self.draft.depots =
            vec![p::Depot { name: "depot".to_owned(), place, window, loading_s: LOADING_S }];
        Ok(())
    }

    /// Makes a type for each difference between vehicles, and the vehicles. Says each type's kind.
    fn types(&mut self, selection: &Selection) -> Vec<VehicleKind> {
        let mut types: Vec<(p::VehicleType, VehicleKind)> = Vec::new();
        let rooms = cash_rooms(self.day, &selection.vehicles);
        for (at, room) in selection.vehicles.iter().zip(rooms) {
            let today = &self.day.vehicles[*at];
            let made = self.vehicle_type(today, room);
            let known = types.iter().position(|(known, _)| {
                p::VehicleType { name: String::new(), ..known.clone() } == made
            });
            let at = known.unwrap_or_else(|| {
                let name = format!("{} {}", today.vehicle.kind.as_str(), types.len() + 1);
                types.push((p::VehicleType { name, ..made }, today.vehicle.kind));
                types.len() - 1
            });
            let vehicle = self.vehicle(today, TypeIx::of(at));
            self.draft.vehicles.push(vehicle);
        }
        let (made, kinds): (Vec<_>, Vec<_>) = types.into_iter().unzip();
        self.draft.vehicle_types = made;
        kinds
    }

    fn vehicle_type(&self, today: &VehicleToday, cash_room_minor: i64) -> p::VehicleType {
        let vehicle = &today.vehicle;
        let capacity = vehicle.capacity;
        let per_second = vehicle.cost_per_hour_minor.saturating_mul(COST_UNITS) / 3600;
        p::VehicleType {
            name: String::new(),
            profile: self.tables.profile(vehicle.kind).unwrap_or(p::ProfileIx(0)),
            capacity: p::Load([
                capacity.weight_g,
                capacity.volume_ml,
                capacity.parcels,
                cash_room_minor.min(p::bounds::LOAD_MAX),
            ]),
            cost_fixed: vehicle
                .cost_fixed_minor
                .saturating_mul(COST_UNITS)
                .min(p::bounds::COST_MAX),
            // A minor unit for each km is a thousandth of it for each metre, which is one cost unit.
            cost_per_metre: vehicle.cost_per_km_minor.min(p::bounds::COST_RATE_MAX),
            cost_per_second: per_second.min(p::bounds::COST_PER_SECOND_MAX),
            metres_max: None,
            duration_s_max: None,
            trips_max: TRIPS_MAX,
            jobs_max: None,
        }
    }

    fn vehicle(&self, today: &VehicleToday, vehicle_type: TypeIx) -> p::Vehicle {
        let shift = match today.vehicle.shift {
            Some(shift) => p::Window {
                from_s: self.origin.seconds(shift.from()),
                to_s: self.origin.seconds(shift.until()),
            },
            None => p::Window { from_s: 0, to_s: self.now_s + HORIZON_S },
        };
        p::Vehicle {
            name: today.vehicle.vehicle.to_string(),
            vehicle_type,
            shift,
            start: p::Start::Depot(DepotIx(0)),
            end: p::End::Depot(DepotIx(0)),
            skills: p::Skills::NONE,
            breaks: Vec::new(),
            reload_depots: vec![DepotIx(0)],
        }
    }

    fn job(&mut self, order: &OrderToday, kinds: &[VehicleKind]) -> Result<(), BuildError> {
        let Some(place) = order.place else { return Ok(()) };
        let load = order.load;
        let types = match order.vehicles.as_slice() {
            [] => p::TypeSet::ALL,
            some => p::TypeSet(
                kinds
                    .iter()
                    .enumerate()
                    .fold(0, |set, (at, kind)| set | (u64::from(some.contains(kind)) << at)),
            ),
        };
        let job = p::Job {
            name: order.order.to_string(),
            kind: p::Kind::Visit {
                visit: p::Visit {
                    place: self.place(place)?,
                    windows: self.windows(order),
                    service_s: i64::from(order.service_s),
                },
                deliver: p::Load([load.weight_g, load.volume_ml, load.parcels, 0]),
                collect: p::Load([0, 0, 0, order.cash_due_minor]),
                backhaul: false,
            },
            priority: match order.priority {
                0..=2 => p::Priority::Normal,
                3..=6 => p::Priority::High,
                _ => p::Priority::Highest,
            },
            prize: None,
            release_s: 0,
            skills: p::Skills::NONE,
            // On board it goes with whom it is.
            types: if order.on_board || types == p::TypeSet(0) { p::TypeSet::ALL } else { types },
            late_s_max: if order.on_board { ON_BOARD_LATE_S } else { self.wish.late_s_max },
        };
        self.jobs.insert(order.order, JobIx::of(self.draft.jobs.len()));
        self.draft.jobs.push(job);
        Ok(())
    }

    fn windows(&self, order: &OrderToday) -> Vec<p::Window> {
        let mut windows: Vec<p::Window> = Vec::new();
        for window in &order.windows {
            let (from_s, to_s) =
                (self.origin.seconds(window.from()), self.origin.seconds(window.until()));
            match windows.last_mut() {
                // Windows of days gone by have all become midnight.
                Some(last) if from_s <= last.to_s => last.to_s = last.to_s.max(to_s),
                Some(_) | None => windows.push(p::Window { from_s, to_s }),
            }
        }
        if windows.is_empty() { vec![p::Window::ALWAYS] } else { windows }
    }

    /// What the vehicles have already; says their manifests.
    fn standing(&mut self, selection: &Selection) -> Result<Vec<Vec<ManifestId>>, BuildError> {
        let mut handed_out = Plan::default();
        let mut underway = Vec::new();
        let mut standing = Vec::new();
        for (at, today) in selection.vehicles.iter().map(|at| &self.day.vehicles[*at]).enumerate() {
            let vehicle = VehicleIx::of(at);
            let own = self.day.manifests.iter().filter(|m| m.vehicle == today.vehicle.vehicle);
            let (out, locked): (Vec<_>, Vec<_>) = own.partition(|m| m.status.is_on_the_road());
            standing.push(out.iter().chain(&locked).map(|manifest| manifest.manifest).collect());
            if out.is_empty() && locked.is_empty() {
                continue;
            }
            let known = if out.is_empty() { None } else { Some(self.underway(vehicle, &out)?) };
            handed_out.routes.push(self.route(vehicle, known.as_ref(), &locked));
            underway.extend(known);
        }
        self.draft.standing = Some(p::Standing { now_s: self.now_s, underway, handed_out });
        Ok(standing)
    }

    fn underway(&self, vehicle: VehicleIx, out: &[&Manifest]) -> Result<p::Underway, BuildError> {
        let seconds = |at: Timestamp| self.origin.seconds(at);
        let stops = || out.iter().flat_map(|manifest| &manifest.stops);
        let mut frozen = Vec::new();
        let mut loaded = Vec::new();
        // Where the rider was last, when, and when that should have been left.
        let mut last: Option<(i64, Place, i64)> = None;
        for stop in stops() {
            let reached = match stop.state {
                StopState::Pending => None,
                StopState::Reached { at }
                | StopState::Delivered { at }
                | StopState::Failed { at, .. } => Some(seconds(at)),
            };
            if let Some(at_s) = reached
                && last.is_none_or(|(before, _, _)| at_s >= before)
            {
                last = Some((at_s, stop.place, seconds(stop.leave)));
            }
            let Some(job) = self.jobs.get(&stop.order).copied() else { continue };
            match stop.state {
                StopState::Pending => loaded.push(job),
                StopState::Reached { at } => {
                    let start_s = seconds(at);
                    let depart_s = (start_s + self.service_s(job)).max(self.now_s);
                    let action = Action::Visit(job);
                    frozen.push(p::FrozenStop { action, start_s, depart_s });
                }
                StopState::Delivered { .. } | StopState::Failed { .. } => {}
            }
        }
        frozen.sort_by_key(|stop| stop.start_s);
        let mut at_s = self.now_s;
        for stop in &mut frozen {
            // Doors reached before the one before was left: reports come late.
            stop.depart_s = stop.depart_s.max(stop.start_s);
            at_s = at_s.max(stop.depart_s);
        }
        settle(&mut frozen);
        let departs = out.iter().filter_map(|manifest| manifest.handed_out).min();
        let first = frozen.first().map_or(self.now_s, |stop| stop.start_s);
        let started_s = departs.map_or(self.now_s, seconds).min(first).min(self.now_s);
        let planned = last.map_or_else(|| seconds(out[0].departs), |(_, _, leave)| leave);
        let delay = out.iter().map(|manifest| manifest.delay_s).max().unwrap_or(0);
        if delay > 0 {
            at_s = at_s.max(planned + delay);
        }
        let depot = self.draft.depots[0].place;
        let place = last.map(|(_, place, _)| self.place(place)).transpose()?.unwrap_or(depot);
        let position = p::Position { place, at_s };
        Ok(p::Underway { vehicle, started_s, frozen, position, metres_done: 0, loaded })
    }

    fn service_s(&self, job: JobIx) -> i64 {
        match &self.draft.jobs[job.at()].kind {
            p::Kind::Visit { visit, .. } => visit.service_s,
            p::Kind::Shipment { .. } => 0,
        }
    }

    fn route(
        &self,
        vehicle: VehicleIx,
        underway: Option<&p::Underway>,
        locked: &[&Manifest],
    ) -> Route {
        let mut actions: Vec<Action> = Vec::new();
        let mut start_s = None;
        if let Some(known) = underway {
            start_s = Some(known.started_s);
            actions.extend(known.frozen.iter().map(|stop| stop.action));
            actions.extend(known.loaded.iter().map(|job| Action::Visit(*job)));
        }
        for (trip, manifest) in locked.iter().enumerate() {
            if trip > 0 || underway.is_some() {
                actions.push(Action::Reload(DepotIx(0)));
            }
            start_s.get_or_insert(self.origin.seconds(manifest.departs));
            let jobs = manifest.open_stops().filter_map(|stop| self.jobs.get(&stop.order));
            actions.extend(jobs.map(|job| Action::Visit(*job)));
        }
        Route { vehicle, start_s: start_s.unwrap_or(self.now_s), actions }
    }
}

/// Frozen stops follow each other: what was reached later is left later.
fn settle(frozen: &mut [p::FrozenStop]) {
    for at in 1..frozen.len() {
        let before = frozen[at - 1].depart_s;
        if frozen[at].start_s < before {
            // Both doors were reached: the first was left when the second was reached.
            let start_s = frozen[at].start_s;
            frozen[at - 1].depart_s = start_s.max(frozen[at - 1].start_s);
        }
    }
}

/// What each vehicle's rider may collect. Rounded down, ever more coarsely, until there are few enough kinds of
/// vehicles: never up, for the ceiling is a rule.
fn cash_rooms(day: &Day, vehicles: &[usize]) -> Vec<i64> {
    let mut grain = 1;
    loop {
        let rooms: Vec<i64> =
            vehicles.iter().map(|at| day.vehicles[*at].cash_room_minor / grain * grain).collect();
        let different: BTreeSet<_> = vehicles
            .iter()
            .zip(&rooms)
            .map(|(at, room)| {
                let vehicle = &day.vehicles[*at].vehicle;
                let load = vehicle.capacity;
                (
                    vehicle.kind,
                    [load.weight_g, load.volume_ml, load.parcels],
                    [
                        vehicle.cost_fixed_minor,
                        vehicle.cost_per_km_minor,
                        vehicle.cost_per_hour_minor,
                    ],
                    *room,
                )
            })
            .collect();
        if different.len() <= p::bounds::VEHICLE_TYPES_MAX || rooms.iter().all(|room| *room == 0) {
            return rooms;
        }
        grain = if grain == 1 { 100 } else { grain * 10 };
    }
}
