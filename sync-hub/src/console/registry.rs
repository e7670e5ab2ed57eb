//! `/api/v1/models…` and the commands about models: the registry as people see and order it. The
//! rules are the registry's.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared_model::id::{EntryId, ModelCode, RingCode, SiteCode};
use shared_model::text::Remark;
use uuid::Uuid;

use super::body::{Json, Path, Query};
use super::commands::Request;
use super::problem::Problem;
use super::router::Console;
use super::session::SignedIn;
use crate::clock;
use crate::registry::{self, Ask, DepotModel, Listed, ModelDay, Proposal, Ring, VersionCard};

/// Days of a series, and points of all sites together.
const DAYS_MAX: u32 = 400;
const DAYS_DEFAULT: u32 = 30;
const POINTS_MAX: i64 = 20_000;
const PROPOSALS_MAX: i64 = 200;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/api/v1/models", get(list))
        .route("/api/v1/models/{model}/versions/{version}", get(version))
        .route("/api/v1/models/{model}/depots", get(depots))
        .route("/api/v1/models/{model}/series", get(series))
        .route("/api/v1/model-proposals", get(proposals))
        .route("/api/v1/model-rings", get(rings))
        .route("/api/v1/commands/propose-model", post(propose))
        .route("/api/v1/commands/approve-model", post(approve))
        .route("/api/v1/commands/reject-model", post(reject))
        .route("/api/v1/commands/order-model", post(order))
        .route("/api/v1/commands/set-model-ring", post(set_ring))
}

/// The lists of the registry are short and shown whole: nothing can be asked of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
}

