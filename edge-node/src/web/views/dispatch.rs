//! Vehicles, manifests, where orders go, and what dispatch is missing.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::dispatch::{
    Consignment, DepotPlace, Load, Manifest, Status, Stop, StopState, TravelSource, Vehicle,
    VehicleKind,
};
use shared_model::gig::Rider;
use shared_model::id::{CustomerId, ManifestId, OrderId, RiderId, StaffId, TaskId, VehicleId};
use shared_model::orders::{self, Order};
use shared_model::place::{Place, Window};
use shared_model::records::keys;

use super::paging::{Asked, NoStatus, Page, Statuses, page};
use super::reading::{Reached, Reading, entered, read, read_one};
use crate::advice::{Arrival, By};
use crate::dispatch::day::{Day, Gathering, NoPlace, PlaceOf};
use crate::dispatch::held::Made;
use crate::dispatch::planner::Progress;
use crate::dispatch::problem::{Selection, Wish};
use crate::identity::SignedIn;
use crate::store::{StoreError, record_at};
use crate::web::app::App;
use crate::web::body::{Json, Path, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/vehicles", get(vehicles))
        .route("/api/v1/manifests", get(manifests))
        .route("/api/v1/manifests/{manifest}", get(manifest))
        .route("/api/v1/consignments/{order}", get(consignment))
        .route("/api/v1/unplaced-orders", get(unplaced))
        .route("/api/v1/dispatch", get(overview))
}

#[derive(Debug, Serialize)]
struct VehicleItem {
    vehicle: VehicleId,
    name: String,
    kind: VehicleKind,
    capacity: Load,
    cost_fixed_minor: i64,
    cost_per_km_minor: i64,
    cost_per_hour_minor: i64,
    rider: Option<RiderId>,
    rider_name: Option<String>,
    shift: Option<Window>,
    travelled: Reached,
}

async fn vehicles(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<NoStatus>>,
) -> Result<Json<Page<VehicleItem>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Vehicle, _>(reading, wanted, |reading, row| {
            let vehicle = row.record;
            Ok(Some(VehicleItem {
                vehicle: vehicle.vehicle,
                name: vehicle.name,
                kind: vehicle.kind,
                capacity: vehicle.capacity,
                cost_fixed_minor: vehicle.cost_fixed_minor,
                cost_per_km_minor: vehicle.cost_per_km_minor,
                cost_per_hour_minor: vehicle.cost_per_hour_minor,
                rider_name: vehicle.rider.map(|rider| reading.rider_name(rider)).transpose()?,
                rider: vehicle.rider,
                shift: vehicle.shift,
                travelled: reading.reached(row.author, row.at),
            }))
        })
    })
    .await
}

#[derive(Debug)]
enum OfManifests {}

impl Statuses for OfManifests {
    const ALL: &'static [&'static str] = &[
        Status::Locked.as_str(),
        Status::HandedOut.as_str(),
        Status::InProgress.as_str(),
        Status::Completed.as_str(),
        Status::Cancelled.as_str(),
    ];
}

#[derive(Debug, Serialize)]
struct ManifestItem {
    manifest: ManifestId,
    vehicle: VehicleId,
    vehicle_name: String,
    rider: RiderId,
    rider_name: String,
    /// The rider's own sign-in, for the page that shows a rider their tour.
    rider_staff: Option<StaffId>,
    status: Status,
    departs_ms: i64,
    returns_ms: i64,
    metres: i64,
    travel: TravelSource,
    stops_count: usize,
    stops_left: usize,
    load: Load,
    cash_due_minor: i64,
    delay_s: i64,
    revision: u32,
    locked_ms: i64,
    handed_out_ms: Option<i64>,
    ended_ms: Option<i64>,
    travelled: Reached,
}

