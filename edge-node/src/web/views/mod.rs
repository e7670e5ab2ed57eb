//! What people read: one file a context. Reads records; decides nothing.

use axum::Router;
use serde_json::{Value, json};

use super::app::App;
use crate::store::SyncState;

pub fn router() -> Router<App> {
    Router::new()
}

/// How far this depot's log has travelled, as pages show it.
#[must_use]
pub fn sync_json(state: &SyncState) -> Value {
    json!({ "unsent": state.unsent })
}
