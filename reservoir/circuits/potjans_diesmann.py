"""The cortical microcircuit of Potjans and Diesmann."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from reservoir.circuits.array_record import sealed
from reservoir.circuits.circuit import Circuit, PoissonBackground
from reservoir.circuits.projection import Projection
from reservoir.estimators import BaseEstimator
from reservoir.sizes import check_fits
from reservoir.topologies.drawing import bernoulli_positions
from reservoir.validation import Parameters, check_integer

POPULATIONS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
PROBABILITIES = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
    ]
)
THALAMIC_PROBABILITIES = np.array([0.0, 0.0, 0.0983, 0.0619, 0.0, 0.0, 0.0512, 0.0196])
EXTERNAL_INDEGREES = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
RATES = np.array([0.971, 2.868, 4.746, 5.396, 8.142, 9.078, 0.991, 7.523])  # hertz
EXTERNAL_RATE = 8.0  # hertz
CAPACITANCE, MEMBRANE, SYNAPSE = 250e-12, 10e-3, 0.5e-3  # farads, seconds, seconds
AMPLITUDE, INHIBITION = 0.15e-3, -4.0  # volts; weight of an inhibitory synapse, in excitatory ones
DELAYS, SHORTEST_DELAY = np.array([1.5e-3, 0.75e-3]), 1e-4  # seconds, of excitatory and inhibitory senders
WEIGHT_VARIATION, DELAY_VARIATION = 0.1, 0.5  # standard deviations, in means


class PotjansDiesmann(BaseEstimator):
    """Column of cortex under 1 mm2: four layers with an excitatory and an inhibitory population each.

    All pairs of populations are joined by K synapses whose two ends are drawn evenly, so that a pair of units may share
    several, and a unit may hear itself:

        K = ln(1 - p) / ln(1 - 1 / (N N'))

    where p is the probability that two units are joined at all. Units are leaky integrate-and-fire, see `neuron`, with
    currents that decay in tau_s = 0.5 ms. A weight w changes the voltage of a unit at rest by at most

        PSP = w (tau_m / C) (tau_s / tau_m)**(tau_m / (tau_m - tau_s))

    which is 0.15 mV for an excitatory synapse, w = 87.8 pA; twice that from L4E to L23E; -4 times that for an
    inhibitory one. Each unit hears K_ext outside sources at 8 Hz, all of 0.15 mV, as one Poisson train. Weights are
    normal with a standard deviation of 10 %, delays, 1.5 ms from excitatory and 0.75 ms from inhibitory units, of 50 %;
    weights of the wrong sign and delays below 0.1 ms are drawn again. Sizes and K_ext of the full circuit, and the mean
    rates of its populations in hertz, on which the reduced ones rest:

        ========  =====  ====  =====  ====  ====  =====  =====  =====
        ..        L23E   L23I  L4E    L4I   L5E   L5I    L6E    L6I
        ========  =====  ====  =====  ====  ====  =====  =====  =====
        units     20683  5834  21915  5479  4850  1065   14395  2948
        K_ext     1600   1500  2100   1900  2000  1900   2900   2100
        rate      0.971  2.868 4.746  5.396 8.142 9.078  0.991  7.523
        ========  =====  ====  =====  ====  ====  =====  =====  =====

    A smaller circuit has scale N units and, for every unit, synapse_scale = k times the synapses, inside and outside.
    Weights w / sqrt(k) then keep the variance of the input, and a constant current its mean:

        I = (1 - sqrt(k)) tau_s (sum over populations of K / N w rate + K_ext w 8 Hz)

    with the numbers and weights of the full circuit, N being the size of the receiving population. Correlations
    between units are not kept, and rates but nearly: the fewer the synapses and the stronger each, the farther off.
    Measured here at scale 0.1, over several draws, all were within 26 % of those above with synapse_scale 0.2, the
    default there, within 19 % with 0.3 or 0.5, and within 32 % with 0.1, L23E and L4I being the farthest off.

    Input channels are thalamic fibres: each reaches a unit with probability 0.0983 (L4E), 0.0619 (L4I), 0.0512 (L6E),
    0.0196 (L6I), or 0, by synapses like those of excitatory units. The full circuit has 902 of them.

    Parameters
    ----------
    scale : float in (0, 1], default 0.1
        Share of the 77169 units; sizes are rounded, and every population keeps at least one. A synapse takes 24 bytes,
        41 while it is drawn, and 16 more in a simulation, all in all 0.24 GB at 0.1, 6 GB at 0.5 and 12 GB at 1.
    synapse_scale : float in (0, 1] or None, default None
        Share of the synapses of a unit. None: twice `scale`, at most 1 (the library's own choice); as `scale` keeps the
        probabilities that two units are joined.
    input_scale : float, default 1.0
        Factor of the weights of all input channels.

    Raises
    ------
    ValueError
        For a scale outside (0, 1], and a number of fibres below 0.

    References
    ----------
    van Albada, Helias, Diesmann 2015, Scalability of asynchronous networks is limited by one-to-one mapping between
    effective connectivity and correlations, PLoS Computational Biology 11(9):e1004490,
    doi:10.1371/journal.pcbi.1004490.
    Potjans and Diesmann 2014, The cell-type specific cortical microcircuit: relating structure and activity in a
    full-scale spiking network model, Cerebral Cortex 24(3):785-806, doi:10.1093/cercor/bhs358. The numbers are those of
    the network_params.py that NEST distributes.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits.potjans_diesmann import PotjansDiesmann
    >>> column = PotjansDiesmann(0.01)
    >>> circuit = column.draw(np.random.default_rng(0), n_inputs=1)
    >>> circuit.n_units, column.populations()["L4E"]
    (771, slice(265, 484, None))
    """

    def __init__(self, scale: float = 0.1, *, synapse_scale: float | None = None, input_scale: float = 1.0):
        self.scale = scale
        self.synapse_scale = synapse_scale
        self.input_scale = input_scale

    def draw(self, rng: np.random.Generator, n_inputs: int = 1) -> Circuit:
        """A circuit with this many thalamic fibres as input channels, and the eight populations by name."""
        check_integer(type(self).__name__, "n_inputs", n_inputs, 0)
        n_synapses = float(self.synapse_numbers().sum())
        check_fits(type(self).__name__, "scale", self.scale, 24 * n_synapses, f"{n_synapses:.3g} synapses")
        excitatory = np.repeat(np.arange(8) % 2 == 0, self.sizes())
        recurrent, inputs = self._draw_recurrent(rng), self._draw_inputs(n_inputs, rng)
        numbers = np.repeat(np.arange(8), self.sizes())
        named = {name: numbers == number for number, name in enumerate(POPULATIONS)}
        return Circuit(excitatory, recurrent, inputs, n_inputs, background=self.background(), populations=named)

    def background(self) -> PoissonBackground:
        """What the units hear from outside the column, and the current that restores their mean input."""
        share, sizes = self._scales()[1], self.sizes()
        weight = synaptic_weight(AMPLITUDE) / np.sqrt(share)
        return PoissonBackground(
            rate=np.repeat(EXTERNAL_INDEGREES * share * EXTERNAL_RATE, sizes),
            weight=np.full(sizes.sum(), weight),
            time_constant=np.full(sizes.sum(), SYNAPSE),
            current=np.repeat(self.currents(), sizes),
        )

    def sizes(self) -> np.ndarray:
        """Units of each population (8,)."""
        return np.maximum(1, np.round(SIZES * self._scales()[0])).astype(int)

    def populations(self) -> dict[str, slice]:
        """Which units a population has, by its name."""
        ends = np.cumsum(self.sizes()).tolist()
        return {name: slice(first, end) for name, first, end in zip(POPULATIONS, [0, *ends[:-1]], ends, strict=True)}

    def synapse_numbers(self) -> np.ndarray:
        """Recurrent synapses (8, 8), row = receiving population."""
        return np.round(_full_numbers() * np.prod(self._scales())).astype(int)

    def currents(self) -> np.ndarray:
        """Constant current (8,) that restores the mean input of a unit, amperes."""
        one, share = synaptic_weight(AMPLITUDE), self._scales()[1]
        inside = (_full_numbers() / SIZES[:, None] * _relative_weights()) @ RATES
        return (1 - np.sqrt(share)) * SYNAPSE * one * (inside + EXTERNAL_INDEGREES * EXTERNAL_RATE)

    @staticmethod
    def neuron() -> Any:
        """The units as a record `LIF` of `reservoir.neurons`.

        C = 250 pF, tau_m = 10 ms, rest and reset at -65 mV, threshold at -50 mV, held for 2 ms after a spike. The
        published initial voltages are normal, -58 +- 10 mV; those of `LIF` are uniform, here with the same mean and
        standard deviation.
        """
        spread = np.sqrt(3) * 10e-3
        return import_module("reservoir.neurons").LIF(
            time_constant=MEMBRANE,
            resistance=MEMBRANE / CAPACITANCE,
            rest=-65e-3,
            threshold=-50e-3,
            reset=-65e-3,
            refractory=2e-3,
            background=0.0,
            initial=(float(-58e-3 - spread), float(-58e-3 + spread)),
        )

    def _scales(self) -> tuple[float, float]:
        """Shares of the units, and of the synapses of a unit."""
        p = Parameters(self)
        scale = p.real("scale", 0, 1, closed="right")
        if self.synapse_scale is None:
            return scale, min(1.0, 2 * scale)
        return scale, p.real("synapse_scale", 0, 1, closed="right")

    def _draw_recurrent(self, rng: np.random.Generator) -> Projection:
        ends, numbers = list(self.populations().values()), self.synapse_numbers()
        weights = _relative_weights() * synaptic_weight(AMPLITUDE) / np.sqrt(self._scales()[1])
        room, first = _room(int(numbers.sum())), 0
        for receiver, sender in np.ndindex(8, 8):
            number = int(numbers[receiver, sender])
            rows = slice(first, first + number)
            for name, k in (("pre", sender), ("post", receiver)):
                room[name][rows] = rng.integers(ends[k].start, ends[k].stop, number)
            _draw(room, rows, weights[receiver, sender], DELAYS[sender % 2], rng)
            first += number
        return _projection(room)

    def _draw_inputs(self, n_inputs: int, rng: np.random.Generator) -> Projection:
        weight = Parameters(self).real("input_scale") * synaptic_weight(AMPLITUDE) / np.sqrt(self._scales()[1])
        parts = []
        for units, probability in zip(self.populations().values(), THALAMIC_PROBABILITIES, strict=True):
            size = units.stop - units.start
            channels, places = np.divmod(bernoulli_positions(n_inputs * size, probability, rng), size)
            room = _room(len(channels))
            room["pre"][:], room["post"][:] = channels, places + units.start
            _draw(room, slice(None), weight, DELAYS[0], rng)
            parts.append(_projection(room))
        return Projection.joined(parts)


def synaptic_weight(amplitude: float) -> float:
    """Amperes at the peak of the current that changes the voltage of a unit at rest by `amplitude` volts at most."""
    ratio = SYNAPSE / MEMBRANE
    return amplitude * CAPACITANCE / MEMBRANE * ratio ** (-1 / (1 - ratio))


def _full_numbers() -> np.ndarray:
    """Synapses (8, 8) of the full circuit, row = receiving population."""
    return np.log1p(-PROBABILITIES) / np.log1p(-1 / np.outer(SIZES, SIZES))


def _relative_weights() -> np.ndarray:
    """Mean weights (8, 8) in excitatory ones, row = receiving population."""
    weights = np.tile([1.0, INHIBITION], (8, 4))
    weights[POPULATIONS.index("L23E"), POPULATIONS.index("L4E")] = 2.0
    return weights


def _room(size: int) -> dict[str, np.ndarray]:
    """What synapses have each of their own."""
    types = {"pre": np.int32, "post": np.int32, "weight": np.float64, "delay": np.float64}
    return {name: np.empty(size, kind) for name, kind in types.items()}


def _draw(room: dict[str, np.ndarray], rows: slice, weight: float, delay: float, rng: np.random.Generator) -> None:
    """Weights and delays of these synapses, drawn around these means."""
    size = len(room["pre"][rows])
    room["weight"][rows] = np.sign(weight) * _normal(abs(weight), WEIGHT_VARIATION, 0.0, size, rng)
    room["delay"][rows] = _normal(delay, DELAY_VARIATION, SHORTEST_DELAY, size, rng)


def _projection(room: dict[str, np.ndarray]) -> Projection:
    time_constant = np.broadcast_to(SYNAPSE, room["pre"].shape)
    return Projection(**{name: sealed(values) for name, values in room.items()}, time_constant=time_constant)


def _normal(mean: float, variation: float, low: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Normal values; those below `low` are drawn again."""
    values = rng.normal(mean, variation * mean, size)
    again = np.flatnonzero(values < low)
    while again.size:
        values[again] = rng.normal(mean, variation * mean, again.size)
        again = again[values[again] < low]
    return values
