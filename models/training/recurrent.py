"""A recurrent network with random weights: no model, but something for `inference-bench` to measure. Twelve months of
four values, thirty-two units, three outputs."""

from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper

from training import forest

STEPS, VALUES, UNITS, OUTPUTS = 12, 4, 32, 3


def write(out: Path, seed: int) -> Path:
    dice = np.random.default_rng([seed, 3])

    def weights(name: str, *shape: int):
        return numpy_helper.from_array(dice.normal(0.0, 0.2, shape).astype(np.float32), name)

    def integers(name: str, *values: int):
        return numpy_helper.from_array(np.array(values, dtype=np.int64), name)

    initializers = [
        integers("shape", -1, STEPS, VALUES), integers("direction", 0),
        weights("w", 1, 3 * UNITS, VALUES), weights("r", 1, 3 * UNITS, UNITS), weights("b", 1, 6 * UNITS),
        weights("w_out", UNITS, OUTPUTS), weights("b_out", OUTPUTS),
    ]
    nodes = [
        helper.make_node("Reshape", ["features", "shape"], ["months"]),
        helper.make_node("Transpose", ["months"], ["steps"], perm=[1, 0, 2]),
        helper.make_node("GRU", ["steps", "w", "r", "b"], ["", "last"], hidden_size=UNITS, linear_before_reset=1),
        helper.make_node("Squeeze", ["last", "direction"], ["state"]),
        helper.make_node("Gemm", ["state", "w_out", "b_out"], ["prediction"]),
    ]
    out.write_bytes(forest.model(nodes, initializers, "gru", STEPS * VALUES, OUTPUTS))
    return out
