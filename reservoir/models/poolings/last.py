"""The last row of a sequence."""

from __future__ import annotations

import numpy as np

from reservoir.estimators import BaseEstimator


class Last(BaseEstimator):
    """The last row."""

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        return rows[-1]
