//! What happened to rights. Each is written by the one node whose right it was to do so.

use minicbor::{Decode, Encode};

use crate::id::{ArticleCode, NodeId, OrderId, RightId};

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// By the home site.
    #[n(0)]
    Granted {
        #[n(0)]
        right: RightId,
        #[n(1)]
        article: ArticleCode,
        #[n(2)]
        quantity: i64,
        #[n(3)]
        holder: NodeId,
    },
    /// By a holder: sold.
    #[n(1)]
    Spent {
        #[n(0)]
        right: RightId,
        #[n(1)]
        home: NodeId,
        #[n(2)]
        article: ArticleCode,
        #[n(3)]
        quantity: i64,
        #[n(4)]
        order: OrderId,
        #[n(5)]
        number: String,
    },
    /// By a holder: given back to the home site.
    #[n(2)]
    Returned {
        #[n(0)]
        right: RightId,
        #[n(1)]
        home: NodeId,
        #[n(2)]
        quantity: i64,
    },
    /// By a holder: passed on to another.
    #[n(3)]
    PassedOn {
        #[n(0)]
        right: RightId,
        #[n(1)]
        home: NodeId,
        #[n(2)]
        article: ArticleCode,
        #[n(3)]
        quantity: i64,
        #[n(4)]
        to: NodeId,
    },
    /// By the home site: a holder's return was seen and is free again.
    #[n(4)]
    ReturnAbsorbed {
        #[n(0)]
        right: RightId,
        #[n(1)]
        holder: NodeId,
        #[n(2)]
        quantity: i64,
    },
    /// By the home site: goods sold elsewhere left.
    #[n(5)]
    HandedOver {
        #[n(0)]
        right: RightId,
        #[n(1)]
        seller: NodeId,
        #[n(2)]
        order: OrderId,
        #[n(3)]
        quantity: i64,
    },
}
