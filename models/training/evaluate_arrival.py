"""Arrival time on motorbike deliveries of Nairobi: five folds by day of month (fold = day mod 5), each trained on the
other days and asked about its own. The set has no dates, so no split by time is possible. Pace of riders and quarters
comes from the training days alone; of the day asked about, only what had happened when the trip left."""

from pathlib import Path

import numpy as np

from training import arrival_time, bundle, forest, public_sets, scores
from training.tables import Table, pick, rows_of, stack

FOLDS = 5
EARLY_S = 60.0


def linear(learn: Table, asked: Table) -> np.ndarray:
    """Least squares on the road's length."""
    slope, fixed = np.polyfit(learn["road_km"], learn["actual_s"], 1)
    return fixed + slope * asked["road_km"]


def told(learn: Table, asked: Table, seed: int, size: arrival_time.Size) -> tuple[np.ndarray, np.ndarray]:
    """Model's and formula's answers for `asked`."""
    learn = {**learn, "group": arrival_time.groups(learn["day"])}
    made, of_asked = arrival_time.features(learn, {**asked, "group": np.zeros(rows_of(asked))})
    rows = bundle.transform(arrival_time.steps(made.schema), made.arrays["features"])
    columns = arrival_time.fit(rows[~of_asked], learn["actual_s"], made.schema.features, seed, size)
    return forest.predict(columns, rows[of_asked]), made.arrays["baseline"][of_asked]


def figures(actual: np.ndarray, said: np.ndarray, formula: np.ndarray, line: np.ndarray) -> dict:
    sound = actual >= EARLY_S
    return {
        "rows": len(actual),
        "rmse_s": scores.rmse(actual, said[:, 0]),
        "mae_of_median_s": scores.mae(actual, said[:, 1]),
        "bias_s": float(np.mean(said[:, 0] - actual)),
        "coverage_q90": scores.coverage(actual, said[:, 2]),
        "rmse_s_without_early_taps": scores.rmse(actual[sound], said[sound, 0]),
        "rmse_s_formula": scores.rmse(actual, formula[:, 0]),
        "mae_s_formula": scores.mae(actual, formula[:, 0]),
        "rmse_s_linear": scores.rmse(actual, line),
    }


def spread(folds: list[dict]) -> dict:
    return {
        name: {"mean": float(np.mean(column)), "deviation": float(np.std(column)), "folds": [float(c) for c in column]}
        for name in folds[0]
        if (column := np.array([fold[name] for fold in folds])) is not None
    }


def run(data: Path, kept: Path | None, seed: int) -> dict:
    table = public_sets.with_load(public_sets.nairobi_trips(data))
    fold_of = table["day"].astype(int) % FOLDS
    folds, everything = [], []
    for fold in range(FOLDS):
        learn, asked = pick(table, fold_of != fold), pick(table, fold_of == fold)
        said, formula = told(learn, asked, seed, arrival_time.FULL)
        folds.append(figures(asked["actual_s"], said, formula, linear(learn, asked)))
        everything.append((asked, said, formula))
    found = {"set": "sendy_eta", "protocol": "5 folds, day of month mod 5", "all": spread(folds), "slices": by_slice(everything)}
    if kept:
        asked = public_sets.nairobi_trips(data, kept)
        both = public_sets.with_load(stack([table_like(asked, table), asked]))
        asked = pick(both, np.arange(rows_of(both)) >= rows_of(table))
        said, formula = told(table, asked, seed, arrival_time.FULL)
        found["kept back"] = figures(asked["actual_s"], said, formula, linear(table, asked))
    return found


def table_like(wanted: Table, table: Table) -> Table:
    """The columns of `wanted`, from `table`."""
    return {name: table[name] for name in wanted}


def by_slice(everything: list[tuple[Table, np.ndarray, np.ndarray]]) -> list[dict]:
    table = stack([part[0] for part in everything])
    said, formula = (np.concatenate([part[at] for part in everything]) for at in (1, 2))
    hour = table["departed_s"] / 3_600.0
    chosen = {
        "up to 5 km": table["road_km"] <= 5,
        "5 to 15 km": (table["road_km"] > 5) & (table["road_km"] <= 15),
        "above 15 km": table["road_km"] > 15,
        "before 11 h": hour < 11,
        "11 to 15 h": (hour >= 11) & (hour < 15),
        "from 15 h": hour >= 15,
        "weekend": table["weekday"] >= 6,
        "private customers": table["business"] < 0.5,
    }
    return [
        {
            "slice": name,
            "rows": int(rows.sum()),
            "rmse_s": scores.rmse(table["actual_s"][rows], said[rows, 0]),
            "rmse_s_formula": scores.rmse(table["actual_s"][rows], formula[rows, 0]),
            "coverage_q90": scores.coverage(table["actual_s"][rows], said[rows, 2]),
        }
        for name, rows in chosen.items()
    ]
