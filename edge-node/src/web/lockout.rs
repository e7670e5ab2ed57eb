//! Letting somebody try again at once who mistyped the PIN too often: a manager vouches for them.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::delete;
use shared_model::id::StaffId;

use super::auth::{IdentityState, manager_only};
use super::body::Path;
use super::problem::Problem;
use crate::identity::SignedIn;

pub fn router<S>(state: IdentityState) -> Router<S> {
    Router::new().route("/api/v1/lockouts/{staff}", delete(reset)).with_state(state)
}

async fn reset(
    State(state): State<IdentityState>,
    signed_in: SignedIn,
    Path(staff): Path<StaffId>,
) -> Result<StatusCode, Problem> {
    manager_only(&signed_in)?;
    state.identity.unlock(staff).await?;
    Ok(StatusCode::NO_CONTENT)
}
