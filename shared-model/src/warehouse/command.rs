//! What may be asked of the warehouse.

use serde::Deserialize;

use crate::id::{ArticleCode, BinCode, CountId, EntryId, OrderId, ReceiptId, TaskId};
use crate::money::Amount;
use crate::quantity::{Counted, Quantity};
use crate::text::{Reference, Remark, Several};

/// Most lines of one arrival entered at once.
pub const RECEIPT_LINES_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveLine {
    pub article: ArticleCode,
    /// What arrived, in base units or in packs when `pack` names one.
    pub quantity: Quantity,
    pub bin: BinCode,
    pub unit_cost_minor: Amount,
    /// How many of `quantity` are damaged; they go to quarantine.
    #[serde(default)]
    pub damaged: Counted,
    /// What the paper announced; a difference raises an exception.
    pub expected: Option<Counted>,
    pub pack: Option<Reference>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveGoods {
    pub id: EntryId,
    pub receipt: ReceiptId,
    pub reference: Reference,
    pub lines: Several<ReceiveLine, RECEIPT_LINES_MAX>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveStock {
    pub id: EntryId,
    pub article: ArticleCode,
    pub quantity: Quantity,
    pub from_bin: BinCode,
    pub to_bin: BinCode,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PickLine {
    pub id: EntryId,
    pub order: OrderId,
    /// Number of the order's line, from 1.
    pub line: u32,
    pub bin: BinCode,
    /// As scanned.
    pub article: ArticleCode,
    pub quantity: Counted,
    /// Ends the line with less than was ordered.
    pub short_reason: Option<Remark>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DamagedGoods {
    pub article: ArticleCode,
    pub quantity: Quantity,
}

/// Goods of a failed delivery come back: the sound ones to a bin, the damaged ones to quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeBack {
    pub id: EntryId,
    pub task: TaskId,
    pub bin: BinCode,
    #[serde(default)]
    pub damaged: Vec<DamagedGoods>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartCount {
    pub id: EntryId,
    pub count: CountId,
    pub bin: BinCode,
    pub article: ArticleCode,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCount {
    pub id: EntryId,
    pub count: CountId,
    pub quantity: Counted,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproveCount {
    pub id: EntryId,
    pub count: CountId,
}
