"""What was measured and what is published, as tables."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
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
