//! Pairing, signing in and live updates through the guarded router, as a browser does it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::auth::IdentityState;
use super::live::{KINDS, Live};
use super::{device, headers, live, lockout, pages, session};
use crate::identity::moment::Moment;
use crate::identity::testing::{AMINA, AMINA_PIN, Depot, MUSA, MUSA_PIN};

struct Browser {
    app: Router,
    depot: Depot,
    live: Live,
    cookies: Vec<String>,
}

impl Browser {
    async fn new() -> Self {
        let depot = Depot::new().await;
        let live = Live::new(KINDS).unwrap();
        let state = IdentityState::new(depot.identity(), "NBO-1");
        let routes = Router::new()
            .merge(device::router(state.clone()))
            .merge(session::router(state.clone()))
            .merge(lockout::router(state.clone()))
            .merge(live::router(state, live.clone()))
            .fallback_service(pages::router());
        Self { app: headers::guard(routes, headers::LIMITS), depot, live, cookies: Vec::new() }
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> Response<Body> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "depot.lan")
            .header(header::ORIGIN, "https://depot.lan")
            .header(header::COOKIE, self.cookies.join("; "));
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response = self.app.clone().oneshot(request.unwrap()).await.unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let name = pair.split('=').next().unwrap().to_owned();
            self.cookies.retain(|kept| !kept.starts_with(&name));
            self.cookies.push(pair);
        }
        response
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn pair(&mut self) -> u16 {
        let code = self.depot.code(&Moment::now()).await.to_string();
        let body = json!({ "code": code, "name": "Till 1" });
        self.ask("POST", "/api/v1/device", Some(body)).await.0
    }

    async fn sign_in(&mut self, staff: impl ToString, pin: &str) -> (u16, Value) {
        let body = json!({ "staff": staff.to_string(), "pin": pin });
        self.ask("POST", "/api/v1/session", Some(body)).await
    }
}

#[tokio::test]
async fn a_browser_is_paired_signs_in_and_out() {
    let mut browser = Browser::new().await;
    let (status, problem) = browser.sign_in(MUSA, MUSA_PIN).await;
    assert_eq!((status, &problem["type"]), (403, &"urn:omniroute:problem:device".into()));
    assert_eq!(browser.pair().await, 204);
    assert!(browser.cookies[0].starts_with("__Host-nbo-1-device="));

    assert_eq!(browser.ask("GET", "/api/v1/session", None).await.0, 401);
    let (status, answer) = browser.sign_in(MUSA, MUSA_PIN).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((&answer["name"], &answer["role"]), (&"Musa".into(), &"picker".into()));
    assert_eq!(answer["staff"], MUSA.to_string());
    assert!(answer["expires_ms"].as_i64().unwrap() > Moment::now().wall.ms());
    let (status, shown) = browser.ask("GET", "/api/v1/session", None).await;
    assert_eq!((status, &shown["staff"]), (200, &answer["staff"]));

    let before = browser.cookies.clone();
    assert_eq!(browser.ask("DELETE", "/api/v1/session", None).await.0, 204);
    assert_eq!(browser.ask("DELETE", "/api/v1/session", None).await.0, 204);
    browser.cookies = before;
    assert_eq!(browser.ask("GET", "/api/v1/session", None).await.0, 401, "the token is dead");
}

#[tokio::test]
async fn wrong_pins_are_counted_paused_and_reset_by_a_manager() {
    let mut browser = Browser::new().await;
    browser.pair().await;
    for left in [4, 3, 2, 1, 0] {
        let (status, problem) = browser.sign_in(MUSA, "0000").await;
        assert_eq!((status, &problem["tries_left"]), (401, &left.into()), "{problem}");
        assert_eq!(problem["field"], "pin");
    }
    let body = json!({ "staff": MUSA.to_string(), "pin": MUSA_PIN });
    let paused = browser.send("POST", "/api/v1/session", Some(body)).await;
    assert_eq!(paused.status(), 429);
    let wait_s: u64 = paused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait_s));

    assert_eq!(browser.sign_in(AMINA, AMINA_PIN).await.0, 200);
    let reset = format!("/api/v1/lockouts/{MUSA}");
    assert_eq!(browser.ask("DELETE", &reset, None).await.0, 204);
    assert_eq!(browser.sign_in(MUSA, MUSA_PIN).await.0, 200);
    let (status, problem) = browser.ask("DELETE", &reset, None).await;
    assert_eq!((status, &problem["type"]), (403, &"urn:omniroute:problem:role".into()));
}

