//! Commands about models. None is a person's at a depot.

use minicbor::bytes::ByteArray;

use super::announcement::Announcement;
use super::facts::Facts;
use crate::id::EntryId;
use crate::log::AuthorPublicKey;

/// The hub names the keys that models are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinModelKeys {
    pub id: EntryId,
    pub current: AuthorPublicKey,
    pub next: AuthorPublicKey,
    pub generation: u32,
    pub signed_by: AuthorPublicKey,
    pub signature: ByteArray<64>,
}

/// The hub tells a ring what to do with a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnounceModel {
    pub id: EntryId,
    pub announcement: Announcement,
}

/// A depot says how its models do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportModels {
    pub id: EntryId,
    pub facts: Vec<Facts>,
}
