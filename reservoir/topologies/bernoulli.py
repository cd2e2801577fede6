"""Random graphs in which every connection exists with the same probability."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import bernoulli_positions, check_weights, random_weights, rows_of
from reservoir.topologies.spectrum import random_spectral_radius
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class Bernoulli(BaseEstimator):
    """Random graph: every connection exists with probability `density`, by itself, with a random weight.

        W_ij = b_ij w_ij,   P(b_ij = 1) = density,   w ~ distribution

    A unit may hear itself, and may hear nobody. The spectral radius is computed (see `spectral_radius`) for up to
    10,000 units, and taken from the circular law above (see `random_spectral_radius`, which says how accurate
    that is).

    Parameters
    ----------
    density : float in (0, 1], default 0.1
        Probability of a connection. A matrix has about density * n_units**2 of them: for 100,000 units
        with 10 inputs each, density is 1e-4.
    distribution : {"uniform", "normal", "signs"}, default "uniform"
        Of the weights: U[-1, 1), N(0, 1), or 1 and -1, alike often.

    Raises
    ------
    ValueError
        For a density out of range.

    References
    ----------
    Gilbert 1959, Random graphs, Annals of Mathematical Statistics 30(4):1141-1144, doi:10.1214/aoms/1177706098.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Bernoulli
    >>> W = Bernoulli(density=0.1).draw(300, np.random.default_rng(0))
    >>> round(W.nnz / 300**2, 2)
    0.1
    """

    density: float = 0.1
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        density = Parameters(self).real("density", 0, 1, closed="right")
        check_weights(self, n_units, density * n_units**2, 40)
        receivers, senders = np.divmod(bernoulli_positions(n_units**2, density, rng), n_units)
        return rows_of(receivers, senders, random_weights(self, len(senders), rng), n_units)

    def spectral_radius(self, matrix: sparse.csr_array) -> float:
        """Radius of a drawn matrix: computed, or by the circular law above 10,000 units."""
        return random_spectral_radius(matrix)
