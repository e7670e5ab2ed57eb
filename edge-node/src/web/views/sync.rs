//! `GET /api/v1/sync`: how far this depot's log has travelled.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use crate::identity::SignedIn;
use crate::store::{Damage, SyncState, sync_state};
use crate::web::app::App;
use crate::web::body::Json;
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/sync", get(show))
}

async fn show(State(app): State<App>, _: SignedIn) -> Result<Json<Value>, Problem> {
    let state = app.store.read(sync_state).await?;
    Ok(Json(sync_json(&state, &app.store.damage())))
}

/// As pages show it, asked for or pushed to them. `damage` is what the latest scrub found.
#[must_use]
pub fn sync_json(state: &SyncState, damage: &[Damage]) -> Value {
    let meta = &state.meta;
    let word = if meta.forked.is_some() || meta.set_aside > 0 || !damage.is_empty() {
        "blocked"
    } else if meta.last_contact.is_none() {
        "never"
    } else if state.unsent == 0 {
        "sent"
    } else {
        "waiting"
    };
    json!({
        "state": word,
        "unsent": state.unsent,
        "oldest_unsent_ms": state.oldest_unsent.map(|at| at.ms()),
        "last_contact_ms": meta.last_contact.map(|at| at.ms()),
        "hub": meta.hub.map(|hub| hub.node.to_string()),
        "quarantined": state.quarantined + meta.set_aside,
        "epoch": meta.epoch.0,
        "head_seq": state.head.seq.0,
        "hub_seq": state.hub_seq.0,
        "clock_trusted": state.clock_trusted,
        "damaged": damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
