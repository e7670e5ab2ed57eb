//! Live updates to open consoles: `GET /api/v1/events`.

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::get;

use super::problem::Problem;
use super::session::{ConsoleState, SignedIn};

pub use web_rim::live::Live;

/// Every kind a `changed` event may name: the lists of `/api/v1/`.
pub const KINDS: &[&str] = &[
    "fleet",
    "orders",
    "stock",
    "trial-balance",
    "exceptions",
    "quarantine",
    "rights",
];

/// State of its own: the stream needs both who is listening and what is told.
#[derive(Clone)]
struct LiveState {
    console: ConsoleState,
    live: Live,
}

impl FromRef<LiveState> for ConsoleState {
    fn from_ref(state: &LiveState) -> Self {
        state.console.clone()
    }
}

pub fn router<S>(console: ConsoleState, live: Live) -> Router<S> {
    Router::new()
        .route("/api/v1/events", get(events))
        .with_state(LiveState { console, live })
}

async fn events(
    _: SignedIn,
    State(state): State<LiveState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    state.live.stream(&headers)
}
