//! The population stability index of a column, judged by its own sampling error. A fixed threshold cries
//! wolf on small samples: with ten bins and 50 values it is crossed once in four times without any drift.
//!
//! Source: B. Yurdakul, "Statistical Properties of Population Stability Index" (Western Michigan
//! University, 2018): without drift, `PSI / (1/n + 1/m)` follows χ² with `bins − 1` degrees of freedom,
//! for n values against a reference of m.

use crate::histogram::{Counts, Histogram};

/// Fewer values than this say nothing.
pub const VALUES_MIN: u64 = 200;
/// A shift smaller than this is not worth a retraining, however sure one may be of it.
pub const PSI_FLOOR: f64 = 0.1;

/// χ² at 0.99 for 1 to 10 degrees of freedom (ten bins, and one for what is missing).
const CHI_SQUARE_99: [f64; 10] =
    [6.635, 9.210, 11.345, 13.277, 15.086, 16.812, 18.475, 20.090, 21.666, 23.209];

/// What the counts of a column say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drift {
    TooFew { values: u64, needed: u64 },
    Fine { psi: f64, bound: f64 },
    Drifted { psi: f64, bound: f64 },
}

/// Judges a column against its reference. Counts with other bins than the reference's are too few.
#[must_use]
pub fn judge(reference: &Histogram, counts: &Counts) -> Drift {
    let values = counts.total();
    if values < VALUES_MIN || counts.bins.len() != reference.counts.len() {
        return Drift::TooFew { values, needed: VALUES_MIN };
    }
    let pairs = bins(reference, counts);
    let psi = index(&pairs);
    let bound = bound(pairs.len(), values, reference.total());
    if psi > bound { Drift::Drifted { psi, bound } } else { Drift::Fine { psi, bound } }
}

/// The PSI above which a column has drifted: χ²₀.₉₉(bins − 1) · (1/n + 1/m), at least [`PSI_FLOOR`].
#[must_use]
pub fn bound(bins: usize, values: u64, reference_values: u64) -> f64 {
    let freedom = bins.saturating_sub(1).clamp(1, CHI_SQUARE_99.len());
    let spread = 1.0 / values.max(1) as f64 + 1.0 / reference_values.max(1) as f64;
    (CHI_SQUARE_99[freedom - 1] * spread).max(PSI_FLOOR)
}

/// Counts side by side, reference first, without the bins that are empty on both sides.
fn bins(reference: &Histogram, counts: &Counts) -> Vec<(u64, u64)> {
    let expected = reference.counts.iter().chain([&reference.missing]);
    let found = counts.bins.iter().chain([&counts.missing]);
    expected.zip(found).map(|(a, b)| (*a, *b)).filter(|(a, b)| a + b > 0).collect()
}

/// Σ (p − q) ln(p / q). Half a value is added to every bin, so that an empty one does not make it infinite.
fn index(pairs: &[(u64, u64)]) -> f64 {
    let smooth = |count: u64| count as f64 + 0.5;
    let expected_sum: f64 = pairs.iter().map(|pair| smooth(pair.0)).sum();
    let found_sum: f64 = pairs.iter().map(|pair| smooth(pair.1)).sum();
    pairs
        .iter()
        .map(|pair| {
            let (expected, found) = (smooth(pair.0) / expected_sum, smooth(pair.1) / found_sum);
            (found - expected) * (found / expected).ln()
        })
        .sum()
}
