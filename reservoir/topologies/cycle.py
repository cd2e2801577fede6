"""The simple cycle reservoir."""

from __future__ import annotations

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.topologies.circulant import CirculantMatrix
from reservoir.topologies.drawing import check_weights


class Cycle(BaseEstimator):
    """Simple cycle reservoir: unit i hears unit i - 1, unit 0 the last one, all with weight 1.

    The spectral radius is the weight, 1; `EchoState` scales it.

    References
    ----------
    Rodan and Tino 2011, Minimum complexity echo state network, IEEE Transactions on Neural Networks
    22(1):131-144, doi:10.1109/TNN.2010.2089641.

    Examples
    --------
    >>> from reservoir.topologies import Cycle
    >>> Cycle().draw(3, rng=None).toarray()
    array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """

    def draw(self, n_units: int, rng: np.random.Generator) -> CirculantMatrix:
        """A matrix (n_units, n_units); row = receiver."""
        check_weights(self, n_units, n_units, 16)
        return CirculantMatrix(np.ones((1, n_units)), np.array([n_units - 1]))
