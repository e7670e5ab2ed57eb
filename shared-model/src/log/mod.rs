//! One node's log: entries chained by hash, sealed by their author. Knows no business context:
//! a payload is bytes here.

mod chain;
mod entry;
mod seal;
mod vector;

pub use chain::{Chain, ChainBreak};
pub use entry::{
    ENTRY_BYTES_MAX, Entry, EntryBytes, Epoch, Hash, InvalidEntry, Position, SCHEMA_VERSION, Scope,
    Seq,
};
pub use seal::{AuthorKey, AuthorPublicKey, Seal, SealBroken};
pub use vector::{RANGES_MAX, Range, VersionVector};
