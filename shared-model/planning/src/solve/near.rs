//! Which visits are worth putting next to each other: the granular neighbourhoods that keep every step of the search
//! independent of the problem's size (Toth & Vigo 2003, "The granular tabu search").

use super::compiled::{Compiled, HORIZON, Way};

/// Candidate neighbours kept per visit and direction.
pub(crate) const NEAR_MAX: usize = 40;
/// Neighbours by way alone, for choosing what to ruin.
pub(crate) const AROUND_MAX: usize = 60;

/// A neighbour and the way to or from it, in `Compiled::ways`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neighbour {
    pub node: u16,
    pub way: i32,
}

/// Rows of at most `width` visits, nearest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    nodes: Vec<Neighbour>,
    from: Vec<u32>,
}

impl Rows {
    #[inline]
    pub(crate) fn row(&self, node: u16) -> &[Neighbour] {
        &self.nodes[self.from[node as usize] as usize..self.from[node as usize + 1] as usize]
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Near {
    /// Good predecessors and good successors of each visit.
    pub preds: Rows,
    pub succs: Rows,
    /// Visits close by, whatever their windows.
    pub around: Rows,
}

/// Wait counts a fifth of way, as in PyVRP's proximity (Wouda, Lan & Kool 2024).
const WAIT_SHARE: (i64, i64) = (1, 5);

/// Neighbours in each direction tried first, to have a good price early.
const FIRST: usize = 6;

impl Near {
    /// The nearest few predecessors and successors of `node`.
    #[inline(always)]
    pub(crate) fn nearest(&self, node: u16) -> (&[Neighbour], &[Neighbour]) {
        let (preds, succs) = (self.preds.row(node), self.succs.row(node));
        (&preds[..preds.len().min(FIRST)], &succs[..succs.len().min(FIRST)])
    }

    /// The others.
    #[inline(always)]
    pub(crate) fn rest(&self, node: u16) -> (&[Neighbour], &[Neighbour]) {
        let (preds, succs) = (self.preds.row(node), self.succs.row(node));
        (&preds[preds.len().min(FIRST)..], &succs[succs.len().min(FIRST)..])
    }

    pub(crate) fn new(compiled: &Compiled) -> Self {
        let count = compiled.visits.len();
        let place = |visit: usize| compiled.visits[visit].place;
        let travel = &compiled.travel[0];
        // `travelled` is the way from `a` to `b`; each is asked for along the row of the matrix that stays in the cache.
        let directed = |a: usize, b: usize, travelled: Way| {
            let (from, to) = (&compiled.visits[a], &compiled.visits[b]);
            let seconds = travelled.seconds;
            if a == b || from.open.saturating_add(from.service + seconds) > to.close {
                return i64::MAX;
            }
            let wait =
                i64::from(to.open) - i64::from(from.service + seconds) - i64::from(from.close);
            let way = if compiled.by_seconds { seconds } else { travelled.metres };
            i64::from(way) + wait.max(0) * WAIT_SHARE.0 / WAIT_SHARE.1
        };
        let around = |a: usize, b: usize| {
            let ways = (compiled.way(place(a), place(b)), compiled.way_into(place(b), place(a)));
            if a == b || ways.0.min(ways.1) > HORIZON {
                i64::MAX
            } else {
                i64::from(ways.0) + i64::from(ways.1)
            }
        };
        Self {
            preds: rows(
                count,
                NEAR_MAX,
                |node, other| directed(other, node, travel.way_into(place(other), place(node))),
                |node, other| compiled.way_into(place(other), place(node)),
            ),
            succs: rows(
                count,
                NEAR_MAX,
                |node, other| directed(node, other, travel.way(place(node), place(other))),
                |node, other| compiled.way(place(node), place(other)),
            ),
            around: rows(count, AROUND_MAX, around, |node, other| {
                compiled.way(place(node), place(other))
            }),
        }
    }
}

/// The `width` best of each node by `rank`, nearest by `way` first; a rank of `i64::MAX` is no neighbour at all.
fn rows(
    count: usize,
    width: usize,
    rank: impl Fn(usize, usize) -> i64,
    way: impl Fn(usize, usize) -> i32,
) -> Rows {
    let mut rows = Rows { nodes: Vec::with_capacity(count * width), from: vec![0] };
    let mut keys: Vec<u64> = Vec::with_capacity(count);
    for node in 0..count {
        keys.clear();
        keys.extend((0..count).filter_map(|other| {
            let rank = rank(node, other);
            (rank != i64::MAX).then_some(((rank as u64) << 16) | other as u64)
        }));
        if keys.len() > width {
            keys.select_nth_unstable(width - 1);
            keys.truncate(width);
        }
        for key in &mut keys {
            let other = *key & 0xffff;
            *key = ((way(node, other as usize) as u64) << 16) | other;
        }
        keys.sort_unstable();
        rows.nodes.extend(
            keys.iter().map(|key| Neighbour { node: *key as u16, way: (*key >> 16) as i32 }),
        );
        rows.from.push(rows.nodes.len() as u32);
    }
    rows
}
