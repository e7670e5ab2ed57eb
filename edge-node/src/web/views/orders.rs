//! Orders of this depot: the list, and one order with everything that belongs to it.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::document::read_note;
use shared_model::gig::task_id;
use shared_model::id::{ArticleCode, CustomerId, DocumentId, OrderId};
use shared_model::orders::{Channel, Line, Order, Status, Step, Terms};
use shared_model::tax::TaxClass;

use super::articles::{BinStock, bins_to_pick_from};
use super::dispatch::{OrderArrival, arrival_of};
use super::gig::{TaskItem, task_of};
use super::paging::{Asked, Page, Statuses, page};
use super::reading::{Reached, Reading, entered, read, read_one};
use crate::identity::SignedIn;
use crate::store::{StoreError, document, record_at};
use crate::web::app::App;
use crate::web::body::{Json, Path, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/orders", get(list)).route("/api/v1/orders/{order}", get(show))
}

#[derive(Debug)]
enum OrderStatus {}

impl Statuses for OrderStatus {
    const ALL: &'static [&'static str] = &[
        Status::Placed.as_str(),
        Status::Reserved.as_str(),
        Status::Picking.as_str(),
        Status::Picked.as_str(),
        Status::Packed.as_str(),
        Status::Dispatched.as_str(),
        Status::Delivered.as_str(),
        Status::Failed.as_str(),
        Status::Returned.as_str(),
        Status::Closed.as_str(),
        Status::Cancelled.as_str(),
    ];
}

#[derive(Debug, Serialize)]
struct Item {
    order: OrderId,
    number: String,
    channel: Channel,
    status: Status,
    customer: Option<CustomerId>,
    customer_name: Option<String>,
    lines_count: usize,
    total_minor: i64,
    placed_ms: i64,
    reference: Option<String>,
    travelled: Reached,
}

async fn list(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<OrderStatus>>,
) -> Result<Json<Page<Item>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Order, _>(reading, wanted, |reading, row| {
            let order = row.record;
            Ok(Some(Item {
                order: order.order,
                number: order.number,
                channel: order.channel,
                status: order.status,
                customer: order.customer,
                customer_name: reading.customer_name(order.customer)?,
                lines_count: order.lines.len(),
                total_minor: order.totals.total_minor,
                placed_ms: order.placed.ms(),
                reference: order.reference,
                travelled: reading.reached(row.author, row.at),
            }))
        })
    })
    .await
}

#[derive(Debug, Serialize)]
struct Detail {
    order: OrderId,
    number: String,
    channel: Channel,
    reference: Option<String>,
    status: Status,
    customer: Option<CustomerId>,
    customer_name: Option<String>,
    customer_phone: Option<String>,
    address: Option<String>,
    terms: Terms,
    placed_ms: i64,
    lines: Vec<LineShown>,
    net_minor: i64,
    tax_minor: i64,
    delivery_fee_minor: i64,
    total_minor: i64,
    paid_minor: i64,
    refunded_minor: i64,
    tasks: Vec<TaskItem>,
    note: Option<String>,
    right_from_site: Option<String>,
    travelled: Reached,
    history: Vec<StepShown>,
    /// Of an order in a manifest: when the rider is expected.
    arrival: Option<OrderArrival>,
}

#[derive(Debug, Serialize)]
struct LineShown {
    line: u32,
    article: ArticleCode,
    name: String,
    quantity: i64,
    unit_price_minor: i64,
    tax_class: TaxClass,
    picked: i64,
    short_reason: Option<String>,
    refunded: i64,
    net_minor: i64,
    bins: Vec<BinStock>,
}

#[derive(Debug, Serialize)]
struct StepShown {
    what: Status,
    at_ms: i64,
    staff: Option<String>,
}

