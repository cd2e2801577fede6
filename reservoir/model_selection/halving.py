"""Successive halving over the length of training."""

from __future__ import annotations

import math

import numpy as np

from reservoir.model_selection.candidates import Configuration
from reservoir.model_selection.folds import CrossValidation
from reservoir.model_selection.results import ascending

_FEWEST_ROWS = 100
_FEWEST_SEQUENCES = 10


def training_shares(factor: int | None, cv: CrossValidation, n_configurations: int, washout: int) -> list[float]:
    """Shares of the training parts, from the smallest to 1.

    Each is `factor` times the one before. There are as many as the configurations allow, and the shortest part keeps
    100 rows behind the washout, or 10 sequences.
    """
    if factor is None:
        return [1.0]
    shortest = min(len(train) for train, _ in cv.splits)
    fewest = washout + _FEWEST_ROWS if cv.kind == "series" else _FEWEST_SEQUENCES
    n_steps = 0
    while factor ** (n_steps + 1) <= n_configurations and shortest / factor ** (n_steps + 1) >= fewest:
        n_steps += 1
    return [float(factor) ** -step for step in range(n_steps, -1, -1)]


def survivors(configurations: list[Configuration], scores: np.ndarray, factor: int) -> list[Configuration]:
    """The best of them, one in `factor`, in their order; the best penalty speaks for a configuration.

    `scores` (n_candidates,) may hold NaN, which is the worst.
    """
    order = ascending(scores)
    best = [order[list(configuration.candidates)].max() for configuration in configurations]
    kept = sorted(np.argsort(-np.array(best), kind="stable")[: math.ceil(len(best) / factor)])
    return [configurations[index] for index in kept]
