//! What tract sees of a tree ensemble: an operator from rows × columns to rows × targets, and of a classifier
//! the label beside the scores. It computes nothing itself.

use tract_onnx::Onnx;
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

use super::attributes::{self, Ensemble, PostTransform};
use super::forest::LoneClass;
use super::walk;

/// Puts both operators in the place of tract's own.
pub fn register(onnx: &mut Onnx) {
    onnx.op_register.insert("TreeEnsembleRegressor", |_context, node| {
        built(node, attributes::regressor(node)?)
    });
    onnx.op_register.insert("TreeEnsembleClassifier", |_context, node| {
        built(node, attributes::classifier(node)?)
    });
}

fn built(node: &NodeProto, ensemble: Ensemble) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    if node.input.len() != 1 {
        bail!("{} takes one input, and {} are given", node.op_type, node.input.len());
    }
    if ensemble.forest.lone_class.is_some() && ensemble.post_transform == PostTransform::Softmax {
        bail!("attribute post_transform: SOFTMAX over one class alone is not supported");
    }
    Ok((expand(TreeOperator { ensemble: Arc::new(ensemble) }), Vec::new()))
}

/// Shared by the plans of all batch sizes.
#[derive(Debug, Clone)]
struct TreeOperator {
    ensemble: Arc<Ensemble>,
}

impl PartialEq for TreeOperator {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.ensemble, &other.ensemble)
    }
}

impl Eq for TreeOperator {}

impl Hash for TreeOperator {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.ensemble).hash(state);
    }
}

impl TreeOperator {
    fn is_classifier(&self) -> bool {
        !self.ensemble.labels.is_empty()
    }

    fn targets(&self) -> usize {
        self.ensemble.forest.targets()
    }

    /// Scores as they leave the operator, and the label of each row.
    fn answer(&self, rows: &[f32], columns: usize) -> (Vec<f32>, Vec<i64>) {
        let mut scores = walk::scores(&self.ensemble.forest, rows, columns);
        let mut labels = Vec::new();
        for row in scores.chunks_exact_mut(self.targets()) {
            if self.is_classifier() {
                labels.push(self.ensemble.labels[self.close_classes(row)]);
            } else {
                transform(self.ensemble.post_transform, row);
            }
        }
        (scores.into_iter().map(|score| score as f32).collect(), labels)
    }

    /// Turns the sums of a row into scores, and says which class it is.
    ///
    /// Two classes of which one alone has weights are a yes-or-no question: its score says yes, the other's
    /// is what remains. As onnxruntime does it, since the specification leaves it open.
    fn close_classes(&self, row: &mut [f64]) -> usize {
        let Some(LoneClass { target, never_negative }) = self.ensemble.forest.lone_class else {
            let best = largest(row);
            transform(self.ensemble.post_transform, row);
            return best;
        };
        let score = row[target];
        let logistic = self.ensemble.post_transform == PostTransform::Logistic;
        let (yes, no) = match (never_negative, logistic) {
            (true, _) => (score, 1.0 - score),
            (false, true) => (sigmoid(score), sigmoid(-score)),
            (false, false) => (score, -score),
        };
        row.copy_from_slice(&[no, yes]);
        usize::from(if never_negative { score > 0.5 } else { score > 0.0 })
    }
}

fn transform(by: PostTransform, row: &mut [f64]) {
    match by {
        PostTransform::None => {}
        PostTransform::Logistic => row.iter_mut().for_each(|score| *score = sigmoid(*score)),
        PostTransform::Softmax => {
            let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.iter_mut().for_each(|score| *score = (*score - top).exp());
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|score| *score /= sum);
        }
    }
}

fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// The first of the largest.
fn largest(row: &[f64]) -> usize {
    let mut best = 0;
    for (place, score) in row.iter().enumerate() {
        if *score > row[best] {
            best = place;
        }
    }
    best
}

impl Expansion for TreeOperator {
    fn name(&self) -> StaticName {
        "TreeEnsemble".into()
    }

    fn nboutputs(&self) -> TractResult<usize> {
        Ok(if self.is_classifier() { 2 } else { 1 })
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1)?;
        let scores = if self.is_classifier() {
            s.equals(&outputs[0].datum_type, i64::datum_type())?;
            s.equals(&outputs[0].rank, 1)?;
            s.equals(&outputs[0].shape[0], &inputs[0].shape[0])?;
            &outputs[1]
        } else {
            &outputs[0]
        };
        s.equals(&inputs[0].datum_type, f32::datum_type())?;
        s.equals(&inputs[0].rank, 2)?;
        s.equals(&scores.datum_type, f32::datum_type())?;
        s.equals(&scores.rank, 2)?;
        s.equals(&scores.shape[0], &inputs[0].shape[0])?;
        s.equals(&scores.shape[1], self.targets().to_dim())?;
        Ok(())
    }

    fn wire(
        &self,
        prefix: &str,
        model: &mut TypedModel,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        model.wire_node(prefix, self.clone(), inputs)
    }
}

impl Op for TreeOperator {
    fn name(&self) -> StaticName {
        "TreeEnsemble".into()
    }

    op_as_typed_op!();
}

impl EvalOp for TreeOperator {
    op_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext<'_>, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[rows, columns] = input.shape() else {
            bail!("a tree ensemble takes rows × columns")
        };
        if columns < self.ensemble.forest.columns() {
            bail!("rows of {columns} columns, and splits name {}", self.ensemble.forest.columns());
        }
        let view = input.try_as_plain_ram()?;
        let (scores, labels) = self.answer(view.as_slice::<f32>()?, columns);
        let scores = Tensor::from_shape(&[rows, self.targets()], &scores)?.into_tvalue();
        if self.is_classifier() {
            return Ok(tvec!(Tensor::from_shape(&[rows], &labels)?.into_tvalue(), scores));
        }
        Ok(tvec!(scores))
    }
}

impl TypedOp for TreeOperator {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = &inputs[0].shape;
        let needed = self.ensemble.forest.columns();
        let columns = shape.get(1).and_then(|columns| columns.to_usize().ok());
        if inputs[0].rank() != 2 || columns.is_some_and(|columns| columns < needed) {
            bail!("a tree ensemble takes rows of at least {needed} columns");
        }
        let rows = shape[0].clone();
        let scores = f32::fact([rows.clone(), self.targets().to_dim()]);
        if self.is_classifier() {
            return Ok(tvec!(i64::fact([rows]), scores));
        }
        Ok(tvec!(scores))
    }

    as_op!();
}
