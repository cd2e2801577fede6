"""The mean of a sequence."""

from __future__ import annotations

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.models.poolings.tally import Asks, Counts


class Mean(BaseEstimator):
    """Mean over the rows, whose sum is made in float64 whatever their type, from the first row to the last."""

    any_thread = True

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        if rows.shape[1] == 1:  # NumPy adds what lies side by side in an order of its own
            return np.cumsum(rows, axis=0, dtype=np.float64)[-1] / len(rows)
        return rows.mean(axis=0, dtype=np.float64)

    def asks(self) -> Asks:
        """What it counts, see `Joined`."""
        return Asks(sums=True)

    def of_counts(self, counts: Counts) -> np.ndarray:
        """The vector of a sequence of which this has been counted."""
        return counts.sums / counts.n_rows
