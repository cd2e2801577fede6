"""Random graphs with a fixed number of inputs a unit."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from reservoir.validation import check_integer


class Random(BaseEstimator):
    """Random graph: every unit hears `in_degree` distinct units, drawn evenly, with random weights.

    The weights are uniform in [-1, 1). A unit may hear itself. The spectral radius is computed by `spectral_radius`.

    Parameters
    ----------
    in_degree : int >= 1, default 10
        Connections a unit receives; at most n_units are drawn.

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

    def __init__(self, in_degree: int = 10):
        self.in_degree = in_degree

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        in_degree = min(check_integer("Random", "in_degree", self.in_degree, 1), n_units)
        senders = np.stack([np.sort(rng.choice(n_units, size=in_degree, replace=False)) for _ in range(n_units)])
        weights = rng.uniform(-1, 1, size=senders.size)
        starts = np.arange(n_units + 1) * in_degree
        return sparse.csr_array((weights, senders.ravel(), starts), shape=(n_units, n_units))
