//! What happened to exceptions.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::Resolution;
use crate::id::{ExceptionId, StaffId};

/// What kind of look is needed. Numbers are wire format: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[n(0)]
    ReceivedShort,
    #[n(1)]
    ReceivedOver,
    #[n(2)]
    ReceivedDamaged,
    #[n(3)]
    PickedShort,
    #[n(4)]
    DeliveryFailed,
    #[n(5)]
    ReturnedDamaged,
    #[n(6)]
    CashShort,
    #[n(7)]
    CashOver,
    #[n(8)]
    CashCollectedDiffers,
    #[n(9)]
    CountDiffers,
    #[n(10)]
    StockNegative,
    #[n(11)]
    ClockUntrusted,
    #[n(12)]
    PossibleDuplicate,
    #[n(13)]
    CeilingExceeded,
    #[n(14)]
    Refunded,
}

impl Kind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReceivedShort => "received_short",
            Self::ReceivedOver => "received_over",
            Self::ReceivedDamaged => "received_damaged",
            Self::PickedShort => "picked_short",
            Self::DeliveryFailed => "delivery_failed",
            Self::ReturnedDamaged => "returned_damaged",
            Self::CashShort => "cash_short",
            Self::CashOver => "cash_over",
            Self::CashCollectedDiffers => "cash_collected_differs",
            Self::CountDiffers => "count_differs",
            Self::StockNegative => "stock_negative",
            Self::ClockUntrusted => "clock_untrusted",
            Self::PossibleDuplicate => "possible_duplicate",
            Self::CeilingExceeded => "ceiling_exceeded",
            Self::Refunded => "refunded",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    Raised {
        #[n(0)]
        exception: ExceptionId,
        #[n(1)]
        kind: Kind,
        /// What it is about: an order number, an article, a rider's name.
        #[n(2)]
        subject: String,
        #[n(3)]
        detail: String,
        /// Whose own custody or count it concerns: may not resolve it.
        #[n(4)]
        concerns: Option<StaffId>,
    },
    #[n(1)]
    Resolved {
        #[n(0)]
        exception: ExceptionId,
        #[n(1)]
        resolution: Resolution,
        #[n(2)]
        note: String,
    },
}
