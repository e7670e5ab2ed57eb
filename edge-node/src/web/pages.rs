//! The staff's pages, embedded in the binary.

use axum::Router;

/// For `Router::fallback_service`. Call once per process.
#[allow(unused_qualifications, reason = "in the list that memory-serve generates")]
pub fn router() -> Router {
    web_rim::pages::serve(memory_serve::load!())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::{Request, header};
    use tower::ServiceExt;

    #[tokio::test]
    async fn there_is_always_a_page_built_or_not() {
        for path in ["/", "/orders"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = router().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        }
    }
}
