"""Linear predictions that do not depend on which other rows are predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.sequences import check_magnitude, refuse_masked


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


def read_rows(readout: Any, X: Any) -> np.ndarray:
    """Rows (n_rows, n_features) to predict, checked against those of `fit`."""
    owner = type(readout).__name__
    check_is_fitted(readout, "coef_")
    refuse_masked(X, "X", owner)
    return check_magnitude(validate_data(readout, X, reset=False, dtype=np.float64, order="C"), "X", owner)


def predict_rows(readout: Any, X: Any) -> np.ndarray:
    """coef x + intercept of a linear readout: (n_rows,) or (n_rows, n_outputs), as `coef_` is 1-D or 2-D."""
    rows = read_rows(readout, X)
    coef = np.ascontiguousarray(np.atleast_2d(readout.coef_))
    out = np.empty((len(rows), len(coef)))
    affine(rows, coef, np.atleast_1d(np.asarray(readout.intercept_, dtype=np.float64)), out)
    return out[:, 0] if np.ndim(readout.coef_) == 1 else out
