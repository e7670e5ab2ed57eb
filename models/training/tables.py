"""Columns by name, to and from CSV. A missing number is NaN here and an empty cell there."""

import csv
from pathlib import Path

import numpy as np

Table = dict[str, np.ndarray]


def rows_of(table: Table) -> int:
    return len(next(iter(table.values())))


def pick(table: Table, rows: np.ndarray) -> Table:
    return {name: column[rows] for name, column in table.items()}


def stack(tables: list[Table]) -> Table:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else repr(float(value))
    return str(value)


def write_csv(path: Path, table: Table) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.keys())
        writer.writerows([cell(value) for value in row] for row in zip(*table.values(), strict=True))


def read_csv(path: Path, texts: tuple[str, ...]) -> Table:
    """Columns named in `texts` stay text, all others become numbers."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        names = next(reader)
        columns = list(zip(*reader, strict=True)) or [() for _ in names]
    table: Table = {}
    for name, column in zip(names, columns, strict=True):
        if name in texts:
            table[name] = np.array(column, dtype=object)
        else:
            try:
                table[name] = np.array([float(text) if text else np.nan for text in column])
            except ValueError as error:
                raise SystemExit(f"{path}: `{name}` holds what is no number ({error})") from error
    return table


def needs(table: Table, names: tuple[str, ...], path: Path) -> None:
    missing = [name for name in names if name not in table]
    if missing:
        raise SystemExit(f"{path} has no column {', '.join(missing)}; remedy: models/README.md lists them")
