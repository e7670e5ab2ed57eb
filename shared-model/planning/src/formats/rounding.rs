//! From a file's decimals to integers. May not guess: each set of benchmarks has its convention.

use crate::problem::{Refusal, Rule};

/// How distances, times and prizes of a file become integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, halves to the even one: TSPLIB, the X set, VRPB.
    Nearest,
    /// Tenths, cut off: the DIMACS challenge, for VRPTW, MTVRPTWR, PCVRPTW.
    Tenths,
    /// Thousandths, to the nearest: MDVRPTW, HFVRP, PDPTW.
    Thousandths,
}

impl Rounding {
    /// By how much amounts grow.
    #[must_use]
    pub fn scale(self) -> i64 {
        match self {
            Self::Nearest => 1,
            Self::Tenths => 10,
            Self::Thousandths => 1_000,
        }
    }

    /// # Errors
    /// When the scaled value is beyond 2^53, where integers of a float have gaps.
    pub(super) fn apply(self, value: f64, path: &str) -> Result<i64, Refusal> {
        let scaled = match self {
            Self::Nearest => value.round_ties_even(),
            Self::Tenths => (10.0 * value).trunc(),
            Self::Thousandths => (1_000.0 * value).round_ties_even(),
        };
        if scaled.is_finite() && scaled.abs() <= 9_007_199_254_740_992.0 {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            return Ok(scaled as i64);
        }
        Err(Refusal::new(Rule::ValueWrong, path, value))
    }
}
