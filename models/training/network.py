"""A small dense network in NumPy: several nets trained apart and joined into one wide one. Adam and pinball losses."""

from dataclasses import dataclass

import numpy as np
from onnx import helper, numpy_helper

from training import forest

F32 = np.float32
# Below this error (in levels) the pinball loss is a parabola, so that its slope does not jump.
ROUND = 0.02
TAU_MIN, TAU_MAX = 0.02, 0.98
QUANTILES = 3


@dataclass(frozen=True)
class Plan:
    """How nets are trained. `hidden` are the widths of one net."""

    nets: int = 5
    hidden: tuple[int, ...] = (64, 32)
    epochs: int = 12
    batch: int = 256
    rate: float = 3e-3
    decay: float = 1e-4


@dataclass
class Lesson:
    """Rows × features; rows × horizons of ratios (NaN: not reported); per row: the series' level and step in units."""

    rows: np.ndarray
    ratios: np.ndarray
    level: np.ndarray
    step: np.ndarray


Layers = list[np.ndarray]


def new_layers(dice: np.random.Generator, widths: list[int]) -> Layers:
    layers: Layers = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        layers.append(dice.normal(0.0, np.sqrt(2.0 / inputs), (inputs, outputs)).astype(F32))
        layers.append(np.zeros(outputs, F32))
    layers[-2] *= F32(0.1)
    return layers


def activations(layers: Layers, rows: np.ndarray) -> list[np.ndarray]:
    """What enters each layer, and what leaves the last."""
    passed = [rows]
    for at in range(0, len(layers), 2):
        out = passed[-1] @ layers[at] + layers[at + 1]
        passed.append(np.maximum(out, F32(0.0)) if at < len(layers) - 2 else out)
    return passed


def predict(layers: Layers, rows: np.ndarray) -> np.ndarray:
    return activations(layers, rows)[-1]


def slope(error: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Of the rounded pinball loss by the prediction; `error` is actual − predicted."""
    middle = F32(0.5) - tau - F32(0.5) * error / F32(ROUND)
    return np.where(error > ROUND, -tau, np.where(error < -ROUND, F32(1.0) - tau, middle)).astype(F32)


def gradients(layers: Layers, passed: list[np.ndarray], out: np.ndarray) -> Layers:
    found: Layers = [np.empty(0)] * len(layers)
    for at in range(len(layers) - 2, -1, -2):
        found[at], found[at + 1] = passed[at // 2].T @ out, out.sum(axis=0)
        if at > 0:
            out = (out @ layers[at].T) * (passed[at // 2] > 0)
    return found


@dataclass
class Adam:
    """Kingma and Ba (2015), with decoupled weight decay."""

    first: Layers
    second: Layers
    count: int = 0

    def step(self, layers: Layers, slopes: Layers, rate: float, decay: float) -> None:
        self.count += 1
        for at, found in enumerate(slopes):
            self.first[at] = F32(0.9) * self.first[at] + F32(0.1) * found
            self.second[at] = F32(0.999) * self.second[at] + F32(0.001) * found * found
            mean = self.first[at] / F32(1.0 - 0.9**self.count)
            spread = np.sqrt(self.second[at] / F32(1.0 - 0.999**self.count)) + F32(1e-8)
            shrink = F32(1.0 - rate * decay) if at % 2 == 0 else F32(1.0)
            layers[at] = (layers[at] * shrink - F32(rate) * mean / spread).astype(F32)


def train_one(lesson: Lesson, plan: Plan, multiplier: float, seed: int) -> Layers:
    """One net. Each series weighs as MASE weighs it: by its level over its step.

    The point forecast minimises Σ|error| / step under Σ predicted = Σ actual. By Lagrange that is a quantile whose share
    grows with the step: 0.5 + multiplier × step / mean step. With a multiplier of 0 it is the median."""
    dice = np.random.default_rng([seed, 3])
    horizons = lesson.ratios.shape[1]
    layers = new_layers(dice, [lesson.rows.shape[1], *plan.hidden, horizons * QUANTILES])
    adam = Adam([np.zeros_like(layer) for layer in layers], [np.zeros_like(layer) for layer in layers])
    told = np.isfinite(lesson.ratios)
    actual = np.nan_to_num(lesson.ratios).astype(F32)
    floor = np.maximum(lesson.step, 0.1 * lesson.level)
    weight = (told * (lesson.level / floor)[:, None]).astype(F32)
    reach = (floor / floor.mean()).astype(F32)
    batches = len(lesson.rows) // plan.batch
    shares = np.clip(0.5 + multiplier * reach, TAU_MIN, TAU_MAX).astype(F32)
    total = plan.epochs * batches
    for _ in range(plan.epochs):
        order = dice.permutation(len(lesson.rows))
        for batch in range(batches):
            at = order[batch * plan.batch : (batch + 1) * plan.batch]
            passed = activations(layers, lesson.rows[at])
            out = passed[-1].reshape(len(at), horizons, QUANTILES)
            tau = np.empty_like(out)
            tau[:, :, 0], tau[:, :, 1], tau[:, :, 2] = shares[at][:, None], 0.5, 0.9
            push = slope(actual[at][:, :, None] - out, tau) * weight[at][:, :, None] / F32(len(at))
            slopes = gradients(layers, passed, push.reshape(len(at), -1))
            rate = plan.rate * 0.5 * (1.0 + np.cos(np.pi * adam.count / total))
            adam.step(layers, slopes, rate, plan.decay)
    return layers


def joined(nets: list[Layers]) -> Layers:
    """One wide network that answers with the mean of the nets: blocks on the diagonal, zeros beside them."""
    count, depth = len(nets), len(nets[0])
    wide: Layers = []
    for at in range(0, depth, 2):
        blocks = [net[at] for net in nets]
        if at == 0:
            wide.append(np.concatenate(blocks, axis=1))
        elif at == depth - 2:
            wide.append(np.concatenate(blocks, axis=0) / F32(count))
        else:
            rows, columns = blocks[0].shape
            matrix = np.zeros((count * rows, count * columns), F32)
            for place, block in enumerate(blocks):
                matrix[place * rows : (place + 1) * rows, place * columns : (place + 1) * columns] = block
            wide.append(matrix)
        biases = [net[at + 1] for net in nets]
        wide.append(np.mean(biases, axis=0, dtype=F32) if at == depth - 2 else np.concatenate(biases))
    return wide


def train(lesson: Lesson, plan: Plan, multiplier: float, seed: int) -> Layers:
    return joined([train_one(lesson, plan, multiplier, 1_000 * seed + net) for net in range(plan.nets)])


def onnx(layers: Layers, name: str) -> bytes:
    """Gemm and Relu in turns."""
    nodes, weights, at_input = [], [], "features"
    depth = len(layers) // 2
    for at in range(depth):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(layers[2 * at]), f"weight_{at}"))
        weights.append(numpy_helper.from_array(np.ascontiguousarray(layers[2 * at + 1]), f"bias_{at}"))
        out = "prediction" if at == depth - 1 else f"sum_{at}"
        nodes.append(helper.make_node("Gemm", [at_input, f"weight_{at}", f"bias_{at}"], [out]))
        if at < depth - 1:
            at_input = f"active_{at}"
            nodes.append(helper.make_node("Relu", [out], [at_input]))
    return forest.model(nodes, weights, name, layers[0].shape[0], layers[-1].shape[0])
