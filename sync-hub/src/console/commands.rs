//! `POST /api/v1/commands/…`: what people decide at the hub. The same request with the same id is
//! one; who asked and when is kept with it. Nothing here changes a depot's facts.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use deadpool_postgres::{GenericClient, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared_model::exceptions::{self, Exception, Resolution, ResolveException};
use shared_model::id::{EntryId, ExceptionId, NodeId, SiteCode};
use shared_model::log::Hash;
use shared_model::text::Remark;
use shared_model::time::Timestamp;

use super::body::Json;
use super::problem::Problem;
use super::router::Console;
use super::session::SignedIn;
use super::views::word;
use crate::clock;
use crate::store::{HubStore, StoreError};
use crate::sync::enrolment::{Refusal, issue_token};

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/api/v1/commands/invite-node", post(invite_node))
        .route("/api/v1/commands/revoke-node", post(revoke_node))
        .route("/api/v1/commands/admit-branch", post(admit_branch))
        .route("/api/v1/commands/resolve-exception", post(resolve_exception))
}

/// Asks a new box to a site.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct InviteNode {
    id: EntryId,
    site: SiteCode,
}

/// Shuts a box out for good.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RevokeNode {
    id: EntryId,
    node: NodeId,
    reason: Remark,
}

/// A person knows that the fork is one box that was restored.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct AdmitBranch {
    id: EntryId,
    node: NodeId,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Resolve {
    id: EntryId,
    node: NodeId,
    exception: ExceptionId,
    resolution: Resolution,
    note: Remark,
}

/// One request, as it is kept.
pub(super) struct Request {
    id: EntryId,
    name: &'static str,
    body_hash: Hash,
    pub(super) who: String,
    pub(super) now: Timestamp,
}

impl Request {
    pub(super) fn new(
        id: EntryId,
        name: &'static str,
        body: &impl Serialize,
        by: SignedIn,
    ) -> Self {
        let body = serde_json::to_vec(body).expect("commands are plain structs");
        Self { id, name, body_hash: Hash::of(&body), who: by.name, now: clock::now() }
    }

    /// The answer given before, and its token's hash.
    pub(super) async fn known(&self, db: &impl GenericClient) -> Result<Option<Known>, Problem> {
        let statement = db
            .prepare_cached(
                "SELECT name, body_hash, reply, token_hash FROM console_command WHERE id = $1",
            )
            .await
            .map_err(StoreError::from)?;
        let row = db.query_opt(&statement, &[self.id.as_uuid()]).await;
        let Some(row) = row.map_err(StoreError::from)? else {
            return Ok(None);
        };
        let same = row.get::<_, &str>(0) == self.name
            && row.get::<_, &[u8]>(1) == self.body_hash.as_bytes();
        if !same {
            return Err(Problem::id_used_for_another_body());
        }
        let reply = serde_json::from_str(row.get(2)).map_err(|error| Problem::internal(&error))?;
        Ok(Some(Known { reply, token: row.get(3) }))
    }

    /// Writes the request down with its answer. A second one of the same id waits here until the
    /// first has ended; `false`: it ended well.
    pub(super) async fn keep(
        &self,
        db: &impl GenericClient,
        reply: &Value,
        token: Option<&[u8]>,
    ) -> Result<bool, StoreError> {
        let kept = db
            .execute(
                "INSERT INTO console_command (id, name, body_hash, who, at_ms, reply, token_hash)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                &[
                    self.id.as_uuid(),
                    &self.name,
                    &self.body_hash.as_bytes().as_slice(),
                    &self.who,
                    &self.now.ms(),
                    &reply.to_string(),
                    &token,
                ],
            )
            .await?;
        Ok(kept > 0)
    }
}

pub(super) struct Known {
    pub(super) reply: Value,
    token: Option<Vec<u8>>,
}

#[derive(Debug, Serialize)]
struct Invitation {
    token: String,
    expires_ms: i64,
}

async fn invite_node(
    by: SignedIn,
    State(console): State<Console>,
    Json(command): Json<InviteNode>,
) -> Result<Json<Invitation>, Problem> {
    let request = Request::new(command.id, "invite-node", &command, by);
    let issued = issue_token(console.door.root_pin, &console.door.addresses, request.now)
        .map_err(|error| Problem::internal(&format!("{error:#}")))?;
    let token: &[u8] = &issued.hash;
    let mut client = console.store.client().await?;
    let tx = client.transaction().await.map_err(StoreError::from)?;
    if !request.keep(&tx, &json!({}), Some(token)).await? {
        withdraw(&tx, &request, token).await?;
    }
    if site_taken(&tx, &command.site).await? {
        return Err(site_is_taken(command.site));
    }
    let entity = console.store.identity().entity.as_str();
    let (site, expires_ms) = (command.site.as_str(), issued.expires.ms());
    tx.execute(
        "INSERT INTO enrolment_token (token_hash, site, entity, expires_ms)
         VALUES ($1, $2, $3, $4)",
        &[&token, &site, &entity, &expires_ms],
    )
    .await
    .map_err(StoreError::from)?;
    commit(tx, &console.store).await?;
    Ok(Json(Invitation { token: issued.text, expires_ms }))
}

