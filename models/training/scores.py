"""Figures of merit, by their usual definitions. Plain functions of arrays."""

import numpy as np


def rmse(actual: np.ndarray, said: np.ndarray) -> float:
    return float(np.sqrt(np.mean((said - actual) ** 2)))


def mae(actual: np.ndarray, said: np.ndarray) -> float:
    return float(np.mean(np.abs(said - actual)))


def coverage(actual: np.ndarray, bound: np.ndarray) -> float:
    """Share of rows at or below the bound."""
    return float(np.mean(actual <= bound))


def pinball(actual: np.ndarray, said: np.ndarray, share: float) -> float:
    gap = actual - said
    return float(np.mean(np.maximum(share * gap, (share - 1.0) * gap)))


def mase(actual: np.ndarray, said: np.ndarray, step: np.ndarray) -> float:
    """Mean absolute error over each series' mean change between reports; series that never changed are left out."""
    moved = step > 0
    return float(np.mean(np.abs(said - actual)[moved] / step[moved]))


def bias(actual: np.ndarray, said: np.ndarray) -> float:
    """(Σ said − Σ actual) / Σ actual."""
    return float((said.sum() - actual.sum()) / actual.sum())


def wape(actual: np.ndarray, said: np.ndarray) -> float:
    return float(np.abs(said - actual).sum() / actual.sum())


def score(where: str, metric: str, model: float, baseline: float, baseline_name: str) -> dict:
    """As the manifest writes it."""
    return {
        "slice": where,
        "metric": metric,
        "model": round(model, 4),
        "baseline": round(baseline, 4),
        "baseline_name": baseline_name,
    }
