"""Demand of an article at a depot for three periods ahead: a point forecast whose sum is right, the median, and what
covers nine periods of ten. One dense network for all articles: rows are free of scale."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from training import bundle, network, scores
from training.extract import Extract, Schema, extract
from training.tables import Table, needs, read_csv

F32 = np.float32
TEXTS = ("site", "article", "day")
NEEDED = ("site", "article", "day", "period", "demand")
OUTPUTS = [f"h{ahead}_{what}" for ahead in (1, 2, 3) for what in ("mean", "q50", "q90")]
OUTPUT_CLIPS: list[tuple[float, float] | None] = [(0.0, 50.0)] * len(OUTPUTS)
HORIZONS = 3
# What a missing ratio looks like to the network: below all that can be.
MISSING = -0.5
RATIO_MAX = 20.0
ROWS_MIN = 500
# Columns of `beside`, after level and step.
FORMULAS = {"naive": 2, "SES 0.3": 3, "TSB": 4, "seasonal naive": 5}
KEPT_PERIODS = 9
# Origins of the calibration, periods before the last; multipliers tried, and what is taken without any origin.
CALIBRATION_BACK = (3, 6, 9, 12)
MULTIPLIERS = (0.0, 0.1, 0.2, 0.4)
MULTIPLIER_UNKNOWN = 0.15
# π/2 under the root, times 1.2816: from a mean change to the ninetieth percentile of a normal spread.
STEPS_TO_Q90 = 1.606


@dataclass
class Rows:
    """What `feature-extract demand` wrote, by name; `origin` is the period at whose end a row stands."""

    schema: Schema
    raw: np.ndarray
    beside: np.ndarray
    ahead: np.ndarray
    site: np.ndarray
    article: np.ndarray
    origin: np.ndarray

    @property
    def level(self) -> np.ndarray:
        return self.beside[:, 0]

    @property
    def step(self) -> np.ndarray:
        return self.beside[:, 1]


def rows_from(table: Table) -> Rows:
    made: Extract = extract("demand", {n: c for n, c in table.items() if n != "day"}, ("features", "beside", "ahead"))
    index = np.array([line.split(",") for line in made.index_text.split()[1:]], dtype=object)
    arrays = made.arrays
    return Rows(made.schema, arrays["features"], arrays["beside"], arrays["ahead"], index[:, 0], index[:, 1], index[:, 2].astype(int))


def told_by(rows: Rows, last_period: int) -> np.ndarray:
    """Rows × horizons: reported, and not later than `last_period`."""
    return np.isfinite(rows.ahead) & (rows.origin[:, None] + np.arange(1, HORIZONS + 1) <= last_period)


def lesson(rows: Rows, last_period: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that may be learned from, their ratios, and which rows they are."""
    told = told_by(rows, last_period)
    usable = told.any(axis=1) & np.isfinite(rows.step)
    ratios = np.where(told, np.clip(rows.ahead / rows.level[:, None], 0.0, RATIO_MAX), np.nan)
    return rows.raw[usable], ratios[usable], usable


def steps(schema: Schema, raw: np.ndarray) -> list[bundle.Step]:
    """Filled with a value of its own where missing, clipped to what was seen, centred and scaled."""
    made = []
    for at, name in enumerate(schema.features):
        column = raw[:, at]
        seen = column[np.isfinite(column)]
        gaps = len(seen) < len(column)
        low, high = (np.quantile(seen, [0.005, 0.99]) if len(seen) else (0.0, 0.0))
        fill = float(F32(min(low, MISSING) if gaps else low))
        low = fill if gaps else float(F32(low))
        high = float(F32(max(high, low + 1e-3)))
        filled = np.clip(np.where(np.isfinite(column), column, fill), low, high)
        made.append(bundle.Step(
            name, impute=fill, clip=(low, high), mean=float(F32(filled.mean())), scale=float(F32(filled.std() + 1e-6))
        ))
    return made


def fit(
    rows: Rows, last_period: int, multiplier: float, seed: int, plan: network.Plan
) -> tuple[list[bundle.Step], network.Layers]:
    raw, ratios, usable = lesson(rows, last_period)
    if len(raw) < ROWS_MIN:
        raise SystemExit(f"{len(raw)} rows of history; at least {ROWS_MIN} are needed to learn from")
    prepared = steps(rows.schema, raw)
    taught = network.Lesson(bundle.transform(prepared, raw), ratios, rows.level[usable], rows.step[usable])
    return prepared, network.train(taught, plan, multiplier, seed)


