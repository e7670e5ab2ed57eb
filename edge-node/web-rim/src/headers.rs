//! What goes around every answer: the origin check, safety headers, a time limit, a bound on
//! requests at once.
//!
//! Strict-Transport-Security is left out by decision: a depot's certificate comes from its own
//! authority, and a browser that was told to insist could never again be shown the page that
//! installs it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::sync::Semaphore;

use crate::origin;
use crate::problem::{Problem, unknown_method};

/// How long an answer may take to begin. Streams may go on longer.
pub const ANSWER_S_MAX: u64 = 30;
/// Requests worked on at once. Each holds at most a body of 256 KiB: 128 MiB in the worst case.
pub const REQUESTS_AT_ONCE_MAX: usize = 512;

/// Pages hold no inline script or style, so none is allowed: injected text cannot run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, HeaderValue); 7] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), geolocation=(self), microphone=(), payment=()"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// How many requests and how long, so that a test can make both small.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub requests_at_once_max: usize,
    pub answer_max: Duration,
}

/// What a server runs with.
pub const LIMITS: Limits = Limits {
    requests_at_once_max: REQUESTS_AT_ONCE_MAX,
    answer_max: Duration::from_secs(ANSWER_S_MAX),
};

/// Puts the whole rim around a finished router: call it last.
pub fn guard(router: Router, limits: Limits) -> Router {
    let bound = Bound {
        places: Arc::new(Semaphore::new(limits.requests_at_once_max)),
        answer_max: limits.answer_max,
    };
    let router = router.method_not_allowed_fallback(unknown_method);
    // One layer for all of it: each layer costs every request a box and a copy of the state.
    router.layer(from_fn_with_state(bound, around))
}

#[derive(Clone)]
struct Bound {
    places: Arc<Semaphore>,
    answer_max: Duration,
}

async fn around(State(bound): State<Bound>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let allowed = origin::check(request.method(), request.uri(), request.headers());
    let mut response = match allowed {
        Ok(()) => bound.run(request, next).await,
        Err(problem) => problem.into_response(),
    };
    add_headers(response.headers_mut(), is_api);
    response
}

impl Bound {
    /// Answers even when the handler is late or fails in a way nobody foresaw.
    async fn run(&self, request: Request, next: Next) -> Response {
        let Ok(_place) = self.places.try_acquire() else {
            return Problem::queue_full("the server's place for requests").into_response();
        };
        let work = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(self.answer_max, work).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => Problem::internal(&"a handler panicked").into_response(),
            Err(_late) => Problem::timed_out(self.answer_max.as_secs()).into_response(),
        }
    }
}

fn add_headers(headers: &mut HeaderMap, is_api: bool) {
    headers.extend(ALWAYS);
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    fn ask(app: &Router, path: &str) -> impl Future<Output = Response> + use<> {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = app.clone().oneshot(request);
        async { answer.await.unwrap() }
    }

    #[tokio::test]
    async fn every_answer_carries_the_headers_once() {
        let plain = || async { ([(header::CACHE_CONTROL, "max-age=9")], "x") };
        let routes = Router::new().route("/api/x", get(plain)).route("/x", get(plain));
        let app = guard(routes, LIMITS);
        for path in ["/x", "/api/x", "/none"] {
            let response = ask(&app, path).await;
            for (name, value) in ALWAYS {
                let all: Vec<_> = response.headers().get_all(&name).iter().collect();
                assert_eq!(all, [&value], "{path} {name}");
            }
        }
        assert_eq!(ask(&app, "/x").await.headers()[header::CACHE_CONTROL], "max-age=9");
        assert_eq!(ask(&app, "/api/x").await.headers()[header::CACHE_CONTROL], "no-store");
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    }

    #[tokio::test]
    async fn a_wrong_method_is_a_problem() {
        let app = guard(Router::new().route("/x", axum::routing::post(|| async {})), LIMITS);
        let response = ask(&app, "/x").await;
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()[header::ALLOW], "POST");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[tokio::test]
    async fn a_late_answer_and_a_panic_are_problems() {
        async fn never() {
            std::future::pending().await
        }
        async fn panics() {
            panic!("as if by mistake")
        }
        let routes = Router::new().route("/never", get(never)).route("/panic", get(panics));
        let limits = Limits { answer_max: Duration::from_millis(20), ..LIMITS };
        let app = guard(routes, limits);
        let late = ask(&app, "/never").await;
        assert_eq!(late.status(), 503);
        assert!(late.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(ask(&app, "/panic").await.status(), 500);
    }

    #[tokio::test]
    async fn one_too_many_is_told_to_come_back() {
        let (inside, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let handler = {
            let (inside, go) = (inside.clone(), go.clone());
            move || async move {
                inside.notify_one();
                go.notified().await;
            }
        };
        let limits = Limits { requests_at_once_max: 1, ..LIMITS };
        let app = guard(Router::new().route("/", get(handler)), limits);
        let first = tokio::spawn(ask(&app, "/"));
        inside.notified().await;
        let second = ask(&app, "/").await;
        assert_eq!(second.status(), 429);
        assert_eq!(second.headers()[header::RETRY_AFTER], "1");
        go.notify_one();
        assert_eq!(first.await.unwrap().status(), 200);
    }
}
