//! Problem documents, and how the database's failures read in them.

pub use web_rim::problem::*;

use axum::http::StatusCode;
use tokio_postgres::error::SqlState;

/// The database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// No connection could be had.
    #[error("no connection to the database")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("the database refused or was lost")]
    Postgres(#[from] tokio_postgres::Error),
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match &error {
            DatabaseError::Postgres(cause) if cause.code() == Some(&SqlState::DISK_FULL) => {
                Self::disk_full()
            }
            DatabaseError::Postgres(cause) if !cause.is_closed() => Self::internal(cause),
            DatabaseError::Pool(_) | DatabaseError::Postgres(_) => unreachable_database(&error),
        }
    }
}

fn unreachable_database(error: &DatabaseError) -> Problem {
    tracing::warn!(%error, source = ?std::error::Error::source(error), "no database");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "no-database",
        "The hub's database does not answer",
    )
    .remedy("send the same request with the same id again in a moment")
    .retry_after_s(2)
}
