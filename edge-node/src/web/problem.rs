//! Problem documents, and how the store's answers read in them.

pub use web_rim::problem::*;

use crate::store::StoreError;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::disk_full(),
            StoreError::Stopped => Self::stopping(),
            StoreError::QueueFull => Self::queue_full("the queue of the store"),
            StoreError::Sqlite(_) | StoreError::Damaged(_) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_the_store_has_its_status() {
        for (error, status) in [
            (StoreError::QueueFull, 429),
            (StoreError::Damaged("a secret path".to_owned()), 500),
            (StoreError::Stopped, 503),
            (StoreError::DiskFull, 507),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.status(), status);
            assert!(!problem.to_json().to_string().contains("secret"));
        }
    }
}