def forecasts(prepared: list[bundle.Step], layers: network.Layers, rows: Rows, chosen: np.ndarray) -> np.ndarray:
    """Units: rows × horizons × (point, median, ninetieth percentile), as the crate settles them."""
    ratios = network.predict(layers, bundle.transform(prepared, rows.raw[chosen])).reshape(-1, HORIZONS, 3)
    units = np.clip(ratios, 0.0, 50.0) * rows.level[chosen][:, None, None]
    units[:, :, 2] = np.maximum(units[:, :, 2], units[:, :, 1])
    return units


def asked_at(rows: Rows, origin: int) -> np.ndarray:
    return (rows.origin == origin) & np.isfinite(rows.step) & np.isfinite(rows.ahead).any(axis=1)


@dataclass
class Answers:
    """One entry for each reported series and period ahead."""

    actual: np.ndarray
    step: np.ndarray
    said: np.ndarray
    formulas: dict[str, np.ndarray]
    horizon: np.ndarray

    def of(self, chosen: np.ndarray) -> "Answers":
        formulas = {name: said[chosen] for name, said in self.formulas.items()}
        return Answers(self.actual[chosen], self.step[chosen], self.said[chosen], formulas, self.horizon[chosen])


def answers(rows: Rows, origin: int, said: np.ndarray) -> Answers:
    chosen = asked_at(rows, origin)
    told = np.isfinite(rows.ahead[chosen])
    wide = lambda column: np.repeat(column[chosen][:, None], HORIZONS, axis=1)[told]  # noqa: E731
    formulas = {name: wide(rows.beside[:, at]) for name, at in FORMULAS.items()}
    formulas["SES + 1.6 steps"] = wide(rows.beside[:, FORMULAS["SES 0.3"]] + STEPS_TO_Q90 * rows.step)
    horizon = np.repeat(np.arange(1, HORIZONS + 1)[None, :], chosen.sum(), axis=0)[told]
    return Answers(rows.ahead[chosen][told].astype(float), wide(rows.step).astype(float), said[told].astype(float), formulas, horizon)


def joined(parts: list[Answers]) -> Answers:
    formulas = {name: np.concatenate([part.formulas[name] for part in parts]) for name in parts[0].formulas}
    both = lambda name: np.concatenate([getattr(part, name) for part in parts])  # noqa: E731
    return Answers(both("actual"), both("step"), both("said"), formulas, both("horizon"))


def tried(rows: Rows, origin: int, multiplier: float, seed: int, plan: network.Plan) -> Answers:
    """Trained on what was reported until `origin`, asked for the three periods after it."""
    prepared, layers = fit(rows, origin, multiplier, seed, plan)
    return answers(rows, origin, forecasts(prepared, layers, rows, asked_at(rows, origin)))


def calibrated(rows: Rows, last_period: int, seed: int, plan: network.Plan) -> float:
    """The multiplier with which forecasts of the year before `last_period` would have had the right sum, at origins at
    whose time the answer was not known. The bias is nearly a line in it: four are tried, and what lies between is read off."""
    origins = [last_period - back for back in CALIBRATION_BACK if len(lesson(rows, last_period - back)[0]) >= ROWS_MIN]
    if not origins:
        return MULTIPLIER_UNKNOWN
    small = replace(plan, nets=1)
    found = [joined([tried(rows, origin, m, seed, small) for origin in origins]) for m in MULTIPLIERS]
    biases = np.maximum.accumulate([scores.bias(part.actual, part.said[:, 0]) for part in found])
    return float(np.interp(0.0, biases, MULTIPLIERS))


def rolled(rows: Rows, origins: list[int], seed: int, plan: network.Plan) -> list[Answers]:
    """At each origin as it would have been done then: calibrated on the year before it, trained, and asked."""
    return [tried(rows, origin, calibrated(rows, origin, seed, plan), seed, plan) for origin in origins]


def stocked(actual: np.ndarray, bound: np.ndarray, service: float = 0.9) -> tuple[float, float]:
    """Units on the shelf per series and period when every bound is stretched by one factor until `service` of the
    periods are covered; and that factor."""
    asked = actual > 0
    needed = np.where(asked, actual / np.maximum(bound, 1e-9), 0.0)
    factor = float(np.quantile(needed, service, method="higher"))
    return float(np.mean(bound) * factor), factor


