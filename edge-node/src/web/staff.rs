//! `POST /api/v1/staff`: a manager puts somebody on the staff list and sets their PIN. The name
//! and role go into the log; the PIN does not.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Router, response::IntoResponse};
use serde::Deserialize;
use shared_model::id::{EntryId, StaffId};
use shared_model::log::Hash;
use shared_model::staff::Role;
use shared_model::text::Name;
use shared_model::workflows::{Command, EnrolStaff};
use web_rim::secret::Pin;

use super::app::App;
use super::auth::manager_only;
use super::body::Json;
use super::problem::Problem;
use crate::identity::{SignedIn, credentials};
use crate::store::Asker;

pub fn router() -> Router<App> {
    Router::new().route("/api/v1/staff", post(add))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddStaff {
    id: EntryId,
    staff: StaffId,
    name: Name,
    role: Role,
    pin: String,
}

async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(add): Json<AddStaff>,
) -> Result<impl IntoResponse, Problem> {
    manager_only(&signed_in)?;
    let pin = Pin::parse(&add.pin)
        .map_err(|refused| Problem::bad_input("pin", refused.to_string(), "choose another PIN"))?;
    let phc = app.identity.identity.hash_pin(&pin).await?;
    let hash = Hash::of(format!("{} {} {} {}", add.id, add.staff, add.name, add.role).as_bytes());
    let command = Command::EnrolStaff(EnrolStaff {
        id: add.id,
        staff: add.staff,
        name: add.name,
        role: add.role,
    });
    let asker = Asker { staff: Some(signed_in.staff), role: signed_in.role };
    app.store.submit(command, *hash.as_bytes(), asker).await?;
    let (staff, now) = (add.staff, crate::node::wall_clock());
    app.store.write_local(move |db| Ok(credentials::set(db, staff, &phc, now)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
