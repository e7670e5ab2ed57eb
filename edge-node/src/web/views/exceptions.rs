//! What somebody must look at.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::exceptions::{Exception, Kind, Resolution, Status};
use shared_model::id::ExceptionId;

use super::paging::{Asked, Page, Statuses, page};
use super::reading::{Reached, read};
use crate::identity::SignedIn;
use crate::web::app::App;
use crate::web::body::{Json, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/exceptions", get(list))
}

#[derive(Debug)]
enum OfExceptions {}

impl Statuses for OfExceptions {
    const ALL: &'static [&'static str] = &["open", "resolved"];
}

#[derive(Debug, Serialize)]
struct Item {
    exception: ExceptionId,
    kind: Kind,
    subject: String,
    detail: String,
    raised_ms: i64,
    status: Status,
    resolution: Option<Resolution>,
    note: Option<String>,
    travelled: Reached,
}

async fn list(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<OfExceptions>>,
) -> Result<Json<Page<Item>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Exception, _>(reading, wanted, |reading, row| {
            let exception = row.record;
            Ok(Some(Item {
                exception: exception.exception,
                kind: exception.kind,
                subject: exception.subject,
                detail: exception.detail,
                raised_ms: exception.raised.ms(),
                status: exception.status,
                resolution: exception.resolution,
                note: exception.note,
                travelled: reading.reached(row.author, row.at),
            }))
        })
    })
    .await
}
