//! Checking that entries follow one another: dense numbers, each naming the hash of the one before.

use super::entry::{EntryBytes, Epoch, Hash, Seq};

/// The end of one epoch's chain, as far as it was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    pub epoch: Epoch,
    pub seq: Seq,
    pub head: Hash,
}

impl Chain {
    /// A chain before its first entry. What the first entry points at is only a hint (the last
    /// entry its author remembered of an earlier epoch) and is not checked.
    #[must_use]
    pub const fn start(epoch: Epoch) -> Self {
        Self { epoch, seq: Seq(0), head: Hash::ZERO }
    }

    /// Extends the chain by one entry.
    ///
    /// # Errors
    /// [`ChainBreak`] when the entry is not the next one; the chain stays as it was.
    pub fn push(&mut self, entry: &EntryBytes) -> Result<(), ChainBreak> {
        let position = entry.entry().position;
        if position.epoch != self.epoch {
            return Err(ChainBreak::OtherEpoch { epoch: position.epoch });
        }
        if position.seq != self.seq.next() {
            return Err(ChainBreak::Gap { expected: self.seq.next(), found: position.seq });
        }
        if self.seq.0 > 0 && entry.entry().prev != self.head {
            return Err(ChainBreak::Forked { seq: position.seq });
        }
        self.seq = position.seq;
        self.head = entry.hash();
        Ok(())
    }
}

/// Why an entry does not continue a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    #[error("it belongs to epoch {epoch}")]
    OtherEpoch { epoch: Epoch },
    #[error("entry {expected} was due, {found} came")]
    Gap { expected: Seq, found: Seq },
    /// The entry before it is not the one we hold: two machines wrote as one.
    #[error("entry {seq} follows another history")]
    Forked { seq: Seq },
}
