"""Whether the synapses of a circuit suit units: what a spike moves them by."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.projection import Projection
from reservoir.circuits.synapse_statistics import KINDS, SynapseStatistics, scales_by_kind
from reservoir.circuits.time_course import seconds_of
from reservoir.parts import SpikingUnit, Units
from reservoir.quantities import PlausibilityWarning
from reservoir.validation import parameter_error

_LARGEST = 0.05  # volts; no synapse of a neuron comes near
_ABSURD = 0.5  # volts; not even the strongest of synapses that are drawn around a mean
_FAR = 25.0  # times the way from rest to threshold; the same of units whose voltage has a wide scale


def check_suited(owner: str, circuit: Circuit, models: Iterable[tuple[SpikingUnit, np.ndarray]]) -> None:
    """Refuse currents and jumps of which most move the units of a model further than any synapse does.

    Where few do, and much further, a `PlausibilityWarning` says so. Conductances are not asked, since no voltage passes
    their reversal, and neither is a record without `scales`; units that do not hear them are refused. A model is a
    record and the numbers of its units.
    """
    for record, units in models:
        if not getattr(record, "hears_conductances", True):
            _check_currents(owner, circuit, record, units)
        if not hasattr(record, "scales"):
            continue
        farads, limits = np.full((2, circuit.n_units), np.inf)
        with np.errstate(all="ignore"):  # of units that overflow, which the first steps tell
            farads[units], volts = record.scales(circuit.excitatory[units])
            limits[units] = np.maximum(_ABSURD, _FAR * volts)
        parts = [part for _, _, part in circuit.pathways() if part.reversal is None]
        found = np.concatenate([np.zeros(0), *(_moves(part, farads) for part in parts)])
        limits = np.concatenate([np.zeros(0), *(limits[part.post] for part in parts)])[found > 0]
        found = found[found > 0]
        if np.count_nonzero(found > _LARGEST) > found.size / 2:
            median = float(np.median(found))
            wanted = (
                f"one that suits the synapses, half of which move a unit by {median:.2g} volts or more a spike; "
                'preset=PRESETS["maass2002"].suited_to(neuron) suits, see reservoir.circuits.synapse_statistics'
            )
            raise parameter_error(owner, "neuron", wanted, record)
        if n_absurd := np.count_nonzero(found > limits):
            text = (
                f"{n_absurd} of {found.size} synapses of the circuit of {owner} move a unit of {type(record).__name__} "
                f"by {_ABSURD:g} volts or more a spike, up to {found.max():.2g}. Are their weights in SI units?"
            )
            warnings.warn(text, PlausibilityWarning, stacklevel=4)


def _check_currents(owner: str, circuit: Circuit, record: SpikingUnit, units: np.ndarray) -> None:
    """Refuse synapses with a reversal onto units that do not hear conductances."""
    if any(part.reversal is not None and np.isin(part.post, units).any() for _, _, part in circuit.pathways()):
        wanted = "units that hear conductances, for synapses with a reversal; they do not"
        raise parameter_error(owner, "neuron", wanted, record)


def suits(statistics: SynapseStatistics, neuron: Units) -> bool:
    """Whether excitatory currents with these means are none that `check_suited` refuses."""
    scales = None if neuron is None or statistics.EE.reversal is not None else scales_by_kind(neuron)
    if scales is None:
        return True
    farads, _ = scales
    pairs = [getattr(statistics, kind) for kind in KINDS]
    moves = [abs(pair.charge) / (1 if pair.jumps else farads[int(kind[1] == "I")])
             for pair, kind in zip(pairs, KINDS, strict=True)]  # fmt: skip
    return max(moves) < _LARGEST


def _moves(part: Projection, farads: np.ndarray) -> np.ndarray:
    """Volts (n_synapses,) by which the charge of a spike moves a membrane without a leak; 0 for that of other units."""
    share = 1.0 if part.U is None else part.U
    if part.weight_unit == "volt":
        volts = np.where(np.isfinite(farads[part.post]), np.abs(part.weight) * share, 0.0)
    else:
        volts = np.abs(part.weight) * share * seconds_of(part.time_constant, part.rise_time) / farads[part.post]
    return np.asarray(volts)
