//! One order whole: its lines, its customer, its deliveries and how it went.

use std::collections::HashMap;

use deadpool_postgres::GenericClient;
use serde::Serialize;
use shared_model::document::{Content, Customer};
use shared_model::gig::{Rider, Task, TaskStatus};
use shared_model::id::{
    ArticleCode, BinCode, CustomerId, DocumentId, NodeId, OrderId, RiderId, StaffId, TaskId,
};
use shared_model::money::Currency;
use shared_model::orders::{Channel, Line, Order, Status, Terms};
use shared_model::records::Record;
use shared_model::staff::Staff;
use shared_model::tax::TaxClass;
use shared_model::warehouse::ArticleStock;

use super::reading;
use crate::store::{HubStore, StoreError};

#[derive(Debug, Serialize)]
pub(super) struct Detail {
    site: String,
    node: NodeId,
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
    currency: Currency,
    lines: Vec<DetailLine>,
    net_minor: i64,
    tax_minor: i64,
    delivery_fee_minor: i64,
    total_minor: i64,
    paid_minor: i64,
    refunded_minor: i64,
    credit_notes: Vec<String>,
    tasks: Vec<DetailTask>,
    note: Option<String>,
    right_from_site: Option<String>,
    travelled: &'static str,
    history: Vec<DetailStep>,
}

#[derive(Debug, Serialize)]
struct DetailLine {
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
    bins: Vec<InBin>,
}

#[derive(Debug, Serialize)]
struct InBin {
    bin: BinCode,
    quantity: i64,
}

#[derive(Debug, Serialize)]
struct DetailTask {
    task: TaskId,
    rider: RiderId,
    rider_name: Option<String>,
    attempt: u32,
    status: TaskStatus,
    cash_due_minor: i64,
    collected_minor: i64,
}

#[derive(Debug, Serialize)]
struct DetailStep {
    what: Status,
    at_ms: i64,
    /// The person's name, or their id where the name has not come.
    staff: Option<String>,
}

/// One order, as its depot's log has it; none when no such order has come.
///
/// # Errors
/// When the database fails.
pub(super) async fn read(
    store: &HubStore,
    node: NodeId,
    id: OrderId,
) -> Result<Option<Detail>, StoreError> {
    let Some(order) = store.record::<Order>(node, &id.to_string()).await? else {
        return Ok(None);
    };
    let customers = reading::customers(store, order.customer.into_iter()).await?;
    let customer = order.customer.and_then(|id| customers.get(&id));
    let client = store.client().await?;
    let sites = reading::sites(&client).await?;
    let note = note_of(&client, id).await?;
    let stock = stock_of(&client, node, &order).await?;
    let tasks = tasks_of(&client, node, &order).await?;
    let riders = of_author(&client, node, tasks.iter().map(|t| t.rider.to_string())).await?;
    let people = order.history.iter().filter_map(|step| step.staff);
    let staff = of_author(&client, node, people.map(|staff| staff.to_string())).await?;
    let found = Found {
        site: sites.get(&node).cloned().unwrap_or_else(|| super::HUB_SITE.to_owned()),
        right_from_site: order.sold_from.and_then(|node| sites.get(&node).cloned()),
        customer,
        note,
        stock,
        tasks,
        riders,
        staff,
    };
    Ok(Some(found.detail(node, order)))
}

/// What belongs to an order.
struct Found<'a> {
    site: String,
    right_from_site: Option<String>,
    customer: Option<&'a Customer>,
    note: Option<String>,
    stock: HashMap<String, ArticleStock>,
    tasks: Vec<Task>,
    riders: HashMap<String, Rider>,
    staff: HashMap<String, Staff>,
}

