//! An answer, and who gave it. Advice is never passed on without that.

use model_bundle::{ModelId, Sha256Hash, Version};

/// Who an answer is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    Model {
        id: ModelId,
        version: Version,
        manifest_sha256: Sha256Hash,
    },
    /// The documented formula, and why no model answered.
    Baseline {
        name: String,
        reason: String,
    },
}

/// Predictions, rows × outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub values: Vec<f32>,
    pub by: Author,
}

impl Answer {
    /// The baseline's values, where the model gave none.
    #[must_use]
    pub fn or_baseline(
        asked: Result<Self, String>,
        name: &str,
        values: impl FnOnce() -> Vec<f32>,
    ) -> Self {
        asked.unwrap_or_else(|reason| Self {
            values: values(),
            by: Author::Baseline { name: name.to_owned(), reason },
        })
    }
}
