//! A node of the region, keyed by its site.

use minicbor::{Decode, Encode};

use crate::id::{EntityCode, NodeId, SiteCode};
use crate::log::AuthorPublicKey;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Peer {
    #[n(0)]
    pub node: NodeId,
    #[n(1)]
    pub site: SiteCode,
    #[n(2)]
    pub entity: EntityCode,
    #[n(3)]
    pub author_key: AuthorPublicKey,
    #[n(4)]
    pub revoked: bool,
}
