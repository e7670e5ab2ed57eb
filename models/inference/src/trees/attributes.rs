//! From a node of an ONNX graph to a forest: every list as long as the others, every id there, every node of a
//! tree reached exactly once from its root. What is not known is refused by name, never guessed.
//!
//! Source: ONNX operator specification, `ai.onnx.ml` 1 to 3, TreeEnsembleRegressor and TreeEnsembleClassifier.

use std::collections::BTreeMap;

use tract_onnx::pb::NodeProto;

use super::forest::{Forest, Leaf, Outline, Split, Test};
use super::{BadEnsemble, COLUMNS_MAX, NODES_MAX, TARGETS_MAX, TREE_NODES_MAX, TREES_MAX};

/// What is done with the trees' contributions to one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// What is done with the sums of one row at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PostTransform {
    None,
    Logistic,
    Softmax,
}

/// A node of the graph, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Ensemble {
    pub forest: Forest,
    pub post_transform: PostTransform,
    /// Of a classifier, one a target; empty for a regressor.
    pub labels: Vec<i64>,
}

/// The attributes of one node by name, the first of each name.
struct Named<'a>(BTreeMap<&'a str, &'a tract_onnx::pb::AttributeProto>);

impl<'a> Named<'a> {
    fn of(node: &'a NodeProto) -> Result<Self, BadEnsemble> {
        let mut named = BTreeMap::new();
        for attribute in &node.attribute {
            if attribute.name.ends_with("_as_tensor") {
                return Err(BadEnsemble::new(
                    "*_as_tensor",
                    "is not supported; write float32 lists",
                ));
            }
            if named.insert(attribute.name.as_str(), attribute).is_some() {
                return Err(BadEnsemble::new("*", "an attribute is there twice"));
            }
        }
        Ok(Self(named))
    }

