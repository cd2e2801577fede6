"""Randomly wired circuits."""

from __future__ import annotations

import numpy as np

from reservoir.circuits.synapse_statistics import SynapseStatistics
from reservoir.circuits.wiring import Connections, GraphCircuit, past_self, thinned
from reservoir.topologies.drawing import bernoulli_positions
from reservoir.validation import check_choice, check_flag


class RandomCircuit(GraphCircuit):
    """Random circuit: any unit is as likely as any other to hear a unit, wherever they are and of whatever kind.

        P(a -> b) = n_synapses_per_unit / (n_units - 1)

    each pair by itself ("pairs"), or with a fixed number of senders a unit ("in_degree"): the whole number below or
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
    excitatory_fraction : float in [0, 1], default 0.8
        Share of excitatory units, rounded to whole units; which ones is random.
    preset : "maass2002" or SynapseStatistics, default "maass2002"
        Means of the synapses.
    weight_scale, input_scale : float, default 1.0
        Factors of all recurrent weights, and of all input weights.
    input_probability : float in [0, 1], default 0.3
        Probability that a unit hears an input channel.
    allow_self : bool, default False
        Whether a unit may be connected to itself; then n_units takes the place of n_units - 1 above.

    Raises
    ------
    ValueError
        For a parameter out of range.

    References
    ----------
    Gilbert 1959, Random graphs, Annals of Mathematical Statistics 30(4):1141-1144, doi:10.1214/aoms/1177706098.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import RandomCircuit
    >>> circuit = RandomCircuit(200, 5, degree="in_degree").draw(np.random.default_rng(0))
    >>> len(circuit.recurrent), np.bincount(circuit.recurrent.post).max().item()
    (1000, 5)
    """

    def __init__(
        self,
        n_units: int = 135,
        n_synapses_per_unit: float = 4.7,
        *,
        degree: str = "pairs",
        excitatory_fraction: float = 0.8,
        preset: str | SynapseStatistics = "maass2002",
        weight_scale: float = 1.0,
        input_scale: float = 1.0,
        input_probability: float = 0.3,
        allow_self: bool = False,
    ):
        self.n_units = n_units
        self.n_synapses_per_unit = n_synapses_per_unit
        self.degree = degree
        self.excitatory_fraction = excitatory_fraction
        self.preset = preset
        self.weight_scale = weight_scale
        self.input_scale = input_scale
        self.input_probability = input_probability
        self.allow_self = allow_self

    def _most(self) -> float:
        return self.n_units - (not check_flag("RandomCircuit", "allow_self", self.allow_self))

    def _connect(self, n_synapses: float, rng: np.random.Generator) -> Connections:
        degree = check_choice("RandomCircuit", "degree", self.degree, ("pairs", "in_degree"))
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
