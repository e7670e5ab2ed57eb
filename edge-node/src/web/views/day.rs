//! `GET /api/v1/day`: where the depot stands, in a few numbers.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::ledger::Account;
use shared_model::records::{Balance, Kind};

use super::reading::{Reading, read};
use crate::identity::SignedIn;
use crate::store::{StoreError, counts_by_status, records_beginning, sync_state};
use crate::web::app::App;
use crate::web::body::Json;
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/day", get(show))
}

#[derive(Debug, Serialize)]
struct Day {
    orders_by_status: BTreeMap<String, i64>,
    /// Without tax, as the books have it.
    sales_minor: i64,
    cash_till_minor: i64,
    cash_safe_minor: i64,
    cash_with_riders_minor: i64,
    exceptions_open: i64,
    unsent: u64,
}

async fn show(State(app): State<App>, _: SignedIn) -> Result<Json<Day>, Problem> {
    read(&app, |reading| day(reading)).await
}

fn day(reading: &Reading<'_>) -> Result<Day, StoreError> {
    let counted = |kind| counts_by_status(reading.db, kind, reading.me());
    let open = counted(Kind::Exception)?.into_iter().find(|(status, _)| status == "open");
    Ok(Day {
        orders_by_status: counted(Kind::Order)?.into_iter().collect(),
        sales_minor: -reading.money(&Account::Sales)?,
        cash_till_minor: reading.money(&Account::Till)?,
        cash_safe_minor: reading.money(&Account::Safe)?,
        cash_with_riders_minor: cash_with_riders(reading)?,
        exceptions_open: open.map_or(0, |(_, count)| count),
        unsent: sync_state(reading.db)?.unsent,
    })
}

fn cash_with_riders(reading: &Reading<'_>) -> Result<i64, StoreError> {
    let of_riders = records_beginning::<Balance>(reading.db, reading.me(), "rider-custody/")?;
    let unit = format!("|{}", reading.site.currency);
    let in_currency = of_riders.iter().filter(|(key, _)| key.ends_with(&unit));
    Ok(in_currency.map(|(_, balance)| balance.0).sum())
}
