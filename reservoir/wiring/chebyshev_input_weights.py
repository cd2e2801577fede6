"""Input weights by Chebyshev maps."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.validation import Parameters
from reservoir.wiring.logistic_input_weights import first_weights


@dataclass(eq=False, repr=False)
class ChebyshevInputWeights(BaseEstimator):
    """Input weights without chance: the weights of a channel are an orbit of a Chebyshev polynomial.

        W_in[0, j] = amplitude sin(pi (j + 1) / (divisor n_features)),
        W_in[i + 1, j] = T_order(W_in[i, j])

    with T_k(cos x) = cos(k x). Orbits of orders from 2 on are chaotic and fill [-1, 1], most of them near its ends.
    `EchoState` multiplies them by its `input_scaling`; None is 1.

    Parameters
    ----------
    order : int from 2 to 100, default 4
    amplitude : float in (0, 1], default 0.3
    divisor : float > 1, default 5.9

    Raises
    ------
    ValueError
        For a parameter outside its range, when it is used.

    References
    ----------
    Xie, Wang, Yu 2024, Time series prediction of ESN based on Chebyshev mapping and strongly connected topology,
    Neural Processing Letters 56:30, doi:10.1007/s11063-024-11474-7.

    Examples
    --------
    >>> from reservoir.wiring import ChebyshevInputWeights
    >>> ChebyshevInputWeights(2).draw(3, 1, rng=None).ravel().round(4)
    array([ 0.1523, -0.9536,  0.8187])
    """

    order: int = 4
    _: KW_ONLY
    amplitude: float = 0.3
    divisor: float = 5.9

    def draw(self, n_units: int, n_features: int, rng: np.random.Generator | None) -> np.ndarray:
        """Weights (n_units, n_features); `rng` is not used."""
        order = Parameters(self).integer("order", 2, 100)
        weights = np.empty((n_units, n_features))
        weights[0] = first_weights(self, n_features)
        for i in range(1, n_units):
            x = weights[i - 1]
            before, present = np.ones(n_features), x
            for _ in range(order - 1):
                before, present = present, 2 * x * present - before
            weights[i] = np.clip(present, -1, 1)
        return weights
