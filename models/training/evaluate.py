"""Measures the models on public sets, given as a path. Prints figures; keeps no row of the sets."""

from pathlib import Path

from training import evaluate_arrival, evaluate_demand, evaluate_recommend, report


def run(what: str, data: Path, kept: Path | None, written: Path | None, seed: int) -> dict:
    if what == "arrival-time":
        found = evaluate_arrival.run(data, kept, seed)
    elif what == "demand":
        found = evaluate_demand.run(data, seed)
    else:
        found = evaluate_recommend.run(data)
    if written:
        report.write(written, what, found)
    return found
