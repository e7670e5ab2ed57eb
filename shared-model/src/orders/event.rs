//! What happened to orders.

use minicbor::{Decode, Encode};

use super::state::{Order, Totals};
use crate::delivery::FailureReason;
use crate::id::OrderId;

/// One refunded line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Refunded {
    #[n(0)]
    pub line: u32,
    #[n(1)]
    pub quantity: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// Placed by phone or import, or sold at the counter (then already closed).
    #[n(0)]
    Placed(#[n(0)] Box<Order>),
    #[n(1)]
    Reserved {
        #[n(0)]
        order: OrderId,
    },
    #[n(2)]
    LinePicked {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        line: u32,
        #[n(2)]
        quantity: i64,
        /// The line ends with less than was ordered.
        #[n(3)]
        short_reason: Option<String>,
    },
    /// Packed, and totalled anew over what was picked.
    #[n(3)]
    Packed {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        parcels: i64,
        #[n(2)]
        totals: Totals,
    },
    #[n(4)]
    Dispatched {
        #[n(0)]
        order: OrderId,
    },
    #[n(5)]
    Delivered {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        collected_minor: i64,
    },
    #[n(6)]
    DeliveryFailed {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        reason: FailureReason,
    },
    /// The goods are back; the order may be reserved anew or cancelled.
    #[n(7)]
    Returned {
        #[n(0)]
        order: OrderId,
    },
    #[n(8)]
    Cancelled {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        reason: String,
        /// Paid back with the cancellation.
        #[n(2)]
        refund_minor: i64,
    },
    #[n(9)]
    Refunded {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        lines: Vec<Refunded>,
        #[n(2)]
        refund_minor: i64,
        #[n(3)]
        credit_note: String,
        #[n(4)]
        reason: String,
    },
}

impl Event {
    /// The order it is about.
    #[must_use]
    pub const fn order(&self) -> OrderId {
        match self {
            Self::Placed(order) => order.order,
            Self::Reserved { order }
            | Self::LinePicked { order, .. }
            | Self::Packed { order, .. }
            | Self::Dispatched { order }
            | Self::Delivered { order, .. }
            | Self::DeliveryFailed { order, .. }
            | Self::Returned { order }
            | Self::Cancelled { order, .. }
            | Self::Refunded { order, .. } => *order,
        }
    }
}
