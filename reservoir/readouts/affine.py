"""What linear readouts share: predictions that do not depend on which other rows are predicted."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.estimators import BaseEstimator, MultiOutputMixin, RegressorMixin
from reservoir.parts import Numbers
from reservoir.readouts.rows import read_rows
from reservoir.threads import n_threads, shares, spread


@kernel(fastmath=REASSOCIATE)
def affine(rows, coef, intercept, out):
    """out = rows coef^T + intercept, row by row: (n, F), (K, F), (K,) -> (n, K).

    BLAS sums in an order that depends on how many rows there are; here it depends on the features alone.
    """
    for t in range(rows.shape[0]):
        row = rows[t]
        for k in range(coef.shape[0]):
            weights = coef[k]
            total = 0.0
            for i in range(row.size):
                total += weights[i] * row[i]
            out[t, k] = total + intercept[k]


class LinearReadout(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """A readout y = coef x + intercept, whatever it learned that from."""

    row_wise = True
    any_thread = True
    learned: ClassVar[dict[str, Any]] = {
        "_one_output": "flag",
        "n_features_in_": "size (f)",
        "coef_": "optional reals (k?, f)",
        "intercept_": "optional number or reals (k)",
    }
    fit_intercept: bool
    coef_: np.ndarray
    intercept_: float | np.ndarray
    n_features_in_: int
    _one_output: bool

    def predict(self, X: Numbers) -> np.ndarray:
        """coef x + intercept for every row; a row's result does not depend on the other rows.

        Parameters
        ----------
        X : array (n_rows, n_features)

        Returns
        -------
        array (n_rows,) or (n_rows, n_outputs), like y in `fit`
        """
        rows = read_rows(self, X)
        coef = np.ascontiguousarray(np.atleast_2d(self.coef_))
        out = np.empty((len(rows), len(coef)))
        intercept, work = np.atleast_1d(np.asarray(self.intercept_, dtype=np.float64)), float(rows.size * len(coef))
        parts = shares(len(rows), n_threads(work))
        spread(lambda own: affine(rows[own], coef, intercept, out[own]), parts, work)
        return out[:, 0] if np.ndim(self.coef_) == 1 else out

    def _publish(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        """Set `coef_` (n_outputs, n_features) and `intercept_` (n_outputs,), in the shape that y had."""
        self.coef_ = coef[0] if self._one_output else coef
        self.intercept_ = float(intercept[0]) if self._one_output else intercept

    def check_coefficients(self, n_outputs: int) -> None:
        """ValueError unless coefficients and intercepts are those of as many outputs as were learned."""
        shape = () if self._one_output else (n_outputs,)
        solved = hasattr(self, "coef_") or hasattr(self, "intercept_")
        known = [np.shape(self.coef_)[:-1], np.shape(self.intercept_)] if solved else []
        if (self._one_output and n_outputs != 1) or any(one != shape for one in known):
            raise ValueError(f"{type(self).__name__} holds coefficients of other outputs")
