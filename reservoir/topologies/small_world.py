"""Small-world graphs."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import check_weights, random_weights, rows_of
from reservoir.validation import Parameters, check_integer


@dataclass(eq=False, repr=False)
class SmallWorld(BaseEstimator):
    """Small world of Watts and Strogatz, directed: neighbours on a ring, some replaced by units far away.

        W_ij = w_ij where i hears j,   w ~ distribution

    Every unit hears its `n_neighbours` nearest units on a ring, as many on either side (one more before it where the
    number is odd). Then each of these connections, with probability `rewiring`, gets another sender, drawn
    evenly from the units that the receiver does not hear, itself left out. So every unit hears the same number; in
    the undirected original a rewired link keeps one end and both of its units change. The
    radius is computed by `spectral_radius`.

    Parameters
    ----------
    n_neighbours : int >= 1, default 10
        Units that a unit hears; at most n_units - 1 are taken.
    rewiring : float in [0, 1], default 0.1
        Probability that a connection is rewired: 0 is a ring lattice, 1 a random graph.
    distribution : as in `Random`, default "uniform"

    Raises
    ------
    ValueError
        For no neighbours, a rewiring outside [0, 1], and fewer than 2 units.

    References
    ----------
    Watts and Strogatz 1998, Collective dynamics of 'small-world' networks, Nature 393:440-442, doi:10.1038/30918.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import SmallWorld
    >>> W = SmallWorld(n_neighbours=4, rewiring=0.1).draw(100, np.random.default_rng(0))
    >>> W.nnz
    400
    """

    n_neighbours: int = 10
    rewiring: float = 0.1
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        p = Parameters(self)
        check_integer(p.owner, "n_units", n_units, 2)
        k, rewiring = min(p.integer("n_neighbours", 1), n_units - 1), p.real("rewiring", 0, 1)
        check_weights(self, n_units, n_units * k, 40)
        steps = np.concatenate([np.arange(-((k + 1) // 2), 0), np.arange(1, k // 2 + 1)])
        units = np.arange(n_units)
        senders = (units[:, None] + steps) % n_units
        rewired = rng.random(senders.shape) < rewiring
        senders = _rewire(senders, rewired, rng)
        return rows_of(np.repeat(units, k), senders.ravel(), random_weights(self, senders.size, rng), n_units)


def _rewire(senders: np.ndarray, rewired: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace the marked senders (n_units, k), so that no unit hears itself or one unit twice."""
    n_units = len(senders)
    pending, rows = rewired.copy(), np.arange(n_units)
    senders = senders.copy()
    while True:
        marked = pending[rows].any(axis=1)
        rows = rows[marked]
        if not rows.size:
            return senders
        part, open_ = senders[rows], pending[rows]
        drawn = rng.integers(n_units - 1, size=np.count_nonzero(open_))
        receivers = np.broadcast_to(rows[:, None], part.shape)[open_]
        part[open_] = drawn + (drawn >= receivers)
        keys = 2 * part + open_  # sorted, a sender that stays comes before a new one that equals it
        order = np.argsort(keys, axis=1, kind="stable")
        ordered = np.take_along_axis(part, order, axis=1)
        again = np.zeros(part.shape, dtype=bool)
        np.put_along_axis(again, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
        senders[rows], pending[rows] = part, again & open_
