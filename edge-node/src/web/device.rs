//! Pairing a till, phone or screen with this depot, listing and shutting out devices.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::auth::{IdentityState, manager_only};
use super::body::{Json, Path};
use super::problem::Problem;
use crate::identity::devices::{Device, DeviceId, PairingCode};
use crate::identity::moment::Moment;
use crate::identity::{PairError, SignedIn};

/// How long a browser keeps its device token.
const DEVICE_COOKIE_AGE: Duration = Duration::from_secs(365 * 24 * 3_600);
const NAME_CHARS_MAX: usize = 60;

pub fn router<S>(state: IdentityState) -> Router<S> {
    Router::new()
        .route("/api/v1/device", post(pair))
        .route("/api/v1/devices", get(list))
        .route("/api/v1/devices/{device}", delete(revoke))
        .with_state(state)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairing {
    code: String,
    name: String,
}

async fn pair(
    State(state): State<IdentityState>,
    Json(pairing): Json<Pairing>,
) -> Result<Response, Problem> {
    let name = name(&pairing.name)?;
    let code = PairingCode::read(&pairing.code);
    let token = state.identity.pair(code, name, Moment::now()).await?;
    let cookie = state.device_cookie.set(&token, DEVICE_COOKIE_AGE);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

fn name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 || length > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Problem::bad_input(
            "name",
            "is not a name for a device",
            format!("send 1 to {NAME_CHARS_MAX} characters, such as `Till 2`"),
        ));
    }
    Ok(name.to_owned())
}

#[derive(Serialize)]
struct Devices {
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    device: String,
    name: String,
    paired_ms: i64,
    revoked_ms: Option<i64>,
    this: bool,
}

async fn list(
    State(state): State<IdentityState>,
    signed_in: SignedIn,
) -> Result<Json<Devices>, Problem> {
    manager_only(&signed_in)?;
    let item = |device: Device| Item {
        this: device.device == signed_in.device,
        device: device.device.to_string(),
        name: device.name,
        paired_ms: device.paired.ms(),
        revoked_ms: device.revoked.map(|at| at.ms()),
    };
    Ok(Json(Devices { items: state.identity.devices().await?.into_iter().map(item).collect() }))
}

async fn revoke(
    State(state): State<IdentityState>,
    signed_in: SignedIn,
    Path(device): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    manager_only(&signed_in)?;
    if state.identity.revoke_device(DeviceId::new(device), Moment::now().wall).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("there is no such device").remedy("take one from the list"))
    }
}

impl From<PairError> for Problem {
    fn from(error: PairError) -> Self {
        match error {
            PairError::NoSuchCode => Self::forbidden(
                "pairing-code",
                error.to_string(),
                "ask a manager for a new code and type it as it is shown",
            )
            .field("code"),
            PairError::TooManyGuesses { wait_s } => Self::locked_out(wait_s),
            PairError::Store(error) => error.into(),
            PairError::NoRandomness(error) => Self::internal(&error),
        }
    }
}
