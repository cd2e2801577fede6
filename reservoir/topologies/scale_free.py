"""Scale-free graphs."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import check_weights, random_weights, rows_of
from reservoir.validation import Parameters, check_integer


@dataclass(eq=False, repr=False)
class ScaleFree(BaseEstimator):
    """Scale-free graph of Barabasi and Albert: each new unit links to units in proportion to the links they have.

        P(link to unit i) ~ degree_i,   W_ij = w_ij where i and j are linked,   w ~ distribution

    It grows from n_links + 1 units that are all linked; every further unit brings n_links links to different
    units. A link is heard both ways, each way with a weight of its own. Few units hear very many: in a large
    graph the share of units with k links tends to 2 m (m + 1) / (k (k + 1) (k + 2)), m = n_links. The radius is
    computed by `spectral_radius`.

    Parameters
    ----------
    n_links : int >= 1, default 5
        Links that a new unit brings; a graph of up to n_links + 1 units is complete.
    distribution : as in `Random`, default "uniform"

    Raises
    ------
    ValueError
        For `n_links` below 1, and for fewer than 2 units.

    References
    ----------
    Barabasi and Albert 1999, Emergence of scaling in random networks, Science 286:509-512,
    doi:10.1126/science.286.5439.509.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import ScaleFree
    >>> ScaleFree(n_links=2).draw(100, np.random.default_rng(0)).nnz  # 3 links, 97 times 2, both ways
    394
    """

    n_links: int = 5
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        p = Parameters(self)
        check_integer(p.owner, "n_units", n_units, 2)
        n_links = min(p.integer("n_links", 1), n_units - 1)
        check_weights(self, n_units, 2 * n_units * n_links, 40)
        one, other = _grow(n_units, n_links, rng)
        receivers, senders = np.concatenate([one, other]), np.concatenate([other, one])
        return rows_of(receivers, senders, random_weights(self, len(senders), rng), n_units)


def _grow(n_units: int, n_links: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The two ends of all links. A place drawn evenly among all ends so far is a unit drawn by its degree."""
    start = np.triu_indices(n_links + 1, k=1)
    ends = np.stack(start, axis=1).ravel().tolist()
    for unit in range(n_links + 1, n_units):
        size = len(ends)
        chosen: dict[int, None] = {}  # in the order of drawing
        while len(chosen) < n_links:
            for place in rng.random(n_links - len(chosen)).tolist():
                chosen[ends[int(place * size)]] = None
        for other in chosen:
            ends += (unit, other)
    links = np.array(ends).reshape(-1, 2)
    return links[:, 0], links[:, 1]
