//! What the hub tells the depots of a ring about a model. Signed with the region's model key beside
//! the seal of the hub's log, so that a depot needs no more than its pinned keys to judge it.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::blob::BlobId;
use crate::id::{ModelCode, RingCode, SiteCode};
use crate::log::AuthorPublicKey;

/// Depots of one ring.
pub const RING_SITES_MAX: usize = 1_000;

/// Keeps signatures over manifests apart from all others; with the zero byte that
/// [`AuthorPublicKey::check_signed`] puts behind it, it is the prefix that bundles name.
pub const MANIFEST_SIGNING_CONTEXT: &[u8] = b"omniroute model manifest v1";
/// Keeps signatures over orders apart from all others.
pub const ORDER_SIGNING_CONTEXT: &[u8] = b"omniroute model order v1";

/// What depots are to do with a version.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Run it silently beside the one in use.
    #[n(0)]
    Shadow,
    /// Use it. Never an older version than the one that was in use.
    #[n(1)]
    Activate,
    /// Answer by the baseline until told otherwise.
    #[n(2)]
    Pause,
    /// Answer by a version again after a pause, whatever came between.
    #[n(3)]
    Resume,
    /// Use it although it is older: the only way back that the hub has.
    #[n(4)]
    Rollback,
}

impl Step {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Activate => "activate",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Rollback => "rollback",
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Shadow => 0,
            Self::Activate => 1,
            Self::Pause => 2,
            Self::Resume => 3,
            Self::Rollback => 4,
        }
    }
}

/// One order of the hub about one version, to the depots of one ring.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Announcement {
    #[n(0)]
    pub model: ModelCode,
    #[n(1)]
    pub version: u32,
    /// Hash and size of the manifest, which names the other files by theirs.
    #[n(2)]
    pub manifest: BlobId,
    #[n(3)]
    pub manifest_bytes: u64,
    /// Size of all files together, the manifest included.
    #[n(4)]
    pub bundle_bytes: u64,
    #[n(5)]
    pub step: Step,
    #[n(6)]
    pub ring: RingCode,
    /// The sites it concerns, whichever box stands there; empty: every depot of the region.
    #[n(7)]
    pub sites: Vec<SiteCode>,
    /// Counts the orders about this model: a depot never obeys an earlier one after a later one.
    #[n(8)]
    pub number: u64,
    #[n(9)]
    pub key: AuthorPublicKey,
    /// The key's, over the manifest's bytes.
    #[n(10)]
    pub manifest_signature: ByteArray<64>,
    /// The key's, over [`order_message`].
    #[n(11)]
    pub signature: ByteArray<64>,
}

impl Announcement {
    /// Whether the depot is in the ring.
    #[must_use]
    pub fn concerns(&self, site: &SiteCode) -> bool {
        self.sites.is_empty() || self.sites.contains(site)
    }

    /// Whether the order is signed by the key it names.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let message = order_message(self);
        self.key.check_signed(ORDER_SIGNING_CONTEXT, &message, &self.signature).is_ok()
    }
}

/// What the signature of an order is over: all of it but key and signatures.
#[must_use]
pub fn order_message(order: &Announcement) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128 + 16 * order.sites.len());
    let sites = order.sites.iter().map(SiteCode::as_str);
    for text in [order.model.as_str(), order.ring.as_str()].into_iter().chain(sites) {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend_from_slice(&(order.sites.len() as u64).to_be_bytes());
    bytes.extend_from_slice(&order.version.to_be_bytes());
    bytes.extend_from_slice(order.manifest.as_bytes());
    bytes.extend_from_slice(&order.manifest_bytes.to_be_bytes());
    bytes.extend_from_slice(&order.bundle_bytes.to_be_bytes());
    bytes.push(order.step.number());
    bytes.extend_from_slice(&order.number.to_be_bytes());
    bytes
}
