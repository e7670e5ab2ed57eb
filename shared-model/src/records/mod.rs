//! Records: what the entries of each author add up to. A record belongs to exactly one author's
//! log and is changed by that author's entries alone, in their order; so entries of different
//! authors may arrive in any order, twice or in any batching, and the records come out the same.

mod digest;
mod kind;
mod set;

pub use digest::Digest;
pub use kind::{AnyRecord, Balance, Index, Kind, Record, Series};
pub use set::{Load, Memory, Saved, Slot, View, WorkingSet};
pub mod keys;
