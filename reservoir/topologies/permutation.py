"""Random permutations of the units."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import check_weights


class Permutation(BaseEstimator):
    """Permutation reservoir: every unit hears exactly one unit and is heard by exactly one, with weight 1.

        (W x)_i = x[p(i)],   p a permutation, each equally likely

    The matrix is orthogonal: spectral radius and all singular values are 1. A permutation falls into cycles of
    different lengths; `Cycle` is the one with a single cycle, which has the longest linear memory.

    References
    ----------
    White, Lee, Sompolinsky 2004, Short-term memory in orthogonal neural networks, Physical Review Letters 92:148102,
    doi:10.1103/PhysRevLett.92.148102.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Permutation
    >>> W = Permutation().draw(50, np.random.default_rng(0))
    >>> bool((W.sum(axis=0) == 1).all() and (W.sum(axis=1) == 1).all())
    True
    """

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        check_weights(self, n_units, n_units, 16)
        senders = rng.permutation(n_units).astype(np.int32)
        starts = np.arange(n_units + 1, dtype=np.int32)
        return sparse.csr_array((np.ones(n_units), senders, starts), shape=(n_units, n_units))
