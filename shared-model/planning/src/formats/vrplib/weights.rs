//! Edge weights: computed from coordinates or stated. May not round what is stated.

use super::super::matrix::{build, euclidean};
use super::super::refusal;
use super::Frame;
use crate::problem::{Matrix, Refusal, Rule};

pub(super) fn matrix(frame: &Frame<'_>) -> Result<Matrix, Refusal> {
    let kind = frame.sheet.word("EDGE_WEIGHT_TYPE").unwrap_or("EUC_2D");
    match kind {
        "EUC_2D" => euclidean(&points(frame)?, frame.rounding),
        "CEIL_2D" | "FLOOR_2D" => {
            let points = points(frame)?;
            build(points.len(), |from, to| {
                let (dx, dy) = (points[from].0 - points[to].0, points[from].1 - points[to].1);
                let exact = (dx * dx + dy * dy).sqrt();
                frame
                    .rounding
                    .apply(if kind == "CEIL_2D" { exact.ceil() } else { exact.floor() }, kind)
            })
        }
        "EXPLICIT" => explicit(frame),
        other => Err(Refusal::new(Rule::ValueWrong, "EDGE_WEIGHT_TYPE", other)),
    }
}

fn points(frame: &Frame<'_>) -> Result<Vec<(f64, f64)>, Refusal> {
    let section = frame
        .sheet
        .columns("NODE_COORD_SECTION", frame.places)?
        .ok_or_else(|| frame.sheet.missing("NODE_COORD_SECTION"))?;
    (0..frame.places).map(|place| section.row(place, 2).map(|row| (row[0], row[1]))).collect()
}

/// Where the weight of a pair stands in the list, for `side` places.
type Layout = fn(side: usize, from: usize, to: usize) -> usize;

fn explicit(frame: &Frame<'_>) -> Result<Matrix, Refusal> {
    let side = frame.places;
    let weights = frame
        .sheet
        .list("EDGE_WEIGHT_SECTION")?
        .ok_or_else(|| frame.sheet.missing("EDGE_WEIGHT_SECTION"))?;
    let format = frame.sheet.word("EDGE_WEIGHT_FORMAT").unwrap_or("FULL_MATRIX");
    let triangle = side * (side - 1) / 2;
    let (expected, layout): (usize, Layout) = match format {
        "FULL_MATRIX" => (side * side, |side, from, to| from * side + to),
        "LOWER_ROW" => (triangle, |_, from, to| {
            let (low, high) = (from.min(to), from.max(to));
            high * (high - 1) / 2 + low
        }),
        "LOWER_DIAG_ROW" => (triangle + side, |_, from, to| {
            let (low, high) = (from.min(to), from.max(to));
            high * (high + 1) / 2 + low
        }),
        "UPPER_ROW" => (triangle, |side, from, to| {
            let (low, high) = (from.min(to), from.max(to));
            low * (2 * side - low - 1) / 2 + high - low - 1
        }),
        "UPPER_DIAG_ROW" => (triangle + side, |side, from, to| {
            let (low, high) = (from.min(to), from.max(to));
            low * (2 * side - low + 1) / 2 + high - low
        }),
        other => return Err(Refusal::new(Rule::ValueWrong, "EDGE_WEIGHT_FORMAT", other)),
    };
    if weights.len() != expected {
        let found = format!("{} numbers of {expected}", weights.len());
        return Err(Refusal::new(Rule::MatrixShapeWrong, "EDGE_WEIGHT_SECTION", found));
    }
    build(side, |from, to| {
        let weight = weights[layout(side, from, to)];
        if weight.fract() != 0.0 {
            return Err(refusal(Rule::ValueWrong, 0, "EDGE_WEIGHT_SECTION holds a fraction"));
        }
        frame.rounding.apply(weight, "EDGE_WEIGHT_SECTION")
    })
}
