"""The readout that a forecaster gets where it was chosen."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone

from reservoir.models.forecasting.columns import Layout, Sums
from reservoir.parts import Numbers
from reservoir.readouts.affine import LinearReadout
from reservoir.readouts.rows import read_pairs


class ChosenReadout(LinearReadout):
    """Ridge regression on weighted columns, as a forecaster chooses it from its training rows.

    In a `ReservoirForecaster` it answers y(t + 1) = coef [x(t), u(t), u(t - 1), ...] + intercept, where the penalty
    alpha n |c|^2 is on the coefficients c of states `weight_of_states` times as large, of rows u of deviation 1, and of
    phases of seasons three times as large. It answers values, whatever its `target`. By itself it is ridge regression.

    Parameters
    ----------
    alpha : float > 0, default 1e-6
        Penalty for each of the n rows that are learnt from.
    weight_of_states : float >= 0, default 1.0
        0 sees no states.
    own_lags : bool, default False
        Whether a channel is answered from earlier rows of itself alone, of those that are predicted.
    target : "values", "increments", "differences" or "seasonal", default "values"
        What is learnt: "increments" pulls y(t + 1) to y(t), "differences" does so by increments of earlier rows, and
        "seasonal" pulls y(t + 1) to the value a season before by such differences of earlier rows, so that no level
        matters. They need a lag, and a season of them.
    """

    def __init__(
        self, alpha: float = 1e-6, *, weight_of_states: float = 1.0, own_lags: bool = False, target: str = "values"
    ) -> None:
        self.alpha = alpha
        self.weight_of_states = weight_of_states
        self.own_lags = own_lags
        self.target = target

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


def as_seen(
    layout: Layout, coef: np.ndarray, intercept: np.ndarray, n_columns: int, readout: ChosenReadout
) -> ChosenReadout:
    """A readout like this one with coefficients (n_columns of the layout, n_answers) in the places of what is seen."""
    wide = np.zeros((coef.shape[1], n_columns))
    wide[:, layout.places()] = coef.T
    readout = clone(readout)
    readout.n_features_in_, readout._one_output = n_columns, False
    readout.coef_, readout.intercept_ = wide, intercept
    return readout
