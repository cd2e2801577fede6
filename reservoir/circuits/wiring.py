"""From connections to a circuit: the part that all generators share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.synapse_statistics import draw_inputs, draw_synapses, statistics_of
from reservoir.validation import check_integer, check_real, parameter_error

Connections = tuple[np.ndarray, np.ndarray]


def build(
    part: Any,
    n_units: int,
    connect: Callable[[np.ndarray], Connections],
    rng: np.random.Generator,
    n_inputs: int,
    positions: np.ndarray | None = None,
) -> Circuit:
    """A circuit of the generator `part`.

    Drawn in this order: who is excitatory, the connections by `connect(excitatory)`, the synapses, the inputs. So
    scales change no draw, and the inputs change nothing before them. Synapses stand in the order of sender, then
    receiver.
    """
    owner = type(part).__name__
    statistics = statistics_of(owner, part.preset)
    weight_scale = check_real(owner, "weight_scale", part.weight_scale)
    input_scale = check_real(owner, "input_scale", part.input_scale)
    probability = check_real(owner, "input_probability", part.input_probability, 0, 1)
    check_integer(owner, "n_inputs", n_inputs, 0)
    excitatory = np.zeros(n_units, dtype=bool)
    excitatory[rng.permutation(n_units)[: n_excitatory(part, n_units)]] = True
    senders, receivers = connect(excitatory)
    order = np.lexsort((receivers, senders))
    recurrent = draw_synapses(senders[order], receivers[order], excitatory, statistics, rng)
    inputs = draw_inputs(n_inputs, probability, excitatory, statistics, rng)
    return Circuit(
        excitatory,
        replace(recurrent, weight=weight_scale * recurrent.weight),
        replace(inputs, weight=input_scale * inputs.weight),
        n_inputs,
        positions,
    )


def n_excitatory(part: Any, n_units: int) -> int:
    """Excitatory units among `n_units` of the generator `part`."""
    return round(check_real(type(part).__name__, "excitatory_fraction", part.excitatory_fraction, 0, 1) * n_units)


class GraphCircuit(BaseEstimator):
    """Base of circuits wired by a graph that does not look at the kinds of the units.

    A family has `n_units`, `n_synapses_per_unit`, the parameters that `build` reads, and
    ``_connect(n_synapses, rng)``, which returns senders and receivers.
    """

    n_units: int
    n_synapses_per_unit: float

    def draw(self, rng: np.random.Generator, n_inputs: int = 1) -> Circuit:
        """A circuit with this many input channels."""
        n_synapses = self.expected_synapses()
        return build(self, self.n_units, lambda _: self._connect(n_synapses, rng), rng, n_inputs)

    def expected_synapses(self) -> float:
        """Mean number of recurrent synapses over all draws."""
        owner = type(self).__name__
        n_units = check_integer(owner, "n_units", self.n_units, 2)
        return n_units * check_real(owner, "n_synapses_per_unit", self.n_synapses_per_unit, 0, self._most())

    def _most(self) -> float:
        """Largest possible number of synapses a unit."""
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


def check_shape(owner: str, shape: Any) -> tuple[int, int, int]:
    """The sides of a grid, three integers >= 1."""
    if not isinstance(shape, (tuple, list)) or len(shape) != 3:
        raise parameter_error(owner, "shape", "three integers >= 1", shape)
    x, y, z = (check_integer(owner, "shape", side, 1) for side in shape)
    return x, y, z
