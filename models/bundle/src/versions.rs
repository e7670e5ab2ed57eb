//! Which version may follow which: a model's version only grows, unless a publisher signs that it shall go
//! back, from exactly the highest version that the node has seen to exactly one manifest.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::hash::Sha256Hash;
use crate::manifest::{Manifest, ModelId, Version};
use crate::reading;
use crate::refused::Refused;
use crate::signature::{self, PinnedKeys, PublicKey, Purpose, SigningKey};

pub const ROLLBACK_BYTES_MAX: u64 = 4 * 1024;
const REASON_BYTES_MAX: usize = 500;
const PART: &str = "rollback.json";

/// The highest version of a model that a node has ever taken in, and whether it was withdrawn since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    pub highest: Version,
    pub manifest_sha256: Sha256Hash,
    /// A signed rollback from it was obeyed.
    pub withdrawn: bool,
}

/// On what ground a version is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Newer,
    /// The one that is here already.
    Same,
    /// An older one, because a publisher signed it. The highest seen is to be marked withdrawn.
    RolledBack,
}

/// A publisher's order to go back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    pub format: u32,
    pub id: ModelId,
    /// The version to leave. The order is void wherever a higher one was seen, so it cannot be used again later.
    pub from_version: Version,
    pub to_version: Version,
    pub to_manifest_sha256: Sha256Hash,
    pub reason: String,
    pub issued_on: Day,
}

impl Rollback {
    /// The exact bytes of `rollback.json` and of `rollback.sig`.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> (Vec<u8>, Vec<u8>) {
        let bytes = serde_json::to_vec(self).expect("texts and numbers are always written");
        let signature = key.sign(Purpose::Rollback, &bytes);
        (bytes, signature)
    }
}

/// A rollback that a pinned key signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRollback {
    rollback: Rollback,
    key: PublicKey,
}

impl VerifiedRollback {
    /// # Errors
    /// What [`Refused`] says of signatures; [`Refused::Malformed`] for a rollback that goes forward.
    pub fn open(
        rollback: &[u8],
        signature_file: &[u8],
        pinned: &PinnedKeys,
    ) -> Result<Self, Refused> {
        let key = signature::check(Purpose::Rollback, rollback, signature_file, pinned)?;
        let rollback: Rollback = reading::typed(PART, rollback, ROLLBACK_BYTES_MAX)?;
        if rollback.format != crate::manifest::FORMAT {
            return Err(Refused::field(PART, "format", "is not known"));
        }
        if rollback.to_version >= rollback.from_version {
            return Err(Refused::field(PART, "to_version", "must be below from_version"));
        }
        if rollback.reason.is_empty() || rollback.reason.len() > REASON_BYTES_MAX {
            return Err(Refused::field(PART, "reason", format!("1 to {REASON_BYTES_MAX} bytes")));
        }
        Ok(Self { rollback, key })
    }

    #[must_use]
    pub const fn rollback(&self) -> &Rollback {
        &self.rollback
    }

    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }
}

/// Whether a signed manifest may come in after what was seen.
///
/// # Errors
/// [`Refused::Older`], [`Refused::VersionReused`], [`Refused::Withdrawn`] or
/// [`Refused::RollbackDoesNotApply`].
pub fn admit(
    candidate: &Manifest,
    candidate_sha256: Sha256Hash,
    seen: Option<&Seen>,
    rollback: Option<&VerifiedRollback>,
) -> Result<Admission, Refused> {
    let Some(seen) = seen else { return Ok(Admission::Newer) };
    let version = candidate.version;
    if version > seen.highest {
        return Ok(Admission::Newer);
    }
    if version == seen.highest {
        return match (candidate_sha256 == seen.manifest_sha256, seen.withdrawn) {
            (false, _) => Err(Refused::VersionReused { version }),
            (true, true) => Err(Refused::Withdrawn { version }),
            (true, false) => Ok(Admission::Same),
        };
    }
    let Some(signed) = rollback else {
        return Err(Refused::Older { found: version, highest: seen.highest });
    };
    let order = &signed.rollback;
    let mismatches = [
        (order.id != candidate.id, "it is for another model"),
        (order.from_version != seen.highest, "it does not start from the highest version seen"),
        (order.to_version != version, "it leads to another version"),
        (order.to_manifest_sha256 != candidate_sha256, "it leads to other contents"),
    ];
    match mismatches.iter().find(|(differs, _)| *differs) {
        Some((_, reason)) => Err(Refused::RollbackDoesNotApply { reason: (*reason).to_owned() }),
        None => Ok(Admission::RolledBack),
    }
}
