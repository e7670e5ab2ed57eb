//! Asking for a blob by its hash, on a stream beside the session: what the log only names (models)
//! comes last in priority, and in pieces, so that a lost link costs no more than one of them.
//!
//! The node opens the stream and asks, one blob after the other. The hub answers each request with
//! one [`BlobAnswer`]; after [`BlobAnswer::Found`] follow frames of plain bytes, each of 1 to
//! [`PIECE_BYTES_MAX`], until the blob is whole. Who knows no such stream never takes it up, and
//! the session goes on without it.

use minicbor::{Decode, Encode};

use super::frame::{FRAME_BYTES_MAX, FrameError};
use crate::blob::BlobId;

/// Bytes of a blob in one frame.
pub const PIECE_BYTES_MAX: usize = 64 * 1024;

/// The node asks for a blob from a place on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct BlobAsk {
    #[n(0)]
    pub blob: BlobId,
    /// How much of it the node has.
    #[n(1)]
    pub offset: u64,
}

/// The hub answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum BlobAnswer {
    /// The pieces follow, from the asked place to the end of `bytes`.
    #[n(0)]
    Found {
        /// Of the whole blob.
        #[n(0)]
        bytes: u64,
    },
    /// The hub has no such blob, or it is shorter than the place asked for.
    #[n(1)]
    Unknown,
    /// Not now; ask again later.
    #[n(2)]
    Busy,
}

macro_rules! framed {
    ($($name:ty),*) => {$(
        impl $name {
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                minicbor::to_vec(self).expect("writing to memory")
            }

            /// # Errors
            /// [`FrameError`] when too large or not such a frame.
            pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
                if bytes.len() > FRAME_BYTES_MAX {
                    return Err(FrameError::TooLarge { bytes: bytes.len() });
                }
                minicbor::decode(bytes).map_err(|_| FrameError::Malformed)
            }
        }
    )*};
}

framed!(BlobAsk, BlobAnswer);

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden bytes: these frames are as frozen as those of the session.
    #[test]
    fn the_bytes_on_the_wire_stay() {
        let ask = BlobAsk { blob: BlobId::from_bytes([0xab; 32]), offset: 65_536 };
        let hash = "ab".repeat(32);
        check(&ask.encode(), &format!("825820{hash}1a00010000"));
        assert_eq!(BlobAsk::decode(&ask.encode()), Ok(ask));
        for (answer, bytes) in [
            (BlobAnswer::Found { bytes: 8_388_608 }, "8200811a00800000"),
            (BlobAnswer::Unknown, "820180"),
            (BlobAnswer::Busy, "820280"),
        ] {
            check(&answer.encode(), bytes);
            assert_eq!(BlobAnswer::decode(&answer.encode()), Ok(answer));
        }
        assert_eq!(BlobAnswer::decode(b"\x82\x09\x80"), Err(FrameError::Malformed));
    }

    fn check(bytes: &[u8], hex: &str) {
        assert_eq!(data_encoding::HEXLOWER.encode(bytes), hex);
    }
}
