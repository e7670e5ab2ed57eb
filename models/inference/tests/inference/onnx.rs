//! A small writer of ONNX files: graphs of tests and benches, made from a seed instead of being kept. It checks
//! nothing, so that it can write what must be refused.

use prost::Message as _;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};

const FLOAT: i32 = 1;
const INT64: i32 = 7;

/// A graph from `features` [N, columns] to `prediction` [N, outputs].
pub(crate) struct Network {
    pub(crate) nodes: Vec<NodeProto>,
    pub(crate) weights: Vec<TensorProto>,
    pub(crate) columns: usize,
    pub(crate) outputs: usize,
}

impl Network {
    pub(crate) fn model(&self) -> ModelProto {
        let graph = GraphProto {
            name: "network".to_owned(),
            node: self.nodes.clone(),
            initializer: self.weights.clone(),
            input: vec![value("features", self.columns)],
            output: vec![value("prediction", self.outputs)],
            ..GraphProto::default()
        };
        let opset =
            |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
        ModelProto {
            ir_version: 8,
            opset_import: vec![opset("", 17), opset("ai.onnx.ml", 3)],
            graph: Some(graph),
            ..ModelProto::default()
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.model().encode_to_vec()
    }
}

fn value(name: &str, columns: usize) -> ValueInfoProto {
    let rows = dimension::Value::DimParam("N".to_owned());
    let columns = dimension::Value::DimValue(columns as i64);
    let dim = [rows, columns]
        .map(|value| Dimension { value: Some(value), denotation: String::new() })
        .to_vec();
    let tensor = type_proto::Tensor { elem_type: FLOAT, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            denotation: String::new(),
        }),
        doc_string: String::new(),
    }
}

pub(crate) fn node(
    op: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: Vec<AttributeProto>,
) -> NodeProto {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    NodeProto {
        op_type: op.to_owned(),
        name: outputs.join("_"),
        input: owned(inputs),
        output: owned(outputs),
        attribute: attributes,
        ..NodeProto::default()
    }
}

pub(crate) fn floats(name: &str, dims: &[usize], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.iter().map(|dim| *dim as i64).collect(),
        data_type: FLOAT,
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

pub(crate) fn integers(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: vec![values.len() as i64],
        data_type: INT64,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: kind as i32, ..AttributeProto::default() }
}

pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: value, ..attribute(name, AttributeType::Int) }
}

pub(crate) fn ints(name: &str, values: Vec<i64>) -> AttributeProto {
    AttributeProto { ints: values, ..attribute(name, AttributeType::Ints) }
}

pub(crate) fn float_list(name: &str, values: Vec<f32>) -> AttributeProto {
    AttributeProto { floats: values, ..attribute(name, AttributeType::Floats) }
}

pub(crate) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: value.as_bytes().to_vec(), ..attribute(name, AttributeType::String) }
}

pub(crate) fn texts(name: &str, values: &[&str]) -> AttributeProto {
    let strings = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    AttributeProto { strings, ..attribute(name, AttributeType::Strings) }
}

/// Numbers in 0..1, the same ones for the same seed (Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators", 2014).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((self.roll() * bound as f32) as usize).min(bound - 1)
    }

    /// About normal: the sum of twelve, less six.
    pub(crate) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.roll()).sum::<f32>() - 6.0
    }
}

/// A tree of an ensemble, nodes in any order.
#[derive(Debug, Clone, Default)]
pub(crate) struct TreeNodes {
    pub(crate) columns: Vec<i64>,
    pub(crate) thresholds: Vec<f32>,
    pub(crate) modes: Vec<&'static str>,
    pub(crate) when_true: Vec<i64>,
    pub(crate) when_false: Vec<i64>,
    pub(crate) missing: Vec<i64>,
    /// (node, target, weight)
    pub(crate) weights: Vec<(i64, i64, f32)>,
}

impl TreeNodes {
    pub(crate) fn push_leaf(&mut self, target: i64, weight: f32) -> usize {
        let place = self.push("LEAF", 0, 0.0, false);
        self.weights.push((place as i64, target, weight));
        place
    }

    pub(crate) fn push(
        &mut self,
        mode: &'static str,
        column: i64,
        threshold: f32,
        missing: bool,
    ) -> usize {
        self.columns.push(column);
        self.thresholds.push(threshold);
        self.modes.push(mode);
        self.when_true.push(0);
        self.when_false.push(0);
        self.missing.push(i64::from(missing));
        self.modes.len() - 1
    }

    /// A tree grown leaf by leaf, as LightGBM does: so many leaves, of any depth.
    pub(crate) fn grown(dice: &mut Dice, columns: usize, leaves: usize) -> Self {
        let mut tree = Self::default();
        tree.push_leaf(0, dice.normal());
        let mut ends = vec![0_usize];
        while ends.len() < leaves {
            let at = ends.swap_remove(dice.below(ends.len()));
            tree.weights.retain(|(node, ..)| *node != at as i64);
            tree.modes[at] = "BRANCH_LEQ";
            tree.columns[at] = dice.below(columns) as i64;
            tree.thresholds[at] = dice.normal();
            tree.missing[at] = i64::from(dice.roll() < 0.5);
            let children = [dice.normal(), dice.normal()].map(|weight| tree.push_leaf(0, weight));
            tree.when_true[at] = children[0] as i64;
            tree.when_false[at] = children[1] as i64;
            ends.extend(children);
        }
        tree
    }
}

/// The attributes of an ensemble; `leaf` is `target` or `class`.
pub(crate) fn tree_attributes(trees: &[TreeNodes], leaf: &str) -> Vec<AttributeProto> {
    fn all<T: Clone>(trees: &[TreeNodes], of: impl Fn(&TreeNodes) -> Vec<T>) -> Vec<T> {
        trees.iter().flat_map(of).collect()
    }
    let count = |tree: &TreeNodes| tree.modes.len() as i64;
    let tree_ids =
        trees.iter().enumerate().flat_map(|(id, tree)| vec![id as i64; tree.modes.len()]);
    let weights: Vec<(i64, (i64, i64, f32))> = trees
        .iter()
        .enumerate()
        .flat_map(|(id, tree)| tree.weights.iter().map(move |weight| (id as i64, *weight)))
        .collect();
    vec![
        ints("nodes_treeids", tree_ids.collect()),
        ints("nodes_nodeids", trees.iter().flat_map(|tree| 0..count(tree)).collect()),
        ints("nodes_featureids", all(trees, |tree| tree.columns.clone())),
        float_list("nodes_values", all(trees, |tree| tree.thresholds.clone())),
        texts("nodes_modes", &all(trees, |tree| tree.modes.clone())),
        ints("nodes_truenodeids", all(trees, |tree| tree.when_true.clone())),
        ints("nodes_falsenodeids", all(trees, |tree| tree.when_false.clone())),
        ints("nodes_missing_value_tracks_true", all(trees, |tree| tree.missing.clone())),
        ints(&format!("{leaf}_treeids"), weights.iter().map(|(tree, _)| *tree).collect()),
        ints(&format!("{leaf}_nodeids"), weights.iter().map(|(_, weight)| weight.0).collect()),
        ints(&format!("{leaf}_ids"), weights.iter().map(|(_, weight)| weight.1).collect()),
        float_list(
            &format!("{leaf}_weights"),
            weights.iter().map(|(_, weight)| weight.2).collect(),
        ),
    ]
}
