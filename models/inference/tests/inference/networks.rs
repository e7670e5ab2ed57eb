//! Networks end to end in this process: bytes to answers, and what is refused on the way.

use inference::{Engine, LoadError, PredictError};
use model_bundle::manifest::{Manifest, Part};
use model_bundle::preprocessing::Preprocessing;
use tract_onnx::pb::{NodeProto, StringStringEntryProto, TensorProto};

use crate::bundles::{Dense, Draft, FEATURES, OUTPUTS};
use crate::onnx::{self, Dice, Network, TreeNodes, tree_attributes};

fn rows(count: usize) -> Vec<f32> {
    let mut dice = Dice(3);
    let value = |at: usize, rolled: f32| match at % 17 {
        5 => f32::NAN,
        9 => f32::INFINITY,
        11 => 1e30,
        _ => rolled,
    };
    (0..count * FEATURES).map(|at| value(at, dice.normal())).collect()
}

fn loaded(network: &[u8]) -> Result<Engine, LoadError> {
    let bundle = Draft::dense().verified();
    let preprocessing = bundle.preprocessing().unwrap();
    Engine::of_parts(bundle.manifest(), network, preprocessing)
}

fn refusal(network: &Network) -> String {
    loaded(&network.bytes()).err().expect("is refused").to_string()
}

#[test]
fn a_dense_network_answers_as_arithmetic_does_however_many_rows() {
    let draft = Draft::dense();
    let engine = Engine::load(&draft.verified()).unwrap();
    let dense = Dense::rolled(7);
    for count in [1, 2, 7, 8, 9, 16, 19] {
        let rows = rows(count);
        let answer = engine.predict(&rows).unwrap();
        assert_eq!(answer.len(), count * OUTPUTS);
        for (row, found) in rows.chunks(FEATURES).zip(answer.chunks(OUTPUTS)) {
            let expected = dense.answer(row);
            assert!((found[0] - expected[0].clamp(-1.0, 1.0)).abs() < 1e-5, "first output clipped");
            assert!((found[1] - expected[1]).abs() < 1e-5, "second one free");
        }
    }
}

#[test]
fn golden_vectors_hold_in_every_plan_and_show_a_wrong_network() {
    let draft = Draft::dense();
    let bundle = draft.verified();
    let (golden, manifest) = (bundle.golden().unwrap(), bundle.manifest().clone());
    let replay = Engine::load(&bundle).unwrap().replay(&golden, &manifest).unwrap();
    assert!(replay.holds() && replay.rows == 64, "{replay:?}");
    let other = loaded(&Dense::rolled(8).network().bytes()).unwrap();
    let replay = other.replay(&golden, &manifest).unwrap();
    assert!(!replay.holds() && replay.rows_off > 60, "{replay:?}");
}

#[test]
fn rows_that_are_none_are_the_callers_fault() {
    let engine = Engine::load(&Draft::dense().verified()).unwrap();
    for values in [0, 1, FEATURES + 1, FEATURES * 8_193] {
        let asked = engine.predict(&vec![0.0; values]);
        assert_eq!(asked, Err(PredictError::BadRows { values, features: FEATURES }));
    }
}

#[test]
fn an_answer_that_is_no_number_is_no_answer() {
    let logarithm = Network {
        nodes: vec![
            onnx::node("Gemm", &["features", "w"], &["h"], vec![]),
            onnx::node("Log", &["h"], &["prediction"], vec![]),
        ],
        weights: vec![onnx::floats("w", &[FEATURES, OUTPUTS], &[1.0; FEATURES * OUTPUTS])],
        columns: FEATURES,
        outputs: OUTPUTS,
    };
    let engine = loaded(&logarithm.bytes()).unwrap();
    let rows = [[2.0; FEATURES], [-2.0; FEATURES]].concat();
    assert_eq!(engine.predict(&rows), Err(PredictError::NotANumber { row: 1 }));
    assert!(engine.predict(&rows[..FEATURES]).is_ok());
}

