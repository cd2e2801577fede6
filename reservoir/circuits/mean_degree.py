"""What circuits share whose size is said by the mean number of synapses per unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.synapses import Connections, SynapseParameters, check_synapses, draw_circuit
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class MeanDegreeCircuit(SynapseParameters):
    """Base of circuits wired by a graph of a given mean degree, which does not look at the kinds of the units.

    A family has ``_connect(n_synapses, rng)``, which returns senders and receivers, and its own parameters. It draws
    its graph by itself where a topology could not: `n_synapses_per_unit` need not be whole, and the number of all
    synapses is exact, or exact on average.
    """

    n_units: int = 135
    n_synapses_per_unit: float = 4.7

    def draw(self, rng: np.random.Generator, n_inputs: int = 1) -> Circuit:
        """A circuit with this many input channels."""
        n_synapses = self.expected_synapses()
        check_synapses(self, "n_units", self.n_units, n_synapses)
        return draw_circuit(self, self.n_units, lambda _: self._connect(n_synapses, rng), rng, n_inputs)

    def expected_synapses(self) -> float:
        """Mean number of recurrent synapses over all draws."""
        p = Parameters(self)
        return p.integer("n_units", 2) * p.real("n_synapses_per_unit", 0, self._most())

    def _most(self) -> float:
        """Largest possible number of synapses per unit."""
        return self.n_units - 1

    def _connect(self, n_synapses: float, rng: np.random.Generator) -> Connections:
        raise NotImplementedError


def past_self(senders: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Units numbered among the others of their sender, in [0, n_units - 1), renumbered among all units."""
    return others + (others >= senders)


def thinned(senders: np.ndarray, n_dropped: int, rng: np.random.Generator) -> Connections:
    """Senders and receivers of a table (n_units, k), row = receiver, with one sender left out of `n_dropped` rows."""
    n_units, k = senders.shape
    keep = np.ones(senders.shape, dtype=bool)
    rows = rng.permutation(n_units)[:n_dropped]
    keep[rows, rng.integers(k, size=n_dropped)] = False
    receivers, places = np.nonzero(keep)
    return senders[receivers, places], receivers
