//! What happened to the region's nodes. Written by the hub alone.

use minicbor::{Decode, Encode};

use crate::id::{EntityCode, NodeId, SiteCode};
use crate::log::{AuthorPublicKey, Seq};

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    NodeEnrolled {
        #[n(0)]
        node: NodeId,
        #[n(1)]
        site: SiteCode,
        #[n(2)]
        entity: EntityCode,
        #[n(3)]
        author_key: AuthorPublicKey,
    },
    /// Entries of the node above `cut` have no effect any more.
    #[n(1)]
    NodeRevoked {
        #[n(0)]
        node: NodeId,
        #[n(1)]
        cut: Seq,
        #[n(2)]
        reason: String,
    },
}
