//! What each side writes down of a right. A record is changed by its author's entries alone, so
//! the order in which two sides' entries arrive does not matter.

use minicbor::{Decode, Encode};

use crate::id::{ArticleCode, NodeId, OrderId, RightId};

/// The home site's side.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Right {
    #[n(0)]
    pub right: RightId,
    #[n(1)]
    pub article: ArticleCode,
    #[n(2)]
    pub home: NodeId,
    #[n(3)]
    pub holder: NodeId,
    #[n(4)]
    pub granted: i64,
    /// Returns that the home site has seen.
    #[n(5)]
    pub absorbed: i64,
    /// Sold elsewhere and handed over here.
    #[n(6)]
    pub handed_over: i64,
}

/// A holder's side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Holding {
    #[n(0)]
    pub spent: i64,
    #[n(1)]
    pub returned: i64,
    #[n(2)]
    pub passed_on: i64,
}

/// What one holder passed on to another, written by the giver.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PassedOn {
    #[n(0)]
    pub right: RightId,
    #[n(1)]
    pub home: NodeId,
    #[n(2)]
    pub article: ArticleCode,
    #[n(3)]
    pub to: NodeId,
    #[n(4)]
    pub quantity: i64,
}

/// One article sold under one right.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RemoteItem {
    #[n(0)]
    pub right: RightId,
    #[n(1)]
    pub home: NodeId,
    #[n(2)]
    pub article: ArticleCode,
    #[n(3)]
    pub quantity: i64,
}

/// A sale of what other sites keep, written by the seller.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RemoteSale {
    #[n(0)]
    pub order: OrderId,
    #[n(1)]
    pub number: String,
    #[n(2)]
    pub items: Vec<RemoteItem>,
}

/// Written by the home site once the goods of a remote sale have left.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RemoteHandover {
    #[n(0)]
    pub order: OrderId,
    #[n(1)]
    pub seller: NodeId,
}

/// The rights that one holder has on one article of one home site: an index of the granter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Grants {
    #[n(0)]
    pub rights: Vec<RightId>,
}

/// What one giver passed on to one holder, of one article of one home site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct PassedIn {
    #[n(0)]
    pub passed: Vec<PassedOn>,
}
