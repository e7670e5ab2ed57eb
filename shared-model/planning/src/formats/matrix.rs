//! Matrices from coordinates in a plane and from lists of weights. May not know what the places are.

use super::Rounding;
use crate::problem::bounds::TRAVEL_S_MAX;
use crate::problem::{Cell, Matrix, Refusal, Rule};

/// Euclidean distances, rounded as asked.
pub(super) fn euclidean(points: &[(f64, f64)], rounding: Rounding) -> Result<Matrix, Refusal> {
    build(points.len(), |from, to| {
        let (dx, dy) = (points[from].0 - points[to].0, points[from].1 - points[to].1);
        rounding.apply((dx * dx + dy * dy).sqrt(), "NODE_COORD_SECTION")
    })
}

/// A matrix from a function of row and column, cell by cell; the diagonal is 0.
pub(super) fn build(
    side: usize,
    weight: impl Fn(usize, usize) -> Result<i64, Refusal>,
) -> Result<Matrix, Refusal> {
    let mut cells = Vec::with_capacity(side * side);
    for from in 0..side {
        for to in 0..side {
            let amount = if from == to { 0 } else { weight(from, to)? };
            cells.push(cell(amount, from, to)?);
        }
    }
    Ok(Matrix::new(side, cells).expect("one cell per pair was pushed"))
}

fn cell(amount: i64, from: usize, to: usize) -> Result<Cell, Refusal> {
    u32::try_from(amount).ok().and_then(Cell::new).ok_or_else(|| {
        let path = format!("way from {from} to {to}");
        Refusal::new(Rule::ValueWrong, path, format_args!("{amount}, limit {TRAVEL_S_MAX}"))
    })
}
