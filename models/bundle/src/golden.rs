//! `golden.bin`: rows whose answer the training framework wrote down. Reading is bounded; replaying is the
//! runtime's.
//!
//! Little-endian: `OMGV`, u16 format 1, u16 rows, u16 features, u16 outputs, rows × features float32 (raw,
//! NaN for missing), rows × outputs float32 (finite).

use crate::manifest::{OUTPUTS_MAX, Tolerance};
use crate::preprocessing::FEATURES_MAX;
use crate::refused::Refused;

/// For a network; tables may be smaller than that.
pub const GOLDEN_ROWS_MIN: usize = 64;
pub const GOLDEN_ROWS_MAX: usize = 4_096;
const MAGIC: &[u8; 4] = b"OMGV";
const HEAD_BYTES: usize = 12;
const PART: &str = "golden.bin";

/// Raw rows and what must come out.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    features: usize,
    outputs: usize,
    raw: Vec<f32>,
    expected: Vec<f32>,
}

impl Golden {
    /// `raw` is rows × features, `expected` rows × outputs.
    ///
    /// # Errors
    /// [`Refused::Malformed`], naming what is out of range.
    pub fn new(
        features: usize,
        outputs: usize,
        raw: Vec<f32>,
        expected: Vec<f32>,
    ) -> Result<Self, Refused> {
        let wrong = |field: &str, reason: &str| Err(Refused::field(PART, field, reason));
        if !(1..=FEATURES_MAX).contains(&features) {
            return wrong("features", "1 to 64 are allowed");
        }
        if !(1..=OUTPUTS_MAX).contains(&outputs) {
            return wrong("outputs", "1 to 16 are allowed");
        }
        let rows = raw.len() / features;
        if !(1..=GOLDEN_ROWS_MAX).contains(&rows) {
            return wrong("rows", "1 to 4,096 are needed");
        }
        if raw.len() != rows * features || expected.len() != rows * outputs {
            return wrong("rows", "the numbers do not fill them");
        }
        if expected.iter().any(|value| !value.is_finite()) {
            return wrong("outputs", "an expected value is not a number");
        }
        Ok(Self { features, outputs, raw, expected })
    }

    /// # Errors
    /// [`Refused::Malformed`], naming what is out of range.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let wrong = |field: &str, reason: &str| Refused::field(PART, field, reason);
        let (head, body) = bytes
            .split_at_checked(HEAD_BYTES)
            .ok_or_else(|| wrong("head", "has fewer than 12 bytes"))?;
        if &head[..4] != MAGIC || head[4..6] != [1, 0] {
            return Err(wrong("head", "is not of golden vectors of format 1"));
        }
        let number = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let (rows, features, outputs) = (number(6), number(8), number(10));
        if body.len() != 4 * rows * (features + outputs) {
            return Err(wrong("rows", "the bytes do not fill them"));
        }
        let (raw, expected) = body.split_at(4 * rows * features);
        Self::new(features, outputs, floats(raw), floats(expected))
    }

    /// As [`Self::parse`] reads it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(1_u16.to_le_bytes());
        for number in [self.rows(), self.features, self.outputs] {
            bytes.extend(u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
        }
        for value in self.raw.iter().chain(&self.expected) {
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    #[must_use]
    pub const fn rows(&self) -> usize {
        self.raw.len() / self.features
    }

    #[must_use]
    pub const fn features(&self) -> usize {
        self.features
    }

    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rows × features, before preprocessing.
    #[must_use]
    pub fn raw(&self) -> &[f32] {
        &self.raw
    }

    /// Rows × outputs.
    #[must_use]
    pub fn expected(&self) -> &[f32] {
        &self.expected
    }

    /// How what was found compares with what was expected.
    #[must_use]
    pub fn compare(&self, found: &[f32], tolerance: Tolerance) -> Comparison {
        let mut comparison = Comparison { rows: self.rows(), ..Comparison::default() };
        if found.len() != self.expected.len() {
            comparison.rows_off = comparison.rows;
            comparison.worst_relative = f64::INFINITY;
            return comparison;
        }
        let pairs = found.chunks_exact(self.outputs).zip(self.expected.chunks_exact(self.outputs));
        for (found, expected) in pairs {
            let mut off = false;
            for (&found, &expected) in found.iter().zip(expected) {
                let (found, expected) = (f64::from(found), f64::from(expected));
                let error = (found - expected).abs();
                let allowed = tolerance.absolute + tolerance.relative * expected.abs();
                // A NaN is never within anything.
                off |= !matches!(error.partial_cmp(&allowed), Some(order) if order.is_le());
                let relative = if error == 0.0 { 0.0 } else { error / expected.abs() };
                comparison.worst_relative = comparison.worst_relative.max(if relative.is_nan() {
                    f64::INFINITY
                } else {
                    relative
                });
            }
            comparison.rows_off += usize::from(off);
        }
        comparison
    }
}

/// The outcome of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Comparison {
    pub rows: usize,
    /// Rows with a value beyond the tolerance, or none at all.
    pub rows_off: usize,
    /// Largest `|found − expected| / |expected|`, whether or not the absolute tolerance allows it.
    pub worst_relative: f64,
}

impl Comparison {
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.rows > 0 && self.rows_off == 0
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}
