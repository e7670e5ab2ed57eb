//! Dense layers against float64, in every width of lanes and for any number of rows; and which graphs they are
//! taken from.

use inference::dense::layers::{Layer, Layers};
use inference::dense::{chain, kernel};
use inference::lanes::Lanes;
use proptest::prelude::*;

use crate::onnx::{self, Dice, Network};

fn rolled(widths: &[usize], seed: u64) -> Layers {
    let mut dice = Dice(seed);
    let layers = widths.windows(2).map(|pair| {
        let scale = 1.0 / (pair[0] as f32).sqrt();
        let weights: Vec<f32> = (0..pair[0] * pair[1]).map(|_| dice.normal() * scale).collect();
        let bias: Vec<f32> = (0..pair[1]).map(|_| dice.normal()).collect();
        let weight = |input: usize, output: usize| weights[input * pair[1] + output];
        Layer::of(pair[0], pair[1], weight, |output| bias[output], dice.roll() < 0.7).unwrap()
    });
    Layers::joined(layers.collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_row_is_answered_alike_alone_and_among_others_by_every_processor(
        widths in prop::collection::vec(1_usize..24, 2..5),
        rows in 1_usize..140,
        seed in any::<u64>(),
    ) {
        let layers = rolled(&widths, seed);
        let mut dice = Dice(seed ^ 1);
        let inputs: Vec<f32> = (0..rows * widths[0]).map(|_| dice.normal()).collect();
        let plain = kernel::answers_with(Lanes::all_here()[0], &layers, &inputs);
        for lanes in Lanes::all_here() {
            let together = kernel::answers_with(lanes, &layers, &inputs);
            let outputs = layers.outputs();
            for (row, found) in inputs.chunks(widths[0]).zip(together.chunks(outputs)) {
                prop_assert_eq!(&kernel::answers_with(lanes, &layers, row)[..], found);
            }
            for (found, expected) in together.iter().zip(&plain) {
                prop_assert!((found - expected).abs() <= 1e-4, "{found} for {expected}");
            }
        }
    }
}

#[test]
fn layers_that_do_not_fit_are_none() {
    let layer = |inputs, outputs| Layer::of(inputs, outputs, |_, _| 1.0, |_| 0.0, false);
    assert!(layer(0, 1).is_none() && layer(1, 4_097).is_none());
    assert!(Layers::joined(vec![]).is_none());
    assert!(Layers::joined(vec![layer(2, 3).unwrap(), layer(2, 1).unwrap()]).is_none());
}

/// Two layers, with something changed.
fn taken(change: impl FnOnce(&mut Network)) -> (usize, usize) {
    let mut network = Network {
        nodes: vec![
            onnx::node("Gemm", &["features", "w1", "b1"], &["h1"], vec![]),
            onnx::node("Relu", &["h1"], &["h2"], vec![]),
            onnx::node("Gemm", &["h2", "w2"], &["prediction"], vec![]),
        ],
        weights: vec![
            onnx::floats("w1", &[2, 3], &[1.0; 6]),
            onnx::floats("b1", &[3], &[1.0; 3]),
            onnx::floats("w2", &[3, 1], &[1.0; 3]),
        ],
        columns: 2,
        outputs: 1,
    };
    change(&mut network);
    let mut graph = network.model().graph.unwrap();
    let taken = chain::taken_out(&mut graph);
    (taken.values().map(Layers::outputs).sum(), graph.node.len())
}

#[test]
fn a_chain_becomes_one_node_and_what_is_not_one_is_left_alone() {
    assert_eq!(taken(|_| {}), (1, 1));
    let second_reader = |network: &mut Network| {
        network.nodes.push(onnx::node("Relu", &["h1"], &["h3"], vec![]));
    };
    assert_eq!(taken(second_reader), (3 + 1, 4), "each layer for itself");
    assert_eq!(taken(|network| network.nodes[1].op_type = "Tanh".to_owned()), (3 + 1, 3));
    let scaled = |network: &mut Network| {
        let half = tract_onnx::pb::AttributeProto { f: 0.5, ..onnx::int("alpha", 0) };
        network.nodes[0].attribute.push(half);
    };
    assert_eq!(taken(scaled), (1, 3));
    let unknown = |network: &mut Network| drop(network.weights.remove(0));
    assert_eq!(taken(unknown), (1, 3));
    let short = |network: &mut Network| network.weights[0].float_data.truncate(5);
    assert_eq!(taken(short), (1, 3));
    let turned = |network: &mut Network| {
        network.nodes[0].attribute.push(onnx::int("transB", 1));
        network.weights[0] = onnx::floats("w1", &[3, 2], &[1.0; 6]);
    };
    assert_eq!(taken(turned), (1, 1));
}