    fn ints(&self, name: &'static str, count: Option<usize>) -> Result<&'a [i64], BadEnsemble> {
        let list = self.0.get(name).map_or(&[][..], |attribute| &attribute.ints);
        sized(name, list, count)
    }

    fn floats(&self, name: &'static str, count: Option<usize>) -> Result<&'a [f32], BadEnsemble> {
        let list = self.0.get(name).map_or(&[][..], |attribute| &attribute.floats);
        if list.iter().any(|value| value.is_nan()) {
            return Err(BadEnsemble::new(name, "holds something that is not a number"));
        }
        sized(name, list, count)
    }

    fn strings(&self, name: &'static str, count: usize) -> Result<&'a [Vec<u8>], BadEnsemble> {
        let list = self.0.get(name).map_or(&[][..], |attribute| &attribute.strings);
        sized(name, list, Some(count))
    }

    fn word(&self, name: &str, otherwise: &'static [u8]) -> &'a [u8] {
        self.0.get(name).map_or(otherwise, |attribute| &attribute.s)
    }
}

fn sized<'a, T>(
    name: &'static str,
    list: &'a [T],
    count: Option<usize>,
) -> Result<&'a [T], BadEnsemble> {
    match count {
        Some(count) if list.len() != count => Err(BadEnsemble::new(
            name,
            format!("has {} entries, and {count} are needed", list.len()),
        )),
        Some(_) | None => Ok(list),
    }
}

/// # Errors
/// [`BadEnsemble`], naming the attribute.
pub fn regressor(node: &NodeProto) -> Result<Ensemble, BadEnsemble> {
    let named = Named::of(node)?;
    let targets = named.0.get("n_targets").map_or(1, |attribute| attribute.i);
    let targets = id_below("n_targets", targets, TARGETS_MAX + 1)?;
    let aggregate = match named.word("aggregate_function", b"SUM") {
        b"SUM" => Aggregate::Sum,
        b"AVERAGE" => Aggregate::Average,
        b"MIN" => Aggregate::Min,
        b"MAX" => Aggregate::Max,
        _ => {
            return Err(BadEnsemble::new(
                "aggregate_function",
                "is none of SUM, AVERAGE, MIN, MAX",
            ));
        }
    };
    let post_transform = post_transform(&named)?;
    let outline = outline(&named, &LeafNames::TARGET, targets, aggregate)?;
    Ok(Ensemble { forest: Forest::grow(outline)?, post_transform, labels: Vec::new() })
}

/// # Errors
/// [`BadEnsemble`], naming the attribute.
pub fn classifier(node: &NodeProto) -> Result<Ensemble, BadEnsemble> {
    let named = Named::of(node)?;
    if named.0.contains_key("classlabels_strings") {
        return Err(BadEnsemble::new(
            "classlabels_strings",
            "is not supported; number the classes",
        ));
    }
    let labels = named.ints("classlabels_int64s", None)?.to_vec();
    if !(2..=TARGETS_MAX).contains(&labels.len()) {
        return Err(BadEnsemble::new("classlabels_int64s", "2 to 64 classes are allowed"));
    }
    let post_transform = post_transform(&named)?;
    let outline = outline(&named, &LeafNames::CLASS, labels.len(), Aggregate::Sum)?;
    Ok(Ensemble { forest: Forest::grow(outline)?, post_transform, labels })
}

fn post_transform(named: &Named<'_>) -> Result<PostTransform, BadEnsemble> {
    match named.word("post_transform", b"NONE") {
        b"NONE" => Ok(PostTransform::None),
        b"LOGISTIC" => Ok(PostTransform::Logistic),
        b"SOFTMAX" => Ok(PostTransform::Softmax),
        _ => Err(BadEnsemble::new("post_transform", "is none of NONE, LOGISTIC, SOFTMAX")),
    }
}

struct LeafNames {
    ids: &'static str,
    nodes: &'static str,
    trees: &'static str,
    weights: &'static str,
}

impl LeafNames {
    const TARGET: Self = Self {
        ids: "target_ids",
        nodes: "target_nodeids",
        trees: "target_treeids",
        weights: "target_weights",
    };
    const CLASS: Self = Self {
        ids: "class_ids",
        nodes: "class_nodeids",
        trees: "class_treeids",
        weights: "class_weights",
    };
}

/// The trees as they are written: nodes by tree and id.
fn outline(
    named: &Named<'_>,
    leaf_names: &LeafNames,
    targets: usize,
    aggregate: Aggregate,
) -> Result<Outline, BadEnsemble> {
    let node_ids = named.ints("nodes_nodeids", None)?;
    let count = node_ids.len();
    if !(1..=NODES_MAX).contains(&count) {
        return Err(BadEnsemble::new("nodes_nodeids", format!("1 to {NODES_MAX} are allowed")));
    }
    let tree_ids = named.ints("nodes_treeids", Some(count))?;
    let mut places: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    for (place, key) in tree_ids.iter().copied().zip(node_ids.iter().copied()).enumerate() {
        if places.insert(key, place).is_some() {
            return Err(BadEnsemble::new("nodes_nodeids", "a tree has a node twice"));
        }
    }
    let splits = splits(named, tree_ids, &places)?;
    let mut trees: Vec<Vec<usize>> = Vec::new();
    let mut last = None;
    for ((tree, _), place) in &places {
        if last != Some(*tree) {
            last = Some(*tree);
            trees.push(Vec::new());
        }
        if let Some(tree) = trees.last_mut() {
            tree.push(*place);
        }
    }
    if trees.len() > TREES_MAX || trees.iter().any(|tree| tree.len() > TREE_NODES_MAX) {
        return Err(BadEnsemble::new(
            "nodes_treeids",
            format!("at most {TREES_MAX} trees of {TREE_NODES_MAX} nodes are allowed"),
        ));
    }
    let leaves = leaves(named, leaf_names, targets, &places, &splits)?;
    let base_values = named.floats("base_values", None)?;
    if !base_values.is_empty() && base_values.len() != targets && base_values.len() != 1 {
        return Err(BadEnsemble::new("base_values", "has neither one value nor one a target"));
    }
    if base_values.iter().any(|value| value.is_infinite()) {
        return Err(BadEnsemble::new("base_values", "is infinite"));
    }
    Ok(Outline { trees, splits, leaves, targets, aggregate, base_values: base_values.to_vec() })
}

/// One for each node, `None` for a leaf.
fn splits(
    named: &Named<'_>,
    tree_ids: &[i64],
    places: &BTreeMap<(i64, i64), usize>,
) -> Result<Vec<Option<Split>>, BadEnsemble> {
    let count = tree_ids.len();
    let columns = named.ints("nodes_featureids", Some(count))?;
    let thresholds = named.floats("nodes_values", Some(count))?;
    let modes = named.strings("nodes_modes", count)?;
    let when_true = named.ints("nodes_truenodeids", Some(count))?;
    let when_false = named.ints("nodes_falsenodeids", Some(count))?;
    let missing = named.ints("nodes_missing_value_tracks_true", None)?;
    if !missing.is_empty() && missing.len() != count {
        return Err(BadEnsemble::new(
            "nodes_missing_value_tracks_true",
            "has not one entry a node",
        ));
    }
    let child = |name, tree: i64, node: i64| {
        places
            .get(&(tree, node))
            .copied()
            .ok_or_else(|| BadEnsemble::new(name, format!("tree {tree} has no node {node}")))
    };
    let read = |place: usize| {
        let Some(test) = test(&modes[place])? else { return Ok(None) };
        Ok(Some(Split {
            test,
            column: id_below("nodes_featureids", columns[place], COLUMNS_MAX)?,
            threshold: thresholds[place],
            missing_is_true: missing.get(place).is_some_and(|flag| *flag != 0),
            when_true: child("nodes_truenodeids", tree_ids[place], when_true[place])?,
            when_false: child("nodes_falsenodeids", tree_ids[place], when_false[place])?,
        }))
    };
    (0..count).map(read).collect()
}

fn test(mode: &[u8]) -> Result<Option<Test>, BadEnsemble> {
    match mode {
        b"BRANCH_LEQ" => Ok(Some(Test::AtMost)),
        b"BRANCH_LT" => Ok(Some(Test::Below)),
        b"BRANCH_GTE" => Ok(Some(Test::AtLeast)),
        b"BRANCH_GT" => Ok(Some(Test::Above)),
        b"BRANCH_EQ" => Ok(Some(Test::Equal)),
        b"BRANCH_NEQ" => Ok(Some(Test::Unequal)),
        b"LEAF" => Ok(None),
        other => {
            let shown: String = String::from_utf8_lossy(other).chars().take(20).collect();
            Err(BadEnsemble::new("nodes_modes", format!("`{}` is not known", shown.escape_debug())))
        }
    }
}

/// What each leaf contributes, by the node's place.
fn leaves(
    named: &Named<'_>,
    names: &LeafNames,
    targets: usize,
    places: &BTreeMap<(i64, i64), usize>,
    splits: &[Option<Split>],
) -> Result<Vec<Leaf>, BadEnsemble> {
    let weights = named.floats(names.weights, None)?;
    let count = weights.len();
    let ids = named.ints(names.ids, Some(count))?;
    let nodes = named.ints(names.nodes, Some(count))?;
    let trees = named.ints(names.trees, Some(count))?;
    if count > NODES_MAX {
        return Err(BadEnsemble::new(names.weights, format!("more than {NODES_MAX}")));
    }
    (0..count)
        .map(|at| {
            let target = id_below(names.ids, ids[at], targets)?;
            let place = places.get(&(trees[at], nodes[at])).copied();
            let place = place.filter(|place| splits[*place].is_none()).ok_or_else(|| {
                let reason = format!("tree {} has no leaf {}", trees[at], nodes[at]);
                BadEnsemble::new(names.nodes, reason)
            })?;
            if weights[at].is_infinite() {
                return Err(BadEnsemble::new(names.weights, "is infinite"));
            }
            Ok(Leaf { place, target, weight: weights[at] })
        })
        .collect()
}

fn id_below(name: &'static str, id: i64, bound: usize) -> Result<usize, BadEnsemble> {
    usize::try_from(id)
        .ok()
        .filter(|id| *id < bound)
        .ok_or_else(|| BadEnsemble::new(name, format!("{id} is not below {bound}")))
}
