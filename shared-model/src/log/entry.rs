//! An entry: the facts of one command, written once and never changed.
//!
//! Encoding: CBOR (RFC 8949) with numbered fields. Hashes are taken over the bytes as received,
//! never over a re-encoding, so that fields added later survive a node that does not know them.

use std::fmt;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{EntryId, NodeId, StaffId};
use crate::time::{ClockTrust, Hlc};

/// Largest entry accepted, in bytes. An order of 1,200 lines takes about 120 KB.
pub const ENTRY_BYTES_MAX: usize = 512 * 1024;

/// The latest schema of payloads that this build knows. An entry names the earliest that reads it,
/// so that an older node still reads all it can.
pub const SCHEMA_VERSION: u16 = 2;

/// BLAKE3 over an entry's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first entry of a log points at.
    pub const ZERO: Self = Self([0; 32]);

    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..6].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<C> Encode<C> for Hash {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Hash {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = d.bytes()?;
        <[u8; 32]>::try_from(bytes)
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("a hash has 32 bytes"))
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident($inner:ty)),*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode,
            Serialize, Deserialize,
        )]
        #[cbor(transparent)]
        #[serde(transparent)]
        pub struct $name(#[n(0)] pub $inner);

        impl $name {
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

counters! {
    /// Incarnation of a log: grows when a backup was restored or a person decided so. First is 1.
    Epoch(u32),
    /// Place in an epoch's chain. First is 1; 0 means "none yet".
    Seq(u64)
}

/// Where an entry stands: unique over all nodes and for ever.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
pub struct Position {
    #[n(0)]
    pub node: NodeId,
    #[n(1)]
    pub epoch: Epoch,
    #[n(2)]
    pub seq: Seq,
}

/// Who beside the author and its hub receives an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Scope {
    /// The author's own detail: the author and its hub.
    #[n(0)]
    Site,
    /// Every node of the region.
    #[n(1)]
    Region,
    /// The author, its hub and one other node.
    #[n(2)]
    Node(#[n(0)] NodeId),
}

impl Scope {
    /// Whether `reader`, who is neither the author nor the hub, receives it.
    #[must_use]
    pub fn reaches(self, reader: NodeId) -> bool {
        match self {
            Self::Site => false,
            Self::Region => true,
            Self::Node(node) => node == reader,
        }
    }
}

/// A log entry, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    #[n(0)]
    pub position: Position,
    /// Hash of the entry before it in this epoch; the first of an epoch names the last entry that
    /// its author knew of the epoch before.
    #[n(1)]
    pub prev: Hash,
    #[n(2)]
    pub hlc: Hlc,
    #[n(3)]
    pub clock: ClockTrust,
    #[n(4)]
    pub scope: Scope,
    /// Number of the command that made it (`workflows::Kind`).
    #[n(5)]
    pub kind: u16,
    #[n(6)]
    pub schema: u16,
    #[n(7)]
    pub id: EntryId,
    /// Who asked; none when the node itself acted.
    #[n(8)]
    pub actor: Option<StaffId>,
    #[n(9)]
    pub payload: ByteVec,
}

/// An entry's bytes with what is read from them: the only form in which entries travel and rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBytes {
    bytes: Vec<u8>,
    hash: Hash,
    entry: Entry,
}

impl EntryBytes {
    /// Encodes a new entry.
    ///
    /// # Errors
    /// [`InvalidEntry::TooLarge`] above [`ENTRY_BYTES_MAX`].
    pub fn seal_in(entry: Entry) -> Result<Self, InvalidEntry> {
        let bytes = minicbor::to_vec(&entry).map_err(|_| InvalidEntry::Malformed)?;
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(InvalidEntry::TooLarge { bytes: bytes.len() });
        }
        Ok(Self { hash: Hash::of(&bytes), bytes, entry })
    }

    /// Reads an entry that came from elsewhere. The payload stays unread.
    ///
    /// # Errors
    /// [`InvalidEntry`] when it is too large or not an entry.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, InvalidEntry> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(InvalidEntry::TooLarge { bytes: bytes.len() });
        }
        let entry: Entry = minicbor::decode(&bytes).map_err(|_| InvalidEntry::Malformed)?;
        if entry.position.seq.0 == 0 || entry.position.epoch.0 == 0 {
            return Err(InvalidEntry::Malformed);
        }
        Ok(Self { hash: Hash::of(&bytes), bytes, entry })
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Bytes that are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntry {
    #[error("an entry of {bytes} bytes is above the limit of {ENTRY_BYTES_MAX}")]
    TooLarge { bytes: usize },
    #[error("the bytes are not an entry")]
    Malformed,
}