fn item(
    reading: &mut Reading<'_>,
    manifest: &Manifest,
    travelled: Reached,
) -> Result<ManifestItem, StoreError> {
    let rider: Option<Rider> = reading.own(&manifest.rider.to_string())?;
    Ok(ManifestItem {
        manifest: manifest.manifest,
        vehicle: manifest.vehicle,
        vehicle_name: manifest.vehicle_name.clone(),
        rider: manifest.rider,
        rider_staff: rider.as_ref().and_then(|rider| rider.staff),
        rider_name: rider.map(|rider| rider.name).unwrap_or_default(),
        status: manifest.status,
        departs_ms: manifest.departs.ms(),
        returns_ms: manifest.returns.ms(),
        metres: manifest.metres,
        travel: manifest.travel,
        stops_count: manifest.stops.len(),
        stops_left: manifest.open_stops().count(),
        load: manifest.load(),
        cash_due_minor: manifest.cash_due_minor(),
        delay_s: manifest.delay_s,
        revision: manifest.revision,
        locked_ms: manifest.locked.ms(),
        handed_out_ms: manifest.handed_out.map(|at| at.ms()),
        ended_ms: manifest.ended.map(|at| at.ms()),
        travelled,
    })
}

async fn manifests(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<OfManifests>>,
) -> Result<Json<Page<ManifestItem>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Manifest, _>(reading, wanted, |reading, row| {
            let travelled = reading.reached(row.author, row.at);
            item(reading, &row.record, travelled).map(Some)
        })
    })
    .await
}

#[derive(Debug, Serialize)]
struct ManifestShown {
    #[serde(flatten)]
    item: ManifestItem,
    depot: Option<Place>,
    accepted: Vec<String>,
    stops: Vec<StopShown>,
    /// Who computed the arrivals; none when nothing is ahead.
    arrivals_by: Option<By>,
}

#[derive(Debug, Serialize)]
struct StopShown {
    order: OrderId,
    number: String,
    place: Place,
    arrive_ms: i64,
    leave_ms: i64,
    /// As planned, with the delay last reported; of a stop that was made, when that was.
    expected_ms: i64,
    /// Of a stop still ahead: what the box expects of this rider at this hour.
    arrival: Option<Arrival>,
    load: Load,
    cash_due_minor: i64,
    task: Option<TaskId>,
    state: StopState,
    customer_name: Option<String>,
    customer_phone: Option<String>,
    address: Option<String>,
}

async fn manifest(
    State(app): State<App>,
    _: SignedIn,
    Path(id): Path<ManifestId>,
) -> Result<Json<ManifestShown>, Problem> {
    let Json((mut shown, tour, kind)) = read_one(&app, "manifest", move |reading| {
        let found = record_at::<Manifest>(reading.db, reading.me(), &id.to_string())?;
        let Some((manifest, at)) = found else { return Ok(None) };
        let travelled = reading.reached(reading.me(), at);
        let item = item(reading, &manifest, travelled)?;
        let depot = reading.own::<DepotPlace>(keys::ONLY)?.map(|depot| depot.place);
        let kind = reading.own::<Vehicle>(&manifest.vehicle.to_string())?.map(|found| found.kind);
        let tour = manifest.clone();
        let delay_s = manifest.delay_s;
        let stops = manifest.stops.into_iter();
        let stops =
            stops.map(|stop| stop_shown(reading, stop, delay_s)).collect::<Result<_, _>>()?;
        let accepted = manifest.accepted;
        let shown = ManifestShown { item, depot, accepted, stops, arrivals_by: None };
        Ok(Some((shown, tour, kind)))
    })
    .await?;
    if let Some(depot) = shown.depot
        && let Some((arrivals, by)) = app.advice.arrivals(&tour, depot, kind).await
    {
        for stop in &mut shown.stops {
            stop.arrival = arrivals.get(&stop.order).copied();
        }
        shown.arrivals_by = Some(by);
    }
    Ok(Json(shown))
}

