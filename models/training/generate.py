"""Writes the generated data sets. They are rebuilt from the seed and never kept in the repository."""

from pathlib import Path

from training import generate_stock, generate_trips
from training.tables import write_csv


def write(out: Path, seed: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / "trips.csv", generate_trips.trips(seed))
    write_csv(out / "stock.csv", generate_stock.stock(seed))
