//! Records: the versions that were announced, the last order to each ring, and the days' facts.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::announcement::{Announcement, Step};
use super::facts::Facts;
use crate::blob::BlobId;
use crate::id::{ModelCode, RingCode};
use crate::log::AuthorPublicKey;
use crate::time::Timestamp;

/// A version that the hub announced, keyed by [`version_key`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PublishedModel {
    #[n(0)]
    pub model: ModelCode,
    #[n(1)]
    pub version: u32,
    #[n(2)]
    pub manifest: BlobId,
    #[n(3)]
    pub manifest_bytes: u64,
    #[n(4)]
    pub bundle_bytes: u64,
    #[n(5)]
    pub key: AuthorPublicKey,
    #[n(6)]
    pub manifest_signature: ByteArray<64>,
}

impl From<&Announcement> for PublishedModel {
    fn from(order: &Announcement) -> Self {
        Self {
            model: order.model.clone(),
            version: order.version,
            manifest: order.manifest,
            manifest_bytes: order.manifest_bytes,
            bundle_bytes: order.bundle_bytes,
            key: order.key,
            manifest_signature: order.manifest_signature,
        }
    }
}

/// The last order about a model to a ring, keyed by [`order_key`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ModelOrder {
    #[n(0)]
    pub order: Announcement,
    #[n(1)]
    pub at: Timestamp,
}

/// How many orders were given about a model, keyed by the model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ModelLine {
    #[n(0)]
    pub number: u64,
}

/// A day's facts of one model at one depot, keyed by [`report_key`]: the last report of the day.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ModelFacts {
    #[n(0)]
    pub facts: Facts,
    #[n(1)]
    pub at: Timestamp,
}

/// Versions of one model stand together, in order.
#[must_use]
pub fn version_key(model: &ModelCode, version: u32) -> String {
    format!("{model}/{version:010}")
}

/// Days of one model stand together, in order.
#[must_use]
pub fn report_key(model: &ModelCode, day: u32) -> String {
    format!("{model}/{day:06}")
}

/// Orders about what is tried and what is used stand beside each other: the later of one kind
/// replaces the earlier.
#[must_use]
pub fn order_key(model: &ModelCode, ring: &RingCode, step: Step) -> String {
    let lane = if step == Step::Shadow { "try" } else { "use" };
    format!("{model}/{ring}/{lane}")
}