/// When the rider who has an order is expected; nothing when nobody is under way with it.
pub(super) async fn arrival_of(app: &App, order: OrderId) -> Result<Option<OrderArrival>, Problem> {
    let Json(found) = read(app, move |reading| {
        let kept = reading.own::<Consignment>(&order.to_string())?;
        let Some(id) = kept.and_then(|kept| kept.manifest) else { return Ok(None) };
        let tour = reading.own::<Manifest>(&id.to_string())?;
        let depot = reading.own::<DepotPlace>(keys::ONLY)?;
        let Some((tour, depot)) = tour.zip(depot) else { return Ok(None) };
        let kind = reading.own::<Vehicle>(&tour.vehicle.to_string())?.map(|found| found.kind);
        Ok(Some((tour, depot.place, kind)))
    })
    .await?;
    let Some((tour, depot, kind)) = found else { return Ok(None) };
    let Some((arrivals, by)) = app.advice.arrivals(&tour, depot, kind).await else {
        return Ok(None);
    };
    Ok(arrivals.get(&order).map(|arrival| OrderArrival { arrival: *arrival, by }))
}

/// When an order is expected at the customer's door, and who says so.
#[derive(Debug, Serialize)]
pub(super) struct OrderArrival {
    #[serde(flatten)]
    arrival: Arrival,
    by: By,
}

fn stop_shown(reading: &Reading<'_>, stop: Stop, delay_s: i64) -> Result<StopShown, StoreError> {
    let order: Option<Order> = reading.own(&stop.order.to_string())?;
    let customer = reading.customer(order.as_ref().and_then(|order| order.customer))?;
    let address = order.and_then(|order| order.address);
    let expected_ms = match stop.state {
        StopState::Pending => stop.arrive.ms().saturating_add(delay_s.saturating_mul(1000)),
        StopState::Reached { at } | StopState::Delivered { at } | StopState::Failed { at, .. } => {
            at.ms()
        }
    };
    Ok(StopShown {
        order: stop.order,
        number: stop.number,
        place: stop.place,
        arrive_ms: stop.arrive.ms(),
        leave_ms: stop.leave.ms(),
        expected_ms,
        arrival: None,
        load: stop.load,
        cash_due_minor: stop.cash_due_minor,
        task: stop.task,
        state: stop.state,
        address: address.or_else(|| customer.as_ref().and_then(|c| entered(c.address.clone()))),
        customer_phone: customer.as_ref().and_then(|c| entered(c.phone.clone())),
        customer_name: customer.map(|customer| customer.name),
    })
}

#[derive(Debug, Serialize)]
struct ConsignmentShown {
    order: OrderId,
    number: String,
    place: Option<Place>,
    place_of: Option<PlaceOf>,
    windows: Vec<Window>,
    service_s: u32,
    load: Load,
    /// Whether every article of it was measured, or the order weighed.
    measured: bool,
    priority: u8,
    vehicles: Vec<VehicleKind>,
    manifest: Option<ManifestId>,
}

async fn consignment(
    State(app): State<App>,
    _: SignedIn,
    Path(order): Path<OrderId>,
) -> Result<Json<ConsignmentShown>, Problem> {
    read_one(&app, "order", move |reading| {
        let Some(order) = reading.own::<Order>(&order.to_string())? else { return Ok(None) };
        let today = Gathering::new(reading.db, reading.site).order(&order)?;
        Ok(Some(ConsignmentShown {
            order: today.order,
            number: today.number,
            place: today.place,
            place_of: today.place_of,
            windows: today.windows,
            service_s: today.service_s,
            load: today.load,
            measured: today.is_measured,
            priority: today.priority,
            vehicles: today.vehicles,
            manifest: today.manifest,
        }))
    })
    .await
}

#[derive(Debug, Serialize)]
struct UnplacedItem {
    order: OrderId,
    number: String,
    customer: Option<CustomerId>,
    customer_name: Option<String>,
    address: Option<String>,
    reason: NoPlace,
    detail: &'static str,
    remedy: &'static str,
    /// The commands that mend it.
    commands: &'static [&'static str],
}

