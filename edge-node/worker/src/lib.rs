//! Work on bytes that a stranger wrote, in a process of its own. Whatever they do to it (panic, loop, take all memory,
//! overflow the stack) ends in a typed refusal at the caller's, and nowhere else. Knows no store and no network, and the
//! child opens no file: what it needs it is sent.
//!
//! `child` is one process and a kill that always works, `frame` what passes over its pipes, `confine` what it may take.
//! `documents` lives so: automerge changes. Both shells use it, and neither sees the other.

pub mod child;
pub mod confine;
pub mod documents;
pub mod frame;

pub use child::{Child, Pipe, Silence, WorkerCommand};