/// A gated recurrent unit over four steps of one feature, given twice, then a dense layer: with one input a step
/// tract 0.23.9 fails ("xw not contiguous").
fn recurrent(reset_after: i64) -> Network {
    const UNITS: usize = 5;
    let mut dice = Dice(21);
    let mut list = |count: usize| (0..count).map(|_| dice.normal() / 2.0).collect::<Vec<f32>>();
    let attributes =
        vec![onnx::int("hidden_size", UNITS as i64), onnx::int("linear_before_reset", reset_after)];
    Network {
        nodes: vec![
            onnx::node("Reshape", &["features", "steps"], &["single"], vec![]),
            onnx::node("Concat", &["single", "single"], &["series"], vec![onnx::int("axis", 2)]),
            onnx::node(
                "Transpose",
                &["series"],
                &["sequence"],
                vec![onnx::ints("perm", vec![1, 0, 2])],
            ),
            onnx::node("GRU", &["sequence", "w", "r", "b"], &["", "last"], attributes),
            onnx::node("Squeeze", &["last", "axis"], &["state"], vec![]),
            onnx::node("Gemm", &["state", "out"], &["prediction"], vec![]),
        ],
        weights: vec![
            onnx::integers("steps", &[-1, FEATURES as i64, 1]),
            onnx::integers("axis", &[0]),
            onnx::floats("w", &[1, 3 * UNITS, 2], &list(6 * UNITS)),
            onnx::floats("r", &[1, 3 * UNITS, UNITS], &list(3 * UNITS * UNITS)),
            onnx::floats("b", &[1, 6 * UNITS], &list(6 * UNITS)),
            onnx::floats("out", &[UNITS, OUTPUTS], &list(UNITS * OUTPUTS)),
        ],
        columns: FEATURES,
        outputs: OUTPUTS,
    }
}

#[test]
fn a_recurrent_network_remembers_nothing_from_one_question_to_the_next() {
    for reset_after in [0, 1] {
        let engine = loaded(&recurrent(reset_after).bytes()).unwrap();
        let rows = rows(19);
        let first = engine.predict(&rows).unwrap();
        assert_eq!(engine.predict(&rows).unwrap(), first);
        for (row, together) in rows.chunks(FEATURES).zip(first.chunks(OUTPUTS)) {
            let alone = engine.predict(row).unwrap();
            for (alone, together) in alone.iter().zip(together) {
                assert!((alone - together).abs() < 1e-6, "{alone} and {together}");
            }
        }
    }
}

