//! `/api/v1/orders`: the orders of all depots, and one order whole.

use std::collections::HashMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared_model::document::Customer;
use shared_model::id::{CustomerId, NodeId, OrderId, SiteCode};
use shared_model::money::Currency;
use shared_model::orders::{Channel, Order, Status};
use tokio_postgres::Row;
use uuid::Uuid;

use super::paging::{After, Limit, Page, Search};
use super::{SITE_OF_AUTHOR, order_detail, reading};
use crate::console::body::{Json, Path, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::store::StoreError;

/// The statuses an order can have, as addresses name them.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    Placed,
    Reserved,
    Picking,
    Picked,
    Packed,
    Dispatched,
    Delivered,
    Failed,
    Returned,
    Closed,
    Cancelled,
}

impl Asked {
    const fn status(self) -> Status {
        match self {
            Self::Placed => Status::Placed,
            Self::Reserved => Status::Reserved,
            Self::Picking => Status::Picking,
            Self::Picked => Status::Picked,
            Self::Packed => Status::Packed,
            Self::Dispatched => Status::Dispatched,
            Self::Delivered => Status::Delivered,
            Self::Failed => Status::Failed,
            Self::Returned => Status::Returned,
            Self::Closed => Status::Closed,
            Self::Cancelled => Status::Cancelled,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    #[serde(default)]
    search: Search,
    site: Option<SiteCode>,
    status: Option<Asked>,
    after: Option<After>,
    #[serde(default)]
    limit: Limit,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    site: String,
    node: NodeId,
    order: OrderId,
    number: String,
    channel: Channel,
    status: Status,
    customer: Option<CustomerId>,
    customer_name: Option<String>,
    lines_count: usize,
    currency: Currency,
    total_minor: i64,
    placed_ms: i64,
    reference: Option<String>,
    travelled: &'static str,
}

pub(super) async fn list(
    _: SignedIn,
    State(console): State<Console>,
    Query(filter): Query<Filter>,
) -> Result<Json<Page<Item>>, Problem> {
    let rows = rows(&console, &filter).await?;
    let known = rows.iter().filter_map(|(_, order)| order.customer);
    let customers = reading::customers(&console.store, known).await?;
    let cursor = |row: &(Row, Order)| {
        let after = After { sort: row.0.get(3), author: row.0.get(1), key: row.0.get(2) };
        after.to_string()
    };
    let item = |(row, order)| item(&row, order, &customers);
    Ok(Json(Page::cut(rows, filter.limit, cursor, item)))
}

async fn rows(console: &Console, filter: &Filter) -> Result<Vec<(Row, Order)>, StoreError> {
    let client = console.store.client().await?;
    let sql = format!(
        "SELECT {SITE_OF_AUTHOR}, o.author, o.key, o.sort, o.body
         FROM orders o LEFT JOIN node n ON n.node = o.author
         WHERE ($1::text IS NULL OR o.status = $1)
           AND ($2::text IS NULL OR n.site = $2)
           AND ($3 = '' OR strpos(o.text, $3) > 0)
           AND (o.sort < $4 OR (o.sort = $4 AND (o.key, o.author) > ($5, $6)))
         ORDER BY o.sort DESC, o.key, o.author LIMIT $7"
    );
    let statement = client.prepare_cached(&sql).await?;
    let status = filter.status.map(|asked| asked.status().as_str());
    let site = filter.site.as_ref().map(SiteCode::as_str);
    let search = filter.search.as_str();
    let after = filter.after.clone().unwrap_or(After::start());
    let limit = filter.limit.rows();
    let rows = client
        .query(
            &statement,
            &[&status, &site, &search, &after.sort, &after.key, &after.author, &limit],
        )
        .await?;
    let read = |row: Row| {
        let order = reading::body(&row, 4)?;
        Ok((row, order))
    };
    rows.into_iter().map(read).collect()
}

fn item(row: &Row, order: Order, customers: &HashMap<CustomerId, Customer>) -> Item {
    let customer = order.customer.and_then(|id| customers.get(&id));
    Item {
        site: row.get(0),
        node: NodeId::new(row.get::<_, Uuid>(1)),
        order: order.order,
        number: order.number,
        channel: order.channel,
        status: order.status,
        customer: order.customer,
        customer_name: customer.map(|customer| customer.name.clone()),
        lines_count: order.lines.len(),
        currency: order.currency,
        total_minor: order.totals.total_minor,
        placed_ms: order.placed.ms(),
        reference: order.reference,
        travelled: "hub",
    }
}

#[derive(Deserialize)]
pub(super) struct Which {
    node: String,
    order: String,
}

pub(super) async fn show(
    _: SignedIn,
    State(console): State<Console>,
    Path(which): Path<Which>,
) -> Result<Json<order_detail::Detail>, Problem> {
    // Parsed here: the address alone would not say which of the two is wrong.
    let node: NodeId = which.node.parse().map_err(|_| not_an_id("node"))?;
    let order: OrderId = which.order.parse().map_err(|_| not_an_id("order"))?;
    let found = order_detail::read(&console.store, node, order).await?;
    let detail = found.ok_or_else(|| {
        Problem::not_found(format!("no order {order} of this node is held here"))
            .remedy("open it from the list of orders")
    })?;
    Ok(Json(detail))
}

fn not_an_id(field: &'static str) -> Problem {
    Problem::bad_input(field, "is not an id", "open the order from the list of orders")
}
