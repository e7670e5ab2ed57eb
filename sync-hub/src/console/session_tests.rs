//! Signing in to the console on a real PostgreSQL.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::{Value, json};
use tower::ServiceExt;
use web_rim::secret::{Hasher, Pepper, hash_now};

use super::credentials::{self, UserName};
use super::live::{KINDS, Live};
use super::session::{self, ConsoleState};
use super::{headers, live};
use crate::cluster::PrivateCluster;
use crate::store::{HubStore, StoreConfig};

const PASSWORD: &str = "four wet umbrellas";

struct Console {
    store: HubStore,
    // Fields drop in order: the database stops before its folder goes.
    _cluster: PrivateCluster,
    _folder: tempfile::TempDir,
}

impl Console {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().to_owned();
        let cluster = tokio::task::spawn_blocking(move || PrivateCluster::start(&state));
        let cluster = cluster.await.unwrap().unwrap();
        let config = StoreConfig {
            database: cluster.connection(),
            state_dir: folder.path().to_owned(),
            region: "nairobi".parse().unwrap(),
            entity: "KE".parse().unwrap(),
            connections_max: 4,
        };
        let store = HubStore::open(config).await.unwrap();
        let console = Self { store, _cluster: cluster, _folder: folder };
        console.set_password("amina", PASSWORD).await;
        console
    }

    async fn set_password(&self, name: &str, password: &str) {
        let phc = hash_now(&pepper(), password.as_bytes()).unwrap();
        let db = self.store.client().await.unwrap();
        credentials::set(&**db, &UserName::read(name).unwrap(), &phc).await.unwrap();
    }

    async fn sql(&self, text: &str) {
        self.store.client().await.unwrap().batch_execute(text).await.unwrap();
    }

    /// A hub process in front of the one database.
    fn process(&self) -> Router {
        let hasher = Hasher::new(pepper()).unwrap();
        let state = ConsoleState::new(self.store.clone(), hasher);
        let routes = Router::new()
            .merge(session::router(state.clone()))
            .merge(live::router(state, Live::new(KINDS).unwrap()));
        headers::guard(routes, headers::LIMITS)
    }
}

fn pepper() -> Pepper {
    Pepper::from_bytes([7; 32])
}

/// Asks and returns status, body and the cookie that was set.
async fn ask(app: &Router, method: &str, cookie: &str, body: Value) -> (u16, Value, String) {
    let request = Request::builder()
        .method(method)
        .uri("/api/v1/session")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, cookie);
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let response = app.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let set = response.headers().get(header::SET_COOKIE).map(|set| set.to_str().unwrap());
    let set = set.and_then(|set| set.split(';').next()).unwrap_or("").to_owned();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null), set)
}

async fn sign_in(app: &Router, name: &str, password: &str) -> (u16, Value, String) {
    ask(app, "POST", "", json!({ "name": name, "password": password })).await
}

async fn shown(app: &Router, cookie: &str) -> u16 {
    ask(app, "GET", cookie, Value::Null).await.0
}

