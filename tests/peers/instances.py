"""Instances as plain integers, by the conventions of the data's README: the same numbers for every
peer. Reads Solomon, Li & Lim and ORTEC files itself; PyVRP's dialect is left to PyVRP's own reader.
Judges nothing: what solutions cost is the checker's to say."""

from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path

import numpy as np

SOLOMON_SETS = {"solomon100", "homberger200", "homberger400", "homberger600", "homberger800", "homberger1000"}
LILIM_SETS = {"lilim100", "lilim200", "lilim400", "lilim600", "lilim1000"}
# PyVRP's name for how the set's literature rounds.
DIALECT_ROUNDING = {
    "cvrp_x": "round",
    "hfvrp": "exact",
    "mtvrptwr": "dimacs",
    "pcvrptw": "dimacs",
    "mdvrptw": "exact",
    "vrpb": "round",
}


@dataclass
class Instance:
    """Place 0 is the depot; every other place is one visit. `matrix[i][j]` is both what driving
    costs and how long it takes. `pairs` of (pickup, delivery) places, empty without them."""

    name: str
    matrix: np.ndarray
    ready: list[int]
    due: list[int]
    service: list[int]
    demand: list[int]
    capacity: int
    vehicles: int
    pairs: list[tuple[int, int]] = field(default_factory=list)

    @property
    def places(self) -> int:
        return len(self.ready)


def path_of(data: Path, set_name: str, name: str) -> Path:
    ending = ".vrp" if set_name in DIALECT_ROUNDING else ".txt"
    return data / set_name / f"{name}{ending}"


def read(path: Path, set_name: str) -> Instance:
    """Raises ValueError for a set that only PyVRP's reader knows."""
    if set_name in SOLOMON_SETS:
        return read_solomon(path)
    if set_name in LILIM_SETS:
        return read_lilim(path)
    if set_name == "ortec_asym":
        return read_explicit(path)
    raise ValueError(f"set {set_name}: only PyVRP's reader knows its dialect")


def truncated_tenths(points: list[tuple[int, int]]) -> np.ndarray:
    """DIMACS: floor(10 * distance), in integers throughout."""
    return np.array(
        [[isqrt(100 * ((a - x) ** 2 + (b - y) ** 2)) for x, y in points] for a, b in points],
        dtype=np.int64,
    )


def read_solomon(path: Path) -> Instance:
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    vehicles, capacity = (int(word) for word in lines[3])
    rows = [[int(float(word)) for word in line] for line in lines[6:]]
    assert [row[0] for row in rows] == list(range(len(rows))), f"{path}: customers are not numbered from 0"
    return Instance(
        name=path.stem,
        matrix=truncated_tenths([(row[1], row[2]) for row in rows]),
        demand=[row[3] for row in rows],
        ready=[10 * row[4] for row in rows],
        due=[10 * row[5] for row in rows],
        service=[10 * row[6] for row in rows],
        capacity=capacity,
        vehicles=vehicles,
    )


def read_lilim(path: Path) -> Instance:
    rows = [[int(word) for word in line.split()] for line in path.read_text().splitlines() if line.strip()]
    (vehicles, capacity, _), rows = rows[0], rows[1:]
    points = np.array([(row[1], row[2]) for row in rows], dtype=np.int64)
    apart = points[:, None, :] - points[None, :, :]
    matrix = np.rint(1000 * np.sqrt((apart**2).sum(axis=2))).astype(np.int64)
    return Instance(
        name=path.stem,
        matrix=matrix,
        demand=[row[3] for row in rows],
        ready=[1000 * row[4] for row in rows],
        due=[1000 * row[5] for row in rows],
        service=[1000 * row[6] for row in rows],
        capacity=capacity,
        vehicles=vehicles,
        pairs=[(row[0], row[8]) for row in rows if row[8] > 0],
    )


def read_explicit(path: Path) -> Instance:
    sections, section = {}, None
    headers = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if not words or words == ["EOF"]:
            continue
        if words[0].endswith("_SECTION"):
            section = sections.setdefault(words[0], [])
        elif section is None:
            key, value = line.split(":", 1)
            headers[key.strip()] = value.strip()
        else:
            section.append([int(word) for word in words])
    windows = [row[1:] for row in sections["TIME_WINDOW_SECTION"]]
    assert sections["DEPOT_SECTION"][0] == [1], f"{path}: the depot is not the first place"
    return Instance(
        name=path.stem,
        matrix=np.array(sections["EDGE_WEIGHT_SECTION"], dtype=np.int64),
        demand=[row[1] for row in sections["DEMAND_SECTION"]],
        ready=[window[0] for window in windows],
        due=[window[1] for window in windows],
        service=[row[1] for row in sections["SERVICE_TIME_SECTION"]],
        capacity=int(headers["CAPACITY"]),
        vehicles=int(headers["VEHICLES"]),
    )
