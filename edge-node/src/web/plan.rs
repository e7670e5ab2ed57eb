//! The planner's pages: begin a run, watch it, look at the plan, change it, lock it. Holds no rule: what a plan breaks
//! is the checker's to say, what may be locked the core's.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared_model::dispatch::{DepotPlace, Manifest, Vehicle, VehicleKind};
use shared_model::id::{EntryId, ManifestId, OrderId, VehicleId};
use shared_model::log::Hash;
use shared_model::place::Place;
use shared_model::records::keys;
use shared_model::refusal::Refusal;
use shared_model::text::{Several, Text};
use shared_model::workflows::{Command, Kind};
use uuid::Uuid;

use super::app::App;
use super::body::{Json, JsonBytes, Path, parse};
use super::commands::answered;
use super::problem::Problem;
use crate::dispatch::day::ORDERS_MAX;
use crate::dispatch::held::{Held, Immovable, Target};
use crate::dispatch::lock::{self, LockError};
use crate::dispatch::planner::{Asked, DEADLINE_S_MAX, PlannerError};
use crate::dispatch::search::THREADS_MAX;
use crate::dispatch::show::{self, PlanShown, RouteShown, ViolationShown, minor};
use crate::dispatch::tours::Tours;
use crate::dispatch::ways::{self, Way};
use crate::identity::SignedIn;
use crate::store::{Asker, now, record};

/// Steps of one thread that may be asked for instead of time.
const ITERATIONS_MAX: u64 = 1_000_000_000;
/// Latest that anybody would still wait.
const LATE_S_MAX: i64 = 24 * 3600;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/dispatch/plan", get(show_plan).post(start).delete(discard))
        .route("/api/v1/dispatch/plan/run", delete(end_run))
        .route("/api/v1/dispatch/plan/events", get(events))
        .route("/api/v1/dispatch/plan/try", post(try_move))
        .route("/api/v1/dispatch/plan/move", post(make_move))
        .route("/api/v1/dispatch/plan/lock", post(lock_plan))
        .route("/api/v1/dispatch/plan/way/{manifest}", get(way_of_tour))
        .route("/api/v1/manifests/{manifest}/way", get(way_of_manifest))
}

