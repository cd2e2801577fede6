"""Input weights by the logistic map."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class LogisticInputWeights(BaseEstimator):
    """Input weights without chance: the weights of a channel are an orbit of the logistic map.

        W_in[0, j] = amplitude sin(pi (j + 1) / (divisor n_features)),
        W_in[i + 1, j] = growth W_in[i, j] (1 - W_in[i, j])

    All of them lie in [0, 1]; growths above 3.57 make most orbits chaotic. `EchoState` multiplies them by its
    `input_scaling`; None is 1.

    Parameters
    ----------
    growth : float in (0, 4], default 3.7
    amplitude : float in (0, 1], default 0.3
    divisor : float > 1, default 5.9

    Raises
    ------
    ValueError
        For a parameter outside its range, when it is used.

    References
    ----------
    Wang and others 2022, Echo state network with logistic mapping and bias dropout for time series prediction,
    Neurocomputing 489:196-210; default values as in ReservoirComputing.jl.

    Examples
    --------
    >>> from reservoir.wiring import LogisticInputWeights
    >>> LogisticInputWeights().draw(3, 1, rng=None).ravel().round(4)
    array([0.1523, 0.4777, 0.9232])
    """

    growth: float = 3.7
    _: KW_ONLY
    amplitude: float = 0.3
    divisor: float = 5.9

    def draw(self, n_units: int, n_features: int, rng: np.random.Generator | None) -> np.ndarray:
        """Weights (n_units, n_features); `rng` is not used."""
        growth = Parameters(self).real("growth", 0, 4, closed="right")
        weights = np.empty((n_units, n_features))
        weights[0] = first_weights(self, n_features)
        for i in range(1, n_units):
            weights[i] = growth * weights[i - 1] * (1 - weights[i - 1])
        return weights


def first_weights(part: BaseEstimator, n_features: int) -> np.ndarray:
    """The weights (n_features,) of the first unit, by the `amplitude` and the `divisor` of a part."""
    p = Parameters(part)
    amplitude, divisor = p.real("amplitude", 0, 1, closed="right"), p.real("divisor", 1, closed="neither")
    found: np.ndarray = amplitude * np.sin(np.pi * np.arange(1, n_features + 1) / (divisor * n_features))
    return found
