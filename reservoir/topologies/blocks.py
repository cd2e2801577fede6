"""Clustered graphs."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import bernoulli_positions, check_weights, random_weights, rows_of
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class Blocks(BaseEstimator):
    """Clustered graph: units in blocks, with more connections within a block than between blocks.

        P(i hears j) = density_within in one block, density_between otherwise,   w ~ distribution

    Unit i stands in block floor(i n_blocks / n_units): neighbours, in blocks of equal size to within one unit. It is
    the stochastic block model, directed; a unit may hear itself. The radius is computed by `spectral_radius`.

    Parameters
    ----------
    n_blocks : int >= 1, default 4
        Number of blocks; at most n_units are made.
    density_within : float in [0, 1], default 0.3
        Probability of a connection inside a block.
    density_between : float in [0, 1], default 0.03
        Probability of a connection between blocks; 0 makes separate reservoirs.
    distribution : as in `Random`, default "uniform"

    Raises
    ------
    ValueError
        For no blocks, and densities outside [0, 1].

    References
    ----------
    Holland, Laskey, Leinhardt 1983, Stochastic blockmodels: first steps, Social Networks 5(2):109-137,
    doi:10.1016/0378-8733(83)90021-7.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Blocks
    >>> W = Blocks(n_blocks=2, density_within=1.0, density_between=0.0).draw(4, np.random.default_rng(0))
    >>> (W.toarray() != 0).astype(int)
    array([[1, 1, 0, 0],
           [1, 1, 0, 0],
           [0, 0, 1, 1],
           [0, 0, 1, 1]])
    """

    n_blocks: int = 4
    density_within: float = 0.3
    density_between: float = 0.03
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        p = Parameters(self)
        n_blocks = min(p.integer("n_blocks", 1), n_units)
        within, between = p.real("density_within", 0, 1), p.real("density_between", 0, 1)
        check_weights(self, n_units, (within / n_blocks + between * (1 - 1 / n_blocks)) * n_units**2, 40)
        blocks = np.arange(n_units) * n_blocks // n_units
        receivers, senders = np.divmod(bernoulli_positions(n_units**2, between, rng), n_units)
        outside = blocks[receivers] != blocks[senders]
        parts = [(receivers[outside], senders[outside])]
        firsts = np.searchsorted(blocks, np.arange(n_blocks + 1))
        for first, stop in pairwise(firsts):
            size = int(stop - first)
            receivers, senders = np.divmod(bernoulli_positions(size**2, within, rng), size)
            parts.append((receivers + first, senders + first))
        receivers, senders = (np.concatenate(ends) for ends in zip(*parts, strict=True))
        return rows_of(receivers, senders, random_weights(self, len(senders), rng), n_units)