/// One database for the whole story: starting it is what takes the time.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_signs_in_on_any_process_and_out_of_all() {
    let console = Console::new().await;
    let (one, two) = (console.process(), console.process());
    let (status, answer, cookie) = sign_in(&one, " Amina ", PASSWORD).await;
    assert_eq!((status, &answer["name"]), (200, &"amina".into()), "{answer}");
    assert!(cookie.starts_with("__Host-hub-nairobi-session="));
    let (status, answer, _) = ask(&two, "GET", &cookie, Value::Null).await;
    assert_eq!((status, &answer["name"]), (200, &"amina".into()));
    assert!(answer["expires_ms"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(shown(&one, "").await, 401);
    assert_eq!(shown(&one, "__Host-hub-nairobi-session=00").await, 401);
    assert_eq!(ask(&two, "DELETE", &cookie, Value::Null).await.0, 204);
    assert_eq!(ask(&two, "DELETE", &cookie, Value::Null).await.0, 204);
    assert_eq!(shown(&one, &cookie).await, 401);

    time_ends_sessions(&console, &one).await;
    a_new_password_ends_sessions(&console, &one).await;
    wrong_passwords_lead_to_a_pause(&console, &one, &two).await;
    bad_input_names_the_field(&one).await;
    a_lost_database_is_a_503(&console, &one).await;
}

async fn time_ends_sessions(console: &Console, app: &Router) {
    let age = async |column: &str, age: &str| {
        let sql = format!("UPDATE console_session SET {column} = now() - interval '{age}'");
        console.sql(&sql).await;
    };
    let (_, _, cookie) = sign_in(app, "amina", PASSWORD).await;
    age("used", "7 hours 59 minutes").await;
    assert_eq!(shown(app, &cookie).await, 200);
    age("started", "11 hours 59 minutes").await;
    assert_eq!(shown(app, &cookie).await, 200, "the use before was written down");
    age("started", "12 hours").await;
    assert_eq!(shown(app, &cookie).await, 401);
    let (_, _, cookie) = sign_in(app, "amina", PASSWORD).await;
    age("used", "8 hours").await;
    assert_eq!(shown(app, &cookie).await, 401);
    let (_, _, first) = sign_in(app, "amina", PASSWORD).await;
    for _ in 0..20 {
        assert_eq!(sign_in(app, "amina", PASSWORD).await.0, 200);
    }
    assert_eq!(shown(app, &first).await, 401, "the oldest of 21 ended");
}

async fn a_new_password_ends_sessions(console: &Console, app: &Router) {
    let (_, _, cookie) = sign_in(app, "amina", PASSWORD).await;
    console.set_password("amina", "another dry umbrella").await;
    assert_eq!(shown(app, &cookie).await, 401);
    assert_eq!(sign_in(app, "amina", PASSWORD).await.0, 401);
    console.set_password("amina", PASSWORD).await;
    console.set_password("musa", PASSWORD).await;
    let db = console.store.client().await.unwrap();
    assert_eq!(credentials::list(&**db).await.unwrap(), ["amina", "musa"]);
    let (_, _, cookie) = sign_in(app, "musa", PASSWORD).await;
    let musa = UserName::read("musa").unwrap();
    assert!(credentials::remove(&**db, &musa).await.unwrap());
    assert!(!credentials::remove(&**db, &musa).await.unwrap());
    assert_eq!(shown(app, &cookie).await, 401);
}

async fn wrong_passwords_lead_to_a_pause(console: &Console, one: &Router, two: &Router) {
    for left in [4, 3, 2, 1, 0] {
        let (status, problem, _) = sign_in(one, "amina", "wrong").await;
        assert_eq!((status, &problem["tries_left"]), (401, &left.into()));
        let (status, problem, _) = sign_in(one, "nobody", "wrong").await;
        assert_eq!((status, &problem["tries_left"]), (401, &4.into()));
    }
    let (status, problem, _) = sign_in(two, "amina", PASSWORD).await;
    assert_eq!((status, &problem["type"]), (429, &"urn:omniroute:problem:locked-out".into()));
    console.sql("UPDATE console_user SET tried = now() - interval '61 seconds'").await;
    assert_eq!(sign_in(two, "amina", PASSWORD).await.0, 200);
}

async fn bad_input_names_the_field(app: &Router) {
    for (body, field) in [
        (json!({ "name": "", "password": "x" }), "name"),
        (json!({ "name": "a b", "password": "x" }), "name"),
        (json!({ "name": "x".repeat(65), "password": "x" }), "name"),
        (json!({ "name": "amina", "password": "" }), "password"),
        (json!({ "name": "amina", "password": "x".repeat(1025) }), "password"),
        (json!({ "name": "amina" }), "password"),
        (json!({ "name": "amina", "password": "x", "otp": 1 }), "otp"),
    ] {
        let (status, problem, _) = ask(app, "POST", "", body.clone()).await;
        assert_eq!((status, &problem["field"]), (400, &field.into()), "{body}");
    }
}

async fn a_lost_database_is_a_503(console: &Console, app: &Router) {
    let (_, _, cookie) = sign_in(app, "amina", PASSWORD).await;
    console.store.close();
    assert_eq!(shown(app, &cookie).await, 503);
}
