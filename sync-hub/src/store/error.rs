//! Why the store did not do what it was asked.

use shared_model::admission::Moved;
use shared_model::id::NodeId;
use shared_model::refusal::Refusal;
use tokio_postgres::error::SqlState;

/// The store could not do it; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or went away. Worth another try.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// All connections are busy, or none can be made. Worth another try.
    #[error("no connection to the database in time")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The chain moved while the session looked elsewhere: begin a new session.
    #[error("the log of node {node} does not stand where the session left it")]
    Moved { node: NodeId },
    #[error("node {node} is not enrolled")]
    NotEnrolled { node: NodeId },
    #[error("node {node} was revoked")]
    Revoked { node: NodeId },
    /// A fault of this software or of the disk: no use in trying again.
    #[error("the store is not as it should be: {0}")]
    Broken(String),
}

impl StoreError {
    /// Whether two transactions met and this one gave way.
    pub(super) fn gave_way(&self) -> bool {
        let code = match self {
            Self::Database(error) => error.code(),
            Self::Pool(_)
            | Self::Moved { .. }
            | Self::NotEnrolled { .. }
            | Self::Revoked { .. }
            | Self::Broken(_) => None,
        };
        code == Some(&SqlState::T_R_DEADLOCK_DETECTED)
            || code == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
    }
}

impl From<Moved> for StoreError {
    fn from(Moved { node }: Moved) -> Self {
        Self::Moved { node }
    }
}

/// Why the hub wrote no entry.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A rule forbids it; the person is told.
    #[error("{0}")]
    Refused(Refusal),
    /// The id was used for another command before.
    #[error("the id was used for another command before")]
    IdReused,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<tokio_postgres::Error> for AppendError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<deadpool_postgres::PoolError> for AppendError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::Store(error.into())
    }
}

impl AppendError {
    pub(super) fn gave_way(&self) -> bool {
        match self {
            Self::Store(error) => error.gave_way(),
            Self::Refused(_) | Self::IdReused => false,
        }
    }
}
