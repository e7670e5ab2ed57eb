//! Sync version 1.
//!
//! One flight each way opens a session: the node says who it is and where its log stands, the hub
//! says what it holds and whether the two histories agree. Then both stream, and each acknowledges
//! only what it has committed.
//!
//! Both sessions are driven alike: `handle_*` tells what happened, then `poll_action` is called
//! until it is empty; each action is carried out and, where it has an answer, told back.

mod blob;
mod edge;
mod frame;
mod hub;

pub use blob::{BlobAnswer, BlobAsk, PIECE_BYTES_MAX};
pub use edge::{EdgeAction, EdgeSession, OwnHead};
pub use frame::{
    Ack, Batch, Bye, ByeReason, EpochHead, EpochHeld, FRAME_BYTES_MAX, FeedBatch, FeedItem, Frame,
    FrameError, Hello, PROTOCOL, Status, Verdict, Welcome,
};
pub use hub::{Candidate, Finding, HubAction, HubSession, Standing};

/// Most entries in one frame.
pub const BATCH_ENTRIES_MAX: usize = 2_000;
/// Most bytes of entries in one frame; a single larger entry still travels, alone.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;
/// Frames sent ahead of their acknowledgement.
pub const WINDOW_FRAMES_MAX: usize = 4;
