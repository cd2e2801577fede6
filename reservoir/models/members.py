"""Models of other seeds side by side: how the readout of each learns from its own rows, and what all answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from reservoir.models.base import TrainingRows, fit_readout, teach
from reservoir.readouts.candidates import one_penalty_warning


def fit_readouts(readouts: list[Any], blocks: Iterable[TrainingRows]) -> None:
    """Train each readout; of several, on what it sees of rows (n_rows, n_members, n_columns) that come once for all."""
    if len(readouts) == 1:
        fit_readout(readouts[0], blocks)
        return
    if all(hasattr(readout, "accumulate") for readout in readouts):
        for rows in blocks:
            for readout, own in zip(readouts, rows_of_members(rows, len(readouts)), strict=True):
                teach(readout, own)
        with one_penalty_warning():
            for readout in readouts:
                readout.solve()
    else:
        parts = zip(*(rows_of_members(rows, len(readouts)) for rows in blocks), strict=True)
        for readout, own_rows in zip(readouts, parts, strict=True):
            fit_readout(readout, own_rows)


def mean_answer(readouts: list[Any], method: str) -> Callable[[np.ndarray], np.ndarray]:
    """What takes rows, (n_rows, n_members, n_columns) of several, to the mean answer of their readouts."""
    asked = [getattr(readout, method) for readout in readouts]
    if len(asked) == 1:
        return asked[0]

    def ask(rows: np.ndarray) -> np.ndarray:
        parts = [np.ascontiguousarray(rows[:, k]) for k in range(len(asked))]
        return np.mean([one(own) for one, own in zip(asked, parts, strict=True)], axis=0)

    return ask


def rows_of_members(rows: TrainingRows, n_members: int) -> list[TrainingRows]:
    """Rows as each member sees them."""
    if n_members == 1:
        return [rows]
    return [rows._replace(features=np.ascontiguousarray(rows.features[:, k])) for k in range(n_members)]
