//! A console with somebody signed in, in front of a store that took in the days of three depots.

use std::path::Path;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::{Value, json};
use sync_hub::console::credentials::{self, UserName};
use sync_hub::console::live::{KINDS, Live};
use sync_hub::console::router::{Console, guarded};
use sync_hub::console::session::ConsoleState;
use sync_hub::store::{Door, HubStore};
use tokio_postgres::config::Host;
use tower::ServiceExt as _;
use web_rim::ca::SiteAuthority;
use web_rim::secret::{Hasher, Pepper, hash_now};

use crate::day::{Depot, Region};
use crate::region::{Base, NOW, candidates, enrol, lived};

const PASSWORD: &str = "four wet umbrellas";

pub(crate) struct Asking {
    pub(crate) store: HubStore,
    pub(crate) region: Region,
    app: Router,
    cookie: String,
    base: Base,
}

impl Asking {
    /// Three depots after `steps` of anything.
    pub(crate) async fn after(steps: usize) -> Self {
        let base = Base::new().await;
        let store = base.open().await;
        let region = lived(11, steps);
        for depot in &region.depots {
            enrol(&store, depot).await;
            send(&store, depot).await;
        }
        let decoder = crate::region::decoder();
        while sync_hub::documents::project_some(&store, &decoder, NOW).await.unwrap() > 0 {}
        let app = app(&store);
        let mut asking = Self { store, region, app, cookie: String::new(), base };
        asking.sign_in().await;
        asking
    }

    pub(crate) fn state_dir(&self) -> &Path {
        self.base.state.path()
    }

    /// As an operator would write it.
    pub(crate) fn database_url(&self) -> String {
        let database = &self.base.database;
        let Host::Unix(socket) = &database.get_hosts()[0] else { unreachable!("a socket") };
        let (user, name) = (database.get_user().unwrap(), database.get_dbname().unwrap());
        format!(
            "host={} port={} user={user} dbname={name}",
            socket.display(),
            database.get_ports()[0]
        )
    }

    async fn sign_in(&mut self) {
        let phc = hash_now(&pepper(), PASSWORD.as_bytes()).unwrap();
        let name = UserName::read("amina").unwrap();
        credentials::set(&**self.store.client().await.unwrap(), &name, &phc).await.unwrap();
        let body = json!({ "name": "amina", "password": PASSWORD });
        let request = Request::post("/api/v1/session")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        self.cookie = set.split(';').next().unwrap().to_owned();
    }

    pub(crate) fn sign_out(&mut self) {
        self.cookie = String::new();
    }

    /// Status and body of a page's answer.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Request::get(path), Body::empty()).await
    }

    /// A page that is there.
    pub(crate) async fn page(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// All items of a list, by its pages.
    pub(crate) async fn items(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut next) = (Vec::new(), String::new());
        loop {
            let page = self.page(&format!("{path}{joint}limit=7{next}")).await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(after) = page["next"].as_str() else { return items };
            next = format!("&after={}", after.replace(' ', "%20"));
        }
    }

    pub(crate) async fn post(&self, name: &str, body: &Value) -> (u16, Value) {
        self.post_text(name, &body.to_string()).await
    }

    pub(crate) async fn post_text(&self, name: &str, body: &str) -> (u16, Value) {
        let request = Request::post(format!("/api/v1/commands/{name}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.ask(request, Body::from(body.to_owned())).await
    }

    /// A command that is taken.
    pub(crate) async fn must(&self, name: &str, body: &Value) -> Value {
        let (status, answer) = self.post(name, body).await;
        assert_eq!(status, 200, "{name} {body}: {answer}");
        answer
    }

    /// A command that is refused, and by which code.
    pub(crate) async fn refused(&self, name: &str, body: &Value) -> (u16, String) {
        let (status, problem) = self.post(name, body).await;
        assert_ne!(status, 200, "{name} {body} was taken");
        assert!(problem["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{problem}");
        let code = problem["type"].as_str().unwrap();
        (status, code.trim_start_matches("urn:omniroute:problem:").to_owned())
    }

    async fn ask(&self, request: axum::http::request::Builder, body: Body) -> (u16, Value) {
        let request = request.header(header::COOKIE, &self.cookie).body(body).unwrap();
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), 8 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

/// Sends all that a depot wrote.
pub(crate) async fn send(store: &HubStore, depot: &Depot) {
    for batch in depot.log.chunks(300) {
        let batch = candidates(&depot.key, batch);
        store.ingest(depot.node(), batch, NOW).await.unwrap();
    }
}

fn app(store: &HubStore) -> Router {
    let hasher = Hasher::new(pepper()).unwrap();
    let console = Console {
        store: store.clone(),
        sessions: ConsoleState::new(store.clone(), hasher),
        live: Live::new(KINDS).unwrap(),
        door: Door { root_pin: [7; 32], addresses: vec!["hub.example:7443".to_owned()] },
        authority: SiteAuthority {
            name: "nairobi".to_owned(),
            pem: String::new(),
            der: Vec::new(),
            fingerprint: String::new(),
        },
    };
    guarded(console, Router::new())
}

fn pepper() -> Pepper {
    Pepper::from_bytes([7; 32])
}

/// A fresh id for a command.
pub(crate) fn mint() -> String {
    sync_hub::store::uuid_v7().to_string()
}