async fn list(
    _: SignedIn,
    State(console): State<Console>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<Items<Listed>>, Problem> {
    Ok(Json(Items { items: registry::versions(&console.store).await? }))
}

async fn version(
    _: SignedIn,
    State(console): State<Console>,
    Path((model, version)): Path<(ModelCode, u32)>,
) -> Result<Json<VersionCard>, Problem> {
    let card = registry::version_card(&console.store, model.as_str(), i64::from(version)).await?;
    let missing = || Problem::not_found(format!("version {version} of {model} is not here"));
    card.map(Json).ok_or_else(missing)
}

async fn depots(
    _: SignedIn,
    State(console): State<Console>,
    Path(model): Path<ModelCode>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<Items<DepotModel>>, Problem> {
    Ok(Json(Items { items: registry::depots(&console.store, model.as_str()).await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedSeries {
    site: Option<SiteCode>,
    days: Option<Days>,
}

/// How many days back.
struct Days(u32);

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        match text.parse::<u32>() {
            Ok(days) if (1..=DAYS_MAX).contains(&days) => Ok(Self(days)),
            Ok(_) | Err(_) => Err(serde::de::Error::custom(
                "is no number of days; remedy: send 1 to 400, or leave it out",
            )),
        }
    }
}

#[derive(Serialize)]
struct Point {
    site: String,
    #[serde(flatten)]
    day: ModelDay,
}

async fn series(
    _: SignedIn,
    State(console): State<Console>,
    Path(model): Path<ModelCode>,
    Query(asked): Query<AskedSeries>,
) -> Result<Json<Items<Point>>, Problem> {
    let days = asked.days.map_or(DAYS_DEFAULT, |days| days.0);
    let today = u32::try_from(clock::now().ms() / DAY_MS).unwrap_or(0);
    let since = (today + 1).saturating_sub(days);
    let site = asked.site.as_ref().map(SiteCode::as_str);
    let points = registry::series(&console.store, model.as_str(), site, since, POINTS_MAX).await?;
    let items = points.into_iter().map(|(site, day)| Point { site, day }).collect();
    Ok(Json(Items { items }))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Approved,
    Rejected,
    Ordered,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedProposals {
    model: Option<ModelCode>,
    status: Option<Status>,
    after: Option<Before>,
}

/// Where a page begins: after this proposal.
struct Before(i64, Uuid);

impl<'de> Deserialize<'de> for Before {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let parts = text.split_once('.');
        let read = parts.and_then(|(at, id)| Some(Self(at.parse().ok()?, id.parse().ok()?)));
        read.ok_or_else(|| {
            serde::de::Error::custom(
                "is no place in this list; remedy: send `next` of the page before, or leave it out",
            )
        })
    }
}

#[derive(Serialize)]
struct Proposals {
    items: Vec<Proposal>,
    next: Option<String>,
}

async fn proposals(
    _: SignedIn,
    State(console): State<Console>,
    Query(asked): Query<AskedProposals>,
) -> Result<Json<Proposals>, Problem> {
    let model = asked.model.as_ref().map(ModelCode::as_str);
    let status = asked.status.map(|status| match status {
        Status::Open => "open",
        Status::Approved => "approved",
        Status::Rejected => "rejected",
        Status::Ordered => "ordered",
    });
    let after = asked.after.map(|after| (after.0, after.1));
    let mut items =
        registry::proposals(&console.store, model, status, after, PROPOSALS_MAX + 1).await?;
    let more = items.len() as i64 > PROPOSALS_MAX;
    items.truncate(PROPOSALS_MAX as usize);
    let last = items.last().filter(|_| more);
    let next = last.map(|last| format!("{}.{}", last.proposed_ms, last.proposal));
    Ok(Json(Proposals { items, next }))
}

async fn rings(
    _: SignedIn,
    State(console): State<Console>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<Items<Ring>>, Problem> {
    Ok(Json(Items { items: registry::rings(&console.store).await? }))
}

async fn propose(
    by: SignedIn,
    State(console): State<Console>,
    Json(ask): Json<Ask>,
) -> Result<Json<Proposal>, Problem> {
    Ok(Json(registry::propose(&console.store, &ask, &by.name, clock::now()).await?))
}

/// The id is the request's own; what is approved is named beside it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Approve {
    id: EntryId,
    proposal: EntryId,
}

async fn approve(
    by: SignedIn,
    State(console): State<Console>,
    Json(command): Json<Approve>,
) -> Result<Json<Proposal>, Problem> {
    let request = Request::new(command.id, "approve-model", &command, by);
    // The approval itself tells a retry from another person's word.
    let _ = request.known(&console.store.client().await?).await?;
    let decided =
        registry::approve(&console.store, command.proposal, &request.who, request.now).await?;
    request.keep(&console.store.client().await?, &json!({}), None).await?;
    Ok(Json(decided))
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Reject {
    id: EntryId,
    proposal: EntryId,
    note: Remark,
}

async fn reject(
    by: SignedIn,
    State(console): State<Console>,
    Json(command): Json<Reject>,
) -> Result<Json<Value>, Problem> {
    let request = Request::new(command.id, "reject-model", &command, by);
    let client = console.store.client().await?;
    if let Some(known) = request.known(&client).await? {
        return Ok(Json(known.reply));
    }
    let (note, who) = (&command.note, &request.who);
    let store = &console.store;
    let decided = registry::reject(store, command.proposal, note, who, request.now).await?;
    let reply = serde_json::to_value(decided).map_err(|error| Problem::internal(&error))?;
    request.keep(&client, &reply, None).await?;
    Ok(Json(reply))
}

async fn order(
    by: SignedIn,
    State(console): State<Console>,
    Json(ask): Json<Ask>,
) -> Result<Json<Proposal>, Problem> {
    Ok(Json(registry::order_at_once(&console.store, &ask, &by.name, clock::now()).await?))
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SetRing {
    id: EntryId,
    ring: RingCode,
    /// None: the ring goes.
    sites: Vec<SiteCode>,
}

async fn set_ring(
    by: SignedIn,
    State(console): State<Console>,
    Json(command): Json<SetRing>,
) -> Result<Json<Value>, Problem> {
    let request = Request::new(command.id, "set-model-ring", &command, by);
    let client = console.store.client().await?;
    if let Some(known) = request.known(&client).await? {
        return Ok(Json(known.reply));
    }
    let (ring, sites) = (&command.ring, &command.sites);
    registry::set_ring(&console.store, ring, sites, &request.who, request.now).await?;
    request.keep(&client, &json!({}), None).await?;
    Ok(Json(json!({})))
}
