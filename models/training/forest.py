"""LightGBM to ONNX, split by split. Thresholds become the largest float32 not above them, so that no float32
value takes another branch than in LightGBM; leaves are scaled when several forests are averaged into one."""

from dataclasses import dataclass, field

import lightgbm as lgb
import numpy as np
from onnx import TensorProto, helper

OPSET, OPSET_ML = 17, 3


@dataclass
class Nodes:
    """The columns of a TreeEnsembleRegressor."""

    treeids: list[int] = field(default_factory=list)
    nodeids: list[int] = field(default_factory=list)
    featureids: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    truenodeids: list[int] = field(default_factory=list)
    falsenodeids: list[int] = field(default_factory=list)
    tracks_true: list[int] = field(default_factory=list)
    target_treeids: list[int] = field(default_factory=list)
    target_nodeids: list[int] = field(default_factory=list)
    target_weights: list[float] = field(default_factory=list)


def float32_not_above(threshold: float) -> float:
    with np.errstate(over="ignore"):
        narrow = np.float32(threshold)
    return float(narrow if float(narrow) <= threshold else np.nextafter(narrow, np.float32(-np.inf)))


def missing_goes_left(node: dict) -> int:
    """LightGBM: with missing type None a NaN is compared as 0."""
    if node["missing_type"] == "None":
        return int(0.0 <= node["threshold"])
    if node["missing_type"] != "NaN":
        raise SystemExit(f"a split treats missing values as {node['missing_type']}; only NaN and None are carried over")
    return int(node["default_left"])


def add_tree(nodes: Nodes, tree: int, root: dict, share: float) -> None:
    """Depth first, the left child next to its parent: the way most rows go stays in one cache line."""
    waiting: list[tuple[dict, int | None, bool]] = [(root, None, True)]
    count = 0
    base = len(nodes.nodeids)
    while waiting:
        node, parent, left = waiting.pop()
        number, count = count, count + 1
        if parent is not None:
            (nodes.truenodeids if left else nodes.falsenodeids)[base + parent] = number
        nodes.treeids.append(tree)
        nodes.nodeids.append(number)
        nodes.truenodeids.append(0)
        nodes.falsenodeids.append(0)
        if "leaf_value" in node:
            nodes.featureids.append(0)
            nodes.values.append(0.0)
            nodes.modes.append("LEAF")
            nodes.tracks_true.append(0)
            nodes.target_treeids.append(tree)
            nodes.target_nodeids.append(number)
            nodes.target_weights.append(float(np.float32(node["leaf_value"] * share)))
            continue
        if node["decision_type"] != "<=":
            raise SystemExit(f"a split decides by {node['decision_type']}; only <= is carried over")
        nodes.featureids.append(node["split_feature"])
        nodes.values.append(float32_not_above(node["threshold"]))
        nodes.modes.append("BRANCH_LEQ")
        nodes.tracks_true.append(missing_goes_left(node))
        waiting.append((node["right_child"], number, False))
        waiting.append((node["left_child"], number, True))


def regressor(forests: list[lgb.Booster], output: str):
    """One node whose answer is the mean of the forests' answers."""
    nodes = Nodes()
    trees = 0
    for forest in forests:
        for tree in forest.dump_model()["tree_info"]:
            add_tree(nodes, trees, tree["tree_structure"], 1.0 / len(forests))
            trees += 1
    return helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        [output],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=nodes.treeids,
        nodes_nodeids=nodes.nodeids,
        nodes_featureids=nodes.featureids,
        nodes_values=nodes.values,
        nodes_modes=nodes.modes,
        nodes_truenodeids=nodes.truenodeids,
        nodes_falsenodeids=nodes.falsenodeids,
        nodes_missing_value_tracks_true=nodes.tracks_true,
        target_treeids=nodes.target_treeids,
        target_nodeids=nodes.target_nodeids,
        target_ids=[0] * len(nodes.target_nodeids),
        target_weights=nodes.target_weights,
    )


def model(nodes: list, initializers: list, name: str, features: int, outputs: int) -> bytes:
    """A graph from `features` [batch, n] to `prediction` [batch, m], as bytes that do not change."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", features])],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, ["batch", outputs])],
        initializers,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", OPSET_ML)]
    made = helper.make_model(graph, opset_imports=opsets, producer_name="omniroute-training")
    made.ir_version = 8
    return made.SerializeToString(deterministic=True)


def onnx(columns: list[list[lgb.Booster]], name: str, features: int) -> bytes:
    """One TreeEnsembleRegressor for each output column, side by side."""
    outputs = [f"column_{at}" for at in range(len(columns))]
    nodes = [regressor(forests, output) for forests, output in zip(columns, outputs, strict=True)]
    nodes.append(helper.make_node("Concat", outputs, ["prediction"], axis=1))
    return model(nodes, [], name, features, len(columns))


def predict(columns: list[list[lgb.Booster]], rows: np.ndarray) -> np.ndarray:
    """LightGBM's own answer, rows × outputs, in double precision."""
    wide = rows.astype(np.float64)
    return np.stack([np.mean([f.predict(wide) for f in forests], axis=0) for forests in columns], axis=1)
