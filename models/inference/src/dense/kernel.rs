//! The arithmetic of dense layers. Many rows go side by side, so that a weight is read once for all of them; a few
//! rows go one by one, with outputs side by side. Every output adds its products in the order of the inputs either
//! way, so a row has the same answer alone and among others.

use super::layers::{Layer, Layers};
use crate::lanes::{self, Lanes};

/// Rows of a tile: enough that the compiler makes a loop of them, and widens it.
const TILE: usize = 64;
/// For so few rows that half of a tile would be empty.
const SMALL_TILE: usize = 32;
/// From so many rows on, rows go side by side.
const ROWS_SIDE_BY_SIDE_MIN: usize = 6;

/// `rows` is rows × inputs; returns rows × outputs.
#[must_use]
pub fn answers(layers: &Layers, rows: &[f32]) -> Vec<f32> {
    answers_with(Lanes::here(), layers, rows)
}

/// As [`answers`], with lanes of a width. What is fused rounds once where the plain way rounds twice.
#[must_use]
pub fn answers_with(lanes: Lanes, layers: &Layers, rows: &[f32]) -> Vec<f32> {
    let mut answers = vec![0.0; rows.len() / layers.inputs() * layers.outputs()];
    lanes::run(lanes, Stack { layers, rows, answers: &mut answers });
    answers
}

struct Stack<'a> {
    layers: &'a Layers,
    rows: &'a [f32],
    answers: &'a mut [f32],
}

impl lanes::Work for Stack<'_> {
    #[inline(always)]
    fn run<const FUSED: bool, const WIDTH: usize>(self) {
        let rows = self.rows.len() / self.layers.inputs();
        // Sixteen weights, four inputs and four sums take most of thirty-two registers, half of that of sixteen.
        match (rows, WIDTH) {
            (..ROWS_SIDE_BY_SIDE_MIN, _) => self.row_by_row::<FUSED>(),
            (..=SMALL_TILE, 16) => self.in_tiles::<FUSED, SMALL_TILE, 4>(),
            (..=SMALL_TILE, _) => self.in_tiles::<FUSED, SMALL_TILE, 2>(),
            (_, 16) => self.in_tiles::<FUSED, TILE, 4>(),
            (..) => self.in_tiles::<FUSED, TILE, 2>(),
        }
    }
}

impl Stack<'_> {
    #[inline(always)]
    fn row_by_row<const FUSED: bool>(self) {
        let (inputs, outputs) = (self.layers.inputs(), self.layers.outputs());
        let widest = self.layers.widest();
        let (mut from, mut to) = (vec![0.0; widest], vec![0.0; widest]);
        let rows = self.rows.chunks_exact(inputs).zip(self.answers.chunks_exact_mut(outputs));
        for (row, answer) in rows {
            from[..inputs].copy_from_slice(row);
            for layer in self.layers.all() {
                one_row::<FUSED>(layer, &from[..layer.inputs()], &mut to[..layer.outputs()]);
                std::mem::swap(&mut from, &mut to);
            }
            answer.copy_from_slice(&from[..outputs]);
        }
    }

    #[inline(always)]
    fn in_tiles<const FUSED: bool, const TILE: usize, const OUTPUTS: usize>(self) {
        let (inputs, outputs) = (self.layers.inputs(), self.layers.outputs());
        let widest = self.layers.widest();
        let (mut from, mut to) = (vec![[0.0; TILE]; widest], vec![[0.0; TILE]; widest]);
        let rows = self.rows.chunks(inputs * TILE);
        for (rows, answers) in rows.zip(self.answers.chunks_mut(outputs * TILE)) {
            for (row, values) in rows.chunks_exact(inputs).enumerate() {
                for (column, value) in from.iter_mut().zip(values) {
                    column[row] = *value;
                }
            }
            for layer in self.layers.all() {
                tile::<FUSED, TILE, OUTPUTS>(
                    layer,
                    &from[..layer.inputs()],
                    &mut to[..layer.outputs()],
                );
                std::mem::swap(&mut from, &mut to);
            }
            for (row, values) in answers.chunks_exact_mut(outputs).enumerate() {
                for (value, column) in values.iter_mut().zip(&from) {
                    *value = column[row];
                }
            }
        }
    }
}