impl Found<'_> {
    fn detail(self, node: NodeId, order: Order) -> Detail {
        let after_packing = is_packed(order.status);
        Detail {
            lines: order.lines.iter().map(|line| self.line(line, after_packing)).collect(),
            tasks: self.tasks.iter().map(|task| self.task(task)).collect(),
            history: order.history.iter().map(|step| self.step(step)).collect(),
            site: self.site,
            node,
            order: order.order,
            number: order.number,
            channel: order.channel,
            reference: order.reference,
            status: order.status,
            customer: order.customer,
            customer_name: self.customer.map(|customer| customer.name.clone()),
            customer_phone: entered(self.customer, |customer| &customer.phone),
            address: order.address.or_else(|| entered(self.customer, |customer| &customer.address)),
            terms: order.terms,
            placed_ms: order.placed.ms(),
            currency: order.currency,
            net_minor: order.totals.net_minor,
            tax_minor: order.totals.tax_minor,
            delivery_fee_minor: order.totals.delivery_fee_minor,
            total_minor: order.totals.total_minor,
            paid_minor: order.paid_minor,
            refunded_minor: order.refunded_minor,
            credit_notes: order.credit_notes,
            note: self.note,
            right_from_site: self.right_from_site,
            travelled: "hub",
        }
    }

    fn line(&self, line: &Line, after_packing: bool) -> DetailLine {
        let units = if after_packing { line.picked } else { line.quantity };
        let bins = self.stock.get(line.article.as_str()).filter(|_| !line.is_done());
        let in_bin =
            |(bin, quantity): (&BinCode, &i64)| InBin { bin: bin.clone(), quantity: *quantity };
        DetailLine {
            line: line.line,
            article: line.article.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price_minor: line.unit_price_minor,
            tax_class: line.tax_class,
            picked: line.picked,
            short_reason: line.short_reason.clone(),
            refunded: line.refunded,
            net_minor: line.unit_price_minor.saturating_mul(units),
            bins: bins.map_or_else(Vec::new, |stock| stock.bins.iter().map(in_bin).collect()),
        }
    }

    fn task(&self, task: &Task) -> DetailTask {
        let rider = self.riders.get(&task.rider.to_string());
        DetailTask {
            task: task.task,
            rider: task.rider,
            rider_name: rider.map(|rider| rider.name.clone()),
            attempt: task.attempt,
            status: task.status,
            cash_due_minor: task.cash_due_minor,
            collected_minor: task.collected_minor,
        }
    }

    fn step(&self, step: &shared_model::orders::Step) -> DetailStep {
        let name = |staff: StaffId| {
            let id = staff.to_string();
            self.staff.get(&id).map_or(id, |staff| staff.name.clone())
        };
        DetailStep { what: step.what, at_ms: step.at.ms(), staff: step.staff.map(name) }
    }
}

/// What somebody entered of a customer.
fn entered(customer: Option<&Customer>, field: fn(&Customer) -> &String) -> Option<String> {
    customer.map(field).filter(|text| !text.is_empty()).cloned()
}

/// From packing on, and in a sale over the counter, an order is worth what was picked.
const fn is_packed(status: Status) -> bool {
    match status {
        Status::Packed
        | Status::Dispatched
        | Status::Delivered
        | Status::Failed
        | Status::Closed => true,
        Status::Placed
        | Status::Reserved
        | Status::Picking
        | Status::Picked
        | Status::Returned
        | Status::Cancelled => false,
    }
}

async fn note_of(
    client: &impl GenericClient,
    order: OrderId,
) -> Result<Option<String>, StoreError> {
    let statement =
        client.prepare_cached("SELECT content FROM document WHERE document = $1").await?;
    let document = DocumentId::from(order);
    let row = client.query_opt(&statement, &[document.as_uuid()]).await?;
    Ok(row.and_then(|row| match minicbor::decode(row.get::<_, &[u8]>(0)) {
        Ok(Content::DeliveryNote(note)) => Some(note),
        Ok(Content::Customer(_)) | Err(_) => None,
    }))
}

async fn stock_of(
    client: &impl GenericClient,
    node: NodeId,
    order: &Order,
) -> Result<HashMap<String, ArticleStock>, StoreError> {
    let open = order.lines.iter().filter(|line| !line.is_done());
    of_author(client, node, open.map(|line| line.article.to_string())).await
}

/// The tasks of an order, the first attempt first. They are found by its number.
async fn tasks_of(
    client: &impl GenericClient,
    node: NodeId,
    order: &Order,
) -> Result<Vec<Task>, StoreError> {
    let statement =
        client.prepare_cached("SELECT body FROM tasks WHERE author = $1 AND text = $2").await?;
    let number = order.number.to_lowercase();
    let rows = client.query(&statement, &[node.as_uuid(), &number]).await?;
    let tasks: Result<Vec<Task>, _> = rows.iter().map(|row| reading::body(row, 0)).collect();
    let mut tasks = tasks?;
    tasks.retain(|task| task.order == order.order);
    tasks.sort_by_key(|task| task.attempt);
    Ok(tasks)
}

/// Some records of one author, by key.
async fn of_author<R: Record>(
    client: &impl GenericClient,
    node: NodeId,
    keys: impl Iterator<Item = String>,
) -> Result<HashMap<String, R>, StoreError> {
    let keys: Vec<String> = keys.collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let sql =
        format!("SELECT key, body FROM {} WHERE key = ANY($2) AND author = $1", R::KIND.table());
    let statement = client.prepare_cached(&sql).await?;
    let rows = client.query(&statement, &[node.as_uuid(), &keys]).await?;
    rows.iter().map(|row| Ok((row.get(0), reading::body(row, 1)?))).collect()
}