def slices(found: Answers, where: str) -> list[dict]:
    ses = found.formulas["SES 0.3"]
    upper = found.formulas["SES + 1.6 steps"]
    point, ninetieth = found.said[:, 0], found.said[:, 2]
    pair = lambda metric, of: scores.score(where, metric, of(point), of(ses), "SES 0.3")  # noqa: E731
    return [
        pair("mase", lambda said: scores.mase(found.actual, said, found.step)),
        pair("bias", lambda said: scores.bias(found.actual, said)),
        pair("wape", lambda said: scores.wape(found.actual, said)),
        scores.score(where, "coverage_q90", scores.coverage(found.actual, ninetieth), scores.coverage(found.actual, upper), "SES + 1.6 steps"),
        scores.score(where, "stock_at_90_units", stocked(found.actual, ninetieth)[0], stocked(found.actual, upper)[0], "SES + 1.6 steps"),
    ]


def golden_rows(raw: np.ndarray, seed: int) -> np.ndarray:
    """97 rows as they come, 15 far out of range, 15 full of gaps, one with nothing at all."""
    dice = np.random.default_rng([seed, 4])
    chosen = raw[dice.choice(len(raw), 127, replace=len(raw) < 127)].copy()
    chosen[97:112] *= dice.choice([-10.0, 1e3, 1e6], (15, raw.shape[1])).astype(F32)
    gaps = dice.random((15, raw.shape[1])) < 0.5
    chosen[112:127][gaps] = np.nan
    return np.concatenate([chosen, np.full((1, raw.shape[1]), np.nan, dtype=F32)])


def train(data: Path, out: Path, version: int, seed: int, origin: str, expires_on: date | None = None, plan: network.Plan | None = None) -> Path:
    """The bundle `demand` from a CSV of periods."""
    plan = plan or network.Plan()
    table = read_csv(data, TEXTS)
    needs(table, NEEDED, data)
    rows = rows_from(table)
    last = int(table["period"].max())
    kept = [last - KEPT_PERIODS + 3, last - KEPT_PERIODS + 6]
    found = slices(joined(rolled(rows, kept, seed, plan)), "periods 1 to 3 ahead")
    prepared, layers = fit(rows, last, calibrated(rows, last, seed, plan), seed, plan)
    raw, _, usable = lesson(rows, last)
    chosen = golden_rows(raw, seed)
    answer = lambda some: network.predict(layers, bundle.transform(prepared, some))  # noqa: E731
    made = bundle.Network(network.onnx(layers, "demand"), prepared, OUTPUT_CLIPS, chosen, answer(chosen), raw, answer(raw))
    claim = bundle.Claim(
        "demand", version, "dense", rows.schema, OUTPUTS, [1, 32, 256, 1024], (1e-5, 1e-5),
        date.fromisoformat(min(table["day"])), date.fromisoformat(max(table["day"])), int(usable.sum()), seed, found, expires_on,
    )
    return bundle.write(out, claim, bundle.network_files(made, claim), card(origin))


def card(origin: str) -> dict:
    return {
        "title": "Demand",
        "purpose": "What an article will be asked for at a depot in each of the next three periods: to expect, to halve the risk, and to stock.",
        "made_with": f"NumPy {np.__version__}, a dense network written as ONNX; features by the crate `features`",
        "data": origin,
        "limits": [
            "The first two periods of an article are not forecast: the formula answers.",
            "A promotion, a strike or a new road is not in the history and not in the forecast.",
            "Demand in a period without stock was not seen; what was sold is taken, with the share of the period without stock beside it.",
            "The ninetieth percentile holds over articles together; of one article it may hold more or less often.",
            "Signed with the development key that everybody has: a region trains on its own history and signs with its own key.",
        ],
        "sections": [
            {
                "heading": "Three numbers",
                "text": "`mean` is the forecast to show and to add up: its sum over articles is right. `q50` is too high as often as too low. `q90` is what to stock for nine periods of ten.",
            },
            {"heading": "Without it", "text": "Exponential smoothing (0.3) with 1.6 mean changes on top answers at once, and says so."},
        ],
    }
