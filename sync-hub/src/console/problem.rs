//! Problem documents, and how the store's answers read in them.

pub use web_rim::problem::*;

use axum::http::StatusCode;
use tokio_postgres::error::SqlState;

use crate::store::{AppendError, StoreError};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Database(cause) if cause.code() == Some(&SqlState::DISK_FULL) => {
                Self::disk_full()
            }
            StoreError::Pool(_) => no_database(&error),
            StoreError::Database(cause) if cause.is_closed() => no_database(&error),
            StoreError::Database(cause) => Self::internal(cause),
            StoreError::Moved { .. } | StoreError::Broken(_) => Self::internal(&error),
            StoreError::NotEnrolled { .. } => Self::not_found(error.to_string()).field("node"),
            StoreError::Revoked { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "node-revoked", "The node was revoked")
                    .field("node")
                    .detail(error.to_string())
                    .remedy("enrol the box anew")
            }
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Refused(refusal) => refusal.into(),
            AppendError::IdReused => Self::id_used_for_another_body(),
            AppendError::Store(error) => error.into(),
        }
    }
}

fn no_database(error: &StoreError) -> Problem {
    tracing::warn!(%error, source = ?std::error::Error::source(error), "no database");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "no-database",
        "The hub's database does not answer",
    )
    .remedy("send the same request with the same id again in a moment")
    .retry_after_s(2)
}
