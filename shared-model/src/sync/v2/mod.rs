//! Sync version 2: the frames of version 1, packed.
//!
//! The sessions, the order of frames and what they mean are those of [`super::v1`]; so are hello,
//! welcome, status and bye, byte for byte. Entries travel without what their reader can work out:
//! author, place, the hash before, what recurs. The reader rebuilds every entry to the byte, hashes
//! are taken over the rebuilt bytes, and the author's seal proves that nothing went wrong between.
//!
//! A packed frame has two parts: `plain`, which is worth compressing, and `raw`, which is not
//! (signatures, the random bits of ids). Compression itself is the link's business: nothing here
//! inflates anything. Both sides keep the same short memory of ids and texts ([`Packer`],
//! [`Unpacker`]), so frames are packed and unpacked in the order of the stream, each once.
//!
//! What cannot be packed goes as a frame of version 1; its first byte tells the two apart.

mod columns;
mod entry;
mod frame;
mod pace;
mod recent;
mod shape;

pub use columns::Unreadable;
pub use frame::{Acks, PLAIN_BYTES_MAX, Packed, Packer, Tag, Unpacker};
pub use pace::{FRAME_BYTES_MIN, Pace};

/// The version spoken here.
pub const PROTOCOL: u16 = 2;
