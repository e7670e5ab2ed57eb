//! The frames of version 1: CBOR with numbered fields.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::id::{EntryId, NodeId, SiteCode};
use crate::log::{Epoch, Hash, Range, Seal, Seq};
use crate::time::Timestamp;

/// The version spoken here.
pub const PROTOCOL: u16 = 1;

/// Largest frame accepted, checked before memory is given to it.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// One message of a session.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Frame {
    #[n(0)]
    Hello(#[n(0)] Hello),
    #[n(1)]
    Welcome(#[n(0)] Welcome),
    #[n(2)]
    Batch(#[n(0)] Batch),
    #[n(3)]
    Feed(#[n(0)] FeedBatch),
    #[n(4)]
    Ack(#[n(0)] Ack),
    /// The node has committed the hub's feed up to here.
    #[n(5)]
    FeedAck {
        #[n(0)]
        position: u64,
    },
    #[n(6)]
    Status(#[n(0)] Status),
    #[n(7)]
    Bye(#[n(0)] Bye),
}

/// Where one epoch of the sender's own log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct EpochHead {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub seq: Seq,
    #[n(2)]
    pub hash: Hash,
}

/// Which entries of one epoch the sender holds of the receiver's log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EpochHeld {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub ranges: Vec<Range>,
}

/// The node opens.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Hello {
    #[n(0)]
    pub protocol_min: u16,
    #[n(1)]
    pub protocol_max: u16,
    #[n(2)]
    pub node: NodeId,
    #[n(3)]
    pub site: SiteCode,
    /// Own log, every epoch.
    #[n(4)]
    pub heads: Vec<EpochHead>,
    /// The hub's incarnation that `cursor` belongs to.
    #[n(5)]
    pub hub_incarnation: Option<ByteVec>,
    /// Position in the hub's feed up to which the node has committed.
    #[n(6)]
    pub cursor: u64,
    #[n(7)]
    pub software: String,
    #[n(8)]
    pub now: Timestamp,
    /// Version of the list of shut out nodes that is held. None says that the node knows of no such
    /// lists: software before them leaves the field out, and skips it.
    #[n(9)]
    pub denylist: Option<u64>,
}

/// How the two histories of the node's log compare.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Verdict {
    /// The node holds all the hub holds.
    #[n(0)]
    Current,
    /// The node lost entries that the hub has: they follow, and a new epoch must be opened.
    #[n(1)]
    Restored {
        #[n(0)]
        epoch: Epoch,
        /// First entry that the node does not hold as the hub does.
        #[n(1)]
        first: Seq,
        #[n(2)]
        last: Seq,
    },
    /// Same place, other entry: two machines write as one. What the node sends is set aside until
    /// a person decides.
    #[n(2)]
    Forked {
        #[n(0)]
        epoch: Epoch,
    },
}

/// The hub answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    #[n(0)]
    pub protocol: u16,
    #[n(1)]
    pub hub: NodeId,
    /// Changes when the hub's store was rewound or replaced; cursors start anew then.
    #[n(2)]
    pub incarnation: ByteVec,
    #[n(3)]
    pub held: Vec<EpochHeld>,
    #[n(4)]
    pub verdict: Verdict,
    #[n(5)]
    pub now: Timestamp,
}

/// Consecutive entries of the node's own log: upwards, or downwards to a restored node.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Batch {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub first: Seq,
    #[n(2)]
    pub entries: Vec<ByteVec>,
    /// One over the last entry, and one over each that travels on beyond the hub.
    #[n(3)]
    pub seals: Vec<Seal>,
}

/// One entry of another log, sealed by its own author.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FeedItem {
    #[n(0)]
    pub entry: ByteVec,
    #[n(1)]
    pub seal: Seal,
}

/// Entries of other logs that the node is to have.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FeedBatch {
    #[n(0)]
    pub items: Vec<FeedItem>,
    /// The feed's position after them.
    #[n(1)]
    pub position: u64,
}

/// The hub has committed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    #[n(0)]
    pub held: Vec<EpochHeld>,
    /// Entries of this node set aside, in all.
    #[n(1)]
    pub quarantined: u64,
    /// Entries of the batch answered that were set aside just now.
    #[n(2)]
    pub set_aside: Vec<EntryId>,
}

/// How the node is, sent when it has caught up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Status {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub seq: Seq,
    /// Digest over the records of the node's own log at that entry.
    #[n(2)]
    pub digest: ByteVec,
    #[n(3)]
    pub unsent: u64,
    #[n(4)]
    pub quarantined: u64,
    #[n(5)]
    pub clock_trusted: bool,
}

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ByeReason {
    #[n(0)]
    Done,
    #[n(1)]
    ProtocolUnknown,
    #[n(2)]
    NotEnrolled,
    #[n(3)]
    Revoked,
    /// The frame was out of order or its content impossible.
    #[n(4)]
    Misbehaved,
    #[n(5)]
    SealBroken,
    /// The store could not take more; try again later.
    #[n(6)]
    Busy,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Bye {
    #[n(0)]
    pub reason: ByeReason,
    #[n(1)]
    pub detail: String,
}

impl Frame {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory")
    }

    /// # Errors
    /// [`FrameError`] when too large or no frame of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        if bytes.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge { bytes: bytes.len() });
        }
        minicbor::decode(bytes).map_err(|_| FrameError::Malformed)
    }
}

/// Bytes that are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {bytes} bytes is above the limit of {FRAME_BYTES_MAX}")]
    TooLarge { bytes: usize },
    #[error("the bytes are no frame of version {PROTOCOL}")]
    Malformed,
}
