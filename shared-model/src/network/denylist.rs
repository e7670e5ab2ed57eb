//! The region's list of nodes that were shut out: signed by its hub, numbered, and with a cut for each
//! author. What an author wrote up to its cut stays valid; nothing above it is taken in.
//!
//! A list may come by any way and in any order: from the hub, or in a file that somebody carried.
//! What is known only ever gets stricter. Whether an entry is then set aside is for stores to do.

mod carried;

use std::collections::BTreeMap;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::id::{NodeId, RegionCode};
use crate::log::{AuthorKey, AuthorPublicKey, Epoch, Position, Seq};
use crate::time::Timestamp;

pub use carried::{from_text, to_text};

/// For [`AuthorKey::sign`]: keeps these signatures apart from all others of the hub's key.
pub const SIGNING_CONTEXT: &[u8] = b"omniroute denylist v1";
/// A signed list, checked before memory is given to it.
pub const DENYLIST_BYTES_MAX: usize = 256 * 1024;
/// Nodes that one region ever shuts out.
pub const REVOKED_MAX: usize = 4_096;
/// A box opens an epoch a restore.
pub const CUT_EPOCHS_MAX: usize = 256;
/// Lists kept beside the newest because they say what it does not. More than one such is already a
/// hub that was put back to an earlier hour twice without meeting anybody in between.
const LISTS_MAX: usize = 4;

/// The last entry of every epoch that stays valid. An epoch that is not named has none: a thief of
/// the key may not go on writing in an old one either.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Cut(#[n(0)] BTreeMap<Epoch, Seq>);

impl Cut {
    /// Epochs without entries may be among the heads.
    #[must_use]
    pub fn at(heads: impl IntoIterator<Item = (Epoch, Seq)>) -> Self {
        Self(heads.into_iter().filter(|(_, seq)| seq.0 > 0).collect())
    }

    #[must_use]
    pub fn allows(&self, epoch: Epoch, seq: Seq) -> bool {
        self.0.get(&epoch).is_some_and(|last| seq <= *last)
    }

    /// What both allow.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let both = self.0.iter().filter_map(|(epoch, last)| {
            other.0.get(epoch).map(|other| (*epoch, (*last).min(*other)))
        });
        Self(both.collect())
    }

    /// Epoch by epoch, oldest first.
    pub fn heads(&self) -> impl Iterator<Item = (Epoch, Seq)> + use<'_> {
        self.0.iter().map(|(epoch, last)| (*epoch, *last))
    }
}

/// Who is shut out, and what of theirs stays valid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Denied(#[n(0)] BTreeMap<NodeId, Cut>);

impl Denied {
    /// Whether an entry that stands there may be taken in.
    #[must_use]
    pub fn allows(&self, at: Position) -> bool {
        self.0.get(&at.node).is_none_or(|cut| cut.allows(at.epoch, at.seq))
    }

    #[must_use]
    pub fn cut(&self, node: NodeId) -> Option<&Cut> {
        self.0.get(&node)
    }

    #[must_use]
    pub fn nodes(&self) -> usize {
        self.0.len()
    }

    /// By node.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Cut)> + use<'_> {
        self.0.iter().map(|(node, cut)| (*node, cut))
    }

    /// Shuts a node out. A cut never moves up.
    pub fn deny(&mut self, node: NodeId, cut: &Cut) {
        let known = self.0.get(&node).map_or_else(|| cut.clone(), |known| known.meet(cut));
        self.0.insert(node, known);
    }

    /// Takes on all that another denies. In any order, and as often as it comes, the same.
    pub fn merge(&mut self, other: &Self) {
        for (node, cut) in &other.0 {
            self.deny(*node, cut);
        }
    }

    /// Whether it denies all that another does.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let mut both = self.clone();
        both.merge(other);
        both == *self
    }
}

/// What the hub signs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Denylist {
    #[n(0)]
    pub region: RegionCode,
    /// Grows with every list of the region.
    #[n(1)]
    pub version: u64,
    /// When the hub signed it: an hour that has passed for whoever reads it.
    #[n(2)]
    pub issued: Timestamp,
    #[n(3)]
    pub denied: Denied,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Signed {
    #[n(0)]
    body: ByteVec,
    #[n(1)]
    signature: ByteArray<64>,
}

/// Why a list is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DenylistRefused {
    #[error("a list of {bytes} bytes is above the limit of {DENYLIST_BYTES_MAX}")]
    TooLarge { bytes: usize },
    #[error("the bytes are no signed list")]
    Malformed,
    #[error("the list was not signed by this region's hub")]
    NotSigned,
    #[error("the list of version {offered} is older than the one held, {held}, and says no more")]
    Older { offered: u64, held: u64 },
    #[error("more than {REVOKED_MAX} nodes, or {CUT_EPOCHS_MAX} epochs of one, do not fit a list")]
    Full,
}

impl Denylist {
    /// The bytes that travel.
    ///
    /// # Errors
    /// [`DenylistRefused::Full`] when it names more than a list may.
    pub fn sign(&self, hub: &AuthorKey) -> Result<Vec<u8>, DenylistRefused> {
        if !self.is_bounded() {
            return Err(DenylistRefused::Full);
        }
        let body = minicbor::to_vec(self).expect("writing to memory");
        let signature = hub.sign(SIGNING_CONTEXT, &body);
        let signed = Signed { body: body.into(), signature: signature.into() };
        let bytes = minicbor::to_vec(signed).expect("writing to memory");
        if bytes.len() > DENYLIST_BYTES_MAX { Err(DenylistRefused::Full) } else { Ok(bytes) }
    }

