"""Writes a bundle: the files, the manifest that vouches for them, and its signature. The same input gives the
same bytes. Format: models/README.md; the reader is the crate `model-bundle`."""

import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from nacl.signing import SigningKey

from training.extract import Schema

# Everybody has this key: it shows that bytes are whole, not who made them. A region signs with a key of its own.
DEVELOPMENT_KEY_PHRASE = "omniroute development model key: public on purpose"
SIGNED_PREFIX = b"omniroute model manifest v1\0"
GOLDEN_ROWS_MIN = 64
BINS = 10
LIFE_DAYS = 365
RUNTIME_MIN = "0.1.0"


@dataclass(frozen=True)
class Step:
    """What happens to one raw feature before the network sees it, in float32 and in this order."""

    name: str
    categories: list[float] | None = None
    unknown: float | None = None
    impute: float | None = None
    clip: tuple[float, float] | None = None
    mean: float = 0.0
    scale: float = 1.0

    def json(self) -> dict:
        return {
            "name": self.name,
            "impute": self.impute,
            "clip": None if self.clip is None else list(self.clip),
            "mean": self.mean,
            "scale": self.scale,
            "categories": self.categories,
            "unknown": self.unknown,
        }


@dataclass
class Network:
    """An ONNX file with what it needs to be judged. `raw` and `answers` are rows × features and × outputs."""

    onnx: bytes
    steps: list[Step]
    output_clips: list[tuple[float, float] | None]
    golden_raw: np.ndarray
    golden_answers: np.ndarray
    reference_raw: np.ndarray
    reference_answers: np.ndarray


@dataclass
class Claim:
    """What the manifest says beside its files."""

    id: str
    version: int
    kind: str
    schema: Schema
    outputs: list[str]
    batch_plans: list[int]
    tolerance: tuple[float, float]
    first_day: date
    last_day: date
    rows: int
    seed: int
    scores: list[dict] = field(default_factory=list)
    # A year after the last day of the data, unless said otherwise.
    expires_on: date | None = None


def transform(steps: list[Step], raw: np.ndarray) -> np.ndarray:
    """The arithmetic of preproc.json; the crate `model-bundle` does the same."""
    out = np.where(np.isfinite(raw), raw, np.nan).astype(np.float32)
    for at, step in enumerate(steps):
        column = out[:, at]
        if step.categories is not None:
            column = np.where(np.isin(column, np.float32(step.categories)), column, np.float32(step.unknown))
        if step.impute is not None:
            column = np.where(np.isnan(column), np.float32(step.impute), column)
        if step.clip is not None:
            column = np.clip(column, np.float32(step.clip[0]), np.float32(step.clip[1]))
        out[:, at] = (column - np.float32(step.mean)) / np.float32(step.scale)
    return out


def golden(raw: np.ndarray, answers: np.ndarray) -> bytes:
    if len(raw) < GOLDEN_ROWS_MIN or not np.isfinite(answers).all():
        raise SystemExit(f"golden vectors: {GOLDEN_ROWS_MIN} rows with answers are needed, {len(raw)} are there")
    head = b"OMGV" + struct.pack("<HHHH", 1, len(raw), raw.shape[1], answers.shape[1])
    return head + raw.astype("<f4").tobytes() + answers.astype("<f4").tobytes()


def histogram(name: str, column: np.ndarray) -> dict:
    """At most ten bins of about equal counts; bin of x = number of edges below x."""
    known = column[np.isfinite(column)].astype(np.float32)
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS).astype(np.float32)) if len(known) else []
    if len(edges) and edges[-1] >= known.max():
        edges = edges[:-1]
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return {
        "name": name,
        "edges": [float(edge) for edge in edges],
        "counts": [int(count) for count in counts],
        "missing": int(len(column) - len(known)),
    }


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def network_files(network: Network, claim: Claim) -> dict[str, bytes]:
    outputs = [
        {"name": name, "clip": None if clip is None else list(clip)}
        for name, clip in zip(claim.outputs, network.output_clips, strict=True)
    ]
    preprocessing = {
        "format": 1,
        "schema": claim.schema.name,
        "steps": [step.json() for step in network.steps],
        "outputs": outputs,
    }
    names, raw = claim.schema.features, network.reference_raw
    reference = {
        "format": 1,
        "features": [histogram(name, raw[:, at]) for at, name in enumerate(names)],
        "predictions": [
            histogram(name, network.reference_answers[:, at]) for at, name in enumerate(claim.outputs)
        ],
    }
    return {
        "model.onnx": network.onnx,
        "preproc.json": compact(preprocessing),
        "reference_hist.json": compact(reference),
        "golden.bin": golden(network.golden_raw, network.golden_answers),
    }


def manifest(claim: Claim, files: dict[str, bytes]) -> bytes:
    entries = [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
    ]
    return compact({
        "format": 1,
        "id": claim.id,
        "version": claim.version,
        "kind": claim.kind,
        "files": entries,
        "runtime_min": RUNTIME_MIN,
        "feature_schema": {"name": claim.schema.name, "sha256": claim.schema.sha256},
        "outputs": claim.outputs,
        "batch_plans": claim.batch_plans,
        "tolerance": {"relative": claim.tolerance[0], "absolute": claim.tolerance[1]},
        "trained": {
            "from": claim.first_day.isoformat(),
            "until": claim.last_day.isoformat(),
            "rows": claim.rows,
            "seed": claim.seed,
        },
        "scores": claim.scores,
        "expires_on": (claim.expires_on or claim.last_day + timedelta(days=LIFE_DAYS)).isoformat(),
    })


def signature(signed: bytes, key: SigningKey) -> bytes:
    return compact({
        "key": key.verify_key.encode().hex(),
        "signature": key.sign(SIGNED_PREFIX + signed).signature.hex(),
    })


def development_key() -> SigningKey:
    return SigningKey(hashlib.sha256(DEVELOPMENT_KEY_PHRASE.encode()).digest())


def write(out: Path, claim: Claim, files: dict[str, bytes], card: dict) -> Path:
    """Writes `out/<id>/<version>/` and says where."""
    files = {**files, "card.json": compact({"format": 1, **card})}
    said = manifest(claim, files)
    folder = out / claim.id / str(claim.version)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**files, "manifest.json": said, "manifest.sig": signature(said, development_key())}.items():
        (folder / name).write_bytes(content)
    return folder