async fn unplaced(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<NoStatus>>,
) -> Result<Json<Page<UnplacedItem>>, Problem> {
    read(&app, move |reading| {
        let mut wanted = asked.wanted(Some(reading.me()));
        wanted.status = Some(orders::Status::Packed.as_str());
        let mut gathering = Gathering::new(reading.db, reading.site);
        page::<Order, _>(reading, wanted, |_, row| {
            let today = gathering.order(&row.record)?;
            Ok(NoPlace::of(&today).map(|reason| UnplacedItem {
                order: today.order,
                number: today.number,
                customer: today.customer,
                customer_name: today.customer_name,
                address: today.address,
                reason,
                detail: reason.detail(),
                remedy: reason.remedy(),
                commands: match reason {
                    NoPlace::NoPlace => &["locate-customer", "locate-order"],
                    NoPlace::NoCustomer => &["locate-order"],
                },
            }))
        })
    })
    .await
}

#[derive(Debug, Serialize)]
struct Overview {
    depot: Option<Place>,
    roads_installed: bool,
    orders_packed: usize,
    orders_to_plan: usize,
    orders_unplaced: usize,
    orders_unmeasured: usize,
    vehicles_ready: usize,
    vehicles_idle: usize,
    manifests_locked: usize,
    manifests_on_the_road: usize,
    plan: Option<PlanHead>,
    running: bool,
    /// Why the last run made no plan.
    failed: Option<String>,
    ready: bool,
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize)]
struct PlanHead {
    plan: uuid::Uuid,
    revision: u32,
    status: Made,
}

/// What must be done before anything can be planned.
#[derive(Debug, Serialize)]
struct Missing {
    what: &'static str,
    remedy: &'static str,
}

async fn overview(State(app): State<App>, _: SignedIn) -> Result<Json<Overview>, Problem> {
    let day = app.planner.day().await?;
    let plan = app.planner.held().map(|held| PlanHead {
        plan: held.id,
        revision: held.revision,
        status: held.made,
    });
    let last = (app.planner.is_running(), app.planner.progress().borrow().clone());
    Ok(Json(overview_of(&day, app.planner.roads().is_installed(), plan, last)))
}

fn overview_of(
    day: &Day,
    roads_installed: bool,
    plan: Option<PlanHead>,
    (running, last): (bool, Progress),
) -> Overview {
    let selection = Selection::of(day, &Wish::default());
    let count = |fits: &dyn Fn(&Manifest) -> bool| {
        day.manifests.iter().filter(|manifest| fits(manifest)).count()
    };
    let free: Vec<_> = day.orders.iter().filter(|order| order.manifest.is_none()).collect();
    let orders_to_plan = free.iter().filter(|order| order.place.is_some()).count();
    let mut missing = Vec::new();
    if day.depot.is_none() {
        missing.push(Missing {
            what: "depot_place",
            remedy: "point at the depot on the map (locate-depot)",
        });
    }
    if selection.vehicles.is_empty() {
        missing.push(Missing {
            what: "vehicle",
            remedy: "register a vehicle and assign a rider to it",
        });
    }
    if orders_to_plan == 0 {
        missing.push(Missing { what: "orders", remedy: "pack orders, and say where they go" });
    }
    Overview {
        depot: day.depot,
        roads_installed,
        orders_packed: day.orders.iter().filter(|order| !order.on_board).count(),
        orders_to_plan,
        orders_unplaced: free.len() - orders_to_plan,
        orders_unmeasured: day.orders.iter().filter(|order| !order.is_measured).count(),
        vehicles_ready: selection.vehicles.len(),
        vehicles_idle: day.vehicles.len() - selection.vehicles.len(),
        manifests_locked: count(&|manifest| manifest.status == Status::Locked),
        manifests_on_the_road: count(&|manifest| manifest.status.is_on_the_road()),
        plan,
        running,
        failed: last.detail,
        ready: missing.is_empty(),
        missing,
    }
}
