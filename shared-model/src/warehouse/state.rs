//! Stock by article, arrivals and counts.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::event::ReceivedLine;
use crate::id::{ArticleCode, BinCode, CountId, ReceiptId, StaffId};
use crate::log::Seq;
use crate::money::mul_div_half_up;
use crate::time::Timestamp;

/// One article at one depot. Bins, staging, quarantine and riders follow the goods postings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ArticleStock {
    #[n(0)]
    pub bins: BTreeMap<BinCode, i64>,
    /// Promised to orders and not picked yet.
    #[n(1)]
    pub reserved: i64,
    /// Promised to other sites by rights.
    #[n(2)]
    pub lent: i64,
    #[n(3)]
    pub staged: i64,
    #[n(4)]
    pub quarantined: i64,
    #[n(5)]
    pub with_riders: i64,
    #[n(6)]
    pub blocked: bool,
}

impl ArticleStock {
    /// In bins.
    #[must_use]
    pub fn on_hand(&self) -> i64 {
        self.bins.values().sum()
    }

    /// What may still be promised: what lies in `unsellable` bins is not.
    #[must_use]
    pub fn available(&self, unsellable: &[BinCode]) -> i64 {
        let aside: i64 = unsellable.iter().filter_map(|bin| self.bins.get(bin)).sum();
        self.on_hand() - aside - self.reserved - self.lent
    }

    /// Units whose value stands on the article's stock account.
    #[must_use]
    pub fn valued(&self) -> i64 {
        self.on_hand() + self.staged + self.quarantined
    }

    pub fn move_bin(&mut self, bin: &BinCode, units: i64) {
        let held = self.bins.entry(bin.clone()).or_default();
        *held = held.saturating_add(units);
        if *held == 0 {
            self.bins.remove(bin);
        }
    }
}

/// Value of `units` out of `held` units worth `value_minor`: moving average, and the last unit
/// takes what is left, so nothing drifts.
#[must_use]
pub fn cost_of(units: i64, held: i64, value_minor: i64) -> i64 {
    if held <= 0 || value_minor <= 0 {
        return 0;
    }
    if units >= held { value_minor } else { mul_div_half_up(value_minor, units, held) }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Receipt {
    #[n(0)]
    pub receipt: ReceiptId,
    #[n(1)]
    pub reference: String,
    #[n(2)]
    pub lines: Vec<ReceivedLine>,
    #[n(3)]
    #[serde(rename = "received_ms")]
    pub received: Timestamp,
    #[n(4)]
    pub staff: Option<StaffId>,
}

impl Receipt {
    /// `received`, or how the arrival differed from its paper.
    #[must_use]
    pub fn status(&self) -> &'static str {
        let differs = |find: fn(&ReceivedLine) -> bool| self.lines.iter().any(find);
        if differs(|l| l.damaged > 0) {
            "damaged"
        } else if differs(|l| l.expected.is_some_and(|expected| l.quantity < expected)) {
            "short"
        } else if differs(|l| l.expected.is_some_and(|expected| l.quantity > expected)) {
            "over"
        } else {
            "received"
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum CountStatus {
    #[n(0)]
    Counting,
    /// Differs by more than one person may decide: waits for another.
    #[n(1)]
    Counted,
    #[n(2)]
    Approved,
}

impl CountStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Counted => "counted",
            Self::Approved => "approved",
        }
    }
}

/// "Saw N at ledger position p": the difference is taken against the book at p.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Count {
    #[n(0)]
    pub count: CountId,
    #[n(1)]
    pub bin: BinCode,
    #[n(2)]
    pub article: ArticleCode,
    #[n(3)]
    pub position: Seq,
    #[n(4)]
    pub book: i64,
    #[n(5)]
    pub counted: Option<i64>,
    #[n(6)]
    pub status: CountStatus,
    #[n(7)]
    #[serde(rename = "started_ms")]
    pub started: Timestamp,
    #[n(8)]
    pub started_by: Option<StaffId>,
    #[n(9)]
    pub counted_by: Option<StaffId>,
    #[n(10)]
    pub approved_by: Option<StaffId>,
}

impl Count {
    /// Counted less book at the position counted; none before the count.
    #[must_use]
    pub fn variance(&self) -> Option<i64> {
        self.counted.map(|counted| counted - self.book)
    }
}
