"""What was measured and what is published, as tables."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.comparison.environment import environment

HERE = Path(__file__).resolve().parent
PACKAGES = "reservoir-spiking", "numpy", "numba", "scikit-learn", "aeon"
Accuracies = dict[str, dict[str, float]]
"""Accuracies by method and set."""


class Result(NamedTuple):
    """One run of one entrant on one set; seconds are of the processor."""

    set: str
    entrant: str
    seed: int
    accuracy: float
    fit: float
    predict: float


def read(path: Path) -> list[Result]:
    """The runs of a file; none of one that is not there."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Result(row["set"], row["entrant"], int(row["seed"]), *(float(row[key]) for key in Result._fields[3:]))
        for row in rows
    ]


def append(path: Path, result: Result) -> None:
    """One more line."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(Result._fields)
        numbers = [f"{value:.6g}" for value in result[3:]]
        writer.writerow([*result[:3], *numbers])


def write_environment(store: Path) -> None:
    """Say beside a store where its runs are made; a store of another environment is refused."""
    said, path = _said(environment(PACKAGES)), _beside(store)
    if store.exists() and path.exists() and path.read_text(encoding="utf-8").split("; ")[1:] != said.split("; ")[1:]:
        raise SystemExit(f"{store} was measured in another environment: begin anew, without --resume.")
    path.write_text(said, encoding="utf-8")


def read_environment(store: Path) -> str:
    """Where the runs of a store were made; nothing of one that does not say it."""
    path = _beside(store)
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def _beside(store: Path) -> Path:
    return store.with_suffix(".environment.txt")


def _said(around: dict[str, str]) -> str:
    return "; ".join(f"{key}: {value}" for key, value in around.items()) + ".\n"


def published(kind: str) -> Accuracies:
    """Accuracies on the official splits, of "univariate" or "multivariate" sets (tsml-eval, BSD-3)."""
    with (HERE / f"published_{kind}.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    methods = [name for name in rows[0] if name != "dataset"]
    return {name: {row["dataset"]: float(row[name]) for row in rows} for name in methods}


def medians(results: list[Result], field: str = "accuracy") -> Accuracies:
    """The median over the seeds, by entrant and set."""
    gathered: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in results:
        value = one.fit + one.predict if field == "seconds" else getattr(one, field)
        gathered[one.entrant][one.set].append(value)
    return {who: {name: float(np.median(own)) for name, own in sets.items()} for who, sets in gathered.items()}


def averages(accuracies: Accuracies, sets: list[str]) -> dict[str, float]:
    """The mean accuracy over sets, of the methods that have all of them."""
    return {
        who: float(np.mean([own[name] for name in sets])) for who, own in accuracies.items() if own.keys() >= {*sets}
    }
