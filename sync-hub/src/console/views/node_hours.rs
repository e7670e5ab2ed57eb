//! `/api/v1/fleet/{node}/hours`: how a box did over the last hours, for its plots.

use std::borrow::Cow;

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize, de};
use shared_model::id::NodeId;

use crate::clock;
use crate::console::body::{Json, Path, Query};
use crate::console::problem::Problem;
use crate::console::router::Console;
use crate::console::session::SignedIn;
use crate::node_hours::{HOURS_MAX, NodeHour, last_hours};

const HOURS_DEFAULT: u32 = 72;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    hours: Option<Hours>,
}

/// How many hours back.
struct Hours(u32);

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(d)?;
        match text.parse::<u32>() {
            Ok(hours) if (1..=HOURS_MAX).contains(&hours) => Ok(Self(hours)),
            Ok(_) | Err(_) => Err(de::Error::custom(
                "is no number of hours; remedy: send 1 to 720, or leave it out",
            )),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Shown {
    items: Vec<NodeHour>,
}

pub(super) async fn show(
    _: SignedIn,
    State(console): State<Console>,
    Path(node): Path<NodeId>,
    Query(asked): Query<Asked>,
) -> Result<Json<Shown>, Problem> {
    let hours = asked.hours.map_or(HOURS_DEFAULT, |hours| hours.0);
    let items = last_hours(&console.store, *node.as_uuid(), hours, clock::now()).await?;
    Ok(Json(Shown { items }))
}
