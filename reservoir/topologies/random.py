"""Random graphs with a fixed number of inputs per unit."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import check_weights, distinct_senders, random_weights
from reservoir.topologies.spectrum import random_spectral_radius
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class Random(BaseEstimator):
    """Random graph: every unit hears `in_degree` distinct units, drawn evenly, with random weights.

        (W x)_i = sum_k w_ik x[s_ik],   w ~ distribution

    A unit may hear itself. The spectral radius is computed (see `spectral_radius`) for up to 10,000 units, and taken
    from the circular law above (see `random_spectral_radius`, which says how accurate that is).

    Parameters
    ----------
    in_degree : int >= 1, default 10
        Connections that a unit receives; at most n_units are drawn.
    distribution : {"uniform", "normal", "signs"}, default "uniform"
        Of the weights: U[-1, 1), N(0, 1), or 1 and -1, alike often.

    Raises
    ------
    ValueError
        For an in-degree out of range.

    References
    ----------
    Jaeger 2001, The "echo state" approach to analysing and training recurrent neural networks,
    GMD Report 148, doi:10.24406/publica-fhg-291111.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Random
    >>> Random(in_degree=2).draw(100, np.random.default_rng(0)).nnz
    200
    """

    in_degree: int = 10
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        in_degree = min(Parameters(self).integer("in_degree", 1), n_units)
        check_weights(self, n_units, n_units * in_degree, 12)
        senders = distinct_senders(n_units, in_degree, rng)
        weights = random_weights(self, senders.size, rng)
        starts = np.arange(0, senders.size + 1, in_degree, dtype=np.int32)
        return sparse.csr_array((weights, senders.ravel(), starts), shape=(n_units, n_units))

    def spectral_radius(self, matrix: sparse.csr_array) -> float:
        """Radius of a drawn matrix: computed, or by the circular law above 10,000 units."""
        return random_spectral_radius(matrix)
