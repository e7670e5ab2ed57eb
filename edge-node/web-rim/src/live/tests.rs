//! Streams as a browser reads them, from a router.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::StreamExt;
use tower::ServiceExt;

use super::*;

const KINDS: &[&str] = &["orders", "articles", "riders"];

/// An open page; `None` when it was refused.
async fn open(live: &Live, last_event_id: Option<&str>) -> Option<BodyDataStream> {
    let live = live.clone();
    let app: Router = Router::new().route(
        "/events",
        get(move |headers: HeaderMap| async move {
            live.stream(&headers, || async { true }).into_response()
        }),
    );
    let request = last_event_id
        .into_iter()
        .fold(Request::get("/events"), |r, id| r.header("last-event-id", id));
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    (response.status() == 200).then(|| response.into_body().into_data_stream())
}

/// The next event as `(name, data, id)`.
async fn event(page: &mut BodyDataStream) -> Option<(String, Value, String)> {
    let wait = tokio::time::timeout(Duration::from_secs(10), page.next());
    let bytes = wait.await.expect("an event or the end").map(Result::unwrap)?;
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let line = |name: &str| {
        let start = format!("{name}: ");
        text.lines()
            .find_map(|l| l.strip_prefix(&start))
            .unwrap_or_else(|| panic!("{text}"))
            .to_owned()
    };
    Some((line("event"), serde_json::from_str(&line("data")).unwrap(), line("id")))
}

fn kinds(event: &Option<(String, Value, String)>) -> Value {
    let (name, value, _) = event.as_ref().expect("an event");
    assert_eq!(name, "changed");
    value["kinds"].clone()
}

#[tokio::test]
async fn a_page_hears_what_changed_after_it_opened() {
    let live = Live::new(KINDS).unwrap();
    live.changed(&["riders"]);
    let mut page = open(&live, None).await.unwrap();
    live.changed(&["orders"]);
    assert_eq!(kinds(&event(&mut page).await), json!(["orders"]));
    live.changed(&[]);
    live.changed(&["articles", "orders"]);
    assert_eq!(kinds(&event(&mut page).await), json!(["orders", "articles"]));
    live.changed(&["a kind nobody declared"]);
    assert_eq!(kinds(&event(&mut page).await), json!(KINDS));
}

#[tokio::test]
async fn a_slow_page_misses_nothing_and_hears_it_once() {
    let live = Live::new(KINDS).unwrap();
    let mut page = open(&live, None).await.unwrap();
    for _ in 0..100_000 {
        live.changed(&["orders"]);
    }
    live.changed(&["riders"]);
    assert_eq!(kinds(&event(&mut page).await), json!(["orders", "riders"]));
    live.close();
    assert!(event(&mut page).await.is_none());
    assert!(event(&mut open(&live, None).await.unwrap()).await.is_none());
}

#[tokio::test]
async fn the_state_of_sync_is_told_at_once_and_when_it_changes() {
    let live = Live::new(KINDS).unwrap();
    live.sync(&json!({"unsent": 3}));
    let mut page = open(&live, None).await.unwrap();
    let (name, value, _) = event(&mut page).await.unwrap();
    assert_eq!((name.as_str(), &value), ("sync", &json!({"unsent": 3})));
    live.sync(&json!({"unsent": 3}));
    live.sync(&json!({"unsent": 0}));
    assert_eq!(event(&mut page).await.unwrap().1, json!({"unsent": 0}));
}

#[tokio::test]
async fn a_page_that_comes_back_hears_everything_if_anything_happened() {
    let live = Live::new(KINDS).unwrap();
    let mut page = open(&live, None).await.unwrap();
    live.changed(&["orders"]);
    let id = event(&mut page).await.unwrap().2;
    drop(page);

    let mut back = open(&live, Some(&id)).await.unwrap();
    live.changed(&["riders"]);
    assert_eq!(kinds(&event(&mut back).await), json!(["riders"]), "nothing was missed");
    let mut late = open(&live, Some(&id)).await.unwrap();
    assert_eq!(kinds(&event(&mut late).await), json!(KINDS));
    let mut after_restart = open(&Live::new(KINDS).unwrap(), Some(&id)).await.unwrap();
    assert_eq!(kinds(&event(&mut after_restart).await), json!(KINDS));
}

#[tokio::test]
async fn the_number_of_pages_is_bounded_and_a_place_comes_free() {
    let live = Live::new(KINDS).unwrap();
    let mut pages = Vec::new();
    while let Some(page) = open(&live, None).await {
        pages.push(page);
    }
    assert_eq!(pages.len(), PAGES_MAX);
    pages.pop();
    assert!(open(&live, None).await.is_some());
}

#[tokio::test]
async fn a_page_that_may_no_longer_listen_is_cut_off() {
    let live = Live { ask_every: Duration::from_millis(5), ..Live::new(KINDS).unwrap() };
    let left = Arc::new(AtomicU32::new(3));
    let may_listen = {
        let left = left.clone();
        move || {
            let yes = left.fetch_sub(1, Ordering::Relaxed) > 0;
            async move { yes }
        }
    };
    let stream = live.stream(&HeaderMap::new(), may_listen).unwrap().into_response();
    let mut page = stream.into_body().into_data_stream();
    assert!(event(&mut page).await.is_none());
    assert_eq!(left.load(Ordering::Relaxed), u32::MAX, "asked until it was no");
}
