//! Sending rows through a forest, without a branch that depends on a value, so that fresh rows cost no mispredicted
//! ones. One row goes through eight trees side by side; many rows go through one tree side by side: by masks where
//! it is small, walking where it is not. All ways add the same numbers in the same order, in float64.

use super::attributes::Aggregate;
use super::forest::{Forest, Node, Tree, Weights};
use super::masks::TILE;
use crate::lanes::Lanes;

/// Walks side by side: enough to hide a load's latency, few enough to stay in registers.
const LANES: usize = 8;
/// Rows that go through all trees before the next rows do, so that rows and sums stay in the first cache.
const BLOCK_ROWS: usize = 128;
/// From so many rows on, rows go side by side.
const ROWS_SIDE_BY_SIDE_MIN: usize = 4;

/// The sums of every row, rows × targets, base values included, no transform.
///
/// `rows` is rows × `columns`, and `columns` is not below [`Forest::columns`].
#[must_use]
pub fn scores(forest: &Forest, rows: &[f32], columns: usize) -> Vec<f64> {
    scores_with(Lanes::here(), forest, rows, columns)
}

/// As [`scores`], with lanes of a width: the same numbers.
#[must_use]
pub fn scores_with(lanes: Lanes, forest: &Forest, rows: &[f32], columns: usize) -> Vec<f64> {
    assert!(columns >= forest.columns(), "a split names a column that rows do not have");
    let count = rows.len().checked_div(columns).unwrap_or(0);
    let mut scores = Vec::with_capacity(count * forest.targets());
    for block in rows[..count * columns].chunks(BLOCK_ROWS * columns.max(1)) {
        let rows = Rows { lanes, values: block, columns, count: block.len() / columns };
        if forest.floors.is_empty() {
            block_scores::<false>(forest, rows, &mut scores);
        } else {
            block_scores::<true>(forest, rows, &mut scores);
        }
    }
    scores
}

#[derive(Clone, Copy)]
struct Rows<'a> {
    lanes: Lanes,
    values: &'a [f32],
    columns: usize,
    count: usize,
}

fn block_scores<const FLOORS: bool>(forest: &Forest, rows: Rows<'_>, scores: &mut Vec<f64>) {
    match &forest.weights {
        Weights::One(weights) => {
            let sums = sums::<FLOORS>(forest, rows, weights);
            let share = match forest.aggregate {
                Aggregate::Average => 1.0 / forest.trees.len().max(1) as f64,
                Aggregate::Sum | Aggregate::Min | Aggregate::Max => 1.0,
            };
            scores.extend(sums.into_iter().map(|sum| sum * share + forest.base_values[0]));
        }
        Weights::Several { ranges, contributions } => {
            let mut tally = Tally::new(forest, rows.count);
            every_leaf::<FLOORS>(forest, rows, |row, node| {
                let (from, until) = ranges[node];
                for (target, weight) in &contributions[from as usize..until as usize] {
                    tally.note(row, *target as usize, f64::from(*weight));
                }
            });
            tally.close(scores);
        }
    }
}

fn sums<const FLOORS: bool>(forest: &Forest, rows: Rows<'_>, weights: &[f32]) -> Vec<f64> {
    let mut sums = vec![0.0; rows.count];
    every_leaf::<FLOORS>(forest, rows, |row, node| sums[row] += f64::from(weights[node]));
    sums
}

/// Calls `arrive(row, node)` with the leaf of every row in every tree; for one row, in the order of trees.
fn every_leaf<const FLOORS: bool>(
    forest: &Forest,
    rows: Rows<'_>,
    mut arrive: impl FnMut(usize, usize),
) {
    if rows.count < ROWS_SIDE_BY_SIDE_MIN {
        for row in 0..rows.count {
            let values = &rows.values[row * rows.columns..(row + 1) * rows.columns];
            trees_side_by_side::<FLOORS>(forest, values, |node| arrive(row, node));
        }
        return;
    }
    let tiles = rows.in_tiles();
    let mut arrivals = vec![[0; TILE]; rows.count.div_ceil(TILE)];
    for (tree, masked) in forest.trees.iter().zip(&forest.masked) {
        let Some(masked) = masked else {
            rows_side_by_side::<FLOORS>(forest, *tree, rows, &mut arrive);
            continue;
        };
        masked.arrivals(rows.lanes, &tiles, rows.columns, &mut arrivals);
        for (row, node) in arrivals.as_flattened().iter().take(rows.count).enumerate() {
            arrive(row, tree.first + *node as usize);
        }
    }
}

