//! Customers, by name.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::id::{CustomerId, DocumentId};

use super::paging::{Asked, NoStatus, Page};
use super::reading::{Reached, Reading, entered, opened_customer, read, read_one};
use crate::identity::SignedIn;
use crate::store::{StoreError, customers_listed, document_at};
use crate::web::app::App;
use crate::web::body::{Json, Path, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/customers", get(list))
        .route("/api/v1/customers/{customer}", get(show))
}

/// Where a customer stands in the list: the name, then the id.
type NameKey = (String, [u8; 16]);

#[derive(Debug, Serialize)]
struct Item {
    customer: CustomerId,
    name: String,
    phone: String,
    address: Option<String>,
    note: Option<String>,
    travelled: Reached,
}

async fn list(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<NoStatus, NameKey>>,
) -> Result<Json<Page<Item>>, Problem> {
    read(&app, move |reading| {
        let after = asked.after().map(|(name, id)| (name.clone(), id.to_vec()));
        let rows = customers_listed(reading.db, asked.search(), after, asked.limit() + 1)?;
        let mut found: Vec<(NameKey, Item)> = Vec::with_capacity(rows.len());
        for row in rows {
            let key = (row.name, *row.document.as_uuid().as_bytes());
            let travelled = reading.reached(reading.me(), row.at);
            let customer = CustomerId::new(*row.document.as_uuid());
            found.push((key, item(customer, &row.saved, travelled)?));
        }
        Ok(Page::cut(found, asked.limit()))
    })
    .await
}

async fn show(
    State(app): State<App>,
    _: SignedIn,
    Path(customer): Path<CustomerId>,
) -> Result<Json<Item>, Problem> {
    read_one(&app, "customer", move |reading| one(reading, customer)).await
}

fn one(reading: &Reading<'_>, customer: CustomerId) -> Result<Option<Item>, StoreError> {
    let found = document_at(reading.db, DocumentId::from(customer))?;
    let Some((saved, at)) = found else { return Ok(None) };
    item(customer, &saved, reading.reached(reading.me(), at)).map(Some)
}

fn item(customer: CustomerId, saved: &[u8], travelled: Reached) -> Result<Item, StoreError> {
    let fields = opened_customer(saved)?;
    Ok(Item {
        customer,
        name: fields.name,
        phone: fields.phone,
        address: entered(fields.address),
        note: entered(fields.note),
        travelled,
    })
}
