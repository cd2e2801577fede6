"""Two cycles in opposite directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.topologies.circulant import CirculantMatrix
from reservoir.topologies.drawing import check_weights
from reservoir.validation import Parameters, check_integer


@dataclass(eq=False, repr=False)
class DoubleCycle(BaseEstimator):
    """Double cycle: unit i hears unit i - 1 with weight 1 and unit i + 1 with another, around the ring.

        W[i, i - 1] = 1,   W[i, i + 1] = weight   (indices modulo n_units)

    The spectral radius, in closed form from the Fourier modes, is 1 + weight for a weight >= 0. Some
    implementations exchange the two corner weights; for ``weight=1`` all agree.

    Parameters
    ----------
    weight : float, default 1.0
        Weight of the second cycle.

    Raises
    ------
    ValueError
        For a weight that is no finite number, and for fewer than 3 units.

    References
    ----------
    Fu et al. 2023, A double-cycle echo state network topology for time series prediction, Chaos 33(9).

    Examples
    --------
    >>> from reservoir.topologies import DoubleCycle
    >>> DoubleCycle(weight=0.5).draw(4, rng=None).toarray()
    array([[0. , 0.5, 0. , 1. ],
           [1. , 0. , 0.5, 0. ],
           [0. , 1. , 0. , 0.5],
           [0.5, 0. , 1. , 0. ]])
    """

    weight: float = 1.0

    def draw(self, n_units: int, rng: np.random.Generator | None = None) -> CirculantMatrix:
        """A matrix (n_units, n_units); row = receiver. Nothing is drawn at random."""
        p = Parameters(self)
        check_integer(p.owner, "n_units", n_units, 3)
        weight = p.real("weight")
        check_weights(self, n_units, 2 * n_units, 16)
        return CirculantMatrix(np.repeat([[1.0], [weight]], n_units, axis=1), np.array([-1, 1]))
