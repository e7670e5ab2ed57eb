//! Signing in and out: `/api/v1/session`.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use shared_model::id::StaffId;
use shared_model::staff::Role;

use super::auth::{IdentityState, PairedDevice};
use super::body::Json;
use super::problem::Problem;
use crate::identity::moment::Moment;
use crate::identity::sessions::SESSION_MS_MAX;
use crate::identity::{SignInError, SignedIn};

const SESSION_COOKIE_AGE: Duration = Duration::from_millis(SESSION_MS_MAX);
/// What cannot be a PIN is neither hashed nor counted.
const PIN_BYTES_MAX: usize = 8;

pub fn router<S>(state: IdentityState) -> Router<S> {
    Router::new()
        .route("/api/v1/session", get(show).post(sign_in).delete(sign_out))
        .with_state(state)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    staff: StaffId,
    pin: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    staff: StaffId,
    name: String,
    role: Role,
    expires_ms: i64,
}

async fn sign_in(
    State(state): State<IdentityState>,
    device: PairedDevice,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let PairedDevice(Some(device)) = device else {
        return Err(not_paired());
    };
    let Credentials { staff, pin } = credentials;
    if pin.is_empty() || pin.len() > PIN_BYTES_MAX || !pin.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::bad_input("pin", "is not a PIN", "send 4 to 8 digits"));
    }
    let (token, signed_in) = state.identity.sign_in(device, staff, pin, Moment::now()).await?;
    let cookie = state.session_cookie.set(&token, SESSION_COOKIE_AGE);
    Ok(([(header::SET_COOKIE, cookie)], shown(signed_in)).into_response())
}

async fn show(signed_in: SignedIn) -> Json<Shown> {
    shown(signed_in)
}

/// Signing out twice is signing out.
async fn sign_out(
    State(state): State<IdentityState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(session) = state.session_cookie.read(&headers) {
        state.identity.sign_out(&session).await?;
    }
    let cookie = state.session_cookie.clear();
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

fn shown(signed_in: SignedIn) -> Json<Shown> {
    Json(Shown {
        staff: signed_in.staff,
        name: signed_in.name.to_string(),
        role: signed_in.role,
        expires_ms: signed_in.expires.ms(),
    })
}

fn not_paired() -> Problem {
    Problem::forbidden(
        "device",
        "this device is not paired with the depot, or was shut out",
        "ask a manager for a pairing code and enter it on this device",
    )
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::WrongPin { tries_left } => Self::wrong_secret("pin", tries_left),
            SignInError::LockedOut { wait_s } => Self::locked_out(wait_s),
            SignInError::Hash(error) => error.into(),
            SignInError::Store(error) => error.into(),
            SignInError::NoRandomness(error) => Self::internal(&error),
        }
    }
}
