//! Automerge changes of other nodes, taken into their documents by a worker. automerge panics on some mutated bytes
//! (automerge issue 476) and takes a thousand times their size for others: neither may reach the caller's process.
//!
//! `decoder` is the caller's handle, `serve` the worker's loop, `protocol` what passes between them.

mod decoder;
mod protocol;
mod serve;

pub use decoder::{Decoder, Limits, Merged, Unread};
pub use serve::serve;

/// The hidden subcommand that makes a shell's program such a worker.
pub const WORKER_SUBCOMMAND: &str = "document-worker";

/// A saved document, a change, and what frames them: far below this.
const FRAME_BYTES_MAX: usize = 512 * 1024;
