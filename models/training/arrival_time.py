"""Arrival time: gradient-boosted trees for the mean, the median and the ninetieth percentile of a trip's
duration. The mean is the average of three forests, two of them with random thresholds; in the bundle they are one."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import lightgbm as lgb
import numpy as np

from training import bundle, forest, scores
from training.extract import Extract, Schema, extract
from training.tables import Table, needs, pick, read_csv, rows_of, stack

TEXTS = ("day", "rider", "vehicle")
NEEDED = ("day", "centre_lat", "centre_lon", "pickup_lat", "pickup_lon", "drop_lat", "drop_lon", "road_km", "departed_s", "actual_s")
OUTPUTS = ["mean_s", "q50_s", "q90_s"]
OUTPUT_CLIPS: list[tuple[float, float] | None] = [(30.0, 43_200.0)] * 3
VEHICLES = [1.0, 2.0, 3.0, 4.0, 5.0]
# Groups of days left out of the pace book of their own rows, and the share of days kept for the scores.
GROUPS = 14
KEPT_SHARE = 0.15
ROWS_MIN = 1_000
# What is not known yet when a promise is made as the order is placed.
UNKNOWN_AT_ORDER = (
    "confirmed_s", "at_pickup_s", "rider_deliveries", "rider_days", "rider_rating", "rider_ratings",
    "rider_recent_pickups", "rider_since_pickup_s", "rider_open_orders", "rider_last_drop_lat", "rider_last_drop_lon",
)
SHARED = {
    "learning_rate": 0.02,
    "num_leaves": 15,
    "min_data_in_leaf": 80,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
RANDOM_PARAMS = {"extra_trees": True, "feature_fraction": 1.0, "num_leaves": 31, "min_data_in_leaf": 40, "path_smooth": 10.0}
QUANTILE_PARAMS = {"num_leaves": 15, "learning_rate": 0.04, "min_data_in_leaf": 60}


@dataclass(frozen=True)
class Size:
    """Trees of each forest: of the mean (its first, and its two random ones), and of each quantile."""

    mean: int
    random: int
    quantile: int


FULL = Size(mean=850, random=850, quantile=150)
SHIPPED = Size(mean=200, random=200, quantile=150)


def fit(rows: np.ndarray, actual: np.ndarray, names: list[str], seed: int, size: Size) -> list[list[lgb.Booster]]:
    """Forests by output column."""

    def grow(objective: dict, trees: int, more: dict, draw: int = 0) -> lgb.Booster:
        table = lgb.Dataset(rows, actual, feature_name=list(names), free_raw_data=True)
        return lgb.train({**SHARED, **more, **objective, "seed": 10 * seed + draw}, table, trees)

    square = {"objective": "regression"}
    means = [
        grow(square, size.mean, {}),
        grow(square, size.random, RANDOM_PARAMS, 1),
        grow(square, size.random, RANDOM_PARAMS, 2),
    ]
    median = grow({"objective": "quantile", "alpha": 0.5}, size.quantile, QUANTILE_PARAMS)
    ninetieth = grow({"objective": "quantile", "alpha": 0.9}, size.quantile, QUANTILE_PARAMS)
    return [means, [median], [ninetieth]]


def as_at_order(table: Table) -> Table:
    """The same trips as they look when the order is placed: no rider, no waits, leaving at once."""
    early = {name: column.copy() for name, column in table.items()}
    for name in UNKNOWN_AT_ORDER:
        if name in early:
            early[name] = np.full(rows_of(table), np.nan)
    early["rider"] = np.full(rows_of(table), "", dtype=object)
    early["departed_s"] = early["placed_s"]
    return early


def groups(days: np.ndarray) -> np.ndarray:
    """A number below GROUPS for each row, the same for the whole day."""
    return np.unique(days, return_inverse=True)[1] % GROUPS


def features(learn: Table, apply: Table) -> tuple[Extract, np.ndarray]:
    """Rows of both, and which of them are of `apply`. The pace book knows `learn` alone, and of the rows of
    `learn` never their own group."""
    taught = {**learn, "group": learn["group"].astype(float)}
    asked = {**apply, "group": np.full(rows_of(apply), np.nan)}
    both = stack([taught, {name: asked[name] for name in taught}])
    made = extract("arrival-time", {name: both[name] for name in both if name != "day"}, ("features", "baseline"))
    return made, np.arange(rows_of(both)) >= rows_of(learn)


def twice(table: Table) -> Table:
    """At departure, and as at order."""
    return stack([table, as_at_order(table)])


def steps(schema: Schema) -> list[bundle.Step]:
    """Trees take features as they are, NaN too; only the vehicle's code is checked."""
    return [
        bundle.Step(name, categories=VEHICLES, unknown=0.0) if name == "vehicle" else bundle.Step(name)
        for name in schema.features
    ]


