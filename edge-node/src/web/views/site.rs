//! `GET /api/v1/site`: what a page must know before anybody has signed in.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::id::{EntityCode, RegionCode, SiteCode, StaffId};
use shared_model::money::Currency;
use shared_model::staff::{Role, Staff};

use super::reading::{Reading, read};
use crate::store::{StoreError, Wanted, now, records_listed};
use crate::web::app::App;
use crate::web::auth::PairedDevice;
use crate::web::body::Json;
use crate::web::problem::Problem;

/// People on one site's list that a sign-in page can still show.
const STAFF_MAX: u32 = 1_000;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/site", get(show))
}

#[derive(Debug, Serialize)]
struct Shown {
    site: SiteCode,
    region: RegionCode,
    entity: EntityCode,
    currency: Currency,
    currency_digits: u32,
    vat_label: &'static str,
    version: &'static str,
    device_paired: bool,
    /// Only for a paired device: names are nobody else's business.
    #[serde(skip_serializing_if = "Option::is_none")]
    staff: Option<Vec<Person>>,
    now_ms: i64,
}

#[derive(Debug, Serialize)]
struct Person {
    staff: StaffId,
    name: String,
    role: Role,
}

async fn show(
    State(app): State<App>,
    PairedDevice(device): PairedDevice,
) -> Result<Json<Shown>, Problem> {
    let staff = match device {
        Some(_) => Some(read(&app, |reading| people(reading)).await?.0),
        None => None,
    };
    let site = &app.place.site;
    Ok(Json(Shown {
        site: site.site.clone(),
        region: site.region.clone(),
        entity: site.entity.clone(),
        currency: site.currency,
        currency_digits: site.currency.digits(),
        vat_label: site.jurisdiction.label(),
        version: app.place.version,
        device_paired: device.is_some(),
        staff,
        now_ms: now().ms(),
    }))
}

fn people(reading: &Reading<'_>) -> Result<Vec<Person>, StoreError> {
    let wanted = Wanted { author: Some(reading.me()), limit: STAFF_MAX, ..Wanted::default() };
    let rows = records_listed::<Staff>(reading.db, &wanted)?;
    let mut people: Vec<Person> = rows
        .into_iter()
        .map(|row| row.record)
        .filter(|person| person.active)
        .map(|person| Person { staff: person.staff, name: person.name, role: person.role })
        .collect();
    people.sort_by(|a, b| (&a.name, a.staff).cmp(&(&b.name, b.staff)));
    Ok(people)
}