#[tokio::test]
async fn a_manager_lists_and_shuts_out_devices() {
    let mut browser = Browser::new().await;
    browser.pair().await;
    let first = std::mem::take(&mut browser.cookies);
    browser.pair().await;
    assert_eq!(browser.ask("GET", "/api/v1/devices", None).await.0, 401);
    browser.sign_in(MUSA, MUSA_PIN).await;
    assert_eq!(browser.ask("GET", "/api/v1/devices", None).await.0, 403);
    browser.sign_in(AMINA, AMINA_PIN).await;
    let (status, list) = browser.ask("GET", "/api/v1/devices", None).await;
    assert_eq!((status, list["items"].as_array().unwrap().len()), (200, 2));
    let other = list["items"].as_array().unwrap().iter().find(|d| d["this"] == false).unwrap();
    let path = format!("/api/v1/devices/{}", other["device"].as_str().unwrap());
    assert_eq!(browser.ask("DELETE", &path, None).await.0, 204);
    let nobody = format!("/api/v1/devices/{}", uuid::Uuid::nil());
    assert_eq!(browser.ask("DELETE", &nobody, None).await.0, 404);
    let (status, problem) = browser.ask("DELETE", "/api/v1/devices/7", None).await;
    assert_eq!((status, &problem["field"]), (400, &"device".into()));
    browser.cookies = first;
    assert_eq!(browser.sign_in(MUSA, MUSA_PIN).await.0, 403);
}

/// Posts `body` and expects a problem with `field` and a remedy.
async fn check(browser: &mut Browser, path: &str, body: Value, status: u16, field: &str) {
    let (is, problem) = browser.ask("POST", path, Some(body.clone())).await;
    assert_eq!((is, &problem["field"]), (status, &field.into()), "{body} {problem}");
    assert_ne!(problem["remedy"], "");
}

#[tokio::test]
async fn bad_input_to_pairing_names_the_field_and_uses_no_code_up() {
    let mut browser = Browser::new().await;
    let code = browser.depot.code(&Moment::now()).await.to_string();
    for (code, name, status, field) in [
        (json!("0000-0000"), json!("Till"), 403, "code"),
        (json!("nonsense!"), json!("Till"), 403, "code"),
        (json!(7), json!("Till"), 400, "code"),
        (json!(code), json!(""), 400, "name"),
        (json!(code), json!("x".repeat(61)), 400, "name"),
        (json!(code), json!("a\nb"), 400, "name"),
        (json!(code), json!(null), 400, "name"),
    ] {
        let body = json!({ "code": code, "name": name });
        check(&mut browser, "/api/v1/device", body, status, field).await;
    }
    check(&mut browser, "/api/v1/device", json!({ "code": code }), 400, "name").await;
    let body = json!({ "code": code, "name": "Till 2" });
    assert_eq!(browser.ask("POST", "/api/v1/device", Some(body)).await.0, 204);
}

#[tokio::test]
async fn bad_input_to_signing_in_names_the_field_and_is_not_counted() {
    let mut browser = Browser::new().await;
    browser.pair().await;
    let musa = MUSA.to_string();
    for (body, field) in [
        (json!({ "staff": "musa", "pin": "4071" }), "staff"),
        (json!({ "staff": musa, "pin": 4071 }), "pin"),
        (json!({ "staff": musa }), "pin"),
        (json!({ "staff": musa, "pin": "4071", "x": 1 }), "x"),
        (json!({ "staff": musa, "pin": "x".repeat(99) }), "pin"),
        (json!({ "staff": musa, "pin": "40a1" }), "pin"),
        (json!({ "staff": musa, "pin": "" }), "pin"),
    ] {
        check(&mut browser, "/api/v1/session", body, 400, field).await;
    }
    assert_eq!(browser.sign_in(MUSA, "0000").await.1["tries_left"], 4);
}

#[tokio::test]
async fn live_updates_are_for_people_who_are_signed_in() {
    let mut browser = Browser::new().await;
    browser.pair().await;
    assert_eq!(browser.ask("GET", "/api/v1/events", None).await.0, 401);
    browser.sign_in(MUSA, MUSA_PIN).await;
    let stream = browser.send("GET", "/api/v1/events", None).await;
    assert_eq!(stream.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(stream.headers()[header::CACHE_CONTROL], "no-store");
    browser.live.changed(&["orders"]);
    browser.live.close();
    let text = to_bytes(stream.into_body(), 1 << 20).await.unwrap();
    assert!(text.is_empty() || text.starts_with(b"event: changed"), "{text:?}");
}

#[tokio::test]
async fn every_address_answers_as_the_contract_says() {
    let mut browser = Browser::new().await;
    for (method, path, status, kind) in [
        ("GET", "/", 200, "text/html"),
        ("GET", "/orders/7", 200, "text/html"),
        ("GET", "/api/v1/none", 404, "application/problem+json"),
        ("POST", "/api/v1/none", 404, "application/problem+json"),
        ("GET", "/favicon.none", 404, "application/problem+json"),
        ("PUT", "/api/v1/session", 405, "application/problem+json"),
        ("POST", "/api/v1/session", 415, "application/problem+json"),
        ("GET", "/api/v1/session", 401, "application/problem+json"),
    ] {
        let response = browser.send(method, path, None).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], kind, "{method} {path}");
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        let caching = if path.starts_with("/api/") { "no-store" } else { "no-cache" };
        let is = response.headers().get(header::CACHE_CONTROL);
        assert!(is.is_none_or(|is| is == caching), "{method} {path} {is:?}");
    }
}
