"""Asks the serving code for the shelves of many customers, through `feature-extract`, and counts the hits."""

import csv
from pathlib import Path

import numpy as np

from training.extract import call
from training.tables import Table, write_csv

Lists = dict[str, list[str]]


def purchases(lists: Lists) -> Table:
    """Each list as one customer's purchases of one day."""
    pairs = [(customer, article) for customer, articles in lists.items() for article in articles]
    return {
        "customer": np.array([customer for customer, _ in pairs], dtype=object),
        "article": np.array([article for _, article in pairs], dtype=object),
        "day": np.zeros(len(pairs)),
    }


def ask(command: str, table: Table, words: list[str], folder: Path) -> Lists:
    """What the shelf `command` shows each customer, best first; `words` stand after the purchases."""
    written, out = folder / f"{command}-purchases.csv", folder / f"{command}.csv"
    write_csv(written, table)
    call(command, str(written), *words, str(out))
    lists: Lists = {}
    with out.open(newline="") as file:
        for row in csv.DictReader(file):
            lists.setdefault(row["customer"], []).append(row["article"])
    return lists


def recall(shown: Lists, wanted: dict[str, set[str]], among: int) -> float:
    """Hits among the first so many over the smaller of that and what was wanted; mean over customers."""
    hits = [
        len(set(shown.get(customer, [])[:among]) & articles) / min(among, len(articles))
        for customer, articles in wanted.items()
        if articles
    ]
    return float(np.mean(hits))
