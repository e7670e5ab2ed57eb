//! What happened to cash.

use minicbor::{Decode, Encode};

use crate::id::{HandoverId, NodeId, OrderId, RiderId};

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// Taken at the counter for an order.
    #[n(0)]
    CashTaken {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        amount_minor: i64,
        #[n(2)]
        tendered_minor: i64,
    },
    /// Given back at the counter.
    #[n(1)]
    CashReturned {
        #[n(0)]
        order: OrderId,
        #[n(1)]
        amount_minor: i64,
    },
    #[n(2)]
    HandoverDeclared {
        #[n(0)]
        handover: HandoverId,
        #[n(1)]
        rider: RiderId,
        #[n(2)]
        declared_minor: i64,
    },
    #[n(3)]
    HandoverCounted {
        #[n(0)]
        handover: HandoverId,
        #[n(1)]
        counted_minor: i64,
    },
    #[n(4)]
    HandoverCosigned {
        #[n(0)]
        handover: HandoverId,
        #[n(1)]
        accepted: bool,
    },
    #[n(5)]
    CashDeposited {
        #[n(0)]
        slip: String,
        #[n(1)]
        amount_minor: i64,
    },
    /// The bank's statement shows the deposit, less its fee.
    #[n(6)]
    StatementMatched {
        #[n(0)]
        slip: String,
        #[n(1)]
        amount_minor: i64,
        #[n(2)]
        fee_minor: i64,
        /// Whose slip it is.
        #[n(3)]
        depot: NodeId,
    },
    /// A rider was paid: earnings less what the rider acknowledged to owe.
    #[n(7)]
    RiderPaid {
        #[n(0)]
        rider: RiderId,
        #[n(1)]
        earned_minor: i64,
        #[n(2)]
        offset_minor: i64,
    },
}