/// Who may lock manifests may plan them.
fn may_plan(signed_in: &SignedIn) -> Result<(), Problem> {
    if Kind::LockManifests.allows(signed_in.role) {
        return Ok(());
    }
    let detail = format!("the role {} may not plan", signed_in.role);
    Err(Problem::forbidden("role", detail, "ask the dispatch desk or a manager"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartAsked {
    #[serde(default = "ten")]
    deadline_s: u64,
    vehicles: Option<Several<VehicleId, 500>>,
    orders: Option<Several<OrderId, ORDERS_MAX>>,
    #[serde(default = "yes")]
    keep: bool,
    moved_cost_minor: Option<shared_model::money::Amount>,
    #[serde(default)]
    late_s_max: i64,
    #[serde(default)]
    seed: u64,
    iterations: Option<u64>,
    threads: Option<usize>,
}

const fn ten() -> u64 {
    10
}

const fn yes() -> bool {
    true
}

/// 422, in words for the person who asked.
fn refused(
    code: &'static str,
    field: &'static str,
    detail: impl Into<String>,
    remedy: &'static str,
) -> Problem {
    let (detail, remedy) = (detail.into(), remedy.into());
    Refusal { code, field: field.into(), detail, remedy }.into()
}

/// The number, if it is in range.
fn ranged<T: PartialOrd + std::fmt::Display>(
    field: &'static str,
    value: T,
    least: T,
    most: T,
) -> Result<T, Problem> {
    if value >= least && value <= most {
        return Ok(value);
    }
    let detail = format!("{field} is {value}");
    Err(Problem::bad_input(field, detail, format!("send {least} to {most}")))
}

async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<StartAsked>,
) -> Result<Response, Problem> {
    may_plan(&signed_in)?;
    let deadline_s = ranged("deadline_s", asked.deadline_s, 1, DEADLINE_S_MAX)?;
    let late_s_max = ranged("late_s_max", asked.late_s_max, 0, LATE_S_MAX)?;
    if let Some(iterations) = asked.iterations {
        ranged("iterations", iterations, 1, ITERATIONS_MAX)?;
    }
    if let Some(threads) = asked.threads {
        ranged("threads", threads, 1, THREADS_MAX)?;
    }
    let asked = Asked {
        deadline: Duration::from_secs(deadline_s),
        vehicles: asked.vehicles.map(|some| some.iter().copied().collect()),
        orders: asked.orders.map(|some| some.iter().copied().collect()),
        keep: asked.keep,
        moved_cost_minor: asked.moved_cost_minor.map(|amount| amount.minor()),
        late_s_max,
        seed: asked.seed,
        iterations: asked.iterations,
        threads: asked.threads,
        pace_milli: app.advice.pace_milli(now()).await,
    };
    let plan = app.planner.start(asked).await?;
    let body = Json(json!({"plan": plan, "status": "running"}));
    Ok((StatusCode::ACCEPTED, body).into_response())
}

/// Progress as it is made; the stream goes on with the next run.
async fn events(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    may_plan(&signed_in)?;
    let place = app.planner_pages.clone().try_acquire_owned();
    let place = place.map_err(|_| Problem::queue_full("the list of open pages"))?;
    let mut progress = app.planner.progress();
    progress.mark_changed();
    let listening = (progress, place, app.stopping.clone());
    let told = stream::unfold(listening, |(mut progress, place, stopping)| async move {
        tokio::select! {
            changed = progress.changed() => changed.ok()?,
            () = stopping.cancelled() => return None,
        }
        let text = serde_json::to_string(&*progress.borrow_and_update()).ok()?;
        let event = Event::default().event("progress").data(text);
        Some((Ok(event), (progress, place, stopping)))
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

async fn end_run(State(app): State<App>, signed_in: SignedIn) -> Result<StatusCode, Problem> {
    may_plan(&signed_in)?;
    app.planner.end_run();
    Ok(StatusCode::NO_CONTENT)
}

async fn discard(State(app): State<App>, signed_in: SignedIn) -> Result<StatusCode, Problem> {
    may_plan(&signed_in)?;
    app.planner.discard();
    Ok(StatusCode::NO_CONTENT)
}

async fn show_plan(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Json<PlanShown>, Problem> {
    may_plan(&signed_in)?;
    let held = app.planner.held().ok_or(PlannerError::Unknown)?;
    shown(held).await
}

/// Explaining what is left out takes a while: not on the threads that serve.
async fn shown(held: Arc<Held>) -> Result<Json<PlanShown>, Problem> {
    apart(move || show::plan(&held)).await.map(Json)
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Problem::internal(&error))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveAsked {
    plan: Uuid,
    revision: u32,
    order: OrderId,
    /// None takes the stop out of the plan.
    vehicle: Option<VehicleId>,
    #[serde(default = "first")]
    trip: usize,
    #[serde(default)]
    position: usize,
    /// Codes of what the move breaks and a person accepts; for `move` alone.
    accept: Option<Several<Text<64>, 32>>,
}

const fn first() -> usize {
    1
}

#[derive(Debug, Serialize)]
struct Tried {
    allowed: bool,
    cost_minor: i64,
    cost_minor_before: i64,
    difference_minor: i64,
    metres_difference: i64,
    seconds_difference: i64,
    breaks: Vec<ViolationShown>,
    mends: Vec<ViolationShown>,
    routes: Vec<RouteShown>,
}

/// The plan as it would be, and what is different.
fn moved(held: &Held, asked: &MoveAsked) -> Result<(Held, Tried), Problem> {
    let ground = &held.ground;
    let job = ground.job_of(asked.order).ok_or_else(|| {
        refused("stop-unknown", "order", "the plan knows no such order", "take one of the plan")
    })?;
    let vehicle = asked.vehicle.map(|vehicle| {
        ground.vehicle_of(vehicle).ok_or_else(|| {
            let detail = "the plan has no such vehicle";
            refused("vehicle-unknown", "vehicle", detail, "take one of the plan")
        })
    });
    let target = vehicle.transpose()?.map(|vehicle| Target {
        vehicle,
        trip: asked.trip,
        position: asked.position,
    });
    let plan = held.moved(job, target)?;
    let after = held.changed(plan);
    let new = |of: &Held, than: &Held| -> Vec<ViolationShown> {
        let known: Vec<ViolationShown> =
            than.audit.violations.iter().map(|found| show::violation(than, found)).collect();
        let found = of.audit.violations.iter().map(|found| show::violation(of, found));
        found.filter(|found| !known.contains(found)).collect()
    };
    let (breaks, mends) = (new(&after, held), new(held, &after));
    let sum = |held: &Held| {
        held.audit.timetables.iter().fold((0, 0), |(metres, seconds), table| {
            (metres + table.metres, seconds + table.duration_s())
        })
    };
    let ((metres, seconds), (metres_before, seconds_before)) = (sum(&after), sum(held));
    let (cost, cost_before) = (after.audit.cost.total(), held.audit.cost.total());
    let tried = Tried {
        allowed: breaks.iter().all(|found| !found.hard),
        cost_minor: minor(cost),
        cost_minor_before: minor(cost_before),
        difference_minor: minor(cost) - minor(cost_before),
        metres_difference: metres - metres_before,
        seconds_difference: seconds - seconds_before,
        breaks,
        mends,
        routes: show::routes_of(&after, &changed_vehicles(held, &after)),
    };
    Ok((after, tried))
}

fn changed_vehicles(before: &Held, after: &Held) -> Vec<planning::problem::VehicleIx> {
    let both = before.plan.routes.iter().chain(&after.plan.routes);
    let differs = |vehicle| {
        let of = |held: &Held| held.plan.routes.iter().find(|r| r.vehicle == vehicle).cloned();
        of(before) != of(after)
    };
    let vehicles: BTreeSet<_> = both.map(|route| route.vehicle).collect();
    vehicles.into_iter().filter(|vehicle| differs(*vehicle)).collect()
}

async fn try_move(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<MoveAsked>,
) -> Result<Json<Tried>, Problem> {
    may_plan(&signed_in)?;
    let held = app.planner.held_as(asked.plan, asked.revision)?;
    let (_, tried) = apart(move || moved(&held, &asked)).await??;
    Ok(Json(tried))
}

async fn make_move(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<MoveAsked>,
) -> Result<Json<PlanShown>, Problem> {
    may_plan(&signed_in)?;
    let held = app.planner.held_as(asked.plan, asked.revision)?;
    let accept = codes(asked.accept.as_ref());
    let before = Arc::clone(&held);
    let (after, tried) = apart(move || moved(&before, &asked)).await??;
    if !tried.breaks.iter().all(|found| !found.hard && accept.contains(found.code)) {
        return Err(breaks(&tried.breaks));
    }
    shown(app.planner.replace(&held, after)?).await
}

fn codes(accept: Option<&Several<Text<64>, 32>>) -> BTreeSet<String> {
    let codes = accept.iter().flat_map(|codes| codes.iter());
    codes.map(|code| code.as_str().to_owned()).collect()
}

fn breaks(found: &[ViolationShown]) -> Problem {
    let hard = found.iter().any(|found| found.hard);
    let words: Vec<&str> = found.iter().map(|found| found.detail.as_str()).take(3).collect();
    let remedy = if hard {
        "undo what cannot be, or plan again"
    } else {
        "send the codes in accept if you answer for it, or undo it"
    };
    let detail = words.join("; ");
    refused("breaks-constraint", "accept", detail, remedy)
        .member("breaks", serde_json::to_value(found).unwrap_or_default())
}

/// The way of a tour that is not locked yet.
async fn way_of_tour(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(manifest): Path<ManifestId>,
) -> Result<Json<Way>, Problem> {
    may_plan(&signed_in)?;
    let held = app.planner.held().ok_or(PlannerError::Unknown)?;
    let planner = app.planner.clone();
    let found = apart(move || {
        let tour = Tours::of(&held).tours.into_iter().find(|tour| tour.manifest == manifest)?;
        let ground = &held.ground;
        let stops = tour.stops.iter().filter_map(|(job, _)| ground.order(*job).place);
        let places = there_and_back(Some(ground.depot), stops);
        let kind = ground.vehicle(tour.vehicle).vehicle.kind;
        Some(ways::way(planner.roads().open().as_deref(), kind, tour.departs_s, &places))
    });
    way_found(found.await?)
}

/// The way of a manifest; of one on the road, from its last stop that was made.
async fn way_of_manifest(
    State(app): State<App>,
    _: SignedIn,
    Path(manifest): Path<ManifestId>,
) -> Result<Json<Way>, Problem> {
    let node = app.node();
    let records = app.store.read(move |db| {
        let found: Option<Manifest> = record(db, node, &manifest.to_string())?;
        let Some(found) = found else { return Ok(None) };
        let vehicle: Option<Vehicle> = record(db, node, &found.vehicle.to_string())?;
        let depot: Option<DepotPlace> = record(db, node, keys::ONLY)?;
        Ok(Some((found, vehicle, depot)))
    });
    let found = records.await?;
    let planner = app.planner.clone();
    let found = apart(move || {
        let (manifest, vehicle, depot) = found?;
        let stops = manifest.stops.iter().map(|stop| stop.place);
        let places = there_and_back(depot.map(|depot| depot.place), stops);
        let kind = vehicle.map_or(VehicleKind::Okada, |vehicle| vehicle.kind);
        let departs_s = planner.origin(manifest.departs).seconds(manifest.departs);
        Some(ways::way(planner.roads().open().as_deref(), kind, departs_s, &places))
    });
    way_found(found.await?)
}

fn there_and_back(depot: Option<Place>, stops: impl Iterator<Item = Place>) -> Vec<Place> {
    depot.into_iter().chain(stops).chain(depot).collect()
}

fn way_found(found: Option<Result<Way, roads::RouteError>>) -> Result<Json<Way>, Problem> {
    match found {
        None => Err(Problem::not_found("there is no such tour at this depot")
            .remedy("take one from the list")),
        Some(Ok(way)) => Ok(Json(way)),
        Some(Err(error)) => {
            Err(refused("no-way", "", error.to_string(), "mend the place, or take another vehicle"))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockAsked {
    id: EntryId,
    plan: Uuid,
    revision: u32,
    manifests: Option<Several<ManifestId, 500>>,
    accept: Option<Several<Text<64>, 32>>,
}

async fn lock_plan(
    State(app): State<App>,
    signed_in: SignedIn,
    JsonBytes(body): JsonBytes,
) -> Result<Response, Problem> {
    may_plan(&signed_in)?;
    let asked: LockAsked = parse(&body)?;
    let hash = *Hash::of(&body).as_bytes();
    // A retry finds its answer also when the plan is long gone.
    if let Some(answer) = app.store.answered(asked.id, hash).await? {
        return Ok(answered(&asked.id.to_string(), &answer));
    }
    let held = app.planner.held_as(asked.plan, asked.revision)?;
    let now = refreshed(&app, &held).await?;
    let wanted: Option<BTreeSet<ManifestId>> =
        asked.manifests.as_ref().map(|some| some.iter().copied().collect());
    let accept = codes(asked.accept.as_ref());
    let command = lock::command(asked.id, &held, &now, wanted.as_ref(), &accept)?;
    let asker = Asker { staff: Some(signed_in.staff), role: signed_in.role };
    let answer = app.store.submit(Command::LockManifests(command), hash, asker).await?;
    // What was locked is the standing plan from here on. If somebody was quicker, theirs stays.
    if let Ok(after) = refreshed(&app, &held).await {
        let after = Held { revision: held.revision + 1, ..after };
        let _ = app.planner.replace(&held, after);
    }
    Ok(answered(&asked.id.to_string(), &answer))
}

/// The same plan over the records of this moment.
async fn refreshed(app: &App, held: &Arc<Held>) -> Result<Held, Problem> {
    let day = app.planner.day().await?;
    let origin = held.ground.built.origin;
    let held = Arc::clone(held);
    Ok(apart(move || held.refreshed(day, origin)).await?.map_err(PlannerError::from)?)
}

impl From<PlannerError> for Problem {
    fn from(error: PlannerError) -> Self {
        let detail = error.to_string();
        let conflict = |code: &'static str, title, remedy: &'static str| {
            Self::new(StatusCode::CONFLICT, code, title).detail(detail.clone()).remedy(remedy)
        };
        let refused = |code, field, remedy| refused(code, field, detail.clone(), remedy);
        match error {
            PlannerError::Running => conflict(
                "plan-running",
                "A plan is being worked out",
                "wait for it, or end it first",
            ),
            PlannerError::Changed { revision } => conflict(
                "plan-changed",
                "The plan was changed since",
                "load the plan again and repeat the step",
            )
            .member("revision", revision),
            PlannerError::Unknown => Self::new(
                StatusCode::NOT_FOUND,
                "plan-unknown",
                "There is no such plan",
            )
            .detail("no such plan is at hand: it was thrown away, or the depot has been restarted")
            .remedy("plan again"),
            PlannerError::DepotUnplaced => {
                refused("depot-unplaced", "", "point at the depot on the map (locate-depot)")
            }
            PlannerError::NoVehicle => {
                refused("no-vehicle", "vehicles", "register a vehicle and assign a rider to it")
            }
            PlannerError::NothingToPlan { unplaced } => {
                refused("nothing-to-plan", "orders", "pack orders, and say where they go")
                    .member("unplaced", unplaced)
            }
            PlannerError::TooMany => {
                refused("too-many-orders", "orders", "name the orders to plan")
            }
            PlannerError::Build(_) => refused("plan-outdated", "", "plan again"),
            PlannerError::Travel(_) => refused("no-ways", "", "mend the places, and plan again"),
            PlannerError::Stopped => Self::stopping(),
            PlannerError::Store(error) => error.into(),
        }
    }
}

impl From<Immovable> for Problem {
    fn from(error: Immovable) -> Self {
        let (code, field) = match error {
            Immovable::Frozen => ("stop-frozen", "order"),
            Immovable::OnBoard => ("goods-on-the-road", "vehicle"),
            Immovable::NoTrip => ("trip-unknown", "trip"),
            Immovable::NoPosition => ("position-unknown", "position"),
        };
        refused(code, field, error.to_string(), "choose another stop, tour or position")
    }
}

impl From<LockError> for Problem {
    fn from(error: LockError) -> Self {
        let detail = error.to_string();
        let (code, remedy) = match &error {
            LockError::Breaks(found) => return breaks(found),
            LockError::NothingToLock => ("nothing-to-lock", "change the plan, or plan again"),
            LockError::TooManyTours { .. } => ("too-many-tours", "name the manifests to lock"),
            LockError::TooManyStops { .. } => ("too-many-stops", "move stops to another tour"),
        };
        refused(code, "manifests", detail, remedy)
    }
}