#[test]
fn trees_in_a_graph_give_one_column_each() {
    let mut dice = Dice(5);
    let ensembles: Vec<Vec<TreeNodes>> = (0..OUTPUTS)
        .map(|_| (0..9).map(|_| TreeNodes::grown(&mut dice, FEATURES, 12)).collect())
        .collect();
    let regressor = |name: &'static str, trees: &[TreeNodes]| {
        let mut attributes = tree_attributes(trees, "target");
        attributes.push(onnx::int("n_targets", 1));
        onnx::node("TreeEnsembleRegressor", &["features"], &[name], attributes)
    };
    let network = Network {
        nodes: vec![
            regressor("t0", &ensembles[0]),
            regressor("t1", &ensembles[1]),
            onnx::node("Concat", &["t0", "t1"], &["prediction"], vec![onnx::int("axis", 1)]),
        ],
        weights: vec![],
        columns: FEATURES,
        outputs: OUTPUTS,
    };
    let keep = r#"{"format":1,"schema":"t/1","steps":[
        {"name":"a","impute":null,"clip":null,"mean":0,"scale":1,"categories":null,"unknown":null},
        {"name":"b","impute":null,"clip":null,"mean":0,"scale":1,"categories":null,"unknown":null},
        {"name":"c","impute":null,"clip":null,"mean":0,"scale":1,"categories":null,"unknown":null},
        {"name":"d","impute":null,"clip":null,"mean":0,"scale":1,"categories":null,"unknown":null}],
        "outputs":[{"name":"a","clip":null},{"name":"b","clip":null}]}"#;
    let bundle = Draft::dense().verified();
    let preprocessing = Preprocessing::parse(keep.as_bytes()).unwrap();
    let engine = Engine::of_parts(bundle.manifest(), &network.bytes(), preprocessing).unwrap();
    let rows = rows(30);
    let forests = ensembles.map_forests();
    let expected: Vec<f32> = rows
        .chunks(FEATURES)
        .flat_map(|row| {
            let row: Vec<f32> =
                row.iter().map(|v| if v.is_finite() { *v } else { f32::NAN }).collect();
            forests
                .iter()
                .map(|f| inference::trees::walk::scores(f, &row, FEATURES)[0] as f32)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(engine.predict(&rows).unwrap(), expected);
}

trait MapForests {
    fn map_forests(&self) -> Vec<inference::trees::forest::Forest>;
}

impl MapForests for Vec<Vec<TreeNodes>> {
    fn map_forests(&self) -> Vec<inference::trees::forest::Forest> {
        self.iter()
            .map(|trees| {
                let attributes = tree_attributes(trees, "target");
                let node = onnx::node("TreeEnsembleRegressor", &["features"], &["t"], attributes);
                inference::trees::attributes::regressor(&node).unwrap().forest
            })
            .collect()
    }
}

fn linear() -> Network {
    Network {
        nodes: vec![onnx::node("Gemm", &["features", "w"], &["prediction"], vec![])],
        weights: vec![onnx::floats("w", &[FEATURES, OUTPUTS], &[1.0; FEATURES * OUTPUTS])],
        columns: FEATURES,
        outputs: OUTPUTS,
    }
}

#[test]
fn graphs_that_are_not_ours_are_refused_with_the_reason() {
    assert!(loaded(&linear().bytes()).is_ok());
    let mut other = linear();
    other.columns = FEATURES + 1;
    assert!(refusal(&other).contains("does not take rows of 4 features"), "{}", refusal(&other));
    let mut other = linear();
    other.weights[0] = onnx::floats("w", &[FEATURES, 3], &[1.0; FEATURES * 3]);
    other.outputs = 3;
    assert!(refusal(&other).contains("is needed"), "{}", refusal(&other));
    let mut other = linear();
    other.nodes = vec![onnx::node("Loop", &["features", "w"], &["prediction"], vec![])];
    assert!(loaded(&other.bytes()).is_err());
    let mut other = linear();
    other.nodes[0].input[1] = "absent".to_owned();
    assert!(loaded(&other.bytes()).is_err());
    let nodes: Vec<NodeProto> = (0..5_000)
        .map(|at| onnx::node("Relu", &["features"], &[&format!("r{at}")], vec![]))
        .collect();
    let many = Network { nodes, ..linear() };
    assert!(refusal(&many).contains("more than 4096"), "{}", refusal(&many));
    let mut model = linear().model();
    model.graph.as_mut().unwrap().output[0].name = "else".to_owned();
    assert!(loaded(&prost::Message::encode_to_vec(&model)).is_err());
    assert!(loaded(b"").is_err());
    assert!(loaded(b"not a network").is_err());
}

#[test]
fn a_network_opens_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.bin");
    std::fs::write(&path, [0; 4 * FEATURES * OUTPUTS]).unwrap();
    let mut network = linear();
    let location = StringStringEntryProto {
        key: "location".to_owned(),
        value: path.to_string_lossy().into_owned(),
    };
    network.weights[0] = TensorProto {
        float_data: vec![],
        external_data: vec![location],
        data_location: Some(1),
        ..network.weights[0].clone()
    };
    assert!(refusal(&network).contains("external data"), "{}", refusal(&network));
}

#[test]
fn a_network_cut_short_or_damaged_never_panics() {
    let bytes = Draft::dense().network;
    for at in (0..bytes.len()).step_by(37) {
        let _ = loaded(&bytes[..at]);
    }
    // Weights are most of the bytes; damage there changes numbers alone.
    for at in (0..bytes.len()).step_by(29) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let _ = std::panic::catch_unwind(|| loaded(&damaged).map(|_| ()));
    }
}

#[test]
fn tables_are_not_run() {
    let bundle = Draft::dense().verified();
    let text = String::from_utf8(bundle.manifest_bytes().to_vec()).unwrap();
    let mut manifest = Manifest::parse(text.as_bytes()).unwrap();
    manifest.kind = model_bundle::Kind::Tables;
    let preprocessing = bundle.preprocessing().unwrap();
    let engine = Engine::of_parts(&manifest, bundle.bytes(Part::Network), preprocessing);
    assert!(engine.is_err());
}
