"""Ridge regression from streaming moments."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from reservoir.compilation import one_blas_thread
from reservoir.readouts.affine import affine
from reservoir.readouts.moments import Moments
from reservoir.sequences import check_magnitude, refuse_masked
from reservoir.validation import check_flag, check_real, not_fitted, parameter_error, real_array, unchanged_on_error

_BLOCK_ROWS = 4096


class RidgeReadout(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Ridge regression with an unpenalised intercept, trained in one piece, in blocks or by merging.

    Minimises over coef and intercept

        sum_t w_t |y_t - coef x_t - intercept|^2 + alpha |coef|^2

    so alpha is added to the sum of outer products, as in scikit-learn's `Ridge`. Only the moments of the rows are
    kept; `partial_fit` and `merge` give what one `fit` on all rows gives, up to rounding.

    Parameters
    ----------
    alpha : float >= 0, default 1e-6
        Penalty. With 0 the solution of least norm is taken.
    fit_intercept : bool, default True
        Whether to fit an intercept, which is never penalised.

    Attributes
    ----------
    coef_ : array (n_features,) or (n_outputs, n_features)
    intercept_ : float or array (n_outputs,)
    alpha_ : float
        The penalty used.
    n_features_in_ : int

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, another number of features or outputs than before, and for
        `merge` with a readout that is not fitted or has other settings.

    References
    ----------
    Hoerl and Kennard 1970, Ridge regression: biased estimation for nonorthogonal problems, Technometrics
    12(1):55-67, doi:10.1080/00401706.1970.10488634.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import RidgeReadout
    >>> X = np.arange(6.0).reshape(-1, 1)
    >>> readout = RidgeReadout(alpha=0).partial_fit(X[:3], 2 * X[:3, 0] + 1).partial_fit(X[3:], 2 * X[3:, 0] + 1)
    >>> readout.predict([[10.0]]).round(6)
    array([21.])
    """

    row_wise = True
    _moments: Moments
    _one_output: bool

    def __init__(self, alpha: float = 1e-6, *, fit_intercept: bool = True):
        self.alpha = alpha
        self.fit_intercept = fit_intercept

    @unchanged_on_error
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> RidgeReadout:
        """Train on these rows alone.

        Parameters
        ----------
        X : array (n_rows, n_features)
        y : array (n_rows,) or (n_rows, n_outputs)
        sample_weight : None, float or array (n_rows,), >= 0
        """
        self._forget()
        return self.accumulate(X, y, sample_weight).solve()

    @unchanged_on_error
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> RidgeReadout:
        """Train on these rows and all that came before; `accumulate`, then `solve`."""
        return self.accumulate(X, y, sample_weight).solve()

    @unchanged_on_error
    def accumulate(self, X: Any, y: Any, sample_weight: Any = None) -> RidgeReadout:
        """Take a block of rows into the moments, without solving."""
        owner = type(self).__name__
        check_real(owner, "alpha", self.alpha, 0)
        refuse_masked(X, "X", owner)
        refuse_masked(y, "y", owner)
        centred = check_flag(owner, "fit_intercept", self.fit_intercept)
        before: Moments | None = getattr(self, "_moments", None)
        X, y = validate_data(
            self, X, y, reset=before is None, dtype=np.float64, multi_output=True, y_numeric=True, order="C"
        )
        check_magnitude(X, "X", owner)
        targets = check_magnitude(y.astype(np.float64).reshape(len(y), -1), "y", owner)
        sample_weight = _read_weights(owner, sample_weight, len(X))
        if before is not None and (targets.shape[1] != before.xy.shape[1] or (y.ndim == 1) != self._one_output):
            raise ValueError(
                f"y of {owner} must have the outputs of the blocks before, {before.xy.shape[1]}. Got shape {y.shape}."
            )
        if before is not None and before.centred != centred:
            raise ValueError(f"fit_intercept of {owner} was changed after the first block; call fit to start anew.")
        self._one_output = y.ndim == 1
        with one_blas_thread():
            for start in range(0, len(X), _BLOCK_ROWS):
                block = slice(start, start + _BLOCK_ROWS)
                weights = None if sample_weight is None else sample_weight[block]
                moments = Moments.of_rows(X[block], targets[block], weights, centred)
                self._moments = before = moments if before is None else before.merged(moments)
        return self

    @unchanged_on_error
    def merge(self, other: RidgeReadout) -> RidgeReadout:
        """Take in all that another readout has learned; in place, exact up to rounding."""
        owner = type(self).__name__
        if not isinstance(other, RidgeReadout):
            raise parameter_error("merge", "other", "a fitted RidgeReadout", other)
        for readout in (self, other):
            if not hasattr(readout, "_moments"):
                raise not_fitted(readout)
        for name in ("alpha", "fit_intercept", "n_features_in_"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise ValueError(f"{owner} cannot merge readouts of different {name}: {mine} and {theirs}.")
        mine, theirs = ((r._moments.xy.shape[1], r._one_output) for r in (self, other))
        if mine != theirs:
            raise ValueError(f"{owner} cannot merge readouts of different n_outputs: {mine[0]} and {theirs[0]}.")
        self._moments = self._moments.merged(other._moments)
        return self.solve()

    @unchanged_on_error
    def solve(self) -> RidgeReadout:
        """Compute `coef_` and `intercept_` from the moments."""
        if not hasattr(self, "_moments"):
            raise not_fitted(self)
        moments = self._moments
        if moments.weight <= 0:
            raise ValueError("Sample weights must contain at least one non-zero number.")
        self.alpha_ = check_real(type(self).__name__, "alpha", self.alpha, 0)
        with one_blas_thread():
            coef = _solve_penalised(moments.xx, moments.xy, self.alpha_).T
            intercept = moments.mean_y - coef @ moments.mean_x
        self.coef_ = coef[0] if self._one_output else np.ascontiguousarray(coef)
        self.intercept_ = float(intercept[0]) if self._one_output else intercept
        return self

    def predict(self, X: Any) -> np.ndarray:
        """coef x + intercept for every row; a row's result does not depend on the other rows.

        Parameters
        ----------
        X : array (n_rows, n_features)

        Returns
        -------
        array (n_rows,) or (n_rows, n_outputs), like y in `fit`
        """
        check_is_fitted(self, "coef_")
        refuse_masked(X, "X", type(self).__name__)
        X = validate_data(self, X, reset=False, dtype=np.float64, order="C")
        check_magnitude(X, "X", type(self).__name__)
        coef = np.ascontiguousarray(np.atleast_2d(self.coef_))
        out = np.empty((len(X), len(coef)))
        affine(X, coef, np.atleast_1d(np.asarray(self.intercept_, dtype=np.float64)), out)
        return out[:, 0] if self._one_output else out

    def _forget(self) -> None:
        for name in ("_moments", "_one_output", "coef_", "intercept_", "alpha_"):
            self.__dict__.pop(name, None)


def _solve_penalised(xx: np.ndarray, xy: np.ndarray, alpha: float) -> np.ndarray:
    """(xx + alpha I)^-1 xy by Cholesky.

    For alpha = 0, or where rounding left xx + alpha I indefinite, the directions that rounding cannot tell from zero
    are left out: the solution of least norm.
    """
    if alpha > 0:
        try:
            return linalg.cho_solve(linalg.cho_factor(xx + alpha * np.eye(len(xx))), xy)
        except linalg.LinAlgError:
            pass
    values, vectors = linalg.eigh(xx)
    known = values > len(xx) * np.finfo(float).eps * max(values[-1], 0.0)
    scale = np.divide(1.0, values + alpha, out=np.zeros_like(values), where=known)
    return vectors @ (scale[:, None] * (vectors.T @ xy))


def _read_weights(owner: str, sample_weight: Any, n_rows: int) -> np.ndarray | None:
    if sample_weight is None:
        return None
    weights = real_array(sample_weight)
    if weights is not None and weights.ndim == 0:
        weights = np.full(n_rows, weights)
    if weights is None or weights.shape != (n_rows,) or not (np.isfinite(weights) & (weights >= 0)).all():
        requirement = f"a finite number >= 0 or such an array of shape ({n_rows},)"
        raise parameter_error(owner, "sample_weight", requirement, sample_weight)
    return weights
