"""Means over segments of a sequence."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
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

    n_segments: int = 3

    any_thread = True

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_segments * n_columns,)."""
        n = Parameters(self).integer("n_segments", 1)
        edges = [k * len(rows) // n for k in range(n + 1)]
        parts = [rows[start : max(stop, start + 1)] for start, stop in itertools.pairwise(edges)]
        return np.concatenate([part.mean(axis=0, dtype=np.float64) for part in parts])
