//! Why a bundle is not taken. Each reason says whose fault it is and what helps; it decides nothing.

use crate::day::Day;
use crate::hash::Sha256Hash;

/// Why a bundle, or a part of it, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Ours to mend: the disk.
    #[error("{part} cannot be read: {reason}; remedy: fetch the bundle again, or mend the disk")]
    Unreadable { part: String, reason: String },
    #[error("{part} has {bytes} bytes, more than {bytes_max}; remedy: publish a smaller model")]
    TooLarge { part: String, bytes: u64, bytes_max: u64 },
    #[error("{part}: {field}: {reason}; remedy: write it as models/bundle/README.md says")]
    Malformed { part: &'static str, field: String, reason: String },
    #[error(
        "signed by {key}, which is not pinned here; remedy: sign with a key of this region, or pin the new one"
    )]
    KeyNotPinned { key: String },
    #[error("the signature of {part} is not of these bytes; remedy: fetch the bundle again")]
    SignatureWrong { part: &'static str },
    #[error("{part} differs from what the manifest signs; remedy: fetch this file again")]
    FileDiffers { part: &'static str },
    #[error(
        "made for features `{found}` ({found_hash}), and this node computes `{expected}` ({expected_hash}); remedy: train for these features, or update the node"
    )]
    SchemaDiffers {
        expected: String,
        expected_hash: Sha256Hash,
        found: String,
        found_hash: Sha256Hash,
    },
    #[error("expired on {on}; remedy: publish a model trained on newer data")]
    Expired { on: Day },
    #[error("needs runtime {needs}, and this is {has}; remedy: update the node")]
    RuntimeTooOld { needs: String, has: String },
}

impl Refused {
    /// Whether the bytes were damaged on their way, so that fetching them again may help. All else
    /// stays refused until somebody publishes something else.
    #[must_use]
    pub const fn may_be_damage(&self) -> bool {
        matches!(
            self,
            Self::Unreadable { .. } | Self::SignatureWrong { .. } | Self::FileDiffers { .. }
        )
    }

    /// A malformed field, named.
    pub(crate) fn field(
        part: &'static str,
        field: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self::Malformed { part, field: field.into(), reason: reason.into() }
    }
}
