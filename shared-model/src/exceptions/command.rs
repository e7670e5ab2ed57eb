//! What may be asked about an exception.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{EntryId, ExceptionId};
use crate::text::Remark;

/// What the person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// It stands as it is.
    #[n(0)]
    Accept,
    /// It stands, and somebody made good for it.
    #[n(1)]
    Compensate,
    /// It was reversed.
    #[n(2)]
    Reverse,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveException {
    pub id: EntryId,
    pub exception: ExceptionId,
    pub resolution: Resolution,
    pub note: Remark,
}
