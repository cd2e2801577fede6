"""Least mean squares, plain and normalised."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.docstrings import documented_with
from reservoir.readouts.online import OnlineRegressor
from reservoir.validation import Parameters


@documented_with(OnlineRegressor)
@dataclass(eq=False, repr=False)
class LeastMeanSquares(OnlineRegressor):
    """Stochastic gradient descent on the squared error, one step per row, in O(n_inputs) operations.

    With the input z = [x, 1] (without the 1 if there is no intercept) every row does

        w <- w + learning_rate (y - w z) z^T / (epsilon + |z|^2)        normalised
        w <- w + learning_rate (y - w z) z^T                            plain

    Parameters
    ----------
    learning_rate : float, default 0.5
        In (0, 2) if normalised, where the rule is stable for all rows. The plain rule takes any number > 0, but is
        stable only below 2 over the largest eigenvalue of the mean of z z^T.
    normalized : bool, default True
        Whether the step is divided by the squared length of the input.
    epsilon : float > 0, default 1e-6
        Keeps the steps of short inputs bounded; used if normalised.

    References
    ----------
    Widrow and Hoff 1960, Adaptive switching circuits, IRE WESCON Convention Record 4, 96-104.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import LeastMeanSquares
    >>> X = np.random.default_rng(0).normal(size=(500, 2))
    >>> readout = LeastMeanSquares().fit(X, X @ [1.0, -2.0] + 3)
    >>> readout.predict([[1.0, 1.0]]).round(6)
    array([2.])
    """

    learning_rate: float = 0.5
    _: KW_ONLY
    normalized: bool = True
    epsilon: float = 1e-6
    n_epochs: int = 1
    fit_intercept: bool = True

    def _check_parameters(self) -> None:
        p = Parameters(self)
        p.real("learning_rate", 0, 2 if p.flag("normalized") else None, closed="neither")
        p.real("epsilon", 0, closed="neither")
        p.integer("n_epochs", 1)

    def _advance(self, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        outputs = np.empty(targets.shape)
        settings = float(self.learning_rate), bool(self.normalized), float(self.epsilon)
        _learn(self.memory_["weights"], rows, targets, outputs, *settings)
        return outputs


@kernel(fastmath=REASSOCIATE)
def _learn(weights, rows, targets, outputs, learning_rate, normalized, epsilon):
    """All rows: weights (K, M), rows (n, M), targets and outputs (n, K)."""
    for t in range(rows.shape[0]):
        row, rate = rows[t], learning_rate
        if normalized:
            length = 0.0
            for i in range(row.size):
                length += row[i] * row[i]
            rate = learning_rate / (epsilon + length)
        for k in range(weights.shape[0]):
            weight, output = weights[k], 0.0
            for i in range(row.size):
                output += weight[i] * row[i]
            outputs[t, k] = output
            change = rate * (targets[t, k] - output)
            for i in range(row.size):
                weight[i] += change * row[i]
