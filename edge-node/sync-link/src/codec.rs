//! The bytes of frames, in the version that a session agreed on. One [`Outbound`] and one
//! [`Inbound`] a session: both remember what went over, so every frame goes through once, in order.

use shared_model::id::NodeId;
use shared_model::log::Hash;
use shared_model::network::denylist::DENYLIST_BYTES_MAX;
use shared_model::sync::v1::{Frame, FrameError, Hello};
use shared_model::sync::v2::{self, Acks, Packer, Tag, Unpacker, Unreadable};

use crate::squeeze::{OpenError, open, squeeze};

/// What a session says or hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Frame(Frame),
    /// In protocol 2: one acknowledgement for several batches.
    Acks(Acks),
    /// A signed list of shut out nodes, in any version, to a peer whose hello spoke of such lists.
    Denylist(Vec<u8>),
}

/// In front of such a list. Frames of version 1 begin with 0x82, those of version 2 with 0xd1 to 0xd3.
const DENYLIST: u8 = 0xd4;

impl From<Frame> for Message {
    fn from(frame: Frame) -> Self {
        Self::Frame(frame)
    }
}

/// Why a frame that came cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Packed(#[from] Unreadable),
    #[error("a frame of version 2 came in a session of version 1")]
    NotAgreed,
}

/// What is said.
#[derive(Debug)]
pub struct Outbound {
    node: NodeId,
    /// The head that our hello named: the hub has read it too.
    known: Hash,
    packer: Option<Packer>,
}

impl Outbound {
    /// `node` is the depot's. Speaks version 1 until a welcome that goes out, or
    /// [`Outbound::speak`], says otherwise.
    #[must_use]
    pub const fn new(node: NodeId) -> Self {
        Self { node, known: Hash::ZERO, packer: None }
    }

    /// The version that both sides agreed on.
    pub fn speak(&mut self, protocol: u16) {
        if protocol >= v2::PROTOCOL && self.packer.is_none() {
            self.packer = Some(Packer::after(self.node, self.known));
        }
    }

    #[must_use]
    pub fn encode(&mut self, message: &Message) -> Vec<u8> {
        let frame = match message {
            Message::Acks(acks) => return acks.encode(),
            Message::Denylist(list) => return [&[DENYLIST], list.as_slice()].concat(),
            Message::Frame(frame) => frame,
        };
        if let Frame::Hello(hello) = frame {
            self.known = head_of(hello);
        }
        let packed = self.packer.as_mut().and_then(|packer| packer.pack(frame));
        if let Frame::Welcome(welcome) = frame {
            self.speak(welcome.protocol);
        }
        packed.map_or_else(|| frame.encode(), |packed| squeeze(&packed))
    }
}

/// What is heard.
#[derive(Debug)]
pub struct Inbound {
    node: NodeId,
    protocol_max: u16,
    unpacker: Option<Unpacker>,
}

impl Inbound {
    /// `node` is the depot's; no later version than `protocol_max` is understood.
    #[must_use]
    pub const fn new(node: NodeId, protocol_max: u16) -> Self {
        Self { node, protocol_max, unpacker: None }
    }

    /// # Errors
    /// [`DecodeError`]; then the session is beyond repair.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<Message, DecodeError> {
        if let Some((&DENYLIST, list)) = bytes.split_first() {
            let bounded = list.len() <= DENYLIST_BYTES_MAX;
            let too_large = FrameError::TooLarge { bytes: list.len() };
            return if bounded {
                Ok(Message::Denylist(list.to_vec()))
            } else {
                Err(too_large.into())
            };
        }
        let Some(tag) = bytes.first().and_then(|byte| Tag::of(*byte)) else {
            let frame = Frame::decode(bytes)?;
            match &frame {
                Frame::Hello(hello) => self.listen(hello.protocol_max, head_of(hello)),
                Frame::Welcome(welcome) => self.listen(welcome.protocol, Hash::ZERO),
                Frame::Batch(_)
                | Frame::Feed(_)
                | Frame::Ack(_)
                | Frame::FeedAck { .. }
                | Frame::Status(_)
                | Frame::Bye(_) => {}
            }
            return Ok(Message::Frame(frame));
        };
        let unpacker = self.unpacker.as_mut().ok_or(DecodeError::NotAgreed)?;
        if tag == Tag::Acks {
            return Ok(Message::Acks(Acks::decode(&bytes[1..])?));
        }
        let opened = open(bytes)?;
        Ok(Message::Frame(unpacker.unpack(opened.tag, &opened.plain, opened.raw)?))
    }

    fn listen(&mut self, protocol: u16, known: Hash) {
        if protocol.min(self.protocol_max) >= v2::PROTOCOL && self.unpacker.is_none() {
            self.unpacker = Some(Unpacker::after(self.node, known));
        }
    }
}

fn head_of(hello: &Hello) -> Hash {
    hello.heads.last().map_or(Hash::ZERO, |head| head.hash)
}
