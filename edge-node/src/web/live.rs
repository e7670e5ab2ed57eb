//! Live updates to open pages: `GET /api/v1/events`.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;

use super::auth::IdentityState;
use crate::identity::SignedIn;

pub use web_rim::live::Live;

/// Every kind a `changed` event may name: the lists of `/api/v1/`.
pub const KINDS: &[&str] = &[
    "articles",
    "orders",
    "riders",
    "tasks",
    "vehicles",
    "manifests",
    "plan",
    "customers",
    "receipts",
    "proposals",
    "models",
    "counts",
    "handovers",
    "rights",
    "remote-sales",
    "exceptions",
    "trial-balance",
    "day",
];

/// The stream of events, for as long as somebody is signed in.
pub fn router<S>(identity: IdentityState, live: Live) -> Router<S> {
    let events =
        async move |_: SignedIn, State(identity): State<IdentityState>, headers: HeaderMap| {
            let asked = headers.clone();
            live.stream(&headers, move || identity.clone().may_listen(asked.clone()))
        };
    Router::new().route("/api/v1/events", get(events)).with_state(identity)
}
