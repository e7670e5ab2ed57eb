//! `GET /api/v1/models`: who answers where the box advises, since when, and why.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use shared_model::id::ModelCode;

use super::reading::{Reached, read};
use crate::advice::{Answering, ModelStanding, Placed};
use crate::identity::SignedIn;
use crate::web::app::App;
use crate::web::body::{Json, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/models", get(models))
}

/// The list is short and shown whole: nothing can be asked of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Debug, Serialize)]
struct Models {
    items: Vec<ModelItem>,
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct ModelItem {
    model: ModelCode,
    by: Answering,
    /// `none`: the hub never published it here.
    state: &'static str,
    since_ms: Option<i64>,
    note: String,
    active: Option<Placed>,
    shadow: Option<Placed>,
    rollbacks: u32,
    travelled: Reached,
}

async fn models(
    State(app): State<App>,
    _: SignedIn,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<Models>, Problem> {
    let standings = app.advice.standings();
    read(&app, move |reading| {
        let items = standings.into_iter().map(|(model, standing)| {
            let reached =
                |standing: &ModelStanding| reading.reached(reading.me(), standing.written);
            let travelled = standing.as_ref().map_or(Reached::Hub, reached);
            item(model, standing, travelled)
        });
        Ok(Models { items: items.collect(), next: None })
    })
    .await
}

fn item(model: ModelCode, standing: Option<ModelStanding>, travelled: Reached) -> ModelItem {
    let Some(standing) = standing else {
        return ModelItem {
            model,
            by: Answering::Baseline,
            state: "none",
            since_ms: None,
            note: String::new(),
            active: None,
            shadow: None,
            rollbacks: 0,
            travelled,
        };
    };
    ModelItem {
        model,
        by: standing.by(),
        state: standing.state.as_str(),
        since_ms: Some(standing.since.ms()),
        note: standing.note,
        active: standing.active,
        shadow: standing.shadow,
        rollbacks: standing.rollbacks,
        travelled,
    }
}
