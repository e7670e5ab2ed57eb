//! Histograms of at most ten bins: the reference that comes with a model, and the counts of what a node
//! saw since. Counting keeps no value, so nothing of a customer can be read from it.

use serde::{Deserialize, Serialize};

use crate::manifest::OUTPUTS_MAX;
use crate::preprocessing::FEATURES_MAX;
use crate::reading;
use crate::refused::Refused;

pub const REFERENCE_BYTES_MAX: u64 = 128 * 1024;
pub const BINS_MAX: usize = 10;
/// Features and outputs together: so many that a day's counts fit into a kilobyte.
pub const COLUMNS_MAX: usize = 75;
const PART: &str = "reference_hist.json";

/// How the values of one column were spread when the model was trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    pub name: String,
    /// Between the bins, ascending: a value's bin is the number of edges that are below it.
    pub edges: Vec<f32>,
    /// One more than edges.
    pub counts: Vec<u64>,
    pub missing: u64,
}

impl Histogram {
    /// The bin of a value, none for what is missing.
    #[must_use]
    pub fn bin(&self, value: f32) -> Option<usize> {
        value.is_finite().then(|| self.edges.partition_point(|edge| *edge < value))
    }

    /// All values, missing ones too.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(self.missing, |sum, count| sum.saturating_add(*count))
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.counts.is_empty() || self.counts.len() > BINS_MAX {
            return Err("1 to 10 bins are allowed");
        }
        if self.edges.len() + 1 != self.counts.len() {
            return Err("there is one edge fewer than counts");
        }
        if !self.edges.is_sorted_by(|a, b| a < b) || self.edges.iter().any(|e| !e.is_finite()) {
            return Err("edges are numbers that ascend");
        }
        if self.total() == 0 {
            return Err("nothing was counted");
        }
        Ok(())
    }
}

/// The histograms of a model's training data, one for each raw feature and each output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub format: u32,
    pub features: Vec<Histogram>,
    pub predictions: Vec<Histogram>,
}

impl Reference {
    /// # Errors
    /// [`Refused::TooLarge`] or [`Refused::Malformed`], naming the column.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let reference: Self = reading::typed(PART, bytes, REFERENCE_BYTES_MAX)?;
        let wrong = |field: &str, reason: &str| Err(Refused::field(PART, field, reason));
        if reference.format != crate::manifest::FORMAT {
            return wrong("format", "is not known");
        }
        let (features, outputs) = (reference.features.len(), reference.predictions.len());
        if features > FEATURES_MAX || outputs > OUTPUTS_MAX || features + outputs > COLUMNS_MAX {
            return wrong("features", "64 features, 16 outputs, and 75 of both are allowed");
        }
        for histogram in reference.features.iter().chain(&reference.predictions) {
            if let Err(reason) = histogram.check() {
                return wrong(&histogram.name, reason);
            }
        }
        Ok(reference)
    }
}

/// What was counted in one column since it was last emptied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub bins: Vec<u64>,
    pub missing: u64,
}

impl Counts {
    /// Empty, with the bins of a reference.
    #[must_use]
    pub fn of(reference: &Histogram) -> Self {
        Self { bins: vec![0; reference.counts.len()], missing: 0 }
    }

    /// Counts a value into the reference's bins.
    pub fn note(&mut self, reference: &Histogram, value: f32) {
        let place = reference.bin(value).and_then(|bin| self.bins.get_mut(bin));
        let count = place.unwrap_or(&mut self.missing);
        *count = count.saturating_add(1);
    }

    /// Adds what was counted elsewhere with the same bins.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.bins.iter_mut().zip(&other.bins) {
            *count = count.saturating_add(*more);
        }
        self.missing = self.missing.saturating_add(other.missing);
    }

    #[must_use]
    pub fn total(&self) -> u64 {
        self.bins.iter().fold(self.missing, |sum, count| sum.saturating_add(*count))
    }
}
