//! Finds dense layers in a graph and puts one node in their place. What is not exactly `Gemm` with known float32
//! weights, or `Relu` after it, is left as it is; nothing is refused here.

use std::collections::BTreeMap;

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};

use super::OPERATOR;
use super::layers::{Layer, Layers};

const FLOAT: i32 = 1;

/// Replaces every chain of dense layers in `graph`; the layers of each, by the name of the node's output.
#[must_use]
pub fn taken_out(graph: &mut GraphProto) -> BTreeMap<String, Layers> {
    let mut taken = BTreeMap::new();
    let mut place = 0;
    while place < graph.node.len() {
        if let Some(chain) = Chain::starting(graph, place) {
            let output = chain.output(graph).to_owned();
            let input = graph.node[place].input[0].clone();
            graph.node[place] = NodeProto {
                op_type: OPERATOR.to_owned(),
                name: output.clone(),
                input: vec![input],
                output: vec![output.clone()],
                ..NodeProto::default()
            };
            let mut rest = chain.nodes[1..].to_vec();
            rest.sort_unstable();
            rest.iter().rev().for_each(|at| drop(graph.node.remove(*at)));
            taken.insert(output, chain.layers);
        }
        place += 1;
    }
    taken
}

struct Chain {
    nodes: Vec<usize>,
    layers: Layers,
}

impl Chain {
    fn starting(graph: &GraphProto, place: usize) -> Option<Self> {
        let (mut nodes, mut layers) = (Vec::new(), Vec::new());
        let mut next = Some(place);
        while let Some(at) = next {
            let Some(gemm) = Gemm::of(graph, &graph.node[at]) else { break };
            let after = only_reader(graph, at);
            let relu = after.filter(|after| is_plain(&graph.node[*after], "Relu"));
            let Some(layer) = gemm.layer(relu.is_some()) else { break };
            if layers.last().is_some_and(|last: &Layer| last.outputs() != layer.inputs()) {
                break;
            }
            layers.push(layer);
            nodes.push(at);
            nodes.extend(relu);
            next = relu.map_or(after, |relu| only_reader(graph, relu));
        }
        Some(Self { nodes, layers: Layers::joined(layers)? })
    }

    fn output<'a>(&self, graph: &'a GraphProto) -> &'a str {
        self.nodes.last().map_or("", |last| &graph.node[*last].output[0])
    }
}

/// The one node that reads what a node writes, if nothing else does.
fn only_reader(graph: &GraphProto, place: usize) -> Option<usize> {
    let written = graph.node[place].output.first()?;
    if graph.output.iter().any(|output| output.name == *written) {
        return None;
    }
    let reads = |node: &NodeProto| node.input.iter().filter(|input| *input == written).count();
    let mut readers = (0..graph.node.len()).filter(|at| reads(&graph.node[*at]) > 0);
    let reader = readers.next().filter(|at| reads(&graph.node[*at]) == 1)?;
    let first = graph.node[reader].input.first()? == written;
    (first && readers.next().is_none()).then_some(reader)
}

fn is_plain(node: &NodeProto, op: &str) -> bool {
    let domain = node.domain.is_empty() || node.domain == "ai.onnx";
    node.op_type == op && domain && node.output.len() == 1
}

struct Gemm<'a> {
    weights: Matrix,
    bias: Option<Matrix>,
    transposed: bool,
    node: &'a NodeProto,
}

impl<'a> Gemm<'a> {
    fn of(graph: &GraphProto, node: &'a NodeProto) -> Option<Self> {
        if !is_plain(node, "Gemm") || !(2..=3).contains(&node.input.len()) {
            return None;
        }
        let known = |name: &String| graph.initializer.iter().find(|weight| weight.name == *name);
        let bias = match node.input.get(2).filter(|name| !name.is_empty()) {
            Some(name) => Some(Matrix::of(known(name)?)?),
            None => None,
        };
        let weights = Matrix::of(known(&node.input[1])?)?;
        let one = |attribute: &AttributeProto| attribute.f == 1.0;
        let mut transposed = false;
        for attribute in &node.attribute {
            match attribute.name.as_str() {
                "alpha" | "beta" if one(attribute) => {}
                "transA" if attribute.i == 0 => {}
                "transB" => transposed = attribute.i != 0,
                _ => return None,
            }
        }
        Some(Self { weights, bias, transposed, node })
    }

    fn layer(&self, rectified: bool) -> Option<Layer> {
        let Matrix { rows, columns, values } = &self.weights;
        let (inputs, outputs) = if self.transposed { (*columns, *rows) } else { (*rows, *columns) };
        let wrong = |bias: &Matrix| bias.rows != 1 || bias.columns != outputs;
        if self.bias.as_ref().is_some_and(wrong) || self.node.input[0].is_empty() {
            return None;
        }
        let weight = |input: usize, output: usize| {
            let at =
                if self.transposed { output * columns + input } else { input * columns + output };
            values[at]
        };
        let bias = |output: usize| self.bias.as_ref().map_or(0.0, |bias| bias.values[output]);
        Layer::of(inputs, outputs, weight, bias, rectified)
    }
}

/// A known tensor of one or two dimensions, as rows × columns.
struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    fn of(tensor: &TensorProto) -> Option<Self> {
        if tensor.data_type != FLOAT || !tensor.external_data.is_empty() {
            return None;
        }
        let dims: Option<Vec<usize>> =
            tensor.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect();
        let (rows, columns) = match dims?.as_slice() {
            [columns] => (1, *columns),
            [rows, columns] => (*rows, *columns),
            _ => return None,
        };
        let values: Vec<f32> = if tensor.raw_data.is_empty() {
            tensor.float_data.clone()
        } else {
            let (numbers, rest) = tensor.raw_data.as_chunks::<4>();
            if !rest.is_empty() {
                return None;
            }
            numbers.iter().map(|four| f32::from_le_bytes(*four)).collect()
        };
        (rows.checked_mul(columns)? == values.len()).then_some(Self { rows, columns, values })
    }
}
