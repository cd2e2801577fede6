"""The delay line, with and without feedback."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.topologies.circulant import CirculantMatrix
from reservoir.topologies.drawing import check_weights
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class DelayLine(BaseEstimator):
    """Delay line (DLR): unit i hears unit i - 1, unit 0 nobody; with `feedback` unit i hears unit i + 1 too (DLRB).

        W[i + 1, i] = weight,   W[i, i + 1] = feedback

    Without feedback the spectral radius is 0 and cannot be scaled: use ``spectral_radius=None``. With feedback
    it is ``2 sqrt(|weight feedback|) cos(pi / (n_units + 1))``.

    Parameters
    ----------
    feedback : None or float other than 0, default None
        Weight of the way back.
    weight : float other than 0, default 1.0
        Weight of the line, the one parameter of a DLR; a `spectral_radius` scales it.

    Raises
    ------
    ValueError
        For a weight or feedback that is no finite number, or 0.

    References
    ----------
    Rodan and Tino 2011, Minimum complexity echo state network, IEEE Transactions on Neural Networks
    22(1):131-144, doi:10.1109/TNN.2010.2089641: DLR and DLRB.

    Examples
    --------
    >>> from reservoir.topologies import DelayLine
    >>> DelayLine(feedback=0.25).draw(3, rng=None).toarray()
    array([[0.  , 0.25, 0.  ],
           [1.  , 0.  , 0.25],
           [0.  , 1.  , 0.  ]])
    """

    feedback: float | None = None
    _: KW_ONLY
    weight: float = 1.0

    def draw(self, n_units: int, rng: np.random.Generator | None = None) -> CirculantMatrix:
        """A matrix (n_units, n_units); row = receiver. Nothing is drawn at random."""
        p = Parameters(self)
        check_weights(self, n_units, n_units, 16)
        weight = p.real("weight")
        if weight == 0:
            raise p.error("weight", "a number other than 0")
        forward = np.full(n_units, weight)
        forward[0] = 0
        if self.feedback is None:
            return CirculantMatrix(forward[None], np.array([-1]))
        feedback = p.real("feedback")
        if feedback == 0:
            raise p.error("feedback", "None or a number other than 0")
        back = np.full(n_units, feedback)
        back[-1] = 0
        return CirculantMatrix(np.stack([forward, back]), np.array([-1, 1]))
