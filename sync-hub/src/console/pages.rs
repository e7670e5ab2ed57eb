//! The console's pages, embedded in the binary.

use axum::Router;

/// For `Router::fallback_service`. Call once per process.
#[allow(unused_qualifications, reason = "in the list that memory-serve generates")]
pub fn router() -> Router {
    web_rim::pages::serve(memory_serve::load!())
}
