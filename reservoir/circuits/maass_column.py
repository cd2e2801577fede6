"""The column of Maass, Natschläger and Markram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from math import prod

import numpy as np

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.synapse_statistics import KINDS
from reservoir.circuits.synapses import (
    Connections,
    SynapseParameters,
    check_synapses,
    draw_circuit,
    n_excitatory,
    statistics_of,
)
from reservoir.topologies.drawing import bernoulli_positions
from reservoir.validation import Parameters, check_integer

_BLOCK = 1 << 20  # pairs of units looked at together
_MOST_PAIRS = 1 << 24  # that are looked at one by one
_LEAST = 2.0**-53  # probability, below which no number of this precision falls


@dataclass(eq=False, repr=False)
class MaassColumn(SynapseParameters):
    """Column of spiking units on a grid, in which neighbours are likelier to be connected.

        P(a -> b) = C exp(-distance(a, b)**2 / lam**2)

    with the Euclidean distance in grid steps. Connections, synapses and which units are excitatory are random. The
    preset "maass2002" holds these means ("EI" is from excitatory to inhibitory):

        ==============  ====  ======  =====  =====
        kind             EE     EI     IE     II
        ==============  ====  ======  =====  =====
        C               0.3    0.2    0.4    0.1
        weight (nA)     30     60     -19    -19
        U               0.5    0.05   0.25   0.32
        D (s)           1.1    0.125  0.7    0.144
        F (s)           0.05   1.2    0.02   0.06
        delay (ms)      1.5    0.8    0.8    0.8
        decay (ms)      3      3      6      6
        ==============  ====  ======  =====  =====

    Weights are Gamma distributed with a standard deviation of 100 % of the mean; U, D and F normally with 50 %. Input
    synapses are static, 18 nA onto excitatory and 9 nA onto inhibitory units. The library's own choices: values of
    U, D, F that fall below 0 are drawn again evenly from (0, 2 mean] and U is at most 1; the current of all input
    synapses decays in 3 ms, as that of excitatory ones; inputs have no delay; and `input_probability`, `allow_self`.

    Up to 4096 units, every pair is looked at by itself. Of more, all pairs at one distance are drawn together, by the
    same law, so that the time grows with the synapses: 100,000 units take a second.

    Parameters
    ----------
    shape : three integers >= 1, default (15, 3, 3)
        Sides of the grid; the first index of a unit's place varies slowest.
    lam : float >= 0, default 2.0
        Reach of the connections in grid steps, the lambda above. 0: no recurrent connections.
    excitatory_fraction : float in [0, 1], default 0.8
        Share of excitatory units, rounded to whole units; which ones is random.
    preset : a name in `reservoir.circuits.synapse_statistics.PRESETS` or SynapseStatistics, default "maass2002"
        Means of connections and synapses; the table above, or one of your own.
    weight_scale : float, default 1.0
        Factor of all recurrent weights.
    input_scale : float, default 1.0
        Factor of all input weights.
    input_probability : float in [0, 1], default 0.3
        Probability that a unit hears a channel. As input weights do not vary, at 1 all channels would be heard alike
        and a circuit could not tell them apart; with a single channel 1 is a sound choice.
    allow_self : bool, default False
        Whether a unit may be connected to itself, at distance 0.

    Raises
    ------
    ValueError
        For a side below 1, a negative `lam`, or a share outside [0, 1].

    References
    ----------
    Maass, Natschläger, Markram 2002, Real-time computing without stable states: a new framework for neural
    computation based on perturbations, Neural Computation 14(11):2531-2560, doi:10.1162/089976602760407955.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> column = MaassColumn(lam=2.0)
    >>> circuit = column.draw(np.random.default_rng(0), n_inputs=4)
    >>> circuit.n_units, circuit.n_inputs, circuit.excitatory.sum().item()
    (135, 4, 108)
    >>> round(column.expected_synapses(), 1)
    637.4
    """

    shape: tuple[int, int, int] = (15, 3, 3)
    lam: float = 2.0
    _: KW_ONLY
    allow_self: bool = False

    def draw(self, rng: np.random.Generator, n_inputs: int = 1) -> Circuit:
        """A circuit with this many input channels and `positions` (n_units, 3) in grid steps."""
        p = Parameters(self)
        p.flag("allow_self")
        p.real("lam", 0)
        self._check_size()
        positions = np.indices(self._sides()).reshape(3, -1).T
        return draw_circuit(
            self, len(positions), lambda excitatory: self._connect(positions, excitatory, rng), rng, n_inputs, positions
        )

    def expected_synapses(self) -> float:
        """Mean number of recurrent synapses over all draws: the exact sum of the probabilities of all pairs."""
        shape, p = self._sides(), Parameters(self)
        lam, allow_self = p.real("lam", 0), p.flag("allow_self")
        if lam == 0:
            return 0.0
        n_units = int(np.prod(shape))
        nearness = 1.0
        for side in shape:
            steps = np.arange(1, side)
            nearness *= side + 2 * float((side - steps) @ np.exp(-((steps / lam) ** 2)))
        excitatory = n_excitatory(self, n_units)
        numbers = {"E": excitatory, "I": n_units - excitatory}
        statistics, total = statistics_of(self), 0.0
        for kind in KINDS:
            C, sender, receiver = getattr(statistics, kind).probability, kind[0], kind[1]
            alone = sender == receiver
            pairs = numbers[sender] * (numbers[receiver] - alone)  # ordered, of two different units
            if pairs:
                total += C * pairs * (nearness - n_units) / (n_units * (n_units - 1))
            total += C * numbers[sender] * (alone and allow_self)
        return float(total)

    def _check_size(self) -> None:
        n_units = prod(self._sides())
        check_synapses(self, "shape", n_units, 0)
        check_synapses(self, "lam", n_units, self.expected_synapses())

    def _sides(self) -> tuple[int, int, int]:
        if not isinstance(self.shape, (tuple, list)) or len(self.shape) != 3:
            raise Parameters(self).error("shape", "three integers >= 1")
        x, y, z = (check_integer(type(self).__name__, "shape", side, 1) for side in self.shape)
        return x, y, z

    def _connect(self, positions: np.ndarray, excitatory: np.ndarray, rng: np.random.Generator) -> Connections:
        """Senders and receivers; of many units those of all pairs at one distance are drawn together."""
        kinds = statistics_of(self)
        C = np.array([[kinds.II.probability, kinds.IE.probability], [kinds.EI.probability, kinds.EE.probability]])
        n_units, kind = len(positions), excitatory.astype(int)
        found: list[Connections] = [(np.zeros(0, dtype=np.int64),) * 2]
        if self.lam > 0 and n_units**2 > _MOST_PAIRS:
            found += self._by_distances(C, kind, rng)
        elif self.lam > 0:
            found += self._by_pairs(C, kind, positions, rng)
        return np.concatenate([part[0] for part in found]), np.concatenate([part[1] for part in found])

    def _by_pairs(
        self, C: np.ndarray, kind: np.ndarray, positions: np.ndarray, rng: np.random.Generator
    ) -> Iterator[Connections]:
        n_units, rows = len(positions), max(1, _BLOCK // len(positions))
        for first in range(0, n_units, rows):
            block = np.arange(first, min(first + rows, n_units))
            distance = ((positions[block][:, None] - positions) ** 2).sum(axis=2)
            probability = C[kind[block][:, None], kind] * np.exp(-distance / self.lam**2)
            if not self.allow_self:
                probability[np.arange(len(block)), block] = 0
            senders, receivers = np.nonzero(rng.random(probability.shape) < probability)
            yield senders + first, receivers

    def _by_distances(self, C: np.ndarray, kind: np.ndarray, rng: np.random.Generator) -> Iterator[Connections]:
        """The same law: of the pairs at a distance those that the largest C connects, of which the others keep a share.

        A pair is a way from one unit to the other, and the place at which it begins in the box where it may begin.
        """
        sides, largest = np.array(self._sides()), float(C.max())
        ways = ways_within(sides, self.lam * np.sqrt(max(0.0, np.log(max(largest, _LEAST) / _LEAST))))
        squares, first = (ways**2).sum(axis=1), 0
        for square, n_ways in zip(*np.unique(squares, return_counts=True), strict=True):
            own, first = ways[first : first + n_ways], first + n_ways
            if square == 0 and not self.allow_self:
                continue
            ends = np.cumsum(np.prod(sides - np.abs(own), axis=1))
            taken = bernoulli_positions(int(ends[-1]), largest * np.exp(-square / self.lam**2), rng)
            which = np.searchsorted(ends, taken, side="right")
            senders, receivers = pairs_at(sides, own[which], taken - np.concatenate([[0], ends])[which])
            kept = rng.random(len(taken)) * largest < C[kind[senders], kind[receivers]]
            yield senders[kept].astype(np.int32), receivers[kept].astype(np.int32)


def ways_within(sides: np.ndarray, reach: float) -> np.ndarray:
    """All ways (n, 3) from one place of a grid to another that is no farther than `reach`, the shortest first."""
    longest = np.minimum(sides - 1, int(min(reach, sides.max())))
    ways = np.stack(np.meshgrid(*(np.arange(-one, one + 1) for one in longest), indexing="ij"), axis=-1).reshape(-1, 3)
    squares = (ways**2).sum(axis=1)
    order = np.argsort(squares, kind="stable")
    return ways[order[: np.count_nonzero(squares <= reach**2)]]


def pairs_at(sides: np.ndarray, ways: np.ndarray, places: np.ndarray) -> Connections:
    """The two ends (n,) of these ways (n, 3), each of which begins in a place (n,) of the box where it may begin."""
    boxes, steps = sides - np.abs(ways), np.array([sides[1] * sides[2], sides[2], 1])
    rest, z = np.divmod(places, boxes[:, 2])
    x, y = np.divmod(rest, boxes[:, 1])
    senders = (np.column_stack([x, y, z]) + np.maximum(0, -ways)) @ steps
    return senders, senders + ways @ steps
