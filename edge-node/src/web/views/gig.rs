//! Riders, what they hold and owe, and the deliveries given to them.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use shared_model::gig::{Rider, Task, TaskStatus};
use shared_model::id::{OrderId, RiderId, StaffId, TaskId};
use shared_model::ledger::Account;
use shared_model::orders::Order;

use super::paging::{
    Asked, Cursor, Limit, NoStatus, Page, RowKey, Search, Status, Statuses, page, unless_empty,
};
use super::reading::{Reached, Reading, entered, read};
use crate::identity::SignedIn;
use crate::store::{StoreError, record_at};
use crate::web::app::App;
use crate::web::body::{Json, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/riders", get(riders)).route("/api/v1/tasks", get(tasks))
}

#[derive(Debug, Serialize)]
struct RiderItem {
    rider: RiderId,
    staff: Option<StaffId>,
    name: String,
    phone: Option<String>,
    custody_minor: i64,
    receivable_minor: i64,
    payable_minor: i64,
    cash_ceiling_minor: i64,
    open_tasks: i64,
    travelled: Reached,
}

async fn riders(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<NoStatus>>,
) -> Result<Json<Page<RiderItem>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Rider, _>(reading, wanted, |reading, row| {
            let rider = row.record;
            Ok(Some(RiderItem {
                rider: rider.rider,
                staff: rider.staff,
                name: rider.name,
                phone: rider.phone,
                custody_minor: reading.money(&Account::RiderCustody(rider.rider))?,
                receivable_minor: reading.money(&Account::RiderReceivable(rider.rider))?,
                payable_minor: -reading.money(&Account::RiderPayable(rider.rider))?,
                cash_ceiling_minor: rider.cash_ceiling_minor,
                open_tasks: rider.open_tasks,
                travelled: reading.reached(row.author, row.at),
            }))
        })
    })
    .await
}

#[derive(Debug)]
enum OfTasks {}

impl Statuses for OfTasks {
    const ALL: &'static [&'static str] = &[
        TaskStatus::Allocated.as_str(),
        TaskStatus::Delivered.as_str(),
        TaskStatus::Failed.as_str(),
        TaskStatus::Returned.as_str(),
    ];
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TasksAsked {
    #[serde(default, deserialize_with = "unless_empty")]
    rider: Option<RiderId>,
    #[serde(default, deserialize_with = "unless_empty")]
    search: Option<Search>,
    #[serde(default, deserialize_with = "unless_empty")]
    status: Option<Status<OfTasks>>,
    #[serde(default, deserialize_with = "unless_empty")]
    after: Option<Cursor<RowKey>>,
    #[serde(default)]
    limit: Limit,
}

/// One attempt to deliver an order.
#[derive(Debug, Serialize)]
pub(super) struct TaskItem {
    task: TaskId,
    order: OrderId,
    number: String,
    rider: RiderId,
    rider_name: String,
    attempt: u32,
    status: TaskStatus,
    cash_due_minor: i64,
    customer_name: Option<String>,
    address: Option<String>,
    travelled: Reached,
}

async fn tasks(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<TasksAsked>,
) -> Result<Json<Page<TaskItem>>, Problem> {
    let TasksAsked { rider, search, status, after, limit } = asked;
    let asked = Asked::new(search, status, after, limit);
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Task, _>(reading, wanted, |reading, row| {
            if rider.is_some_and(|rider| rider != row.record.rider) {
                return Ok(None);
            }
            let order: Option<Order> = reading.own(&row.record.order.to_string())?;
            let travelled = reading.reached(row.author, row.at);
            item(reading, row.record, order.as_ref(), travelled).map(Some)
        })
    })
    .await
}

/// A task of an order, as the list shows it.
pub(super) fn task_of(
    reading: &mut Reading<'_>,
    task: TaskId,
    order: &Order,
) -> Result<Option<TaskItem>, StoreError> {
    let found = record_at::<Task>(reading.db, reading.me(), &task.to_string())?;
    let Some((task, at)) = found else { return Ok(None) };
    let travelled = reading.reached(reading.me(), at);
    item(reading, task, Some(order), travelled).map(Some)
}

fn item(
    reading: &mut Reading<'_>,
    task: Task,
    order: Option<&Order>,
    travelled: Reached,
) -> Result<TaskItem, StoreError> {
    let customer = reading.customer(order.and_then(|order| order.customer))?;
    let address = order.and_then(|order| order.address.clone());
    Ok(TaskItem {
        rider_name: reading.rider_name(task.rider)?,
        address: address.or_else(|| customer.as_ref().and_then(|c| entered(c.address.clone()))),
        customer_name: customer.map(|customer| customer.name),
        task: task.task,
        order: task.order,
        number: task.number,
        rider: task.rider,
        attempt: task.attempt,
        status: task.status,
        cash_due_minor: task.cash_due_minor,
        travelled,
    })
}
