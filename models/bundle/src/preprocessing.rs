//! `preproc.json`: how raw features become the network's input, and its answer a prediction. The arithmetic
//! is float32, in the order in which training did it; nothing is filled in that the file does not say.

use serde::{Deserialize, Serialize};

use crate::reading;
use crate::refused::Refused;

pub const PREPROCESSING_BYTES_MAX: u64 = 256 * 1024;
pub const FEATURES_MAX: usize = 64;
pub const CATEGORIES_MAX: usize = 1_024;
const PART: &str = "preproc.json";

/// What is done to one feature, in this order: category, filling, clipping, scaling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub name: String,
    /// Known values, ascending: any other one, and what is missing, becomes `unknown`.
    pub categories: Option<Vec<f32>>,
    pub unknown: Option<f32>,
    /// Stands for what is missing; without it NaN stays, for trees have a branch for it.
    pub impute: Option<f32>,
    pub clip: Option<[f32; 2]>,
    pub mean: f32,
    pub scale: f32,
}

impl Step {
    fn value(&self, raw: f32) -> f32 {
        let mut value = if raw.is_finite() { raw } else { f32::NAN };
        if let (Some(known), Some(unknown)) = (&self.categories, self.unknown) {
            let place = known.partition_point(|category| *category < value);
            value = if known.get(place) == Some(&value) { value } else { unknown };
        }
        if let (true, Some(fill)) = (value.is_nan(), self.impute) {
            value = fill;
        }
        if let Some([min, max]) = self.clip {
            value = value.clamp(min, max);
        }
        (value - self.mean) / self.scale
    }

    fn check(&self) -> Result<(), &'static str> {
        let filled = [self.unknown, self.impute];
        if filled.into_iter().flatten().chain([self.mean, self.scale]).any(|v| !v.is_finite()) {
            return Err("unknown, impute, mean and scale are numbers");
        }
        if self.scale == 0.0 {
            return Err("scale is not 0");
        }
        if self.categories.is_some() != self.unknown.is_some() {
            return Err("categories and unknown are given together");
        }
        let categories = self.categories.as_deref().unwrap_or_default();
        if categories.len() > CATEGORIES_MAX
            || !categories.is_sorted_by(|a, b| a < b)
            || categories.iter().any(|category| !category.is_finite())
        {
            return Err("categories are at most 1,024 numbers, ascending");
        }
        check_clip(self.clip)
    }
}

fn check_clip(clip: Option<[f32; 2]>) -> Result<(), &'static str> {
    match clip {
        Some([min, max]) if !(min.is_finite() && max.is_finite() && min <= max) => {
            Err("clip is two numbers, the lower one first")
        }
        Some(_) | None => Ok(()),
    }
}

/// The bounds of one output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputStep {
    pub name: String,
    pub clip: Option<[f32; 2]>,
}

/// From raw rows to the network's rows, and from its answer to predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    format: u32,
    schema: String,
    steps: Vec<Step>,
    outputs: Vec<OutputStep>,
}

impl Preprocessing {
    /// # Errors
    /// [`Refused::TooLarge`] or [`Refused::Malformed`], naming the step.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let spec: Self = reading::typed(PART, bytes, PREPROCESSING_BYTES_MAX)?;
        let wrong = |field: String, reason: &str| Err(Refused::field(PART, field, reason));
        if spec.format != crate::manifest::FORMAT {
            return wrong("format".to_owned(), "is not known");
        }
        if !(1..=FEATURES_MAX).contains(&spec.steps.len()) {
            return wrong("steps".to_owned(), "1 to 64 are allowed");
        }
        for (place, step) in spec.steps.iter().enumerate() {
            if let Err(reason) = step.check() {
                return wrong(format!("steps[{place}] ({})", step.name), reason);
            }
        }
        for output in &spec.outputs {
            if let Err(reason) = check_clip(output.clip) {
                return wrong(format!("outputs ({})", output.name), reason);
            }
        }
        Ok(spec)
    }

    /// The schema whose features go in.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// How many features a row has.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.steps.len()
    }

    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    #[must_use]
    pub fn outputs(&self) -> &[OutputStep] {
        &self.outputs
    }

    /// `raw` is rows × features, row by row; appends as many values to `input`. What does not fill a
    /// whole row is left out.
    pub fn apply(&self, raw: &[f32], input: &mut Vec<f32>) {
        for row in raw.chunks_exact(self.steps.len()) {
            input.extend(row.iter().zip(&self.steps).map(|(value, step)| step.value(*value)));
        }
    }

    /// Keeps predictions, rows × outputs, within their bounds. NaN stays, and is the model's failure.
    pub fn clip_outputs(&self, predictions: &mut [f32]) {
        if self.outputs.iter().all(|output| output.clip.is_none()) {
            return;
        }
        for row in predictions.chunks_exact_mut(self.outputs.len()) {
            for (value, output) in row.iter_mut().zip(&self.outputs) {
                if let Some([min, max]) = output.clip {
                    *value = value.clamp(min, max);
                }
            }
        }
    }
}
