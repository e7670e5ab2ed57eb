//! The tree operator against the specification, read literally: recursion over ids, one test a node. And its
//! attribute parser against attributes that nobody should write.

use inference::lanes::Lanes;
use inference::trees::{attributes, walk};
use proptest::prelude::*;
use prost::Message as _;
use tract_onnx::pb::NodeProto;

use crate::onnx::{self, TreeNodes, tree_attributes};

const MODES: [&str; 6] =
    ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];
/// Few, so that values and thresholds are often equal.
const VALUES: [f32; 9] =
    [f32::NEG_INFINITY, -2.5, -f32::MIN_POSITIVE, -0.0, 0.0, 1.0e-45, 0.1, 3.0, f32::INFINITY];
const COLUMNS: usize = 4;

/// How a node splits: (mode, column, threshold, missing goes where a true test goes).
type Choice = (usize, usize, usize, bool);

fn tree(targets: usize) -> impl Strategy<Value = TreeNodes> {
    let choice = (0..MODES.len(), 0..COLUMNS, 0..VALUES.len(), any::<bool>());
    let splits = prop::collection::vec((any::<prop::sample::Index>(), choice), 0..12);
    let weights = prop::collection::vec((0..targets as i64, -100.0_f32..100.0), 13);
    (splits, weights).prop_map(|(splits, weights)| grown(&splits, &weights))
}

fn grown(splits: &[(prop::sample::Index, Choice)], weights: &[(i64, f32)]) -> TreeNodes {
    let mut tree = TreeNodes::default();
    tree.push("LEAF", 0, 0.0, false);
    let mut ends = vec![0_usize];
    for (which, (mode, column, threshold, missing)) in splits {
        let at = ends.swap_remove(which.index(ends.len()));
        tree.modes[at] = MODES[*mode];
        tree.columns[at] = *column as i64;
        tree.thresholds[at] = VALUES[*threshold];
        tree.missing[at] = i64::from(*missing);
        let children = [0, 1].map(|_| tree.push("LEAF", 0, 0.0, false));
        tree.when_true[at] = children[0] as i64;
        tree.when_false[at] = children[1] as i64;
        ends.extend(children);
    }
    tree.weights =
        ends.iter().zip(weights).map(|(end, (target, w))| (*end as i64, *target, *w)).collect();
    tree
}

fn rows() -> impl Strategy<Value = Vec<f32>> {
    let value = prop_oneof![
        4 => prop::sample::select(&VALUES[..]),
        2 => -5.0_f32..5.0,
        1 => Just(f32::NAN),
    ];
    (1_usize..20).prop_flat_map(move |rows| prop::collection::vec(value.clone(), rows * COLUMNS))
}

/// The leaf of a row, found as the specification says.
fn leaf(tree: &TreeNodes, row: &[f32]) -> i64 {
    let mut at = 0;
    while tree.modes[at] != "LEAF" {
        let (value, threshold) = (row[tree.columns[at] as usize], tree.thresholds[at]);
        let holds = match tree.modes[at] {
            _ if value.is_nan() => tree.missing[at] != 0,
            "BRANCH_LEQ" => value <= threshold,
            "BRANCH_LT" => value < threshold,
            "BRANCH_GTE" => value >= threshold,
            "BRANCH_GT" => value > threshold,
            "BRANCH_EQ" => value == threshold,
            _ => value != threshold,
        };
        at = (if holds { tree.when_true[at] } else { tree.when_false[at] }) as usize;
    }
    at as i64
}

fn expected(
    trees: &[TreeNodes],
    row: &[f32],
    targets: usize,
    aggregate: &str,
    base: f32,
) -> Vec<f64> {
    (0..targets as i64)
        .map(|target| {
            let contributions: Vec<f64> = trees
                .iter()
                .flat_map(|tree| {
                    let leaf = leaf(tree, row);
                    let here = tree.weights.iter().filter(move |w| w.0 == leaf && w.1 == target);
                    here.map(|weight| f64::from(weight.2))
                })
                .collect();
            let sum: f64 = contributions.iter().sum();
            let gathered = match aggregate {
                "AVERAGE" => sum / trees.len() as f64,
                "MIN" => contributions.iter().copied().reduce(f64::min).unwrap_or(0.0),
                "MAX" => contributions.iter().copied().reduce(f64::max).unwrap_or(0.0),
                _ => sum,
            };
            gathered + f64::from(base)
        })
        .collect()
}

