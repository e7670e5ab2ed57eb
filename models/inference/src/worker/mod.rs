//! Models run in a process of their own. What a model can do to it (panic, loop, take all memory, overflow the
//! stack) ends in a typed failure here, and in a baseline's answer at the caller's.
//!
//! `serve` is the child's loop; `supervisor` is the parent's handle, over one process (crate `worker`) and `restarts`
//! (how often it may be started again). `protocol` is what passes between them. The child opens no file: the parent
//! sends it the bytes that it has verified.

pub mod protocol;
pub mod restarts;
pub mod serve;
pub mod supervisor;

pub use serve::serve;
