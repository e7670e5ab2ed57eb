//! Live updates to open pages: `GET /api/v1/events`.

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::get;

use super::auth::IdentityState;
use super::problem::Problem;
use crate::identity::SignedIn;

pub use web_rim::live::Live;

/// Every kind a `changed` event may name: the lists of `/api/v1/`.
pub const KINDS: &[&str] = &[
    "articles",
    "orders",
    "riders",
    "tasks",
    "customers",
    "receipts",
    "counts",
    "handovers",
    "rights",
    "remote-sales",
    "exceptions",
    "trial-balance",
    "day",
];

/// State of its own: the stream needs both who is listening and what is told.
#[derive(Clone)]
struct LiveState {
    identity: IdentityState,
    live: Live,
}

impl FromRef<LiveState> for IdentityState {
    fn from_ref(state: &LiveState) -> Self {
        state.identity.clone()
    }
}

pub fn router<S>(identity: IdentityState, live: Live) -> Router<S> {
    Router::new()
        .route("/api/v1/events", get(events))
        .with_state(LiveState { identity, live })
}

async fn events(
    _: SignedIn,
    State(state): State<LiveState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    state.live.stream(&headers)
}
