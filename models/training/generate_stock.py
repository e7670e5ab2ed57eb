"""Weekly books of depots that do not exist, with the defects of real ones: weeks nobody reported, empty shelves that
hide demand, articles asked for now and then, seasons, slow growth, articles that come and go. Columns as in
models/README.md. Everything follows from the seed."""

from datetime import date, timedelta

import numpy as np

from training.tables import Table, stack

FIRST_DAY = date(2024, 12, 30)
WEEKS = 78
DEPOTS = 12
ARTICLES = 40
UNREPORTED_SHARE = 0.08
WEEKS_OF_STOCK = 2.2


def one(dice: np.random.Generator, depot: int, article: int, size: float, season: tuple[float, float]) -> Table:
    """The weeks of one article at one depot: what was asked for, what was there, what was written down."""
    week = np.arange(WEEKS)
    rate = size * np.exp(dice.normal(0.0, 0.5)) * (1.0 + dice.normal(0.0, 0.15) * week / 52.0).clip(0.2)
    rate = rate * (1.0 + season[0] * np.sin(2.0 * np.pi * (week / 52.0 + season[1])))
    occurs = dice.random(WEEKS) < dice.choice([1.0, 0.7, 0.35], p=[0.4, 0.3, 0.3])
    asked = np.where(occurs, dice.negative_binomial(3.0, 3.0 / (3.0 + rate)), 0).astype(float)
    first, last = (dice.integers(0, WEEKS // 2), WEEKS) if dice.random() < 0.2 else (0, WEEKS)
    out, closing, ordered, received, share = asked.copy(), *(np.zeros(WEEKS) for _ in range(4))
    shelf, coming = np.round(rate[0] * WEEKS_OF_STOCK), 0.0
    for at in week:
        late = dice.random() < 0.15
        received[at] = 0.0 if late else coming
        shelf += received[at]
        out[at] = min(asked[at], shelf)
        share[at] = round(1.0 - out[at] / asked[at], 3) if asked[at] > out[at] else 0.0
        shelf -= out[at]
        closing[at] = shelf
        wanted = max(0.0, np.round(out[max(0, at - 3) : at + 1].mean() * WEEKS_OF_STOCK - shelf))
        coming, ordered[at] = (coming if late else wanted), wanted
    kept = (week >= first) & (week < last) & (dice.random(WEEKS) >= UNREPORTED_SHARE)
    days = np.array([(FIRST_DAY + timedelta(weeks=int(w))).isoformat() for w in week], dtype=object)
    table: Table = {
        "site": np.full(WEEKS, f"depot-{depot:02}", dtype=object),
        "article": np.full(WEEKS, f"article-{article:02}", dtype=object),
        "day": days,
        "period": week,
        "season": np.round(week % 52 / 52.0, 4),
        "demand": out,
        "closing_stock": closing,
        "out_share": share,
        "ordered": ordered,
        "received": received,
    }
    return {name: column[kept] for name, column in table.items()}


def stock(seed: int) -> Table:
    dice = np.random.default_rng([seed, 5])
    sizes = np.exp(dice.normal(1.8, 1.2, ARTICLES))
    seasons = [(float(dice.uniform(0.0, 0.4)), float(dice.random())) for _ in range(ARTICLES)]
    parts = [
        one(dice, depot, article, sizes[article], seasons[article])
        for depot in range(DEPOTS)
        for article in range(ARTICLES)
        if dice.random() < 0.8
    ]
    return stack(parts)
