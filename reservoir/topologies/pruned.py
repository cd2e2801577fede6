"""Networks without the connections of some units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.parts import Matrix, Topology
from reservoir.topologies.given import in_order, rows_given
from reservoir.validation import Parameters

_STATISTICS: dict[str, Callable[[sparse.csr_array], np.ndarray]] = {
    "in_degree": lambda rows: (rows != 0).sum(axis=1),
    "out_degree": lambda rows: (rows != 0).sum(axis=0),
    "degree": lambda rows: (rows != 0).sum(axis=1) + (rows != 0).sum(axis=0),
    "in_strength": lambda rows: abs(rows).sum(axis=1),
    "out_strength": lambda rows: abs(rows).sum(axis=0),
    "strength": lambda rows: abs(rows).sum(axis=1) + abs(rows).sum(axis=0),
}
"""Numbers of units (n_units,), of rows whose row is the receiver."""


@dataclass(eq=False, repr=False)
class Pruned(BaseEstimator):
    """A network in which some units have lost all connections, chosen by a number that each unit has.

        W_ij = 0 where i or j is pruned,   the others as they were

    Units that are pruned still hear the input. Pruning by what units do rather than by how they are connected is
    `Selected`, which shows some of the states.

    Parameters
    ----------
    topology : None, topology or matrix, default None
        The network: any part of `reservoir.topologies`, from outside, or weights (n_units, n_units). None is
        ``Bernoulli()``.
    fraction : float in [0, 1], default 0.1
        Share of the units that are pruned.
    by : {"degree", "in_degree", "out_degree", "strength", "in_strength", "out_strength", "chance"}, default "strength"
        The number: of connections that a unit hears ("in"), sends ("out"), or both; their summed sizes; or none.
    highest : bool, default False
        Whether units with the largest numbers go, hubs first, rather than those with the smallest. Of equal ones chance
        decides.

    Raises
    ------
    ValueError
        For a parameter outside its range, and a matrix of another size.

    References
    ----------
    Albert, Jeong, Barabasi 2000, Error and attack tolerance of complex networks, Nature 406:378-382,
    doi:10.1038/35019019.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Pruned
    >>> network = np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    >>> Pruned(network, fraction=0.34).draw(3, np.random.default_rng(0)).toarray()
    array([[0., 0., 2.],
           [0., 0., 0.],
           [2., 0., 0.]])
    """

    topology: Topology | Matrix | None = None
    _: KW_ONLY
    fraction: float = 0.1
    by: str = "strength"
    highest: bool = False

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        p = Parameters(self)
        fraction, by, highest = p.real("fraction", 0, 1), p.choice("by", (*_STATISTICS, "chance")), p.flag("highest")
        rows = rows_given(self, n_units, rng)
        chance = rng.random(n_units)
        numbers = np.zeros(n_units) if by == "chance" else np.asarray(_STATISTICS[by](rows), dtype=float).ravel()
        order = np.lexsort([chance, -numbers if highest else numbers])
        kept = np.ones(n_units)
        kept[order[: int(fraction * n_units)]] = 0
        diagonal = sparse.diags_array(kept)
        return in_order(sparse.csr_array(diagonal @ rows @ diagonal))
