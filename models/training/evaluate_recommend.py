"""Reorder and discover on grocery baskets: learned from weeks 1 to 44, asked about weeks 45 to 53, the 5,000 articles
bought most often before, the first 1,000 households with purchases in both. Both shelves are the serving code, run
through `feature-extract`. Recall at 10 is the hits among ten over the smaller of ten and what was bought."""

import tempfile
from pathlib import Path

import numpy as np

from training import discover, public_sets, shelves
from training.tables import Table, pick

LAST_WEEK = 44
ARTICLES = 5_000
HOUSEHOLDS = 1_000
SHOWN = 10


def split(table: Table) -> tuple[Table, dict[str, set[str]], list[str]]:
    """Purchases until the last week; what each household bought after it; the households that are asked about."""
    before = table["week"] <= LAST_WEEK
    articles, lines = np.unique(table["article"][before], return_counts=True)
    known = articles[np.argsort(-lines, kind="stable")[:ARTICLES]]
    kept = np.isin(table["article"], known)
    past, later = pick(table, before & kept), pick(table, ~before & kept)
    households = np.intersect1d(past["customer"], later["customer"])[:HOUSEHOLDS]
    bought: dict[str, set[str]] = {str(household): set() for household in households}
    for household, article in zip(later["customer"], later["article"], strict=True):
        if str(household) in bought:
            bought[str(household)].add(str(article))
    return past, bought, [str(household) for household in households]


def as_purchases(past: Table) -> Table:
    return {"customer": past["customer"], "article": past["article"], "day": past["day"].astype(float)}


def run(data: Path) -> dict:
    past, wanted, households = split(public_sets.household_baskets(data))
    owned: dict[str, set[str]] = {household: set() for household in households}
    counts: dict[str, dict[str, int]] = {household: {} for household in households}
    for household, article in zip(past["customer"], past["article"], strict=True):
        if str(household) in owned:
            owned[str(household)].add(str(article))
            counts[str(household)][str(article)] = counts[str(household)].get(str(article), 0) + 1
    new = {household: articles - owned[household] for household, articles in wanted.items()}
    found = discover.counted(past["customer"], past["article"], 1)
    support = np.asarray(found.bought.sum(axis=0)).ravel()
    popular = [found.names[at] for at in np.argsort(-support, kind="stable")]
    rank = {name: at for at, name in enumerate(popular)}
    often = {h: sorted(c, key=lambda a: (-c[a], rank[a]))[:SHOWN] for h, c in counts.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tables.cbor").write_bytes(discover.table_bytes(found, discover.neighbours(found)))
        now = str(float(past["day"].max()) + 1.0)
        again = shelves.ask("reorder", as_purchases(past), [now, str(SHOWN)], folder)
        fresh = shelves.ask("discover", as_purchases(past), [str(folder / "tables.cbor"), str(SHOWN)], folder)
    unseen = {h: [a for a in popular[:2_000] if a not in owned[h]][:SHOWN] for h in households}
    return {
        "set": "completejourney",
        "protocol": "weeks 1-44 to 45-53, 5,000 articles, 1,000 households",
        "households": len(households),
        "reorder": {
            "recall_at_10": shelves.recall(again, wanted, SHOWN),
            "recall_at_10_frequency": shelves.recall(often, wanted, SHOWN),
            "recall_at_10_popularity": shelves.recall({h: popular[:SHOWN] for h in households}, wanted, SHOWN),
        },
        "discover": {
            "recall_at_10": shelves.recall(fresh, new, SHOWN),
            "recall_at_10_popularity": shelves.recall(unseen, new, SHOWN),
            "households": sum(1 for articles in new.values() if articles),
        },
    }
