"""Small-world circuits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.circuits.mean_degree import MeanDegreeCircuit, thinned
from reservoir.circuits.synapses import Connections
from reservoir.topologies import SmallWorld
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False, kw_only=True)
class SmallWorldCircuit(MeanDegreeCircuit):
    """Small world of Watts and Strogatz, directed: neighbours on a ring, some replaced by units far away.

    The graph is that of `reservoir.topologies.SmallWorld`, see there: every unit hears its nearest units on a ring, and
    each of these connections, with probability `rewiring`, gets another sender. Where `n_synapses_per_unit` is not
    whole, some units hear one fewer, such that all synapses together are round(n_units * n_synapses_per_unit). No
    unit hears itself. The synapses are those of `MaassColumn`, see there; only its C plays no part.

    Parameters
    ----------
    n_units : int >= 2, default 135
        Units.
    n_synapses_per_unit : float in [0, n_units - 1], default 4.7
        Mean number of neighbours that a unit hears; about that of `MaassColumn()`, 4.72.
    rewiring : float in [0, 1], default 0.1
        Probability that a connection is rewired: 0 is a ring lattice, 1 a random graph.
    excitatory_fraction, preset, weight_scale, input_scale, input_probability : default as `Synapses`
        What units and synapses are like; see `Synapses`.

    Raises
    ------
    ValueError
        For fewer than 2 units, more neighbours than other units, or a rewiring outside [0, 1].

    References
    ----------
    Watts and Strogatz 1998, Collective dynamics of 'small-world' networks, Nature 393:440-442, doi:10.1038/30918;
    directed, as in `reservoir.topologies.SmallWorld`.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import SmallWorldCircuit
    >>> len(SmallWorldCircuit(100, 4.5).draw(np.random.default_rng(0)).recurrent)
    450
    """

    rewiring: float = 0.1

    def _connect(self, n_synapses: float, rng: np.random.Generator) -> Connections:
        rewiring = Parameters(self).real("rewiring", 0, 1)
        heard = int(np.ceil(self.n_synapses_per_unit))
        if heard == 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        graph = SmallWorld(heard, rewiring).draw(self.n_units, rng)
        senders = graph.indices.astype(np.int64).reshape(self.n_units, heard)
        return thinned(senders, heard * self.n_units - round(n_synapses), rng)
