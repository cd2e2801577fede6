"""The readout that a forecaster gets where it was chosen."""

from __future__ import annotations

import numpy as np

from reservoir.models.forecasting.columns import Layout, Sums
from reservoir.parts import Numbers
from reservoir.readouts.affine import LinearReadout
from reservoir.readouts.rows import read_pairs


class ChosenReadout(LinearReadout):
    """y = coef x + intercept, as it was chosen for a forecaster from its training rows.

    What it learns by itself is ridge regression with a penalty `alpha` a row.
    """

    def __init__(self, alpha: float = 1e-6) -> None:
        self.alpha = alpha

    def fit(self, X: Numbers, y: Numbers) -> ChosenReadout:
        """Learn from rows (n_rows, n_features) and targets (n_rows, n_outputs)."""
        rows, targets, self._one_output = read_pairs(self, X, y, reset=True)
        sums = Sums()
        sums.add(rows, targets)
        moments = sums.moments()
        penalty = self.alpha * moments.n_rows * np.eye(len(moments.xx))
        coef = np.linalg.solve(moments.xx + penalty, moments.xy)
        self._publish(coef.T, moments.mean_y - moments.mean_x @ coef)
        return self


def as_seen(layout: Layout, coef: np.ndarray, intercept: np.ndarray, n_columns: int, penalty: float) -> ChosenReadout:
    """The readout of coefficients (n_columns of the layout, n_answers) of all that is seen in its places."""
    wide = np.zeros((coef.shape[1], n_columns))
    wide[:, layout.places()] = coef.T
    readout = ChosenReadout(penalty)
    readout.n_features_in_, readout._one_output = n_columns, False
    readout.coef_, readout.intercept_ = wide, intercept
    return readout
