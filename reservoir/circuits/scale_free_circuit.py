"""Scale-free circuits."""

from __future__ import annotations

import numpy as np

from reservoir.circuits.mean_degree import MeanDegreeCircuit
from reservoir.circuits.synapses import Connections
from reservoir.topologies import ScaleFree


class ScaleFreeCircuit(MeanDegreeCircuit):
    """Scale-free circuit: a graph of Barabasi and Albert, each link of which becomes a synapse in one direction.

        P(a unit has k synapses in all) ~ k**-3

    The graph is that of `reservoir.topologies.ScaleFree`, see there, grown with the fewest links per unit that give
    round(n_units * n_synapses_per_unit); surplus links are left out evenly. A fair coin directs each link. So a unit
    that hears many also sends to many; `TwoWayPowerLawCircuit` has the two apart. Units are in the order of growth:
    the hubs are among the first. No unit hears itself. The synapses are those of `MaassColumn`, see there; only its C
    plays no part.

    Parameters
    ----------
    n_units : int >= 2, default 135
        Units.
    n_synapses_per_unit : float in [0, (n_units - 1) / 2], default 4.7
        Mean number of links per unit, each of which is one synapse; about that of `MaassColumn()`, 4.72.
    excitatory_fraction, preset, weight_scale, input_scale, input_probability : default as `Synapses`
        What units and synapses are like; see `Synapses`.

    Raises
    ------
    ValueError
        For fewer than 2 units, or more links than pairs of units.

    References
    ----------
    Barabasi and Albert 1999, Emergence of scaling in random networks, Science 286:509-512,
    doi:10.1126/science.286.5439.509. The directions are this library's choice.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import ScaleFreeCircuit
    >>> recurrent = ScaleFreeCircuit(500, 4).draw(np.random.default_rng(0)).recurrent
    >>> len(recurrent), bool(np.bincount(recurrent.pre).max() > 5 * 4)
    (2000, True)
    """

    def _most(self) -> float:
        return (self.n_units - 1) / 2

    def _connect(self, n_synapses: float, rng: np.random.Generator) -> Connections:
        # n_links units are linked to one another first, then every further unit brings n_links
        links = np.arange(1, self.n_units)
        n_links = int(links[np.argmax(links * (self.n_units - (links + 1) / 2) >= round(n_synapses))])
        graph = ScaleFree(n_links).draw(self.n_units, rng).tocoo()
        older, newer = (ends[graph.row < graph.col].astype(np.int64) for ends in (graph.row, graph.col))
        kept = rng.permutation(len(older))[: round(n_synapses)]
        older, newer = older[kept], newer[kept]
        forwards = rng.random(len(kept)) < 0.5
        return np.where(forwards, older, newer), np.where(forwards, newer, older)
