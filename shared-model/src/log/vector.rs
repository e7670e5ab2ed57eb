//! Version vectors with gaps: for each log and epoch, which entries are held.
//!
//! A plain vector ("up to 900") cannot say "all but 412"; a quarantined entry would then either
//! block its successors or be forgotten. So every log is a short list of ranges.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::entry::{Epoch, Position, Seq};
use crate::id::NodeId;

/// Entries `first..=last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Range {
    #[n(0)]
    pub first: Seq,
    #[n(1)]
    pub last: Seq,
}

/// Most ranges kept for one epoch of one log; above it the vector is coarsened from the end, which
/// only makes a peer send again what is already held.
pub const RANGES_MAX: usize = 64;

/// What is held of which log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct VersionVector {
    #[n(0)]
    held: BTreeMap<(NodeId, Epoch), Vec<Range>>,
}

impl VersionVector {
    /// Notes one entry as held.
    pub fn insert(&mut self, position: Position) {
        self.insert_range(
            position.node,
            position.epoch,
            Range { first: position.seq, last: position.seq },
        );
    }

    /// Notes a run of entries as held.
    pub fn insert_range(&mut self, node: NodeId, epoch: Epoch, range: Range) {
        if range.first.0 == 0 || range.last < range.first {
            return;
        }
        let ranges = self.held.entry((node, epoch)).or_default();
        let start = ranges.partition_point(|r| r.last.next() < range.first);
        let mut merged = range;
        let mut end = start;
        while let Some(next) = ranges.get(end).filter(|next| next.first <= merged.last.next()) {
            merged.first = merged.first.min(next.first);
            merged.last = merged.last.max(next.last);
            end += 1;
        }
        ranges.splice(start..end, [merged]);
        ranges.truncate(RANGES_MAX);
    }

    #[must_use]
    pub fn contains(&self, position: Position) -> bool {
        self.ranges(position.node, position.epoch)
            .iter()
            .any(|r| r.first <= position.seq && position.seq <= r.last)
    }

    /// The last entry up to which nothing is missing; 0 when the first is missing.
    #[must_use]
    pub fn contiguous(&self, node: NodeId, epoch: Epoch) -> Seq {
        match self.ranges(node, epoch).first() {
            Some(range) if range.first == Seq(1) => range.last,
            Some(_) | None => Seq(0),
        }
    }

    #[must_use]
    pub fn ranges(&self, node: NodeId, epoch: Epoch) -> &[Range] {
        self.held.get(&(node, epoch)).map_or(&[], Vec::as_slice)
    }

    /// What a peer who holds up to `head` should still send, oldest first.
    #[must_use]
    pub fn missing(&self, node: NodeId, epoch: Epoch, head: Seq) -> Vec<Range> {
        let mut next = Seq(1);
        let mut gaps = Vec::new();
        for range in self.ranges(node, epoch) {
            if next < range.first && next <= head {
                gaps.push(Range { first: next, last: Seq(range.first.0 - 1).min(head) });
            }
            next = next.max(range.last.next());
        }
        if next <= head {
            gaps.push(Range { first: next, last: head });
        }
        gaps
    }

    /// Newest epoch held of a log.
    #[must_use]
    pub fn newest_epoch(&self, node: NodeId) -> Option<Epoch> {
        self.held.keys().filter(|(n, _)| *n == node).map(|(_, epoch)| *epoch).max()
    }

    /// Every log and epoch, in order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, Epoch, &[Range])> {
        self.held.iter().map(|((node, epoch), ranges)| (*node, *epoch, ranges.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node() -> NodeId {
        NodeId::new(uuid::Uuid::from_u128(1))
    }

    proptest! {
        #[test]
        fn any_order_of_arrival_gives_the_same_vector(mut seqs in prop::collection::vec(1_u64..60, 0..80)) {
            let build = |seqs: &[u64]| {
                let mut vector = VersionVector::default();
                for seq in seqs {
                    vector.insert(Position { node: node(), epoch: Epoch(1), seq: Seq(*seq) });
                }
                vector
            };
            let first = build(&seqs);
            seqs.sort_unstable();
            prop_assert_eq!(&first, &build(&seqs));
            let missing: Vec<u64> = first
                .missing(node(), Epoch(1), Seq(60))
                .iter()
                .flat_map(|r| r.first.0..=r.last.0)
                .collect();
            let expect: Vec<u64> = (1..=60).filter(|s| !seqs.contains(s)).collect();
            prop_assert_eq!(missing, expect);
        }
    }

    #[test]
    fn contiguous_stops_at_the_first_gap() {
        let mut vector = VersionVector::default();
        vector.insert_range(node(), Epoch(1), Range { first: Seq(1), last: Seq(4) });
        vector.insert_range(node(), Epoch(1), Range { first: Seq(6), last: Seq(9) });
        assert_eq!(vector.contiguous(node(), Epoch(1)), Seq(4));
        assert_eq!(vector.contiguous(node(), Epoch(2)), Seq(0));
    }
}
