"""From the states of a whole sequence to one vector."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.validation import check_choice


def _mean(rows: np.ndarray) -> np.ndarray:
    return rows.mean(axis=0)


def _last(rows: np.ndarray) -> np.ndarray:
    return rows[-1]


def _largest(rows: np.ndarray) -> np.ndarray:
    return rows.max(axis=0)


POOLINGS = {"mean": _mean, "last": _last, "max": _largest}


def pool(pooling: str, rows: np.ndarray) -> np.ndarray:
    """One vector (n_columns,) for the rows (n_rows, n_columns) of a sequence: their mean, the last, the largest."""
    return POOLINGS[pooling](rows)


def check_pooling(owner: str, pooling: Any, *, optional: bool = False) -> None:
    """Refuse a pooling that does not exist; None stands for one answer a step, where that is possible."""
    check_choice(owner, "pooling", pooling, [*POOLINGS, *([None] if optional else [])])