impl Rows<'_> {
    /// Tiles × columns × rows of a tile; lanes past the last row hold zeros.
    fn in_tiles(self) -> Vec<[f32; TILE]> {
        let mut tiles = vec![[0.0; TILE]; self.count.div_ceil(TILE) * self.columns];
        for (row, values) in self.values.chunks_exact(self.columns).enumerate() {
            let tile = &mut tiles[row / TILE * self.columns..][..self.columns];
            for (column, value) in tile.iter_mut().zip(values) {
                column[row % TILE] = *value;
            }
        }
        tiles
    }
}

fn rows_side_by_side<const FLOORS: bool>(
    forest: &Forest,
    tree: Tree,
    rows: Rows<'_>,
    arrive: &mut impl FnMut(usize, usize),
) {
    let nodes = &forest.nodes[tree.first..tree.first + tree.nodes];
    let floors = if FLOORS { &forest.floors[tree.first..tree.first + tree.nodes] } else { &[] };
    for first in (0..rows.count).step_by(LANES) {
        // Lanes past the last row repeat it.
        let row_of = |lane: usize| (first + lane).min(rows.count - 1);
        let starts: [usize; LANES] = std::array::from_fn(|lane| row_of(lane) * rows.columns);
        let mut places = [0_usize; LANES];
        for _ in 0..tree.depth {
            for lane in 0..LANES {
                let place = places[lane];
                let node = nodes[place];
                let value = rows.values[starts[lane] + node.column()];
                let floor = if FLOORS { floors[place] } else { f32::NEG_INFINITY };
                places[lane] = step::<FLOORS>(node, floor, value);
            }
        }
        for (lane, place) in places.into_iter().enumerate().take(rows.count - first) {
            arrive(first + lane, tree.first + place);
        }
    }
}

fn trees_side_by_side<const FLOORS: bool>(
    forest: &Forest,
    row: &[f32],
    mut arrive: impl FnMut(usize),
) {
    for trees in forest.trees.chunks(LANES) {
        let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or(0);
        // Lanes past the last tree repeat it.
        let firsts: [usize; LANES] =
            std::array::from_fn(|lane| trees[lane.min(trees.len() - 1)].first);
        let mut places = firsts;
        for _ in 0..depth {
            for lane in 0..LANES {
                let node = forest.nodes[places[lane]];
                let value = row[node.column()];
                let floor = if FLOORS { forest.floors[places[lane]] } else { f32::NEG_INFINITY };
                places[lane] = firsts[lane] + step::<FLOORS>(node, floor, value);
            }
        }
        places.into_iter().take(trees.len()).for_each(&mut arrive);
    }
}

/// Where a value goes, counted from the tree's first node.
#[inline(always)]
fn step<const FLOORS: bool>(node: Node, floor: f32, value: f32) -> usize {
    let inside = (value <= node.threshold) & (!FLOORS | (value >= floor));
    let missing = value.is_nan() & node.missing_to_child();
    node.child() + usize::from(!(inside | missing))
}

/// Contributions to several targets, or their least or largest.
struct Tally<'a> {
    forest: &'a Forest,
    /// Rows × targets; NaN where nothing came yet.
    sums: Vec<f64>,
}

impl<'a> Tally<'a> {
    fn new(forest: &'a Forest, rows: usize) -> Self {
        Self { forest, sums: vec![f64::NAN; rows * forest.targets()] }
    }

    fn note(&mut self, row: usize, target: usize, weight: f64) {
        let sum = &mut self.sums[row * self.forest.targets() + target];
        *sum = match self.forest.aggregate {
            _ if sum.is_nan() => weight,
            Aggregate::Sum | Aggregate::Average => *sum + weight,
            Aggregate::Min => sum.min(weight),
            Aggregate::Max => sum.max(weight),
        };
    }

    /// A target without any contribution has its base value.
    fn close(self, scores: &mut Vec<f64>) {
        let share = match self.forest.aggregate {
            Aggregate::Average => 1.0 / self.forest.trees.len().max(1) as f64,
            Aggregate::Sum | Aggregate::Min | Aggregate::Max => 1.0,
        };
        let bases = self.forest.base_values.iter().cycle();
        scores.extend(self.sums.iter().zip(bases).map(|(sum, base)| {
            let sum = if sum.is_nan() { 0.0 } else { *sum };
            sum * share + base
        }));
    }
}
