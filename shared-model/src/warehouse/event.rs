//! What happened in the warehouse. Goods move by postings; these events say why.

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::id::{ArticleCode, BinCode, CountId, ReceiptId};
use crate::log::Seq;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ReceivedLine {
    #[n(0)]
    pub article: ArticleCode,
    /// Base units that arrived, damaged ones included.
    #[n(1)]
    pub quantity: i64,
    #[n(2)]
    pub damaged: i64,
    #[n(3)]
    pub expected: Option<i64>,
    #[n(4)]
    pub bin: BinCode,
    #[n(5)]
    pub unit_cost_minor: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    GoodsReceived {
        #[n(0)]
        receipt: ReceiptId,
        #[n(1)]
        reference: String,
        #[n(2)]
        lines: Vec<ReceivedLine>,
    },
    /// Promised to an order.
    #[n(1)]
    StockReserved {
        #[n(0)]
        lines: Vec<(ArticleCode, i64)>,
    },
    /// No longer promised: picked, or given up.
    #[n(2)]
    ReservationReleased {
        #[n(0)]
        lines: Vec<(ArticleCode, i64)>,
    },
    /// Promised to another site by a right (negative: the promise came back or was fulfilled).
    #[n(3)]
    StockLent {
        #[n(0)]
        article: ArticleCode,
        #[n(1)]
        quantity: i64,
    },
    #[n(4)]
    StockMoved {
        #[n(0)]
        article: ArticleCode,
        #[n(1)]
        quantity: i64,
        #[n(2)]
        from: BinCode,
        #[n(3)]
        to: BinCode,
    },
    /// The book is read at this position of the log: what moves later does not disturb the count.
    #[n(5)]
    CountStarted {
        #[n(0)]
        count: CountId,
        #[n(1)]
        bin: BinCode,
        #[n(2)]
        article: ArticleCode,
        #[n(3)]
        position: Seq,
        #[n(4)]
        book: i64,
    },
    #[n(6)]
    CountRecorded {
        #[n(0)]
        count: CountId,
        #[n(1)]
        counted: i64,
    },
    #[n(7)]
    CountApproved {
        #[n(0)]
        count: CountId,
    },
}