    /// Reads what the hub of this key signed. The signature first: nothing of a stranger's list is
    /// read.
    ///
    /// # Errors
    /// [`DenylistRefused`].
    pub fn open(bytes: &[u8], hub: &AuthorPublicKey) -> Result<Self, DenylistRefused> {
        if bytes.len() > DENYLIST_BYTES_MAX {
            return Err(DenylistRefused::TooLarge { bytes: bytes.len() });
        }
        let signed: Signed = whole(bytes)?;
        hub.check_signed(SIGNING_CONTEXT, &signed.body, &signed.signature)
            .map_err(|_| DenylistRefused::NotSigned)?;
        let list: Self = whole(&signed.body)?;
        if list.is_bounded() { Ok(list) } else { Err(DenylistRefused::Full) }
    }

    fn is_bounded(&self) -> bool {
        let cuts = self.denied.0.values();
        self.denied.nodes() <= REVOKED_MAX && cuts.clone().all(|cut| cut.0.len() <= CUT_EPOCHS_MAX)
    }
}

/// Nothing may follow.
fn whole<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, DenylistRefused> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let read = decoder.decode().map_err(|_| DenylistRefused::Malformed)?;
    if decoder.position() == bytes.len() { Ok(read) } else { Err(DenylistRefused::Malformed) }
}

/// A list that a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    list: Denylist,
    bytes: Vec<u8>,
}

/// What a node knows of who was shut out: the newest list and, after a hub was put back to an earlier
/// hour, older ones that say more than it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Denylists {
    /// Newest first.
    lists: Vec<Held>,
    denied: Denied,
}

/// What became of a list that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub version: u64,
    pub issued: Timestamp,
    /// It denies what was not denied before.
    pub news: bool,
    /// Lists held that say more than this one: whoever sent it does not know them.
    pub unknown_there: Vec<Vec<u8>>,
}

impl Denylists {
    /// Takes in a list, whatever way it came.
    ///
    /// # Errors
    /// [`DenylistRefused`]; nothing has changed then.
    pub fn take(&mut self, bytes: &[u8], hub: &AuthorPublicKey) -> Result<Taken, DenylistRefused> {
        let list = Denylist::open(bytes, hub)?;
        let (held, news) = (self.version(), !self.denied.covers(&list.denied));
        if list.version < held && !news {
            return Err(DenylistRefused::Older { offered: list.version, held });
        }
        let taken =
            Taken { version: list.version, issued: list.issued, news, unknown_there: Vec::new() };
        let mut unknown_there: Vec<Held> = self.lists.clone();
        unknown_there.retain(|held| !list.denied.covers(&held.list.denied));
        self.denied.merge(&list.denied);
        let new = Held { list, bytes: bytes.to_vec() };
        if !self.lists.contains(&new) {
            // Another list of this version, from an hour that the hub lost, stays beside it.
            let version = new.list.version;
            let says_more = |held: &Held| !new.list.denied.covers(&held.list.denied);
            self.lists.retain(|held| held.list.version > version || says_more(held));
            let at = self.lists.iter().position(|held| held.list.version <= new.list.version);
            self.lists.insert(at.unwrap_or(self.lists.len()), new);
            self.lists.truncate(LISTS_MAX);
        }
        let unknown_there = unknown_there.into_iter().map(|held| held.bytes).collect();
        Ok(Taken { unknown_there, ..taken })
    }

    #[must_use]
    pub const fn denied(&self) -> &Denied {
        &self.denied
    }

    /// Of the newest list; none is as good as the nought-th.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.newest().map_or(0, |(list, _)| list.version)
    }

    /// The newest list, and its bytes to be passed on.
    #[must_use]
    pub fn newest(&self) -> Option<(&Denylist, &[u8])> {
        self.lists.first().map(|held| (&held.list, held.bytes.as_slice()))
    }

    /// As it is kept on disk.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let lists: Vec<ByteVec> =
            self.lists.iter().map(|held| ByteVec::from(held.bytes.clone())).collect();
        let kept = Kept { lists, denied: self.denied.clone() };
        minicbor::to_vec(kept).expect("writing to memory")
    }

    /// What [`Denylists::to_bytes`] wrote. A list that the key did not sign is left out; what was
    /// denied stays denied.
    ///
    /// # Errors
    /// [`DenylistRefused::Malformed`] when these are other bytes.
    pub fn from_bytes(bytes: &[u8], hub: &AuthorPublicKey) -> Result<Self, DenylistRefused> {
        let kept: Kept = whole(bytes)?;
        let mut lists = Self { denied: kept.denied, ..Self::default() };
        for bytes in kept.lists {
            if let Ok(list) = Denylist::open(&bytes, hub) {
                lists.denied.merge(&list.denied);
                lists.lists.push(Held { list, bytes: bytes.into() });
            }
        }
        Ok(lists)
    }
}

#[derive(Encode, Decode)]
struct Kept {
    #[n(0)]
    lists: Vec<ByteVec>,
    #[n(1)]
    denied: Denied,
}

#[cfg(test)]
mod tests;
