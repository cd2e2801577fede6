"""A mean whose weights grow with time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class Weighted(BaseEstimator):
    """The weighted mean over the rows, with weights that grow exponentially over the relative time.

        sum_t w_t x_t / sum_t w_t,   w_t = exp(rate t / T),   t = 1, ..., T

    The last row weighs exp(rate) times what a row at the beginning weighs, however long the sequence is. A rate of 0
    is the mean, a large one the last row, a negative one stresses the beginning.

    Parameters
    ----------
    rate : float, default 3.0
        Any finite number.

    Raises
    ------
    ValueError
        For a rate that is no finite number.

    References
    ----------
    None: the formula is this library's own.

    Examples
    --------
    >>> import numpy as np
    >>> Weighted(rate=2 * np.log(3)).pool(np.array([[0.0], [4.0]]))
    array([3.])
    """

    rate: float = 3.0

    any_thread = True

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        exponents = Parameters(self).real("rate") * (np.arange(1, len(rows) + 1) / len(rows))
        return np.average(rows, axis=0, weights=np.exp(exponents - exponents.max()))