def golden_rows(rows: np.ndarray, schema: Schema, seed: int) -> np.ndarray:
    """96 rows as they come, 16 with a vehicle nobody knows, 15 full of gaps, one with nothing at all."""
    dice = np.random.default_rng([seed, 2])
    chosen = rows[dice.choice(len(rows), 127, replace=len(rows) < 127)].copy()
    chosen[96:112, schema.features.index("vehicle")] = dice.choice([0.0, 9.0, -1.0, np.nan], 16)
    gaps = dice.random((15, rows.shape[1])) < 0.5
    chosen[112:127][gaps] = np.nan
    return np.concatenate([chosen, np.full((1, rows.shape[1]), np.nan, dtype=np.float32)])


def slices(actual: np.ndarray, said: np.ndarray, formula: np.ndarray, where: str) -> list[dict]:
    name = "599 s + 101 s/km"
    return [
        scores.score(where, "rmse_s", scores.rmse(actual, said[:, 0]), scores.rmse(actual, formula[:, 0]), name),
        scores.score(where, "mae_of_median_s", scores.mae(actual, said[:, 1]), scores.mae(actual, formula[:, 1]), name),
        scores.score(where, "coverage_q90", scores.coverage(actual, said[:, 2]), scores.coverage(actual, formula[:, 2]), name),
    ]


def judged(table: Table, seed: int, size: Size) -> list[dict]:
    """Scores on the last days, by a model that never saw them."""
    days = np.unique(table["day"])
    first_kept = days[int(len(days) * (1.0 - KEPT_SHARE))]
    learn, kept = pick(table, table["day"] < first_kept), pick(table, table["day"] >= first_kept)
    made, asked = features(twice(learn), twice(kept))
    rows = bundle.transform(steps(made.schema), made.arrays["features"])
    columns = fit(rows[~asked], twice(learn)["actual_s"], made.schema.features, seed, size)
    said, formula = forest.predict(columns, rows[asked]), made.arrays["baseline"][asked]
    late = np.arange(len(said)) < rows_of(kept)
    actual = twice(kept)["actual_s"]
    found = slices(actual[late], said[late], formula[late], "asked as the rider leaves")
    return found + slices(actual[~late], said[~late], formula[~late], "asked as the order is placed")


def load(path: Path) -> Table:
    table = read_csv(path, TEXTS)
    needs(table, NEEDED, path)
    if rows_of(table) < ROWS_MIN:
        raise SystemExit(f"{path}: {rows_of(table)} trips; at least {ROWS_MIN} are needed to learn from")
    table["group"] = groups(table["day"])
    return table


def train(data: Path, out: Path, version: int, seed: int, origin: str, expires_on: date | None = None, size: Size = SHIPPED) -> Path:
    """The bundle `arrival-time` from a CSV of trips."""
    table = load(data)
    found = judged(table, seed, size)
    both = twice(table)
    made, asked = features(both, pick(both, np.zeros(rows_of(both), dtype=bool)))
    raw = made.arrays["features"][~asked]
    prepared = steps(made.schema)
    columns = fit(bundle.transform(prepared, raw), both["actual_s"], made.schema.features, seed, size)
    chosen = golden_rows(raw, made.schema, seed)
    answer = lambda rows: forest.predict(columns, bundle.transform(prepared, rows))  # noqa: E731
    network = bundle.Network(
        forest.onnx(columns, "arrival-time", len(made.schema.features)),
        prepared, OUTPUT_CLIPS, chosen, answer(chosen), raw, answer(raw),
    )
    claim = bundle.Claim(
        "arrival-time", version, "trees", made.schema, OUTPUTS, [1, 32, 256, 1024], (1e-6, 1e-6),
        date.fromisoformat(min(table["day"])), date.fromisoformat(max(table["day"])), rows_of(table), seed, found, expires_on,
    )
    return bundle.write(out, claim, bundle.network_files(network, claim), card(origin))


def card(origin: str) -> dict:
    return {
        "title": "Arrival time",
        "purpose": "Seconds from leaving the pickup to the customer's door: mean, median, and what nine of ten trips stay below.",
        "made_with": f"LightGBM {lgb.__version__}, trees as ONNX TreeEnsembleRegressor; features by the crate `features`",
        "data": origin,
        "limits": [
            "Knows the town it was trained on: positions count from its centre. Elsewhere the formula answers better.",
            "Where riders tap `arrived` too early, the mean is a little short; the ninetieth percentile is hardly touched.",
            "A rider or a quarter with few trips is taken as average.",
            "Signed with the development key that everybody has: a region trains on its own trips and signs with its own key.",
        ],
        "sections": [{
            "heading": "Without it",
            "text": "599 s + 101 s for each km of road (great circle × 1.46 where no road is known) answers at once, and says so.",
        }],
    }
