//! Live updates to open consoles: `GET /api/v1/events`.

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;

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

/// The stream of events, for whoever is signed in.
pub fn router<S>(console: ConsoleState, live: Live) -> Router<S> {
    let events = async move |_: SignedIn, headers: HeaderMap| live.stream(&headers);
    Router::new()
        .route("/api/v1/events", get(events))
        .with_state(console)
}
