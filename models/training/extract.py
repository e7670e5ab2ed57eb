"""Calls `feature-extract` and checks that its schema is the one this training was written for."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.tables import Table, write_csv

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Schema:
    """Name, SHA-256 of the text, and features in order."""

    name: str
    sha256: str
    features: list[str]


@dataclass(frozen=True)
class Extract:
    """What the program wrote: arrays by file name, rows in the order of the input (demand: of `index`)."""

    schema: Schema
    arrays: dict[str, np.ndarray]
    index: Path | None = None
    index_text: str = ""


def program() -> str:
    """The built program; `FEATURE_EXTRACT` names another one."""
    named = os.environ.get("FEATURE_EXTRACT")
    if named:
        return named
    for profile in ("release", "debug"):
        built = ROOT / "target" / profile / "feature-extract"
        if built.exists():
            return str(built)
    raise SystemExit("feature-extract is not built; remedy: models/training/setup")


def call(*words: str) -> dict:
    done = subprocess.run([program(), *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return json.loads(done.stdout)


def schema_of(said: dict) -> Schema:
    schema = Schema(said["schema"], said["sha256"], said["features"])
    known = call("schema", schema.name)
    if known["sha256"] != schema.sha256:
        raise SystemExit(f"{schema.name}: the rows were computed by another schema than the program publishes")
    return schema


def extract(command: str, table: Table, names: tuple[str, ...]) -> Extract:
    """Rows of `table` (columns as in models/README.md) to arrays `names`."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "in.csv"
        write_csv(written, table)
        said = call(command, str(written), folder)
        arrays = {name: np.load(Path(folder) / f"{name}.npy") for name in names}
        index = Path(folder) / "index.csv"
        text = index.read_text() if index.exists() else ""
    return Extract(schema_of(said), arrays, index_text=text)
