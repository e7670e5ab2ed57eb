//! What may be asked about orders.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{ArticleCode, BinCode, CustomerId, EntryId, OrderId, SiteCode};
use crate::money::Amount;
use crate::place::{Place, Windows};
use crate::quantity::Quantity;
use crate::text::{Remark, Several, Text};

/// Most lines a person enters into one basket.
pub const BASKET_LINES_MAX: usize = 200;

/// How an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// The rider collects.
    #[n(0)]
    CashOnDelivery,
    /// Paid in cash at the counter when the order is placed.
    #[n(1)]
    PrepaidCash,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaleLine {
    pub article: ArticleCode,
    pub quantity: Quantity,
    /// The goods lie at another depot and are sold under a right held here.
    pub from_site: Option<SiteCode>,
}

/// A sale over the counter: paid and taken away at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sell {
    pub id: EntryId,
    pub order: OrderId,
    pub lines: Several<SaleLine, BASKET_LINES_MAX>,
    pub tendered_minor: Amount,
    pub customer: Option<CustomerId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    pub article: ArticleCode,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    pub id: EntryId,
    pub order: OrderId,
    pub customer: Option<CustomerId>,
    pub terms: Terms,
    pub lines: Several<OrderLine, BASKET_LINES_MAX>,
    #[serde(default)]
    pub delivery_fee_minor: Amount,
    pub address: Option<Text<300>>,
    /// Where it goes, if not to where the customer lives.
    pub place: Option<Place>,
    /// When it may be brought; without them at any hour.
    pub windows: Option<Windows>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveOrder {
    pub id: EntryId,
    pub order: OrderId,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelOrder {
    pub id: EntryId,
    pub order: OrderId,
    pub reason: Remark,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackOrder {
    pub id: EntryId,
    pub order: OrderId,
    pub parcels: Quantity,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundLine {
    /// Number of the order's line, from 1.
    pub line: u32,
    pub quantity: Quantity,
    /// Where the goods go back to; without it they are not returned.
    pub restock_bin: Option<BinCode>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundOrder {
    pub id: EntryId,
    pub order: OrderId,
    pub reason: Remark,
    pub lines: Several<RefundLine, BASKET_LINES_MAX>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteDeliveryNote {
    pub id: EntryId,
    pub order: OrderId,
    pub text: Remark,
}
