"""Discover: a table of what is bought together, from a linear autoencoder that may not look at the article itself
(Steck, "Embarrassingly shallow autoencoders", 2019), solved in closed form. The loudest pairs of all are kept."""

import struct
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cbor2
import numpy as np
from scipy.sparse import csr_matrix

from training import bundle, scores, shelves
from training.extract import call, schema_of
from training.tables import Table, needs, pick, read_csv

TEXTS = ("InvoiceNo", "StockCode", "Description", "InvoiceDate", "CustomerID", "Country")
NEEDED = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice")
# Pairs kept for each article on average, and in all: some articles speak for many, most for few. A file may
# have eight mebibytes, and a pair takes nine bytes.
PAIRS_AN_ARTICLE = 180
PAIRS_MAX = 900_000
# As the crate `features` reads them.
NEIGHBOURS_MAX = 4_096
SCORE_MIN = 1e-5
# The solution is as large as the square of this.
ARTICLES_MAX = 6_000
ARTICLE_BYTES_MAX = 64
SUPPORT_MIN = 3
# Ridge, as a share of the customers counted: less follows chance, more follows popularity.
RIDGE_SHARE = 0.32
GOLDEN_ANSWERS = 3
# For the scores: share of days kept back, every which article of a kept order is hidden, and articles shown.
KEPT_SHARE = 0.15
HIDDEN_EVERY = 3
SHOWN = 10
# Orders with fewer articles tell nothing; from the other on they are large.
ARTICLES_MIN = 3
ARTICLES_LARGE = 10


@dataclass
class Counted:
    """Articles in order of their names; who (row) bought what (column)."""

    names: list[str]
    bought: csr_matrix


def counted(who: np.ndarray, article: np.ndarray, support_min: int) -> Counted:
    """Each pair once; articles that fewer than `support_min` bought are left out."""
    names, column = np.unique(article.astype(str), return_inverse=True)
    _, row = np.unique(who.astype(str), return_inverse=True)
    bought = csr_matrix((np.ones(len(row)), (row, column)), dtype=np.float64)
    bought.sum_duplicates()
    bought.data[:] = 1.0
    support = np.asarray(bought.sum(axis=0)).ravel()
    # The table is read in the order of bytes, which for these names is the order of characters.
    kept = [at for at, name in enumerate(names) if support[at] >= support_min and len(name.encode()) <= ARTICLE_BYTES_MAX]
    kept = sorted(kept, key=lambda at: (-support[at], at))[:ARTICLES_MAX]
    kept.sort(key=lambda at: names[at].encode())
    return Counted([str(names[at]) for at in kept], bought[:, kept].tocsr())


def neighbours(found: Counted, ridge_share: float = RIDGE_SHARE) -> list[list[tuple[int, float]]]:
    """(index, score) of the strongest, best first: what buying the row's article says for others, or against them."""
    together = (found.bought.T @ found.bought).toarray()
    together[np.diag_indices_from(together)] += ridge_share * found.bought.shape[0]
    inverse = np.linalg.inv(together)
    weights = (-inverse / np.diag(inverse)[None, :]).astype(np.float32)
    np.fill_diagonal(weights, 0.0)
    loudness = np.abs(weights)
    kept_pairs = min(PAIRS_MAX, PAIRS_AN_ARTICLE * len(weights))
    least = np.float32(SCORE_MIN)
    if loudness.size > kept_pairs:
        least = max(least, np.partition(loudness.ravel(), -kept_pairs - 1)[-kept_pairs - 1])
    rows = []
    for voices, loud in zip(weights, loudness, strict=True):
        loudest = np.argsort(-loud, kind="stable")[:NEIGHBOURS_MAX]
        kept = [(int(to), float(voices[to])) for to in loudest if loud[to] > least]
        rows.append(sorted(kept, key=lambda pair: (-pair[1], pair[0])))
    return rows


class F32(float):
    """Written in four bytes."""


def table_bytes(found: Counted, rows: list[list[tuple[int, float]]]) -> bytes:
    """`[1, counted, [[name, support, [[index, score], …]], …]]`, floats of four bytes."""
    support = np.asarray(found.bought.sum(axis=0)).ravel().astype(int)

    def float32(encoder: cbor2.CBOREncoder, value: F32) -> None:
        encoder.write(struct.pack(">Bf", 0xFA, value))

    articles = [
        [name, int(support[at]), [[to, F32(score)] for to, score in rows[at]]] for at, name in enumerate(found.names)
    ]
    return cbor2.dumps([1, int(found.bought.shape[0]), articles], encoders={F32: float32})


