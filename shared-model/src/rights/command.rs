//! What may be asked about rights.

use serde::Deserialize;

use crate::id::{ArticleCode, BinCode, EntryId, OrderId, RightId, SiteCode};
use crate::quantity::Quantity;

/// Promises own stock to another site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRight {
    pub id: EntryId,
    pub right: RightId,
    pub article: ArticleCode,
    pub quantity: Quantity,
    pub to_site: SiteCode,
}

/// Gives unsold quantity back to the site whose stock it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnRight {
    pub id: EntryId,
    pub right: RightId,
    pub quantity: Quantity,
}

/// Passes unsold quantity on to a third site.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRight {
    pub id: EntryId,
    pub right: RightId,
    pub quantity: Quantity,
    pub to_site: SiteCode,
}

/// Goods that another site sold under our right leave here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOverRemoteSale {
    pub id: EntryId,
    pub order: OrderId,
    pub bin: BinCode,
}

/// The home site takes note of what a holder gave back. Asked by the node itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsorbReturns {
    pub id: EntryId,
    pub right: RightId,
}
