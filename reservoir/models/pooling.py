"""From the rows of a whole sequence to one vector, whose sums are made in float64 whatever the type of the rows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy import linalg

from reservoir.compilation import one_blas_thread
from reservoir.estimators import BaseEstimator
from reservoir.parts import Pooling
from reservoir.validation import Parameters, parameter_error


class Mean(BaseEstimator):
    """Mean over the rows."""

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        return rows.mean(axis=0, dtype=np.float64)


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
        n = Parameters(self).integer("n_segments", 1)
        edges = [k * len(rows) // n for k in range(n + 1)]
        parts = [rows[start : max(stop, start + 1)] for start, stop in itertools.pairwise(edges)]
        return np.concatenate([part.mean(axis=0, dtype=np.float64) for part in parts])


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

    def __init__(self, rate: float = 3.0):
        self.rate = rate

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns,)."""
        exponents = Parameters(self).real("rate") * (np.arange(1, len(rows) + 1) / len(rows))
        return np.average(rows, axis=0, weights=np.exp(exponents - exponents.max()))


class ModelSpace(BaseEstimator):
    """The reservoir model space: a sequence is described by the linear model that gives its next row.

    For the rows x_1, ..., x_T of one sequence, coefficients C (N, N) and intercept c (N,) minimise

        sum_{t < T} |x_{t+1} - C x_t - c|^2 + alpha |C|^2

    and the vector is [C row by row, c]. The intercept is not penalised. Two sequences are near each other where the
    states move by the same rule, whatever their length.

    Parameters
    ----------
    alpha : float > 0, default 1.0
        Penalty, added to the sum over the rows.

    Raises
    ------
    ValueError
        For an alpha outside its range, and a sequence of fewer than 2 rows (after the washout).

    Notes
    -----
    N units give N (N + 1) numbers per sequence: 930 for 30 units, 10,100 for 100, 250,500 for 500. While the
    sequences are far fewer, `RidgeReadout` costs what the sequences cost: 36 of them with 500 units take about a
    second and 0.5 GB. Pooled rows that do not fit into memory are refused. The system of equations of a sequence is
    min(N, T - 1) high.

    With ``include_input=True`` the F inputs get a model of their own, from row to next row: F (F + 1) more numbers.

    The paper first reduces the states to few principal components of the training data. A pooling learns nothing from
    other sequences, so that step is left out.

    References
    ----------
    Bianchi, Scardapane, Lokse, Jenssen 2021, Reservoir computing approaches for representation and classification of
    multivariate time series, IEEE Transactions on Neural Networks and Learning Systems 32(5):2169-2179,
    doi:10.1109/TNNLS.2020.3001377.

    Examples
    --------
    >>> import numpy as np
    >>> rows = 0.5 ** np.arange(6.0).reshape(-1, 1) + 2  # x' = 0.5 x + 1
    >>> ModelSpace(alpha=1e-9).pool(rows).round(6)
    array([0.5, 1. ])
    """

    joins_pieces = False

    def __init__(self, alpha: float = 1.0):
        self.alpha = alpha

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_columns * (n_columns + 1),)."""
        alpha = Parameters(self).real("alpha", 0, closed="neither")
        if len(rows) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least 2 rows of every sequence after the washout. "
                f"Got {len(rows)} row(s)."
            )
        now, following = rows[:-1].astype(np.float64), rows[1:].astype(np.float64)
        mean, mean_following = now.mean(axis=0), following.mean(axis=0)
        now -= mean
        following -= mean_following
        with one_blas_thread():
            if len(now) < now.shape[1]:  # C = following^T (now now^T + alpha)^-1 now
                coef = following.T @ _solve_penalised(now @ now.T, now, alpha)
            else:
                coef = _solve_penalised(now.T @ now, now.T @ following, alpha).T
            return np.concatenate([coef.ravel(), mean_following - coef @ mean])


POOLINGS = {
    "mean": Mean,
    "last": Last,
    "max": Max,
    "segments": Segments,
    "weighted": Weighted,
    "model_space": ModelSpace,
}


def _solve_penalised(gram: np.ndarray, right: np.ndarray, alpha: float) -> np.ndarray:
    """(gram + alpha I)^-1 right.

    Where alpha is as small as rounding, the directions that cannot be told from zero are left out.
    """
    rounding = len(gram) * np.finfo(float).eps
    try:
        factor = linalg.cho_factor(gram + alpha * np.eye(len(gram)))
        pivots = np.diag(factor[0]) ** 2
        if pivots.min() > rounding * pivots.max():
            return linalg.cho_solve(factor, right)
    except linalg.LinAlgError:  # not positive definite after rounding
        pass
    values, vectors = linalg.eigh(gram)
    known = values > rounding * max(values[-1], 0.0)
    scale = np.divide(1.0, values + alpha, out=np.zeros_like(values), where=known)
    return vectors @ (scale[:, None] * (vectors.T @ right))


def as_pooling(owner: str, pooling: Pooling | str | None) -> Any:
    """The part with ``pool(rows)`` that a name stands for, or the part itself."""
    if isinstance(pooling, str) and pooling in POOLINGS:
        return POOLINGS[pooling]()
    if not isinstance(pooling, type) and hasattr(pooling, "pool"):
        return pooling
    raise parameter_error(
        owner, "pooling", "one of " + ", ".join(map(repr, POOLINGS)) + " or a part with pool", pooling
    )
