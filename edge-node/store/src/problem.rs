//! How the store's answers read as problem documents, for a server that has them. The store itself knows
//! no server.

use web_rim::problem::Problem;

use crate::{CommandError, StoreError};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::disk_full(),
            StoreError::Stopped => Self::stopping(),
            StoreError::QueueFull => Self::queue_full("the queue of the store"),
            StoreError::Sqlite(_) | StoreError::Damaged(_) | StoreError::NoReader(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => refusal.into(),
            CommandError::IdReused { .. } => Self::id_used_for_another_body(),
            CommandError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_the_store_has_its_status() {
        let id = shared_model::id::EntryId::new(uuid::Uuid::nil());
        for (error, status) in [
            (CommandError::IdReused { id }, 409),
            (StoreError::QueueFull.into(), 429),
            (StoreError::Damaged("a secret path".to_owned()).into(), 500),
            (StoreError::Stopped.into(), 503),
            (StoreError::DiskFull.into(), 507),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.status(), status);
            assert!(!problem.to_json().to_string().contains("secret"));
        }
    }
}
