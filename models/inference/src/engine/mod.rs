//! A loaded model: preprocessing, the plans, and the replay of its golden vectors. It opens no file, asks no
//! clock and catches no panic: that is the worker's.

pub mod graph;
pub mod plans;

use model_bundle::Verified;
use model_bundle::golden::{Comparison, Golden};
use model_bundle::manifest::{Kind, Manifest, Part};
use model_bundle::preprocessing::Preprocessing;

use crate::{LoadError, PredictError};
use plans::Plans;

/// Rows of one question.
pub const ROWS_MAX: usize = 8_192;

/// A model that can be asked.
pub struct Engine {
    preprocessing: Preprocessing,
    plans: Plans,
    outputs: usize,
}

impl Engine {
    /// # Errors
    /// [`LoadError`] when the bundle holds no network, or one that cannot be run.
    pub fn load(bundle: &Verified) -> Result<Self, LoadError> {
        let preprocessing =
            bundle.preprocessing().map_err(|refused| LoadError { reason: refused.to_string() })?;
        Self::of_parts(bundle.manifest(), bundle.bytes(Part::Network), preprocessing)
    }

    /// As [`Self::load`], from the parts that running takes.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn of_parts(
        manifest: &Manifest,
        network: &[u8],
        preprocessing: Preprocessing,
    ) -> Result<Self, LoadError> {
        if manifest.kind == Kind::Tables {
            return Err(LoadError { reason: "tables are looked up, not run".to_owned() });
        }
        Self::compile(network, preprocessing, manifest.outputs.len(), &manifest.batch_plans)
    }

    /// From a network alone, with plans for so many rows each.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn compile(
        network: &[u8],
        preprocessing: Preprocessing,
        outputs: usize,
        batches: &[u32],
    ) -> Result<Self, LoadError> {
        let model = graph::parsed(network)?;
        let plans = Plans::compile(&model, batches, preprocessing.features(), outputs)?;
        Ok(Self { preprocessing, plans, outputs })
    }

    /// How many features a row has.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.preprocessing.features()
    }

    /// How many values a row is answered with.
    #[must_use]
    pub const fn outputs(&self) -> usize {
        self.outputs
    }

    /// `raw` is rows × features, NaN for what is missing; returns rows × outputs, within their bounds.
    ///
    /// # Errors
    /// [`PredictError`] for rows that are none, and for an answer that is not a number.
    pub fn predict(&self, raw: &[f32]) -> Result<Vec<f32>, PredictError> {
        let rows = raw.len() / self.features();
        if raw.is_empty() || !raw.len().is_multiple_of(self.features()) || rows > ROWS_MAX {
            let (values, features) = (raw.len(), self.features());
            return Err(PredictError::BadRows { values, features });
        }
        let mut input = Vec::with_capacity(raw.len());
        self.preprocessing.apply(raw, &mut input);
        let mut answer = self.plans.run(&input, self.features())?;
        if let Some(place) = answer.iter().position(|value| !value.is_finite()) {
            return Err(PredictError::NotANumber { row: place / self.outputs });
        }
        self.preprocessing.clip_outputs(&mut answer);
        Ok(answer)
    }

    /// Asks every plan for the golden rows, and compares with what the training framework wrote down. The
    /// worst plan counts.
    ///
    /// # Errors
    /// [`PredictError`] when a plan fails.
    pub fn replay(&self, golden: &Golden, manifest: &Manifest) -> Result<Comparison, PredictError> {
        if golden.features() != self.features() {
            let (values, features) = (golden.features(), self.features());
            return Err(PredictError::BadRows { values, features });
        }
        let mut input = Vec::new();
        self.preprocessing.apply(golden.raw(), &mut input);
        let mut worst = Comparison::default();
        for plan in self.plans.all() {
            let mut answer = Vec::new();
            for chunk in input.chunks(plan.rows() * self.features()) {
                plan.run(chunk, &mut answer)?;
            }
            let found = golden.compare(&answer, manifest.tolerance);
            worst = Comparison {
                rows: found.rows,
                rows_off: worst.rows_off.max(found.rows_off),
                worst_relative: worst.worst_relative.max(found.worst_relative),
            };
        }
        Ok(worst)
    }
}
