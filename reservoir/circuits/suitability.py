"""Whether the synapses of a circuit suit units: what a spike moves them by."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.synapse_statistics import KINDS, SynapseStatistics, scales_by_kind
from reservoir.circuits.time_course import seconds_of
from reservoir.derived import Derived
from reservoir.parts import SpikingUnit, Units
from reservoir.quantities import PlausibilityWarning
from reservoir.validation import parameter_error

_LARGEST = 0.05  # volts; no synapse of a neuron comes near
_ABSURD = 0.5  # volts; not even the strongest of synapses that are drawn around a mean
_FAR = 25.0  # times the way from rest to threshold; the same of units whose voltage has a wide scale
_AT_A_TIME = 1 << 16  # synapses

Scales = tuple[np.ndarray, np.ndarray]
"""Farads of all units, and volts beyond which a move is absurd, infinite for units of other models, (n_units,) each."""


class Tally(NamedTuple):
    """How far the synapses of a circuit move the units of a model."""

    n_moving: int = 0  # that move them
    n_large: int = 0  # further than any synapse of a neuron
    n_absurd: int = 0
    largest: float = 0.0  # volts


_kept: Derived[list[Tally]] = Derived()


def check_suited(owner: str, circuit: Circuit, models: Iterable[tuple[SpikingUnit, np.ndarray]]) -> None:
    """Refuse currents and jumps of which most move the units of a model further than any synapse does.

    Where few do, and much further, a `PlausibilityWarning` says so. Conductances are not asked, since no voltage passes
    their reversal, and neither is a record without `scales`; units that do not hear them are refused. A model is a
    record and the numbers of its units.
    """
    asked = []
    for record, units in models:
        if not getattr(record, "hears_conductances", True):
            _check_currents(owner, circuit, record, units)
        if hasattr(record, "scales"):
            asked.append((record, _scales(circuit, record, units)))
    make = partial(_tallies, circuit, [scales for _, scales in asked])
    sources = [array.tobytes() for _, scales in asked for array in scales]
    tallies = _kept.get(circuit, sources, make) if circuit.frozen else make()
    for (record, scales), tally in zip(asked, tallies, strict=True):
        if tally.n_large > tally.n_moving / 2:
            moves = np.concatenate([moved for moved, _ in _moves(circuit, scales)])
            wanted = (
                f"one that suits the synapses, half of which move a unit by {np.median(moves[moves > 0]):.2g} volts or "
                'more a spike; preset=PRESETS["maass2002"].suited_to(neuron) suits, see '
                "reservoir.circuits.synapse_statistics"
            )
            raise parameter_error(owner, "neuron", wanted, record)
        if tally.n_absurd:
            text = (
                f"{tally.n_absurd} of {tally.n_moving} synapses of the circuit of {owner} move a unit of "
                f"{type(record).__name__} by {_ABSURD:g} volts or more a spike, up to {tally.largest:.2g}. Are their "
                "weights in SI units?"
            )
            warnings.warn(text, PlausibilityWarning, stacklevel=4)


def _scales(circuit: Circuit, record: Any, units: np.ndarray) -> Scales:
    farads, limits = np.full((2, circuit.n_units), np.inf)
    with np.errstate(all="ignore"):  # of units that overflow, which the first steps tell
        farads[units], volts = record.scales(circuit.excitatory[units])
        limits[units] = np.maximum(_ABSURD, _FAR * volts)
    return farads, limits


def _tallies(circuit: Circuit, scales: Iterable[Scales]) -> list[Tally]:
    """What synapses do to the units of each model."""
    found = []
    for one in scales:
        tally = Tally()
        for moves, limits in _moves(circuit, one):
            own = moves > 0
            tally = Tally(
                tally.n_moving + int(np.count_nonzero(own)),
                tally.n_large + int(np.count_nonzero(moves > _LARGEST)),
                tally.n_absurd + int(np.count_nonzero(own & (moves > limits))),
                max(tally.largest, float(moves.max(initial=0.0))),
            )
        found.append(tally)
    return found


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


def _moves(circuit: Circuit, scales: Scales) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Volts (n,) by which the charge of a spike moves a membrane without a leak, 0 for that of other units; limits."""
    farads, limits = scales
    for part in (part for _, _, part in circuit.pathways() if part.reversal is None):
        for first in range(0, len(part), _AT_A_TIME):
            rows = slice(first, first + _AT_A_TIME)
            post, volts = part.post[rows], np.abs(part.weight[rows])
            volts = volts * (1.0 if part.U is None else part.U[rows])
            if part.weight_unit == "volt":
                volts = np.where(np.isfinite(farads[post]), volts, 0.0)
            else:
                rise = None if part.rise_time is None else part.rise_time[rows]
                volts = volts * seconds_of(part.time_constant[rows], rise) / farads[post]
            yield np.asarray(volts), limits[post]
