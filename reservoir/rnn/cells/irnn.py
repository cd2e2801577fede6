"""Rectified units that start as a memory of everything."""

from __future__ import annotations

import numpy as np

from reservoir.rnn.cells.cell import Arrays
from reservoir.rnn.cells.elman import Elman
from reservoir.rnn.initialisation import glorot, identity
from reservoir.validation import Parameters


class IRNN(Elman):
    """The recurrent network of rectified units that starts from the identity.

        h' = max(0, W x + U h + b)

    U starts as a multiple of the identity, so that the state is kept at first; W starts uniform (Glorot), b at zero.

    Parameters
    ----------
    recurrent_scale : float >= 0, default 1.0
        What the identity is multiplied by at the start.

    Raises
    ------
    ValueError
        For a negative scale, when an estimator with this cell is fitted.

    References
    ----------
    Le, Jaitly, Hinton 2015, A simple way to initialize recurrent networks of rectified linear units,
    doi:10.48550/arXiv.1504.00941.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import IRNN
    >>> IRNN().draw(1, 2, np.random.default_rng(0))["recurrent_weights"]
    array([[1., 0.],
           [0., 1.]])
    """

    name = "irnn"
    activation = "relu"

    def __init__(self, recurrent_scale: float = 1.0):
        self.recurrent_scale = recurrent_scale

    def check(self) -> None:
        """Refuse a negative scale."""
        Parameters(self).real("recurrent_scale", 0)

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        return {
            "input_weights": glorot(rng, n_inputs, n_units),
            "bias": np.zeros(n_units),
            "recurrent_weights": self.recurrent_scale * identity(n_units),
        }
