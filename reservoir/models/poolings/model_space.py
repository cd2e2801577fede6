"""The linear model of the rows of a sequence as their description."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from reservoir.estimators import BaseEstimator
from reservoir.threads import one_blas_thread
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
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

    alpha: float = 1.0

    any_thread = True
    joins_pieces = False

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
