//! Many rows through a small tree without walking it. Every split is asked of every row, and each that a row
//! fails strikes out the leaves on the side it does not lead to; the first leaf that is left is where the row
//! arrives. No branch depends on a value, nothing is looked up by a value, and so processors do it for many rows
//! at once.
//!
//! Source: C. Lucchese et al., "QuickScorer: a Fast Algorithm to Rank Documents with Additive Ensembles of
//! Regression Trees" (SIGIR 2015), with rows side by side instead of sorted thresholds.

use std::marker::PhantomData;

use super::forest::{Node, Tree};
use crate::lanes::{self, Lanes};

/// Rows side by side.
pub(crate) const TILE: usize = 16;
/// Leaves that a mask has bits for. A tree with more is walked.
const LEAVES_MAX: usize = 64;
const NARROW_LEAVES_MAX: usize = 32;

/// A split, and the leaves that a row which fails it cannot reach.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cut {
    threshold: f32,
    column: u32,
    struck_out: u64,
}

/// A tree as cuts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Masked {
    /// Splits that a missing value passes.
    passing: Vec<Cut>,
    /// Splits that a missing value fails.
    failing: Vec<Cut>,
    /// The node of each leaf, from the left, counted from the tree's first.
    leaves: Vec<u32>,
}

impl Masked {
    /// None for a tree with too many leaves, and for tests that are more than one comparison.
    pub(crate) fn of(tree: Tree, nodes: &[Node], floors: &[f32]) -> Option<Self> {
        let nodes = &nodes[tree.first..tree.first + tree.nodes];
        let floors = &floors[tree.first..tree.first + tree.nodes];
        let plain = nodes.iter().all(|node| !node.threshold.is_nan())
            && floors.iter().all(|floor| *floor == f32::NEG_INFINITY);
        if !plain || nodes.len().div_ceil(2) > LEAVES_MAX {
            return None;
        }
        let mut masked = Self { passing: Vec::new(), failing: Vec::new(), leaves: Vec::new() };
        masked.add(nodes, 0);
        Some(masked)
    }

    /// Numbers the leaves below a node from the left; a tree is no deeper than its leaves are many.
    fn add(&mut self, nodes: &[Node], at: usize) {
        let node = nodes[at];
        if node.child() == at {
            self.leaves.push(at as u32);
            return;
        }
        let first = self.leaves.len();
        self.add(nodes, node.child());
        let struck_out = bits_below(self.leaves.len()) & !bits_below(first);
        self.add(nodes, node.child() + 1);
        let cut = Cut { threshold: node.threshold, column: node.column() as u32, struck_out };
        if node.missing_to_child() {
            self.passing.push(cut);
        } else {
            self.failing.push(cut);
        }
    }

    /// The node at which each row arrives, counted from the tree's first. `rows` is tiles × columns × rows of a
    /// tile.
    pub(crate) fn arrivals(
        &self,
        lanes: Lanes,
        rows: &[[f32; TILE]],
        columns: usize,
        arrivals: &mut [[u32; TILE]],
    ) {
        if self.leaves.len() <= NARROW_LEAVES_MAX {
            let work = Work::<u32> { tree: self, rows, columns, arrivals, mask: PhantomData };
            lanes::run(lanes, work);
        } else {
            let work = Work::<u64> { tree: self, rows, columns, arrivals, mask: PhantomData };
            lanes::run(lanes, work);
        }
    }
}

const fn bits_below(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

struct Work<'a, M> {
    tree: &'a Masked,
    rows: &'a [[f32; TILE]],
    columns: usize,
    arrivals: &'a mut [[u32; TILE]],
    mask: PhantomData<M>,
}

/// A set of leaves: as narrow as they allow, for then more rows fit side by side.
trait Mask: Copy {
    const ALL: Self;
    fn of(bits: u64) -> Self;
    fn without(self, others: Self, when: bool) -> Self;
    fn first(self) -> usize;
}

macro_rules! mask {
    ($number:ty) => {
        impl Mask for $number {
            const ALL: Self = Self::MAX;

            #[inline(always)]
            fn of(bits: u64) -> Self {
                bits as Self
            }

            #[inline(always)]
            fn without(self, others: Self, when: bool) -> Self {
                self & !(if when { others } else { 0 })
            }

            #[inline(always)]
            fn first(self) -> usize {
                self.trailing_zeros() as usize
            }
        }
    };
}

mask!(u32);
mask!(u64);

impl<M: Mask> lanes::Work for Work<'_, M> {
    #[inline(always)]
    fn run<const FUSED: bool, const WIDTH: usize>(self) {
        for (tile, arrived) in self.rows.chunks_exact(self.columns).zip(self.arrivals) {
            let mut left = [M::ALL; TILE];
            for cut in &self.tree.passing {
                let values = &tile[cut.column as usize];
                let struck_out = M::of(cut.struck_out);
                for lane in 0..TILE {
                    left[lane] = left[lane].without(struck_out, values[lane] > cut.threshold);
                }
            }
            for cut in &self.tree.failing {
                let values = &tile[cut.column as usize];
                let struck_out = M::of(cut.struck_out);
                for lane in 0..TILE {
                    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "a missing value fails")]
                    let fails = !(values[lane] <= cut.threshold);
                    left[lane] = left[lane].without(struck_out, fails);
                }
            }
            for lane in 0..TILE {
                arrived[lane] = self.tree.leaves[left[lane].first()];
            }
        }
    }
}
