"""From the rows of a whole sequence to one vector."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from reservoir.validation import check_integer, parameter_error


class Mean(BaseEstimator):
    """Mean over the rows."""

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        return rows.mean(axis=0)


class Last(BaseEstimator):
    """The last row."""

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        return rows[-1]


class Max(BaseEstimator):
    """The largest value of every column."""

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        return rows.max(axis=0)


class Segments(BaseEstimator):
    """The means over consecutive segments of equal length, one after the other.

    Segment k of n covers the rows floor(k T / n) to floor((k + 1) T / n); one row where that is empty.

    Parameters
    ----------
    n_segments : int >= 1, default 3

    References
    ----------
    Jaeger, Lukosevicius, Popovici, Siewert 2007, Neural Networks 20(3):335-352, doi:10.1016/j.neunet.2007.04.016.

    Examples
    --------
    >>> import numpy as np
    >>> Segments(2).pool(np.array([[1.0], [3.0], [5.0], [7.0]]))
    array([2., 6.])
    """

    def __init__(self, n_segments: int = 3):
        self.n_segments = n_segments

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_segments * n_columns,)."""
        n = check_integer("Segments", "n_segments", self.n_segments, 1)
        edges = [k * len(rows) // n for k in range(n + 1)]
        starts_stops = itertools.pairwise(edges)
        return np.concatenate([rows[start : max(stop, start + 1)].mean(axis=0) for start, stop in starts_stops])


POOLINGS = {"mean": Mean, "last": Last, "max": Max, "segments": Segments}


def as_pooling(owner: str, pooling: Any) -> Any:
    """The part with ``pool(rows)`` that a name stands for, or the part itself."""
    if isinstance(pooling, str) and pooling in POOLINGS:
        return POOLINGS[pooling]()
    if not isinstance(pooling, type) and hasattr(pooling, "pool"):
        return pooling
    raise parameter_error(
        owner, "pooling", "one of " + ", ".join(map(repr, POOLINGS)) + " or a part with pool", pooling
    )
