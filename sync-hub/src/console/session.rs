//! Signing in to the console: `/api/v1/session`, and the extractor that proves it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use tokio_postgres::GenericClient;
use web_rim::cookie::CookieName;
use web_rim::lockout::{Tries, whole_seconds};
use web_rim::secret::Hasher;
use web_rim::token::{Token, TokenHash};

use super::body::Json;
use super::credentials::{self, Charged, UserName};
use super::problem::Problem;
use crate::store::{HubStore, StoreError};

/// The longest session.
const SESSION_MS_MAX: i64 = 12 * 3_600_000;
/// The longest time without a request.
const IDLE_MS_MAX: i64 = 8 * 3_600_000;
/// A use is written down when the last one written is older than this.
const WRITE_DOWN_AFTER_MS: i64 = 5 * 60_000;
/// Sessions of one user; the oldest ends when another begins.
const SESSIONS_A_USER_MAX: i64 = 20;
const PASSWORD_BYTES_MAX: usize = 1024;

/// What the console's routes and extractor need. A router's state hands it out by `FromRef`.
#[derive(Clone)]
pub struct ConsoleState {
    store: HubStore,
    hasher: Hasher,
    cookie: CookieName,
}

impl ConsoleState {
    #[must_use]
    pub fn new(store: HubStore, hasher: Hasher) -> Self {
        // The region is in the cookie's name, for another hub or a depot may run on the same host.
        let owner = format!("hub-{}", store.identity().region);
        Self { store, hasher, cookie: CookieName::new(&owner, "session") }
    }

    /// Whether the sender of these headers is still signed in. Does not count as a use. A
    /// database that cannot say cuts nobody off.
    pub(super) async fn may_listen(self, headers: HeaderMap) -> bool {
        match self.cookie.read(&headers) {
            Some(token) => find(&self.store, token.hash(), Use::OnlyLooks)
                .await
                .map_or(true, |who| who.is_some()),
            None => false,
        }
    }
}

/// Somebody who is signed in to the console. A handler that takes it cannot be reached by others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub name: String,
    /// When the session ends if it is not used again, by this process's clock.
    pub expires_ms: i64,
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    ConsoleState: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let state = ConsoleState::from_ref(state);
        let Some(token) = state.cookie.read(&parts.headers) else {
            return Err(Problem::not_signed_in());
        };
        find(&state.store, token.hash(), Use::Counts).await?.ok_or_else(Problem::not_signed_in)
    }
}

pub fn router<S>(state: ConsoleState) -> Router<S> {
    Router::new()
        .route("/api/v1/session", get(show).post(sign_in).delete(sign_out))
        .with_state(state)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    expires_ms: i64,
}

async fn sign_in(
    State(state): State<ConsoleState>,
    Json(given): Json<Credentials>,
) -> Result<Response, Problem> {
    let Some(name) = UserName::read(&given.name) else {
        return Err(Problem::bad_input(
            "name",
            "is not the name of a user",
            "send 1 to 64 letters, digits and . _ @ -",
        ));
    };
    if given.password.is_empty() || given.password.len() > PASSWORD_BYTES_MAX {
        return Err(Problem::bad_input("password", "is not a password", "send your password"));
    }
    let (phc, tries) = match charge(&state.store, &name).await? {
        Charged::Try { phc, tries } => (Some(phc), tries),
        Charged::Unknown => (None, Tries { charged: 1, pause_ms: 0 }),
        Charged::Pause { wait_ms } => return Err(Problem::locked_out(whole_seconds(wait_ms))),
    };
    let right = state.hasher.verify(given.password, phc.clone()).await?;
    let token = Token::draw().map_err(|error| Problem::internal(&error))?;
    let begun = match phc {
        Some(phc) if right => begin(&state.store, &name, &phc, token.hash()).await?,
        _ => false,
    };
    if !begun {
        return Err(Problem::wrong_secret("password", tries.left()));
    }
    let age_ms = SESSION_MS_MAX.unsigned_abs();
    let cookie = state.cookie.set(&token, Duration::from_millis(age_ms));
    let shown = Shown { name: name.as_str().to_owned(), expires_ms: now_ms() + IDLE_MS_MAX };
    Ok(([(header::SET_COOKIE, cookie)], Json(shown)).into_response())
}