async fn show(
    State(app): State<App>,
    _: SignedIn,
    Path(order): Path<OrderId>,
) -> Result<Json<Detail>, Problem> {
    let Json(mut shown) = read_one(&app, "order", move |reading| {
        let found = record_at::<Order>(reading.db, reading.me(), &order.to_string())?;
        let Some((order, at)) = found else { return Ok(None) };
        let travelled = reading.reached(reading.me(), at);
        detail(reading, order, travelled).map(Some)
    })
    .await?;
    if matches!(shown.status, Status::Packed | Status::Dispatched) {
        shown.arrival = arrival_of(&app, order).await?;
    }
    Ok(Json(shown))
}

fn detail(
    reading: &mut Reading<'_>,
    order: Order,
    travelled: Reached,
) -> Result<Detail, StoreError> {
    let customer = reading.customer(order.customer)?;
    let status = order.status;
    Ok(Detail {
        arrival: None,
        tasks: tasks_of(reading, &order)?,
        note: note_of(reading, order.order)?,
        right_from_site: order.sold_from.map(|node| reading.site_of(node)).transpose()?,
        lines: order
            .lines
            .into_iter()
            .map(|line| line_shown(reading, status, line))
            .collect::<Result<_, _>>()?,
        history: order
            .history
            .into_iter()
            .map(|step| step_shown(reading, &step))
            .collect::<Result<_, _>>()?,
        address: order
            .address
            .or_else(|| customer.as_ref().and_then(|c| entered(c.address.clone()))),
        customer_phone: customer.as_ref().and_then(|c| entered(c.phone.clone())),
        customer_name: customer.map(|customer| customer.name),
        order: order.order,
        number: order.number,
        channel: order.channel,
        reference: order.reference,
        status,
        customer: order.customer,
        terms: order.terms,
        placed_ms: order.placed.ms(),
        net_minor: order.totals.net_minor,
        tax_minor: order.totals.tax_minor,
        delivery_fee_minor: order.totals.delivery_fee_minor,
        total_minor: order.totals.total_minor,
        paid_minor: order.paid_minor,
        refunded_minor: order.refunded_minor,
        travelled,
    })
}

fn line_shown(reading: &Reading<'_>, status: Status, line: Line) -> Result<LineShown, StoreError> {
    let open =
        matches!(status, Status::Placed | Status::Reserved | Status::Picking | Status::Returned);
    // Bins are for the person who walks to them; a finished order needs none.
    let bins = if open { bins_to_pick_from(reading, &line.article)? } else { Vec::new() };
    Ok(LineShown {
        net_minor: charged(status, &line).saturating_mul(line.unit_price_minor),
        line: line.line,
        article: line.article,
        name: line.name,
        quantity: line.quantity,
        unit_price_minor: line.unit_price_minor,
        tax_class: line.tax_class,
        picked: line.picked,
        short_reason: line.short_reason,
        refunded: line.refunded,
        bins,
    })
}

/// Units that the order's totals are taken over: what was asked for, until packing takes them over
/// what was picked.
const fn charged(status: Status, line: &Line) -> i64 {
    match status {
        Status::Packed
        | Status::Dispatched
        | Status::Delivered
        | Status::Failed
        | Status::Closed => line.picked,
        Status::Placed
        | Status::Reserved
        | Status::Picking
        | Status::Picked
        | Status::Returned
        | Status::Cancelled => line.quantity,
    }
}

fn step_shown(reading: &mut Reading<'_>, step: &Step) -> Result<StepShown, StoreError> {
    Ok(StepShown { what: step.what, at_ms: step.at.ms(), staff: reading.staff_name(step.staff)? })
}

fn tasks_of(reading: &mut Reading<'_>, order: &Order) -> Result<Vec<TaskItem>, StoreError> {
    let mut tasks = Vec::new();
    for attempt in 1..=order.attempts {
        tasks.extend(task_of(reading, task_id(order.order, attempt), order)?);
    }
    Ok(tasks)
}

fn note_of(reading: &Reading<'_>, order: OrderId) -> Result<Option<String>, StoreError> {
    let saved = document(reading.db, DocumentId::from(order))?;
    let note = saved
        .map(|saved| {
            read_note(&saved).map_err(|error| StoreError::Damaged(format!("a note: {error}")))
        })
        .transpose()?;
    Ok(note.and_then(entered))
}