def orders(path: Path) -> Table:
    """Sound lines of an order file: `who` is the customer, or the order where none is named."""
    table = read_csv(path, TEXTS)
    needs(table, NEEDED, path)
    code, invoice = table["StockCode"], table["InvoiceNo"]
    goods = np.array([any(c.isdigit() for c in str(text)) and not str(no).startswith("C") for text, no in zip(code, invoice, strict=True)])
    sound = goods & (table["Quantity"] >= 1) & (table["UnitPrice"] > 0)
    return {
        "who": np.array([str(no) for no in invoice], dtype=object)[sound],
        "article": np.array([str(text).upper() for text in code], dtype=object)[sound],
        "day": np.array([str(text)[:10] for text in table["InvoiceDate"]], dtype=object)[sound],
    }


def golden(found: Counted, rows: list[list[tuple[int, float]]]) -> bytes:
    """Every article (at most 4,096) and its three best neighbours, −1 where there are fewer."""
    asked = np.arange(min(len(found.names), 4_096), dtype=np.float32)[:, None]
    answers = np.full((len(asked), GOLDEN_ANSWERS), -1.0, dtype=np.float32)
    for at in range(len(asked)):
        for place, (to, _) in enumerate(rows[at][:GOLDEN_ANSWERS]):
            answers[at, place] = to
    return bundle.golden(asked, answers)


def judged(table: Table) -> list[dict]:
    """Every third article of the last days' orders is hidden, and the shelf asked with the others; by a table
    that never saw these days. Nothing where too few orders are left."""
    days = np.unique(table["day"])
    first_kept = days[int(len(days) * (1.0 - KEPT_SHARE))]
    learn, kept = pick(table, table["day"] < first_kept), pick(table, table["day"] >= first_kept)
    found = counted(learn["who"], learn["article"], SUPPORT_MIN)
    known = set(found.names)
    baskets: dict[str, set[str]] = {}
    for who, article in zip(kept["who"], kept["article"], strict=True):
        if article in known:
            baskets.setdefault(who, set()).add(article)
    baskets = {who: articles for who, articles in baskets.items() if len(articles) >= ARTICLES_MIN}
    if not baskets:
        return []
    hidden = {who: set(sorted(articles)[::HIDDEN_EVERY]) for who, articles in baskets.items()}
    shown = {who: sorted(articles - hidden[who]) for who, articles in baskets.items()}
    support = np.asarray(found.bought.sum(axis=0)).ravel()
    popular = [found.names[at] for at in np.argsort(-support, kind="stable")]
    often = {who: [name for name in popular if name not in shown[who]][:SHOWN] for who in baskets}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tables.cbor").write_bytes(table_bytes(found, neighbours(found)))
        said = shelves.ask("discover", shelves.purchases(shown), [str(folder / "tables.cbor"), str(SHOWN)], folder)
    large = {who for who, articles in baskets.items() if len(articles) >= ARTICLES_LARGE}
    slices = {
        "orders of the last days": set(baskets),
        f"of them, with fewer than {ARTICLES_LARGE} articles": set(baskets) - large,
        f"of them, with {ARTICLES_LARGE} articles or more": large,
    }
    return [
        scores.score(
            where, "recall_at_10",
            *(shelves.recall(lists, {who: hidden[who] for who in whose}, SHOWN) for lists in (said, often)), "popularity",
        )
        for where, whose in slices.items()
        if whose
    ]


def train(data: Path, out: Path, version: int, seed: int, origin: str, expires_on: date | None = None) -> Path:
    """The bundle `discover` from a file of orders."""
    table = orders(data)
    found = counted(table["who"], table["article"], SUPPORT_MIN)
    if len(found.names) < bundle.GOLDEN_ROWS_MIN:
        raise SystemExit(f"{data}: {len(found.names)} articles were bought often enough; {bundle.GOLDEN_ROWS_MIN} are needed")
    rows = neighbours(found)
    claim = bundle.Claim(
        "discover", version, "tables", schema_of(call("schema", "discover/1")), [], [], (0.0, 0.0),
        date.fromisoformat(min(table["day"])), date.fromisoformat(max(table["day"])), len(table["who"]), seed, judged(table), expires_on,
    )
    files = {"tables.cbor": table_bytes(found, rows), "golden.bin": golden(found, rows)}
    return bundle.write(out, claim, files, card(origin, found))


def card(origin: str, found: Counted) -> dict:
    return {
        "title": "Discover",
        "purpose": "Articles that others bought together with what a customer bought, and that this customer never did.",
        "made_with": f"NumPy {np.__version__}, a linear autoencoder in closed form, its loudest pairs; looked up by the crate `features`",
        "data": f"{origin} {len(found.names)} articles, {found.bought.shape[0]} orders or customers.",
        "limits": [
            f"The {ARTICLES_MAX} most bought articles are known, no more.",
            f"An article that fewer than {SUPPORT_MIN} bought has no neighbours and is nobody's.",
            "What is out of season or out of stock is not known here: the shelf leaves it out.",
            "Signed with the development key that everybody has: a region counts its own orders and signs with its own key.",
        ],
        "sections": [
            {"heading": "Without it", "text": "What many buy is shown, and it says so."},
            {"heading": "Reorder", "text": "The shelf of what to order again needs no table: how often and how lately, from the customer's own orders."},
        ],
    }
