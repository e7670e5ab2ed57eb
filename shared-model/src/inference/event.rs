//! What happened to models. Keys and orders are written by the hub alone, facts by each depot.

use minicbor::{Decode, Encode};

use super::announcement::Announcement;
use super::facts::Facts;
use super::keys::Signature;
use crate::log::AuthorPublicKey;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    KeysPinned {
        #[n(0)]
        current: AuthorPublicKey,
        #[n(1)]
        next: AuthorPublicKey,
        #[n(2)]
        generation: u32,
        /// One of the keys pinned before; at first the current one itself.
        #[n(3)]
        signed_by: AuthorPublicKey,
        #[n(4)]
        signature: Signature,
    },
    #[n(1)]
    ModelAnnounced(#[n(0)] Box<Announcement>),
    #[n(2)]
    FactsReported(#[n(0)] Box<Facts>),
}
