//! `preproc.json`: how raw features become the network's input. The arithmetic is float32, in the order in
//! which training did it; no state, no defaults.

use serde::{Deserialize, Serialize};

use crate::reading;
use crate::refused::Refused;

pub const PREPROCESSING_BYTES_MAX: u64 = 256 * 1024;
pub const FEATURES_MAX: usize = 64;
pub const COLUMNS_MAX: usize = 512;
pub const CATEGORIES_MAX: usize = 1_024;
const PART: &str = "preproc.json";

/// One column of the network's input, made from the raw feature number `from`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "do", rename_all = "kebab-case")]
pub enum Column {
    /// As it is; what is missing stays NaN, for trees have a branch for it.
    Keep { from: usize },
    /// Filled, clipped, perhaps ln(1 + x), then centred and scaled.
    Number {
        from: usize,
        missing: f32,
        min: f32,
        max: f32,
        mean: f32,
        scale: f32,
        #[serde(default)]
        log1p: bool,
    },
    /// 1 where it is missing, else 0.
    Missing { from: usize },
    /// The place among known values, `unknown` for any other.
    Category { from: usize, values: Vec<f32>, unknown: u32 },
    /// 1 where it is this value, else 0.
    Equals { from: usize, value: f32 },
}

impl Column {
    const fn from(&self) -> usize {
        match self {
            Self::Keep { from }
            | Self::Number { from, .. }
            | Self::Missing { from }
            | Self::Category { from, .. }
            | Self::Equals { from, .. } => *from,
        }
    }

    fn value(&self, row: &[f32]) -> f32 {
        let raw = row[self.from()];
        let raw = if raw.is_finite() { raw } else { f32::NAN };
        match self {
            Self::Keep { .. } => raw,
            Self::Number { missing, min, max, mean, scale, log1p, .. } => {
                let filled = if raw.is_nan() { *missing } else { raw };
                let clipped = filled.clamp(*min, *max);
                let shaped = if *log1p { clipped.ln_1p() } else { clipped };
                (shaped - mean) / scale
            }
            Self::Missing { .. } => f32::from(u8::from(raw.is_nan())),
            Self::Category { values, unknown, .. } => {
                let place = values.binary_search_by(|value| value.total_cmp(&raw)).ok();
                place.map_or(*unknown as f32, |place| place as f32)
            }
            Self::Equals { value, .. } => f32::from(u8::from(raw == *value)),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Keep { .. } | Self::Missing { .. } => Ok(()),
            Self::Equals { value, .. } if value.is_finite() => Ok(()),
            Self::Equals { .. } => Err("value is not a number"),
            Self::Number { missing, min, max, mean, scale, log1p, .. } => {
                let numbers = [missing, min, max, mean, scale];
                if numbers.into_iter().any(|number| !number.is_finite()) || min > max {
                    return Err("missing, min, max, mean and scale are numbers, min not above max");
                }
                if *scale == 0.0 || (*log1p && *min <= -1.0) {
                    return Err("scale is not 0, and a logarithm needs min above -1");
                }
                Ok(())
            }
            Self::Category { values, .. } => {
                let sound = (1..=CATEGORIES_MAX).contains(&values.len())
                    && values.iter().all(|value| value.is_finite())
                    && values.is_sorted_by(|a, b| a < b);
                if sound { Ok(()) } else { Err("values are 1 to 1,024 numbers, ascending") }
            }
        }
    }
}

/// From raw rows to the network's rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    format: u32,
    /// The raw features' names, in order.
    features: Vec<String>,
    columns: Vec<Column>,
}

impl Preprocessing {
    /// Every feature goes in as it is.
    #[must_use]
    pub fn keep(features: Vec<String>) -> Self {
        let columns = (0..features.len()).map(|from| Column::Keep { from }).collect();
        Self { format: 1, features, columns }
    }

    /// # Errors
    /// [`Refused::TooLarge`] or [`Refused::Malformed`], naming the column.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let spec: Self = reading::typed(PART, bytes, PREPROCESSING_BYTES_MAX)?;
        let wrong = |field: String, reason: &str| Err(Refused::field(PART, field, reason));
        if spec.format != crate::manifest::FORMAT {
            return wrong("format".to_owned(), "is not known");
        }
        if !(1..=FEATURES_MAX).contains(&spec.features.len()) {
            return wrong("features".to_owned(), "1 to 64 are allowed");
        }
        if !(1..=COLUMNS_MAX).contains(&spec.columns.len()) {
            return wrong("columns".to_owned(), "1 to 512 are allowed");
        }
        for (place, column) in spec.columns.iter().enumerate() {
            if column.from() >= spec.features.len() {
                return wrong(format!("columns[{place}].from"), "there is no such feature");
            }
            if let Err(reason) = column.check() {
                return wrong(format!("columns[{place}]"), reason);
            }
        }
        Ok(spec)
    }

    /// How many raw features a row has.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.features.len()
    }

    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.features
    }

    /// How wide the network's input is.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns.len()
    }

    /// `raw` is rows × features, row by row; appends rows × columns to `input`. What does not fill a
    /// whole row is left out.
    pub fn apply(&self, raw: &[f32], input: &mut Vec<f32>) {
        for row in raw.chunks_exact(self.features.len()) {
            input.extend(self.columns.iter().map(|column| column.value(row)));
        }
    }
}
