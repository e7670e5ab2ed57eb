//! Which visits are worth putting next to each other: the granular neighbourhoods that keep every step of the search
//! independent of the problem's size (Toth & Vigo 2003, "The granular tabu search").

use super::compiled::{Compiled, HORIZON};

/// Candidate neighbours kept per visit and direction.
pub const NEAR_MAX: usize = 40;
/// Neighbours by way alone, for choosing what to ruin.
pub const AROUND_MAX: usize = 60;

/// Rows of at most `width` visits, nearest first.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    nodes: Vec<u16>,
    from: Vec<u32>,
}

impl Rows {
    #[inline]
    pub fn row(&self, node: u16) -> &[u16] {
        &self.nodes[self.from[node as usize] as usize..self.from[node as usize + 1] as usize]
    }
}

#[derive(Debug, Clone, Default)]
pub struct Near {
    /// Good predecessors and good successors of each visit.
    pub preds: Rows,
    pub succs: Rows,
    /// Visits close by, whatever their windows.
    pub around: Rows,
}

/// Wait counts a fifth of way, as in PyVRP's proximity (Wouda, Lan & Kool 2024).
const WAIT_SHARE: (i64, i64) = (1, 5);

impl Near {
    pub fn new(compiled: &Compiled) -> Self {
        let count = compiled.visits.len();
        let travel = &compiled.travel[compiled.classes.first().map_or(0, |class| class.travel as usize)];
        let cell = |a: usize, b: usize| {
            compiled.visits[a].place as usize * compiled.places + compiled.visits[b].place as usize
        };
        let directed = |a: usize, b: usize| {
            let (from, to) = (&compiled.visits[a], &compiled.visits[b]);
            let seconds = travel.seconds[cell(a, b)];
            if a == b || from.open.saturating_add(from.service + seconds) > to.close {
                return i64::MAX;
            }
            let wait = i64::from(to.open) - i64::from(from.service + seconds) - i64::from(from.close);
            i64::from(travel.metres[cell(a, b)]) + wait.max(0) * WAIT_SHARE.0 / WAIT_SHARE.1
        };
        let around = |a: usize, b: usize| {
            let ways = (travel.metres[cell(a, b)], travel.metres[cell(b, a)]);
            if a == b || ways.0.min(ways.1) > HORIZON { i64::MAX } else { i64::from(ways.0) + i64::from(ways.1) }
        };
        Self {
            preds: rows(count, NEAR_MAX, |node, other| directed(other, node)),
            succs: rows(count, NEAR_MAX, directed),
            around: rows(count, AROUND_MAX, around),
        }
    }
}

/// The `width` nearest of each node by `way`, ties by number; `i64::MAX` is no neighbour at all.
fn rows(count: usize, width: usize, way: impl Fn(usize, usize) -> i64) -> Rows {
    let mut rows = Rows { nodes: Vec::with_capacity(count * width), from: vec![0] };
    let mut keys: Vec<u64> = Vec::with_capacity(count);
    for node in 0..count {
        keys.clear();
        keys.extend((0..count).filter_map(|other| {
            let way = way(node, other);
            (way != i64::MAX).then(|| ((way as u64) << 16) | other as u64)
        }));
        if keys.len() > width {
            keys.select_nth_unstable(width - 1);
            keys.truncate(width);
        }
        keys.sort_unstable();
        rows.nodes.extend(keys.iter().map(|key| *key as u16));
        rows.from.push(rows.nodes.len() as u32);
    }
    rows
}
