"""Whether the synapses of a circuit suit units: what a spike moves them by."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.projection import Projection
from reservoir.circuits.synapse_statistics import KINDS, SynapseStatistics, scales_by_kind
from reservoir.parts import SpikingUnit, Units
from reservoir.validation import parameter_error

_LARGEST = 0.05  # volts; no synapse of a neuron comes near


def check_suited(owner: str, circuit: Circuit, models: Iterable[tuple[SpikingUnit, np.ndarray]]) -> None:
    """Refuse currents of which most move the units of a model further than any synapse does; conductances cannot.

    A model is a record and the numbers of its units. A record without `scales` is not asked. Conductances are refused
    where units do not hear them.
    """
    for record, units in models:
        if not getattr(record, "hears_conductances", True):
            _check_currents(owner, circuit, record, units)
        if not hasattr(record, "scales"):
            continue
        farads = np.full(circuit.n_units, np.inf)
        farads[units], _ = record.scales(circuit.excitatory[units])
        moves = [_moves(part, farads) for _, _, part in circuit.pathways() if part.reversal is None]
        found = np.concatenate([np.zeros(0), *moves])
        if np.count_nonzero(found > _LARGEST) > found.size / 2:
            median = float(np.median(found))
            wanted = (
                f"one that suits the synapses, half of which move a unit by {median:.2g} volts or more a spike; "
                'preset=PRESETS["maass2002"].suited_to(neuron) suits, see reservoir.circuits.synapse_statistics'
            )
            raise parameter_error(owner, "neuron", wanted, record)


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
    charges = [abs(pair.weight) * pair.U * pair.time_constant for pair in pairs]
    return max(charge / farads[int(kind[1] == "I")] for charge, kind in zip(charges, KINDS, strict=True)) < _LARGEST


def _moves(part: Projection, farads: np.ndarray) -> np.ndarray:
    """Volts (n_synapses,) by which the charge of a spike moves a membrane without a leak, where it is any."""
    share = 1.0 if part.U is None else part.U
    volts = np.abs(part.weight) * share * part.time_constant / farads[part.post]
    return volts[volts > 0]