async fn show(signed_in: SignedIn) -> Json<Shown> {
    Json(Shown { name: signed_in.name, expires_ms: signed_in.expires_ms })
}

/// Signing out twice is signing out.
async fn sign_out(
    State(state): State<ConsoleState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = state.cookie.read(&headers) {
        end(&state.store, token.hash()).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, state.cookie.clear())]).into_response())
}

async fn charge(store: &HubStore, name: &UserName) -> Result<Charged, StoreError> {
    let mut client = store.client().await?;
    let tx = client.build_transaction().start().await?;
    let charged = credentials::charge(&*tx, name).await?;
    tx.commit().await?;
    Ok(charged)
}

/// Begins a session; `false` when the password was changed while it was being checked.
async fn begin(
    store: &HubStore,
    name: &UserName,
    checked: &str,
    token: TokenHash,
) -> Result<bool, StoreError> {
    let mut client = store.client().await?;
    let tx = client.build_transaction().start().await?;
    let same = "SELECT 1 FROM console_user WHERE name = $1 AND phc = $2 FOR UPDATE";
    if tx.query_opt(same, &[&name.as_str(), &checked]).await?.is_none() {
        return Ok(false);
    }
    credentials::forgive(&*tx, name).await?;
    drop_old_sessions(&*tx, name).await?;
    tx.execute(
        "INSERT INTO console_session (token_hash, name, started, used)
         VALUES ($1, $2, clock_timestamp(), clock_timestamp())",
        &[&token.as_bytes().as_slice(), &name.as_str()],
    )
    .await?;
    tx.commit().await?;
    Ok(true)
}

async fn drop_old_sessions(
    db: &impl GenericClient,
    name: &UserName,
) -> Result<(), tokio_postgres::Error> {
    db.execute(
        "DELETE FROM console_session
         WHERE started < clock_timestamp() - $1::bigint::float8 * interval '1 millisecond'
            OR used < clock_timestamp() - $2::bigint::float8 * interval '1 millisecond'",
        &[&SESSION_MS_MAX, &IDLE_MS_MAX],
    )
    .await?;
    db.execute(
        "DELETE FROM console_session WHERE token_hash IN
         (SELECT token_hash FROM console_session WHERE name = $1
          ORDER BY started DESC OFFSET $2)",
        &[&name.as_str(), &(SESSIONS_A_USER_MAX - 1)],
    )
    .await?;
    Ok(())
}

/// Whether looking a session up keeps it alive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Counts,
    /// An open page must not keep a session alive that nobody works in.
    OnlyLooks,
}

async fn find(
    store: &HubStore,
    token: TokenHash,
    looking: Use,
) -> Result<Option<SignedIn>, StoreError> {
    let client = store.client().await?;
    let hash = token.as_bytes().as_slice();
    let query = client
        .prepare_cached(
            "SELECT name, (extract(epoch FROM clock_timestamp() - started) * 1000)::bigint,
             (extract(epoch FROM clock_timestamp() - used) * 1000)::bigint
             FROM console_session WHERE token_hash = $1",
        )
        .await?;
    let Some(row) = client.query_opt(&query, &[&hash]).await? else {
        return Ok(None);
    };
    let (age_ms, idle_ms): (i64, i64) = (row.get(1), row.get(2));
    if age_ms >= SESSION_MS_MAX || idle_ms >= IDLE_MS_MAX {
        return Ok(None);
    }
    if looking == Use::Counts && idle_ms >= WRITE_DOWN_AFTER_MS {
        let touch = "UPDATE console_session SET used = clock_timestamp() WHERE token_hash = $1";
        client.execute(touch, &[&hash]).await?;
    }
    let left_ms = (SESSION_MS_MAX - age_ms).min(IDLE_MS_MAX);
    Ok(Some(SignedIn { name: row.get(0), expires_ms: now_ms() + left_ms }))
}

async fn end(store: &HubStore, token: TokenHash) -> Result<(), StoreError> {
    let delete = "DELETE FROM console_session WHERE token_hash = $1";
    store.client().await?.execute(delete, &[&token.as_bytes().as_slice()]).await?;
    Ok(())
}

/// Only shown to people: what ends a session is the database's clock.
fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
