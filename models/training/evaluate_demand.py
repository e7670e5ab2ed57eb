"""Demand on monthly reports of health sites in Côte d'Ivoire, one to three months ahead, at rolling origins: at each the
model is calibrated and trained on what was reported until then."""

from pathlib import Path

import numpy as np

from training import demand, network, public_sets, scores

# Periods since January 2016 at whose end a forecast is made, newest first; the newest with any month ahead in the data.
ORIGINS = {"2019-03": 38, "2018-12": 35, "2018-09": 32, "2018-06": 29}


def figures(found: demand.Answers) -> dict:
    point, median, ninetieth = (found.said[:, at] for at in range(3))
    upper = found.formulas["SES + 1.6 steps"]
    stock, factor = demand.stocked(found.actual, ninetieth)
    stock_formula, factor_formula = demand.stocked(found.actual, upper)
    return {
        "rows": len(found.actual),
        "mase": scores.mase(found.actual, point, found.step),
        "bias": scores.bias(found.actual, point),
        "wape": scores.wape(found.actual, point),
        "mase_of_median": scores.mase(found.actual, median, found.step),
        "bias_of_median": scores.bias(found.actual, median),
        "coverage_q90": scores.coverage(found.actual, ninetieth),
        "pinball_q90": scores.pinball(found.actual, ninetieth, 0.9),
        "pinball_q90_formula": scores.pinball(found.actual, upper, 0.9),
        "coverage_q90_formula": scores.coverage(found.actual, upper),
        "units_stocked_as_said": float(np.mean(ninetieth)),
        "units_stocked_as_said_formula": float(np.mean(upper)),
        "units_stocked_at_90": stock,
        "units_stocked_at_90_formula": stock_formula,
        "stretched_by": factor,
        "stretched_by_formula": factor_formula,
        "formulas": {
            name: {
                "mase": scores.mase(found.actual, said, found.step),
                "bias": scores.bias(found.actual, said),
                "wape": scores.wape(found.actual, said),
            }
            for name, said in found.formulas.items()
            if name in demand.FORMULAS
        },
    }


def run(data: Path, seed: int) -> dict:
    rows = demand.rows_from(public_sets.ivory_coast_stock(data))
    plan = network.Plan()
    there = {name: origin for name, origin in ORIGINS.items() if demand.asked_at(rows, origin).any()}
    parts = dict(zip(there, demand.rolled(rows, list(there.values()), seed, plan), strict=True))
    newest = [parts[name] for name in ("2019-03", "2018-12") if name in parts]
    joined = demand.joined(newest)
    return {
        "set": "civ_stock",
        "protocol": "origins 2018-12 and 2019-03 as far as the data has the months after them; earlier ones beside",
        "all": figures(joined),
        "origins": {name: figures(part) for name, part in parts.items()},
        "horizons": {str(h): figures(joined.of(joined.horizon == h)) for h in (1, 2, 3)},
    }