#[inline(always)]
fn added<const FUSED: bool>(sum: f32, a: f32, b: f32) -> f32 {
    if FUSED { a.mul_add(b, sum) } else { sum + a * b }
}

#[inline(always)]
fn closed(layer: &Layer, sum: f32) -> f32 {
    if layer.is_rectified() && sum < 0.0 { 0.0 } else { sum }
}

/// Four inputs at a time, so that a sum is fetched and put back once for all four.
#[inline(always)]
fn one_row<const FUSED: bool>(layer: &Layer, from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(layer.bias());
    let (fours, rest) = from.as_chunks::<4>();
    for (group, [a, b, c, d]) in fours.iter().enumerate() {
        let [wa, wb, wc, wd] = [0, 1, 2, 3].map(|at| layer.weights(group * 4 + at));
        for ((((sum, wa), wb), wc), wd) in to.iter_mut().zip(wa).zip(wb).zip(wc).zip(wd) {
            let two = added::<FUSED>(added::<FUSED>(*sum, *a, *wa), *b, *wb);
            *sum = added::<FUSED>(added::<FUSED>(two, *c, *wc), *d, *wd);
        }
    }
    for (at, value) in rest.iter().enumerate() {
        for (sum, weight) in to.iter_mut().zip(layer.weights(fours.len() * 4 + at)) {
            *sum = added::<FUSED>(*sum, *value, *weight);
        }
    }
    to.iter_mut().for_each(|sum| *sum = closed(layer, *sum));
}

#[inline(always)]
fn tile<const FUSED: bool, const TILE: usize, const OUTPUTS: usize>(
    layer: &Layer,
    from: &[[f32; TILE]],
    to: &mut [[f32; TILE]],
) {
    let (groups, rest) = to.as_chunks_mut::<OUTPUTS>();
    let first_of_rest = groups.len() * OUTPUTS;
    for (group, sums) in groups.iter_mut().enumerate() {
        some_outputs::<FUSED, TILE, OUTPUTS>(layer, group * OUTPUTS, from, sums);
    }
    for (at, sums) in rest.iter_mut().enumerate() {
        some_outputs::<FUSED, TILE, 1>(layer, first_of_rest + at, from, std::array::from_mut(sums));
    }
}

#[inline(always)]
fn some_outputs<const FUSED: bool, const TILE: usize, const OUTPUTS: usize>(
    layer: &Layer,
    first: usize,
    from: &[[f32; TILE]],
    sums: &mut [[f32; TILE]; OUTPUTS],
) {
    for (sum, bias) in sums.iter_mut().zip(&layer.bias()[first..]) {
        *sum = [*bias; TILE];
    }
    let (fours, rest) = from.as_chunks::<4>();
    for (group, values) in fours.iter().enumerate() {
        some_inputs::<FUSED, TILE, 4, OUTPUTS>(layer, group * 4, first, values, sums);
    }
    for (at, values) in rest.iter().enumerate() {
        let input = fours.len() * 4 + at;
        some_inputs::<FUSED, TILE, 1, OUTPUTS>(
            layer,
            input,
            first,
            std::array::from_ref(values),
            sums,
        );
    }
    for sum in sums.as_flattened_mut() {
        *sum = closed(layer, *sum);
    }
}

/// The innermost: so many inputs to so many outputs, for all rows of a tile.
#[inline(always)]
fn some_inputs<const FUSED: bool, const TILE: usize, const INPUTS: usize, const OUTPUTS: usize>(
    layer: &Layer,
    input: usize,
    output: usize,
    values: &[[f32; TILE]; INPUTS],
    sums: &mut [[f32; TILE]; OUTPUTS],
) {
    let weights: [[f32; OUTPUTS]; INPUTS] = std::array::from_fn(|i| {
        let weights = &layer.weights(input + i)[output..output + OUTPUTS];
        std::array::from_fn(|o| weights[o])
    });
    for row in 0..TILE {
        for o in 0..OUTPUTS {
            let mut sum = sums[o][row];
            for i in 0..INPUTS {
                sum = added::<FUSED>(sum, values[i][row], weights[i][o]);
            }
            sums[o][row] = sum;
        }
    }
}
