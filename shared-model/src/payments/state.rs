//! Handovers and deposits.

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::id::{HandoverId, RiderId, StaffId};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum HandoverStatus {
    #[n(0)]
    Declared,
    #[n(1)]
    Counted,
    #[n(2)]
    Closed,
    /// The rider does not accept the shortage: it stays in the rider's custody.
    #[n(3)]
    Disputed,
}

impl HandoverStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Counted => "counted",
            Self::Closed => "closed",
            Self::Disputed => "disputed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Handover {
    #[n(0)]
    pub handover: HandoverId,
    #[n(1)]
    pub rider: RiderId,
    #[n(2)]
    pub declared_minor: i64,
    #[n(3)]
    pub counted_minor: Option<i64>,
    #[n(4)]
    pub status: HandoverStatus,
    #[n(5)]
    pub declared_by: Option<StaffId>,
    #[n(6)]
    pub counted_by: Option<StaffId>,
    #[n(7)]
    #[serde(rename = "declared_ms")]
    pub declared: Timestamp,
}

impl Handover {
    /// Declared less counted; none before the count.
    #[must_use]
    pub fn shortage_minor(&self) -> Option<i64> {
        self.counted_minor.map(|counted| self.declared_minor - counted)
    }
}

/// Cash on its way to the bank.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Deposit {
    #[n(0)]
    pub slip: String,
    #[n(1)]
    pub amount_minor: i64,
    #[n(2)]
    pub matched: bool,
}
