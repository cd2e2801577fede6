"""The parameters of synapses that generators of circuits share, and a circuit drawn with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from reservoir.circuits.array_record import sealed
from reservoir.circuits.circuit import Circuit
from reservoir.circuits.synapse_drawing import draw_inputs, draw_synapses
from reservoir.circuits.synapse_statistics import PRESETS, SynapseStatistics
from reservoir.estimators import BaseEstimator
from reservoir.sizes import check_fits
from reservoir.validation import Parameters, check_integer

Connections = tuple[np.ndarray, np.ndarray]
_NUMBERS_OF_A_UNIT, _NUMBERS_OF_A_SYNAPSE = 3, 4


@dataclass(eq=False, repr=False, kw_only=True)
class SynapseParameters(BaseEstimator):
    """Base of all that knows what synapses are like; the parameters are those of `Synapses`.

    A dataclass, so that a generator states only the parameters that it has besides.
    """

    excitatory_fraction: float = 0.8
    preset: str | SynapseStatistics = "maass2002"
    weight_scale: float = 1.0
    input_scale: float = 1.0
    input_probability: float = 0.3


class Synapses(SynapseParameters):
    """Synapses of a circuit, by the kinds of their two units: who is excitatory, weights, delays, dynamics, inputs.

        weight = weight_scale w,           w ~ Gamma, mean and deviation by the kinds of both units
        input weight = input_scale w',     w' by the kind of the unit alone
        P(unit hears channel) = input_probability

    `MaassColumn` has a table of the preset "maass2002", and says which of its numbers are this library's choice. Scales
    change no draw: circuits of the same seed differ by them alone.

    Parameters
    ----------
    excitatory_fraction : float in [0, 1], default 0.8
        Share of excitatory units, rounded to whole units; which ones is random.
    preset : a name in `reservoir.circuits.synapse_statistics.PRESETS` or SynapseStatistics, default "maass2002"
        Means of the synapses; the probabilities of connections in it play no part.
    weight_scale : float, default 1.0
        Factor of all recurrent weights.
    input_scale : float, default 1.0
        Factor of all input weights.
    input_probability : float in [0, 1], default 0.3
        Probability that a unit hears an input channel.

    Raises
    ------
    ValueError
        For a parameter out of range, when a circuit is drawn.

    References
    ----------
    For the preset: Maass, Natschläger, Markram 2002, Real-time computing without stable states: a new framework for
    neural computation based on perturbations, Neural Computation 14(11):2531-2560, doi:10.1162/089976602760407955.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import GraphCircuit, Synapses
    >>> circuit = GraphCircuit(50, synapses=Synapses(excitatory_fraction=1.0)).draw(np.random.default_rng(0))
    >>> bool((circuit.recurrent.weight > 0).all())
    True
    """


def draw_circuit(
    synapses: SynapseParameters,
    n_units: int,
    connect: Callable[[np.ndarray], Connections],
    rng: np.random.Generator,
    n_inputs: int,
    positions: np.ndarray | None = None,
) -> Circuit:
    """A circuit with such synapses.

    Drawn in this order: who is excitatory, the connections by `connect(excitatory)`, which returns senders and
    receivers, the synapses, the inputs. So scales change no draw, and the inputs change nothing before them. Synapses
    stand in the order of sender, then receiver.
    """
    p, statistics = Parameters(synapses), statistics_of(synapses)
    weight_scale, input_scale = p.real("weight_scale"), p.real("input_scale")
    probability = p.real("input_probability", 0, 1)
    check_integer(p.owner, "n_inputs", n_inputs, 0)
    excitatory = np.zeros(n_units, dtype=bool)
    excitatory[rng.permutation(n_units)[: n_excitatory(synapses, n_units)]] = True
    senders, receivers = connect(excitatory)
    ends = in_order(senders, receivers, n_units)
    del senders, receivers
    recurrent = draw_synapses(*ends, excitatory, statistics, rng, positions, weight_scale)
    inputs = draw_inputs(n_inputs, probability, excitatory, statistics, rng)
    inputs = replace(inputs, weight=sealed(input_scale * inputs.weight))
    return Circuit(excitatory, recurrent, inputs, n_inputs, positions)


def in_order(senders: np.ndarray, receivers: np.ndarray, n_receivers: int) -> Connections:
    """Senders and receivers in the order of the senders, then of the receivers, for a record to keep."""
    pairs = senders.astype(np.int64)
    pairs *= n_receivers
    pairs += receivers
    pairs.sort()
    receivers = sealed((pairs % n_receivers).astype(np.int32))
    pairs //= n_receivers
    return sealed(pairs.astype(np.int32)), receivers


def check_synapses(part: SynapseParameters, name: str, n_units: int, n_synapses: float) -> None:
    """Refuse more units and synapses than fit into the memory."""
    what = f"{n_units:.3g} units and {n_synapses:.3g} synapses"
    n_bytes = 8.0 * (_NUMBERS_OF_A_UNIT * n_units + _NUMBERS_OF_A_SYNAPSE * n_synapses)
    check_fits(type(part).__name__, name, getattr(part, name), n_bytes, what)


def n_excitatory(synapses: SynapseParameters, n_units: int) -> int:
    """Excitatory units among `n_units`."""
    return round(Parameters(synapses).real("excitatory_fraction", 0, 1) * n_units)


def statistics_of(synapses: SynapseParameters) -> SynapseStatistics:
    """The statistics behind the `preset` parameter: a name in PRESETS, or a record of one's own."""
    if isinstance(synapses.preset, SynapseStatistics):
        return synapses.preset
    return PRESETS[Parameters(synapses).choice("preset", tuple(PRESETS))]