/// The text of the first answer is kept nowhere: asked again, its token gives way to a new one, so
/// that one request lets in one box.
async fn withdraw(tx: &Transaction<'_>, request: &Request, token: &[u8]) -> Result<(), Problem> {
    let Some(Known { token: Some(first), .. }) = request.known(tx).await? else {
        return Err(Problem::id_used_for_another_body());
    };
    let delete = "DELETE FROM enrolment_token WHERE token_hash = $1 AND used_by IS NULL";
    let withdrawn = tx.execute(delete, &[&first]).await.map_err(StoreError::from)?;
    if withdrawn == 0 {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invitation-used",
            "The invitation was used",
        )
        .field("id")
        .detail("a box has enrolled with the token of this request")
        .remedy("mint a new id to invite another box"));
    }
    tx.execute(
        "UPDATE console_command SET token_hash = $2 WHERE id = $1",
        &[request.id.as_uuid(), &token],
    )
    .await
    .map_err(StoreError::from)?;
    Ok(())
}

async fn site_taken(db: &impl GenericClient, site: &SiteCode) -> Result<bool, StoreError> {
    let row = db
        .query_one(
            "SELECT EXISTS (SELECT FROM node WHERE site = $1 AND status <> 'revoked')",
            &[&site.as_str()],
        )
        .await?;
    Ok(row.get(0))
}

fn site_is_taken(site: SiteCode) -> Problem {
    let refusal = Refusal::SiteTaken { site };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), "The site has a box")
        .field("site")
        .detail(refusal.to_string())
        .remedy(refusal.remedy())
}

async fn revoke_node(
    by: SignedIn,
    State(console): State<Console>,
    Json(command): Json<RevokeNode>,
) -> Result<Json<Value>, Problem> {
    let request = Request::new(command.id, "revoke-node", &command, by);
    let store = &console.store;
    let client = store.client().await?;
    if let Some(known) = request.known(&client).await? {
        return Ok(Json(known.reply));
    }
    let status = status_of(&client, command.node).await?;
    let begun = is_written(&client, store.identity().node, command.id).await?;
    drop(client);
    // An answer that was lost after the entry was written is given again.
    if status == "revoked" && !begun {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "already-revoked",
            "The node was revoked before",
        )
        .field("node")
        .detail(format!("node {} was revoked before", command.node))
        .remedy("nothing is left to do"));
    }
    let reason = command.reason.as_str();
    store.revoke(command.id, command.node, reason, request.now).await?;
    let client = store.client().await?;
    request.keep(&client, &json!({}), None).await?;
    Ok(Json(json!({})))
}

/// Whether the hub's log has the command's entry.
async fn is_written(db: &impl GenericClient, hub: NodeId, id: EntryId) -> Result<bool, StoreError> {
    let row = db
        .query_one(
            "SELECT EXISTS (SELECT FROM log WHERE entry_id = $1 AND node = $2)",
            &[id.as_uuid(), hub.as_uuid()],
        )
        .await?;
    Ok(row.get(0))
}

async fn status_of(db: &impl GenericClient, node: NodeId) -> Result<String, Problem> {
    let row = db
        .query_opt("SELECT status FROM node WHERE node = $1", &[node.as_uuid()])
        .await
        .map_err(StoreError::from)?;
    let row = row.ok_or_else(|| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "node-unknown", "There is no such node")
            .field("node")
            .detail(format!("no node {node} is enrolled in this region"))
            .remedy("choose one from the fleet")
    })?;
    Ok(row.get(0))
}

async fn admit_branch(
    by: SignedIn,
    State(console): State<Console>,
    Json(command): Json<AdmitBranch>,
) -> Result<Json<Value>, Problem> {
    let request = Request::new(command.id, "admit-branch", &command, by);
    let store = &console.store;
    let client = store.client().await?;
    if let Some(known) = request.known(&client).await? {
        return Ok(Json(known.reply));
    }
    let status = status_of(&client, command.node).await?;
    drop(client);
    if !store.admit_branch(command.node).await? {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "nothing-to-admit",
            "The node has no branch to admit",
        )
        .field("node")
        .detail(format!("node {} is {status}, not fenced", command.node))
        .remedy("only a fenced node has a history of its own to be let in"));
    }
    let client = store.client().await?;
    request.keep(&client, &json!({}), None).await?;
    Ok(Json(json!({})))
}

async fn resolve_exception(
    by: SignedIn,
    State(console): State<Console>,
    Json(command): Json<Resolve>,
) -> Result<Json<Value>, Problem> {
    let request = Request::new(command.id, "resolve-exception", &command, by);
    let key = command.exception.to_string();
    let known: Option<Exception> = console.store.record(command.node, &key).await?;
    let mut client = console.store.client().await?;
    let tx = client.transaction().await.map_err(StoreError::from)?;
    if !request.keep(&tx, &json!({}), None).await?
        && let Some(known) = request.known(&tx).await?
    {
        return Ok(Json(known.reply));
    }
    // The rules are the depot's; nobody at the hub is the person whom it concerns.
    let asked = ResolveException {
        id: command.id,
        exception: command.exception,
        resolution: command.resolution,
        note: command.note.clone(),
    };
    exceptions::resolve(known.as_ref(), &asked, None).map_err(refused)?;
    let resolved = tx
        .execute(
            "INSERT INTO exception_resolution
                 (node, exception, resolution, note, who, resolved_ms, command)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            &[
                command.node.as_uuid(),
                &key,
                &word(command.resolution),
                &command.note.as_str(),
                &request.who,
                &request.now.ms(),
                command.id.as_uuid(),
            ],
        )
        .await
        .map_err(StoreError::from)?;
    if resolved == 0 {
        return Err(refused(exceptions::Error::AlreadyResolved));
    }
    commit(tx, &console.store).await?;
    Ok(Json(json!({})))
}

fn refused(error: exceptions::Error) -> Problem {
    shared_model::refusal::Refusal::from(error).into()
}

async fn commit(tx: Transaction<'_>, store: &HubStore) -> Result<(), StoreError> {
    tx.commit().await?;
    store.tell_changed();
    Ok(())
}
