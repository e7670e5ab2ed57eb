//! Words that orders and riders share: why a delivery failed.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Why a delivery did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    #[n(0)]
    Absent,
    #[n(1)]
    Refused,
    #[n(2)]
    AddressUnknown,
    #[n(3)]
    Damaged,
    #[n(4)]
    Unsafe,
}

impl FailureReason {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Refused => "refused",
            Self::AddressUnknown => "address_unknown",
            Self::Damaged => "damaged",
            Self::Unsafe => "unsafe",
        }
    }
}
