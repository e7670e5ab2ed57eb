//! `GET /api/v1/sync`: how far this depot's log has travelled.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

use shared_model::enrolment::NODE_REVOKED;
use shared_model::time::Timestamp;

use crate::identity::SignedIn;
use crate::judged_time::{Clock, judged};
use crate::node::wall_clock;
use crate::state::BUILT;
use crate::store::{Damage, SyncState, sync_state};
use crate::web::app::App;
use crate::web::body::Json;
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/sync", get(show))
}

async fn show(State(app): State<App>, _: SignedIn) -> Result<Json<Value>, Problem> {
    let state = app.store.read(sync_state).await?;
    Ok(Json(sync_json(&state, &app.store.damage(), wall_clock())))
}

/// As pages show it, asked for or pushed to them. `damage` is what the latest scrub found, `now`
/// what the box's clock says.
#[must_use]
pub fn sync_json(state: &SyncState, damage: &[Damage], now: Timestamp) -> Value {
    let meta = &state.meta;
    let revoked = meta.refused.as_deref() == Some(NODE_REVOKED);
    let floor = BUILT.max(meta.hub_now);
    let expired = meta.leaf_until.is_some_and(|until| judged(now, floor) >= until);
    let clock = Clock::of(now, floor, state.newest.unwrap_or(floor));
    let word = if meta.forked.is_some() || meta.set_aside > 0 || !damage.is_empty() || revoked {
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
        "clock_trusted": state.clock_trusted && clock == Clock::Right,
        "clock": clock.word(),
        "clock_floor_ms": floor.ms(),
        "certificate_until_ms": meta.leaf_until.map(|until| until.ms()),
        "certificate_expired": expired,
        "refused": meta.refused,
        "denylist_version": meta.denylist,
        "damaged": damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
