//! One compiled plan for each batch size, and which of them a number of rows is cut into. A plan for any number
//! of rows would be simpler, and 5 to 17 times slower.

use tract_onnx::prelude::{
    Datum as _, DatumExt as _, InferenceModelExt as _, IntoRunnable as _, Tensor, TypedModel,
    TypedRunnableModel, tvec,
};
use tract_onnx::tract_hir::infer::Factoid as _;
use tract_onnx::tract_hir::internal::{Arc, DimLike as _, InferenceModel};

use crate::{LoadError, PredictError};

/// What calling a plan costs, in rows that it could have computed instead: decides when to pad.
const CALL_COST_ROWS: usize = 10;

/// A plan for exactly so many rows.
pub struct Plan {
    rows: usize,
    columns: usize,
    outputs: usize,
    runnable: Arc<TypedRunnableModel>,
}

impl Plan {
    /// # Errors
    /// [`LoadError`] when tract cannot compile the graph for this shape, or its answer has another one.
    fn compile(
        model: &InferenceModel,
        rows: usize,
        columns: usize,
        outputs: usize,
    ) -> Result<Self, LoadError> {
        let failed = |error: &_| LoadError::new("model.onnx cannot be compiled", error);
        let fact = f32::fact([rows, columns]);
        let typed: TypedModel = model
            .clone()
            .with_input_fact(0, fact.into())
            .and_then(|model| model.into_optimized())
            .map_err(|error| failed(&error))?;
        let answer = typed.output_fact(0).map_err(|error| failed(&error))?;
        let shape = answer.shape.as_concrete().map(<[usize]>::to_vec).unwrap_or_default();
        if shape != [rows, outputs] || answer.datum_type != f32::datum_type() {
            let reason = format!(
                "model.onnx answers {rows} rows with {:?} {shape:?}, and float32 [{rows}, {outputs}] is needed",
                answer.datum_type
            );
            return Err(LoadError { reason });
        }
        let runnable = typed.into_runnable().map_err(|error| failed(&error))?;
        Ok(Self { rows, columns, outputs, runnable })
    }

    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Computes up to [`Self::rows`] rows; missing ones are filled with the last, and thrown away after.
    /// `input` is rows × columns; appends rows × outputs.
    ///
    /// # Errors
    /// [`PredictError`] for what tract says.
    pub fn run(&self, input: &[f32], answer: &mut Vec<f32>) -> Result<(), PredictError> {
        let rows = input.len() / self.columns;
        let tensor = if rows == self.rows {
            Tensor::from_shape(&[self.rows, self.columns], input)
        } else {
            let mut padded = input.to_vec();
            let last = &input[input.len() - self.columns..];
            (rows..self.rows).for_each(|_| padded.extend_from_slice(last));
            Tensor::from_shape(&[self.rows, self.columns], &padded)
        };
        let failed = |error: &_| PredictError::failed(error);
        let tensor = tensor.map_err(|error| failed(&error))?;
        // A state of its own for every call: a recurrent operator keeps what it remembers there.
        let found = self.runnable.run(tvec!(tensor.into())).map_err(|error| failed(&error))?;
        let view = found[0].try_as_plain_ram().map_err(|error| failed(&error))?;
        let values = view.as_slice::<f32>().map_err(|error| failed(&error))?;
        answer.extend_from_slice(&values[..rows * self.outputs]);
        Ok(())
    }
}

/// All plans of a model.
pub struct Plans {
    plans: Vec<Plan>,
    /// By rows left, up to the largest plan's: which plan comes next.
    next: Vec<usize>,
}

impl Plans {
    /// # Errors
    /// As for [`Plan::compile`], for the first that fails.
    pub fn compile(
        model: &InferenceModel,
        batches: &[u32],
        columns: usize,
        outputs: usize,
    ) -> Result<Self, LoadError> {
        let fact = model.input_fact(0).map_err(|error| LoadError::new("model.onnx", &error))?;
        let dims: Vec<_> = fact.shape.dims().collect();
        let declared =
            dims.get(1).and_then(|dim| dim.concretize()).and_then(|dim| dim.to_usize().ok());
        if dims.len() != 2 || declared.is_some_and(|declared| declared != columns) {
            let reason = format!("model.onnx does not take rows of {columns} features");
            return Err(LoadError { reason });
        }
        let plans = batches
            .iter()
            .map(|rows| Plan::compile(model, *rows as usize, columns, outputs))
            .collect::<Result<Vec<_>, _>>()?;
        let sizes: Vec<usize> = plans.iter().map(Plan::rows).collect();
        Ok(Self { next: cheapest_cuts(&sizes), plans })
    }

    #[must_use]
    pub fn all(&self) -> &[Plan] {
        &self.plans
    }

    /// `input` is rows × columns; returns rows × outputs.
    ///
    /// # Errors
    /// As for [`Plan::run`].
    pub fn run(&self, input: &[f32], columns: usize) -> Result<Vec<f32>, PredictError> {
        let mut answer = Vec::new();
        let mut left = input;
        while !left.is_empty() {
            let rows = (left.len() / columns).min(self.next.len() - 1);
            let plan = &self.plans[self.next[rows]];
            let (chunk, rest) = left.split_at(left.len().min(plan.rows * columns));
            plan.run(chunk, &mut answer)?;
            left = rest;
        }
        Ok(answer)
    }
}

/// For each number of rows up to the largest plan's, the plan that leads to the cheapest whole.
fn cheapest_cuts(sizes: &[usize]) -> Vec<usize> {
    let largest = sizes.iter().copied().max().unwrap_or(1);
    let mut costs = vec![0_usize; largest + 1];
    let mut next = vec![0_usize; largest + 1];
    for rows in 1..=largest {
        let cost = |size: usize| CALL_COST_ROWS + size + costs[rows.saturating_sub(size)];
        let best = (0..sizes.len()).min_by_key(|place| cost(sizes[*place])).unwrap_or(0);
        next[rows] = best;
        costs[rows] = cost(sizes[best]);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes that so many rows are cut into.
    fn cut(rows: usize) -> Vec<usize> {
        let sizes = [1, 32, 256, 1_024];
        let next = cheapest_cuts(&sizes);
        let mut left = rows;
        let mut cut = Vec::new();
        while left > 0 {
            let size = sizes[next[left.min(1_024)]];
            cut.push(size);
            left = left.saturating_sub(size);
        }
        cut.sort_unstable();
        cut
    }

    #[test]
    fn rows_are_cut_where_padding_is_dearer_than_another_call() {
        assert_eq!(cut(1), [1]);
        assert_eq!(cut(3), [1, 1, 1]);
        assert_eq!(cut(12), [32]);
        assert_eq!(cut(33), [1, 32]);
        assert_eq!(cut(44), [32, 32]);
        assert_eq!(cut(250), [256]);
        assert_eq!(cut(1_024), [1_024]);
        assert_eq!(cut(1_025), [1, 1_024]);
    }

    #[test]
    fn one_plan_alone_takes_everything() {
        assert_eq!(cheapest_cuts(&[4])[1..], [0; 4]);
    }
}
