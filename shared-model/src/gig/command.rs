//! What may be asked about riders and tasks.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::delivery::FailureReason;
use crate::id::{EntryId, OrderId, RiderId, StaffId, TaskId};
use crate::money::Amount;
use crate::text::{Name, Reference, Several, Text};

/// Most orders handed to a rider at once.
pub const DISPATCH_ORDERS_MAX: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRider {
    pub id: EntryId,
    pub rider: RiderId,
    /// The rider's sign-in, if there is one.
    pub staff: Option<StaffId>,
    pub name: Name,
    pub phone: Option<Reference>,
    /// Most cash the rider may hold and be due to collect.
    pub cash_ceiling_minor: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchOrders {
    pub id: EntryId,
    pub rider: RiderId,
    pub orders: Several<OrderId, DISPATCH_ORDERS_MAX>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    #[n(0)]
    Otp,
    #[n(1)]
    Signature,
    #[n(2)]
    Photo,
    #[n(3)]
    Name,
}

/// Proof of delivery: a one-time code, who took it, or the hash of a picture or signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    #[n(0)]
    pub kind: ProofKind,
    #[n(1)]
    pub value: Text<200>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordDelivery {
    pub id: EntryId,
    pub task: TaskId,
    pub cash_collected_minor: Amount,
    pub proof: Proof,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordFailedDelivery {
    pub id: EntryId,
    pub task: TaskId,
    pub reason: FailureReason,
}
