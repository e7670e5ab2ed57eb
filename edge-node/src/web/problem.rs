//! Problem documents, and how the store's failures read in them.

pub use web_rim::problem::*;

use crate::store::StoreError;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::disk_full(),
            other => Self::internal(&other),
        }
    }
}
