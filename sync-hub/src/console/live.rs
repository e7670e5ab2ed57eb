//! Live updates to open consoles: `GET /api/v1/events`.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;

use super::session::{ConsoleState, SignedIn};

pub use web_rim::live::Live;

/// Every kind a `changed` event may name: the lists of `/api/v1/`.
pub const KINDS: &[&str] =
    &["fleet", "orders", "stock", "trial-balance", "exceptions", "quarantine", "rights", "models"];

/// The stream of events, for as long as somebody is signed in.
pub fn router<S>(console: ConsoleState, live: Live) -> Router<S> {
    let events =
        async move |_: SignedIn, State(console): State<ConsoleState>, headers: HeaderMap| {
            let asked = headers.clone();
            live.stream(&headers, move || console.clone().may_listen(asked.clone()))
        };
    Router::new().route("/api/v1/events", get(events)).with_state(console)
}
