//! The list of boxes that the region shut out, for a person to carry to a depot that no link reaches:
//! saved here, handed in there. It proves itself by the hub's signature.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use shared_model::network::denylist::{DenylistRefused, from_text, to_text};

use super::app::App;
use super::body::Json;
use super::problem::Problem;
use crate::identity::SignedIn;
use crate::store::{Meta, newest_denylist};

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/denylist", get(save).post(take))
}

#[derive(Serialize)]
struct Saved {
    region: String,
    version: u64,
    issued_ms: i64,
    shut_out: usize,
    list: String,
}

async fn save(State(app): State<App>, _: SignedIn) -> Result<Json<Saved>, Problem> {
    let newest = app.store.read(newest_denylist).await?;
    let (list, bytes) = newest.ok_or_else(|| {
        Problem::not_found("list of shut out boxes")
            .remedy("nothing is to be carried: the hub has given none")
    })?;
    Ok(Json(Saved {
        region: list.region.to_string(),
        version: list.version,
        issued_ms: list.issued.ms(),
        shut_out: list.denied.nodes(),
        list: to_text(&bytes),
    }))
}

/// What was saved elsewhere, as it is; only the list itself counts.
#[derive(Deserialize)]
struct Carried {
    list: String,
}

#[derive(Serialize)]
struct Taken {
    version: u64,
    news: bool,
}

async fn take(
    State(app): State<App>,
    _: SignedIn,
    Json(carried): Json<Carried>,
) -> Result<Json<Taken>, Problem> {
    let bytes = from_text(&carried.list).map_err(refused)?;
    match app.store.take_denylist(bytes).await? {
        Ok(taken) => Ok(Json(Taken { version: taken.version, news: taken.news })),
        Err(DenylistRefused::Older { .. }) => {
            let held = app.store.read(Meta::read).await?.denylist;
            Ok(Json(Taken { version: held, news: false }))
        }
        Err(reason) => Err(refused(reason)),
    }
}

fn refused(reason: DenylistRefused) -> Problem {
    Problem::bad_input(
        "list",
        reason.to_string(),
        "save it again at a depot of this region".to_owned(),
    )
}
