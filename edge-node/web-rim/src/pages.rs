//! Serves the pages that were embedded in the binary, with their caching.
//!
//! Any address that is not a file and not under `/api/` is the app's own: it gets the app's one
//! page, so that a bookmark of an order works. Files that are missing are missing: an old page must
//! not be given HTML for a script.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use memory_serve::{CacheControl, MemoryServe};

use crate::problem::{Problem, unknown_route};

/// Vite puts a hash of the content into the names of the files here: they never change.
const HASHED: &str = "/assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const READING: HeaderValue = HeaderValue::from_static("GET,HEAD");

/// The embedded pages, for `Router::fallback_service`. Call once: memory-serve keeps what it
/// unpacks for as long as the process lives.
pub fn serve(embedded: MemoryServe) -> Router {
    embedded
        .index_file(Some("/index.html"))
        .fallback(Some("/index.html"))
        .fallback_status(axum::http::StatusCode::OK)
        .html_cache_control(CacheControl::NoCache)
        .cache_control(CacheControl::NoCache)
        .into_router()
        .layer(from_fn(only_what_is_there))
}

async fn only_what_is_there(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let path = uri.path();
    if path.starts_with("/api/") {
        return unknown_route(uri).await.into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = Problem::method_not_allowed(request.method()).into_response();
        refused.headers_mut().insert(header::ALLOW, READING);
        return refused;
    }
    let mut response = next.run(request).await;
    if is_file(path) && !path.ends_with(".html") && is_html(&response) {
        return unknown_route(uri).await.into_response();
    }
    if path.starts_with(HASHED) {
        response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    }
    response
}

fn is_file(path: &str) -> bool {
    path.starts_with(HASHED) || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn is_html(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/html")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use memory_serve::Asset;
    use tower::ServiceExt;

    const ASSETS: &[Asset] = &[
        asset("/index.html", "text/html", b"<p>app"),
        asset("/assets/app-B1cD2eF3.js", "text/javascript", b"run()"),
        asset("/icon.svg", "image/svg+xml", b"<svg/>"),
    ];

    const fn asset(route: &'static str, kind: &'static str, bytes: &'static [u8]) -> Asset {
        Asset {
            route,
            path: "",
            etag: route,
            content_type: kind,
            bytes: Some(bytes),
            is_compressed: false,
            should_compress: false,
        }
    }

    async fn ask(method: &str, path: &str, seen: &str) -> Response {
        let app = Router::new().fallback_service(serve(MemoryServe::new(ASSETS)));
        let request = Request::builder().method(method).uri(path).header("if-none-match", seen);
        app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn check(path: &str, status: u16, caching: &str, body: &str) {
        let response = ask("GET", path, "\"none\"").await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], caching, "{path}");
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert_eq!(bytes, body, "{path}");
    }

    #[tokio::test]
    async fn files_and_the_apps_own_addresses_are_served() {
        check("/", 200, "no-cache", "<p>app").await;
        check("/index.html", 200, "no-cache", "<p>app").await;
        check("/orders/0190b8a0", 200, "no-cache", "<p>app").await;
        check("/icon.svg", 200, "no-cache", "<svg/>").await;
        let forever = "public, max-age=31536000, immutable";
        check("/assets/app-B1cD2eF3.js", 200, forever, "run()").await;
    }

    #[tokio::test]
    async fn what_was_seen_is_not_sent_again() {
        let response = ask("GET", "/icon.svg", "\"/icon.svg\"").await;
        assert_eq!(response.status(), 304);
    }

    #[tokio::test]
    async fn what_is_missing_is_a_problem() {
        for (method, path, status) in [
            ("GET", "/api/v1/none", 404),
            ("POST", "/api/v1/none", 404),
            ("GET", "/assets/app-OLD.js", 404),
            ("GET", "/assets/app", 404),
            ("GET", "/sw.js", 404),
            ("POST", "/", 405),
            ("DELETE", "/orders/1", 405),
        ] {
            let response = ask(method, path, "").await;
            assert_eq!(response.status(), status, "{method} {path}");
            let kind = &response.headers()[header::CONTENT_TYPE];
            assert_eq!(kind, "application/problem+json", "{method} {path}");
            assert_eq!(response.headers().contains_key(header::ALLOW), status == 405);
        }
    }
}
