"""The largest values of a sequence."""

from __future__ import annotations

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.models.poolings.tally import Asks, Counts


class Max(BaseEstimator):
    """The largest value of every column."""

    any_thread = True

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        return rows.max(axis=0)

    def asks(self) -> Asks:
        """What it counts, see `Joined`."""
        return Asks(highest=True)

    def of_counts(self, counts: Counts) -> np.ndarray:
        """The vector of a sequence of which this has been counted."""
        return counts.highest
