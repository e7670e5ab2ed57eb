//! What tract sees of dense layers: an operator from rows × inputs to rows × outputs. It computes nothing itself.

use tract_onnx::tract_hir::internal::*;

use super::kernel;
use super::layers::Layers;

/// Shared by the plans of all batch sizes.
#[derive(Debug, Clone)]
pub struct DenseOperator {
    layers: Arc<Layers>,
}

impl DenseOperator {
    #[must_use]
    pub fn boxed(layers: Arc<Layers>) -> Box<dyn InferenceOp> {
        expand(Self { layers })
    }
}

impl PartialEq for DenseOperator {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.layers, &other.layers)
    }
}

impl Eq for DenseOperator {}

impl Hash for DenseOperator {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.layers).hash(state);
    }
}

impl Expansion for DenseOperator {
    fn name(&self) -> StaticName {
        "DenseLayers".into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        s: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 1)?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[0].datum_type, f32::datum_type())?;
        s.equals(&outputs[0].datum_type, f32::datum_type())?;
        s.equals(&inputs[0].rank, 2)?;
        s.equals(&outputs[0].rank, 2)?;
        s.equals(&inputs[0].shape[1], self.layers.inputs().to_dim())?;
        s.equals(&outputs[0].shape[0], &inputs[0].shape[0])?;
        s.equals(&outputs[0].shape[1], self.layers.outputs().to_dim())?;
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

impl Op for DenseOperator {
    fn name(&self) -> StaticName {
        "DenseLayers".into()
    }

    op_as_typed_op!();
}

impl EvalOp for DenseOperator {
    op_out_of_plan!();

    fn eval(&self, _ctx: &EvalContext<'_>, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[rows, columns] = input.shape() else { bail!("dense layers take rows × columns") };
        if columns != self.layers.inputs() {
            bail!("rows of {columns} columns, and {} are needed", self.layers.inputs());
        }
        let view = input.try_as_plain_ram()?;
        let answers = kernel::answers(&self.layers, view.as_slice::<f32>()?);
        Ok(tvec!(Tensor::from_shape(&[rows, self.layers.outputs()], &answers)?.into_tvalue()))
    }
}

impl TypedOp for DenseOperator {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = &inputs[0].shape;
        let fits = shape.get(1).is_some_and(|columns| *columns == self.layers.inputs().to_dim());
        if inputs[0].rank() != 2 || !fits {
            bail!("dense layers take rows of {} columns", self.layers.inputs());
        }
        Ok(tvec!(f32::fact([shape[0].clone(), self.layers.outputs().to_dim()])))
    }

    as_op!();
}
