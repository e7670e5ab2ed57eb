"""What bundles rest on: thresholds, preprocessing, histograms, scores."""

import unittest

import lightgbm as lgb
import numpy as np

from training import bundle, demand, forest, network, scores


class Thresholds(unittest.TestCase):
    def test_no_float32_changes_its_branch(self):
        dice = np.random.default_rng(1)
        for threshold in [*dice.normal(0.0, 100.0, 1_000), 0.1, 1e-35, 1e300, -1e300]:
            narrow = forest.float32_not_above(float(threshold))
            self.assertLessEqual(narrow, threshold)
            with np.errstate(over="ignore"):
                near = np.float32(threshold)
            for value in (near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))):
                self.assertEqual(float(value) <= threshold, float(value) <= narrow, (threshold, value))

    def test_missing_values_go_where_lightgbm_sends_them(self):
        dice = np.random.default_rng(2)
        rows = dice.normal(size=(400, 3)).astype(np.float32)
        rows[:200, 0] = np.nan
        forests = [lgb.train({"verbose": -1, "num_threads": 1}, lgb.Dataset(rows, rows[:, 1]), 5)]
        asked = rows.copy()
        asked[::3, 1], asked[::5, 2] = np.nan, np.nan
        self.assertTrue(np.allclose(forest.predict([forests], asked)[:, 0], [walk(forests[0], row) for row in asked]))


def walk(booster: lgb.Booster, row: np.ndarray) -> float:
    """The answer of the columns that go into ONNX, one split after the other."""
    nodes = forest.Nodes()
    for at, tree in enumerate(booster.dump_model()["tree_info"]):
        forest.add_tree(nodes, at, tree["tree_structure"], 1.0)
    place = {key: at for at, key in enumerate(zip(nodes.treeids, nodes.nodeids, strict=True))}
    weight = dict(zip(zip(nodes.target_treeids, nodes.target_nodeids, strict=True), nodes.target_weights, strict=True))
    total = 0.0
    for tree in sorted(set(nodes.treeids)):
        key = (tree, 0)
        while nodes.modes[place[key]] != "LEAF":
            at = place[key]
            value = row[nodes.featureids[at]]
            left = bool(nodes.tracks_true[at]) if np.isnan(value) else value <= np.float32(nodes.values[at])
            key = (tree, nodes.truenodeids[at] if left else nodes.falsenodeids[at])
        total += weight[key]
    return total


class Bundles(unittest.TestCase):
    def test_preprocessing_is_the_documented_order(self):
        steps = [
            bundle.Step("vehicle", categories=[1.0, 2.0], unknown=0.0),
            bundle.Step("wait", impute=-1.0, clip=(-1.0, 10.0), mean=1.0, scale=2.0),
        ]
        raw = np.array([[1.0, 3.0], [9.0, np.nan], [np.nan, np.inf], [2.0, 99.0]], dtype=np.float32)
        wanted = np.array([[1.0, 1.0], [0.0, -1.0], [0.0, -1.0], [2.0, 4.5]], dtype=np.float32)
        np.testing.assert_array_equal(bundle.transform(steps, raw), wanted)

    def test_a_histogram_counts_every_row_once(self):
        column = np.array([np.nan, np.inf, 0, 0, 0, 1, 2, 3], dtype=np.float32)
        found = bundle.histogram("x", column)
        self.assertEqual(sum(found["counts"]) + found["missing"], len(column))
        self.assertEqual(len(found["edges"]) + 1, len(found["counts"]))
        self.assertEqual(bundle.histogram("empty", np.array([np.nan], np.float32))["counts"], [0])

    def test_few_golden_rows_are_refused(self):
        with self.assertRaises(SystemExit):
            bundle.golden(np.zeros((3, 2), np.float32), np.zeros((3, 1), np.float32))


class Networks(unittest.TestCase):
    def test_joined_nets_answer_with_their_mean(self):
        dice = np.random.default_rng(3)
        nets = [network.new_layers(dice, [5, 8, 4, 9]) for _ in range(3)]
        rows = dice.normal(size=(20, 5)).astype(np.float32)
        wanted = np.mean([network.predict(net, rows) for net in nets], axis=0)
        np.testing.assert_allclose(network.predict(network.joined(nets), rows), wanted, atol=1e-5)

    def test_gradients_are_slopes(self):
        dice = np.random.default_rng(4)
        layers = [layer.astype(np.float64) for layer in network.new_layers(dice, [3, 6, 2])]
        rows = dice.normal(size=(7, 3))
        found = network.gradients(layers, network.activations(layers, rows), np.ones((7, 2)))
        nudge = 1e-6
        for at in range(len(layers)):
            place = (0,) * layers[at].ndim
            before = network.predict(layers, rows).sum()
            layers[at][place] += nudge
            after = network.predict(layers, rows).sum()
            layers[at][place] -= nudge
            self.assertAlmostEqual((after - before) / nudge, found[at][place], places=4)


class Scores(unittest.TestCase):
    def test_as_on_paper(self):
        actual, said = np.array([0.0, 10.0, 20.0]), np.array([5.0, 10.0, 10.0])
        self.assertAlmostEqual(scores.mase(actual, said, np.array([5.0, 0.0, 10.0])), 1.0)
        self.assertAlmostEqual(scores.bias(actual, said), -5.0 / 30.0)
        self.assertAlmostEqual(scores.wape(actual, said), 0.5)
        self.assertAlmostEqual(scores.coverage(actual, said), 2.0 / 3.0)
        self.assertAlmostEqual(scores.pinball(actual, said, 0.9), (0.5 + 0.0 + 9.0) / 3.0)

    def test_stock_is_stretched_to_the_service_level(self):
        actual = np.arange(1.0, 101.0)
        units, factor = demand.stocked(actual, np.ones(100))
        self.assertAlmostEqual(factor, 91.0, delta=1.0)
        self.assertAlmostEqual(units, factor)


if __name__ == "__main__":
    unittest.main()