fn regressor(trees: &[TreeNodes], targets: usize, aggregate: &str, base: f32) -> NodeProto {
    let mut attributes = tree_attributes(trees, "target");
    attributes.push(onnx::int("n_targets", targets as i64));
    attributes.push(onnx::text("aggregate_function", aggregate));
    attributes.push(onnx::float_list("base_values", vec![base; targets]));
    onnx::node("TreeEnsembleRegressor", &["features"], &["prediction"], attributes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_mode_and_aggregate_is_as_the_specification_says(
        (targets, trees) in (1_usize..3).prop_flat_map(|targets| {
            (Just(targets), prop::collection::vec(tree(targets), 1..20))
        }),
        aggregate in prop::sample::select(&["SUM", "AVERAGE", "MIN", "MAX"][..]),
        base in -10.0_f32..10.0,
        rows in rows(),
    ) {
        let node = regressor(&trees, targets, aggregate, base);
        let ensemble = attributes::regressor(&node).unwrap();
        let together = walk::scores(&ensemble.forest, &rows, COLUMNS);
        for lanes in Lanes::all_here() {
            prop_assert_eq!(&walk::scores_with(lanes, &ensemble.forest, &rows, COLUMNS), &together);
        }
        for (row, found) in rows.chunks(COLUMNS).zip(together.chunks(targets)) {
            let alone = walk::scores(&ensemble.forest, row, COLUMNS);
            prop_assert_eq!(&alone, found, "alone and among others");
            let expected = expected(&trees, row, targets, aggregate, base);
            for (found, expected) in found.iter().zip(expected) {
                prop_assert!((found - expected).abs() <= 1e-9, "{found} for {expected}");
            }
        }
    }

    /// A sound ensemble with one thing changed: refused, or walked to an end; never a panic, never a loop.
    #[test]
    fn a_changed_ensemble_is_refused_or_ends(
        trees in prop::collection::vec(tree(2), 1..6),
        attribute in any::<prop::sample::Index>(),
        entry in any::<prop::sample::Index>(),
        change in prop_oneof![Just(-1_i64), Just(i64::MAX), Just(i64::MIN), 0_i64..40],
        how in 0_usize..4,
        rows in rows(),
    ) {
        let mut node = regressor(&trees, 2, "SUM", 0.0);
        let place = attribute.index(node.attribute.len());
        let changed = &mut node.attribute[place];
        match how {
            0 => {
                if !changed.ints.is_empty() {
                    let at = entry.index(changed.ints.len());
                    changed.ints[at] = change;
                }
                changed.i = change;
                changed.floats.iter_mut().skip(3).for_each(|value| *value = change as f32);
            }
            1 => {
                changed.ints.pop();
                changed.floats.pop();
                changed.strings.pop();
                changed.s.pop();
            }
            2 => changed.name.push('x'),
            _ => {
                let copy = node.attribute[place].clone();
                node.attribute.push(copy);
            }
        }
        if let Ok(ensemble) = attributes::regressor(&node) {
            let columns = ensemble.forest.columns().max(COLUMNS);
            prop_assume!(columns == COLUMNS);
            let scores = walk::scores(&ensemble.forest, &rows, COLUMNS);
            prop_assert_eq!(scores.len(), rows.len() / COLUMNS * ensemble.forest.targets());
        }
    }

    /// Bytes with a bit flipped, as protobuf reads them.
    #[test]
    fn a_damaged_node_never_panics(
        trees in prop::collection::vec(tree(1), 1..3),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let mut bytes = regressor(&trees, 1, "SUM", 0.0).encode_to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(node) = NodeProto::decode(&bytes[..]) {
            let _ = attributes::regressor(&node);
            let _ = attributes::classifier(&node);
        }
    }
}

/// What is wrong with an ensemble after a change, in the words of the refusal.
fn refusal(change: impl FnOnce(&mut TreeNodes)) -> String {
    let mut tree = grown_of_three();
    change(&mut tree);
    attributes::regressor(&regressor(&[tree], 1, "SUM", 0.0)).unwrap_err().to_string()
}

/// A root, a leaf, and a split of two leaves.
fn grown_of_three() -> TreeNodes {
    let mut tree = TreeNodes::default();
    let root = tree.push("BRANCH_LEQ", 0, 1.0, false);
    let left = tree.push_leaf(0, 1.0);
    let right = tree.push("BRANCH_GTE", 1, 2.0, true);
    tree.when_true[root] = left as i64;
    tree.when_false[root] = right as i64;
    tree.when_true[right] = tree.push_leaf(0, 2.0) as i64;
    tree.when_false[right] = tree.push_leaf(0, 3.0) as i64;
    tree
}

#[test]
fn what_is_no_tree_is_refused_by_name() {
    for (expected, change) in [
        ("two parents", (|tree| tree.when_false[0] = 1) as fn(&mut TreeNodes)),
        ("not reached", |tree| tree.when_false[2] = 0),
        ("two parents", |tree| tree.when_true[2] = 2),
        ("has no node 9", |tree| tree.when_true[2] = 9),
        ("is not below 2048", |tree| tree.columns[0] = 2_048),
        ("is not below 2048", |tree| tree.columns[0] = -1),
        ("has no leaf 0", |tree| tree.weights[0].0 = 0),
        ("is not below 1", |tree| tree.weights[0].1 = 1),
        ("is not known", |tree| tree.modes[0] = "BRANCH_MEMBER"),
        ("not a number", |tree| tree.thresholds[0] = f32::NAN),
        ("is infinite", |tree| tree.weights[0].2 = f32::INFINITY),
        ("exactly one root", |tree| {
            tree.push_leaf(0, 1.0);
        }),
    ] {
        let refusal = refusal(change);
        assert!(refusal.contains(expected), "{refusal} for {expected}");
    }
}

#[test]
fn a_circle_apart_from_the_root_is_refused() {
    let refusal = refusal(|tree| {
        let first = tree.push("BRANCH_LEQ", 0, 0.0, false);
        let second = tree.push("BRANCH_LEQ", 0, 0.0, false);
        let leaves = [tree.push_leaf(0, 1.0), tree.push_leaf(0, 1.0)];
        (tree.when_true[first], tree.when_false[first]) = (second as i64, leaves[0] as i64);
        (tree.when_true[second], tree.when_false[second]) = (first as i64, leaves[1] as i64);
    });
    assert!(refusal.contains("not reached"), "{refusal}");
}

#[test]
fn a_chain_deeper_than_the_limit_is_refused() {
    let chain = |depth: usize| {
        let mut tree = TreeNodes::default();
        for _ in 0..depth {
            let at = tree.push("BRANCH_LEQ", 0, 0.0, false);
            tree.when_true[at] = tree.push_leaf(0, 1.0) as i64;
            tree.when_false[at] = tree.modes.len() as i64;
        }
        tree.push_leaf(0, 2.0);
        attributes::regressor(&regressor(&[tree], 1, "SUM", 0.0))
    };
    assert!(chain(128).is_ok());
    assert!(chain(129).unwrap_err().to_string().contains("deeper than 128"));
}

#[test]
fn transforms_that_are_not_there_are_refused() {
    let tree = grown_of_three();
    for (name, value) in [
        ("post_transform", "PROBIT"),
        ("post_transform", "SOFTMAX_ZERO"),
        ("aggregate_function", "MEDIAN"),
        ("nodes_values_as_tensor", ""),
    ] {
        let mut node = regressor(std::slice::from_ref(&tree), 1, "SUM", 0.0);
        node.attribute.retain(|attribute| attribute.name != name);
        node.attribute.push(onnx::text(name, value));
        assert!(attributes::regressor(&node).is_err(), "{name} {value}");
    }
}
