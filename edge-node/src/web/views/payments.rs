//! Cash on its way from riders to the safe. Counting is blind: until it is done, only who declared
//! an amount sees it.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::id::{HandoverId, RiderId, StaffId};
use shared_model::payments::{Handover, HandoverStatus};

use super::paging::{Asked, Page, Statuses, page};
use super::reading::{Reached, read};
use crate::identity::SignedIn;
use crate::web::app::App;
use crate::web::body::{Json, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/handovers", get(handovers))
}

#[derive(Debug)]
enum OfHandovers {}

impl Statuses for OfHandovers {
    const ALL: &'static [&'static str] = &[
        HandoverStatus::Declared.as_str(),
        HandoverStatus::Counted.as_str(),
        HandoverStatus::Closed.as_str(),
        HandoverStatus::Disputed.as_str(),
    ];
}

#[derive(Debug, Serialize)]
struct Item {
    handover: HandoverId,
    rider: RiderId,
    rider_name: String,
    declared_minor: Option<i64>,
    counted_minor: Option<i64>,
    shortage_minor: Option<i64>,
    status: HandoverStatus,
    declared_by: Option<StaffId>,
    counted_by: Option<StaffId>,
    travelled: Reached,
}

async fn handovers(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(asked): Query<Asked<OfHandovers>>,
) -> Result<Json<Page<Item>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted_unsearched(Some(reading.me()));
        page::<Handover, _>(reading, wanted, |reading, row| {
            let handover = row.record;
            let rider_name = reading.rider_name(handover.rider)?;
            if !asked.matches(&rider_name) {
                return Ok(None);
            }
            let may_see = handover.declared_by == Some(signed_in.staff)
                || handover.status != HandoverStatus::Declared;
            Ok(Some(Item {
                handover: handover.handover,
                rider: handover.rider,
                rider_name,
                declared_minor: may_see.then_some(handover.declared_minor),
                counted_minor: handover.counted_minor,
                shortage_minor: handover.shortage_minor(),
                status: handover.status,
                declared_by: handover.declared_by,
                counted_by: handover.counted_by,
                travelled: reading.reached(row.author, row.at),
            }))
        })
    })
    .await
}
