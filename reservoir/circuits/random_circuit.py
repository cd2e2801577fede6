"""Randomly wired circuits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.circuits.mean_degree import MeanDegreeCircuit, past_self, thinned
from reservoir.circuits.synapses import Connections
from reservoir.topologies.drawing import bernoulli_positions
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False, kw_only=True)
class RandomCircuit(MeanDegreeCircuit):
    """Random circuit: any unit is as likely as any other to hear a unit, wherever they are and of whatever kind.

        P(a -> b) = n_synapses_per_unit / (n_units - 1)

    each pair by itself ("pairs"), or with a fixed number of senders per unit ("in_degree"): the whole number below or
    above `n_synapses_per_unit`, such that all synapses together are round(n_units * n_synapses_per_unit). The synapses
    are those of `MaassColumn`, see there; only its C plays no part.

    Parameters
    ----------
    n_units : int >= 2, default 135
        Units.
    n_synapses_per_unit : float in [0, n_units - 1], default 4.7
        Mean number of recurrent synapses that a unit sends, and receives; about that of `MaassColumn()`, 4.72.
    degree : {"pairs", "in_degree"}, default "pairs"
        What is drawn: every pair of units by itself, or the same number of senders for every unit.
    allow_self : bool, default False
        Whether a unit may be connected to itself; then n_units takes the place of n_units - 1 above.
    excitatory_fraction, preset, weight_scale, input_scale, input_probability : default as `Synapses`
        What units and synapses are like; see `Synapses`.

    Raises
    ------
    ValueError
        For fewer than 2 units, or more synapses per unit than there are units to hear.

    References
    ----------
    For "pairs": Gilbert 1959, Random graphs, Annals of Mathematical Statistics 30(4):1141-1144,
    doi:10.1214/aoms/1177706098.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import RandomCircuit
    >>> circuit = RandomCircuit(200, 5, degree="in_degree").draw(np.random.default_rng(0))
    >>> len(circuit.recurrent), np.bincount(circuit.recurrent.post).max().item()
    (1000, 5)
    """

    degree: str = "pairs"
    allow_self: bool = False

    def _most(self) -> float:
        return self.n_units - (not Parameters(self).flag("allow_self"))

    def _connect(self, n_synapses: float, rng: np.random.Generator) -> Connections:
        degree = Parameters(self).choice("degree", ("pairs", "in_degree"))
        n_others = int(self._most())
        if degree == "pairs":
            positions = bernoulli_positions(self.n_units * n_others, n_synapses / (self.n_units * n_others), rng)
            one, other = np.divmod(positions, n_others)
            return one, other if self.allow_self else past_self(one, other)
        heard = int(np.ceil(self.n_synapses_per_unit))
        table = np.array([rng.choice(n_others, size=heard, replace=False) for _ in range(self.n_units)])
        if not self.allow_self:
            table = past_self(np.arange(self.n_units)[:, None], table)
        return thinned(table, heard * self.n_units - round(n_synapses), rng)
