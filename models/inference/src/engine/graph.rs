//! From the bytes of `model.onnx` to a graph that tract may compile: bounded, of one input and one output, and
//! with nothing in it that would open a file.

use tract_onnx::Onnx;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::Framework as _;
use tract_onnx::tract_hir::internal::{Arc, InferenceModel};
use tract_onnx::tract_hir::ops::unimpl::UnimplementedOp;

use crate::LoadError;
use crate::dense::chain;
use crate::dense::operator::DenseOperator;
use crate::trees::operator;

/// Operators of a graph.
pub const GRAPH_NODES_MAX: usize = 4_096;
pub const INPUT_NAME: &str = "features";
pub const OUTPUT_NAME: &str = "prediction";

/// # Errors
/// [`LoadError`], saying what of the graph is not accepted.
pub fn parsed(network: &[u8]) -> Result<InferenceModel, LoadError> {
    let mut onnx = tract_onnx::onnx();
    // Weights in other files are refused by tract, since it is given no folder to look in.
    operator::register(&mut onnx);
    let mut proto = onnx
        .proto_model_for_read(&mut &network[..])
        .map_err(|error| LoadError::new("model.onnx is no ONNX", &error))?;
    check(&proto)?;
    let taken = proto.graph.as_mut().map(chain::taken_out).unwrap_or_default();
    let mut model = model(&onnx, &proto)?;
    for node in model.nodes_mut().iter_mut().filter(|node| node.op_is::<UnimplementedOp>()) {
        if let Some(layers) = taken.get(&node.name) {
            node.op = DenseOperator::boxed(Arc::new(layers.clone()));
        }
    }
    Ok(model)
}

fn model(onnx: &Onnx, proto: &ModelProto) -> Result<InferenceModel, LoadError> {
    onnx.model_for_proto_model(proto)
        .map_err(|error| LoadError::new("model.onnx has an operator that is not supported", &error))
}

fn check(proto: &ModelProto) -> Result<(), LoadError> {
    let refused = |reason: String| LoadError { reason: format!("model.onnx {reason}") };
    let graph = proto.graph.as_ref().ok_or_else(|| refused("holds no graph".to_owned()))?;
    if graph.node.len() > GRAPH_NODES_MAX {
        let count = graph.node.len();
        return Err(refused(format!("has {count} operators, more than {GRAPH_NODES_MAX}")));
    }
    if !proto.functions.is_empty() {
        return Err(refused("defines functions of its own, which are not supported".to_owned()));
    }
    let weights: Vec<&str> = graph.initializer.iter().map(|weight| weight.name.as_str()).collect();
    let inputs: Vec<&str> = graph
        .input
        .iter()
        .map(|input| input.name.as_str())
        .filter(|name| !weights.contains(name))
        .collect();
    if inputs != [INPUT_NAME] {
        return Err(refused(format!(
            "has the inputs {inputs:?}, and `{INPUT_NAME}` alone is needed"
        )));
    }
    let outputs: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    if outputs != [OUTPUT_NAME] {
        let reason = format!("has the outputs {outputs:?}, and `{OUTPUT_NAME}` alone is needed");
        return Err(refused(reason));
    }
    Ok(())
}
