//! What may be asked about cash.

use serde::Deserialize;

use crate::id::{EntryId, HandoverId, RiderId};
use crate::money::Amount;
use crate::text::Reference;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclareHandover {
    pub id: EntryId,
    pub handover: HandoverId,
    pub rider: RiderId,
    pub declared_minor: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountHandover {
    pub id: EntryId,
    pub handover: HandoverId,
    pub counted_minor: Amount,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosignHandover {
    pub id: EntryId,
    pub handover: HandoverId,
    /// Whether the rider accepts to owe what is missing.
    pub accept_shortage: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepositCash {
    pub id: EntryId,
    /// Number of the deposit slip.
    pub slip: Reference,
    pub amount_minor: Amount,
}
