"""What the loop of spiking units needs of a circuit at one length of a step: its synapses, conductances, background."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.circuits.receptors import Receptors
from reservoir.neurons.spiking.circuit_loop import Conductances
from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.magnesium import HALF_BLOCKED, MagnesiumBlocks
from reservoir.neurons.spiking.mixture import models_of
from reservoir.neurons.spiking.sending import Background, Releases, Wiring
from reservoir.random_numbers import RELEASE, Places, round_keys


def make_wiring(
    circuit: Circuit, kinds: Receptors, dt: float, still: Mapping[str, np.ndarray] = MappingProxyType({})
) -> tuple[Wiring, Releases | None]:
    """The synapses in the order of their senders, and what those do that do not release every spike.

    Of the projections of `still` only those (n_synapses,) that it says; the others learn.
    """
    columns = {name: np.concatenate(parts) for name, parts in _columns(circuit, kinds, dt, still).items()}
    probability, number = columns.pop("probability"), columns.pop("number")
    senders = columns.pop("senders")
    order = np.argsort(senders, kind="stable")
    wiring = Wiring(
        starts=np.searchsorted(senders[order], np.arange(circuit.n_units + circuit.n_inputs + 1)),
        decay=kinds.decays(dt),
        reversal=kinds.conductances[:, 0].copy(),
        **{name: values[order] for name, values in columns.items()},
    )
    if (probability == 1).all():
        return wiring, None
    return wiring, Releases(probability[order], number[order], np.zeros((0, 2), np.uint64), np.zeros((0, 2), np.uint64))


def _columns(
    circuit: Circuit, kinds: Receptors, dt: float, still: Mapping[str, np.ndarray]
) -> dict[str, list[np.ndarray]]:
    """The fields of `Wiring` and more, in pieces: one for each exponential of each projection."""
    found: dict[str, list[np.ndarray]] = {}
    first = 0
    for projection, source, part in circuit.pathways():
        utilisation, recovery, facilitation = _dynamics(part, dt)
        weight = part.weight if part.reversal is None else np.abs(part.weight)
        for receptor, factor in kinds.of(part):
            piece = {
                "senders": part.pre + (0 if source == "units" else circuit.n_units),
                "receiver": part.post,
                "current": receptor,
                "delay": np.floor(part.delay / dt + 0.5).astype(np.int64),
                "weight": weight * factor,
                "utilisation": utilisation,
                "recovery": recovery,
                "facilitation": facilitation,
                "probability": np.ones(len(part)) if part.release_probability is None else part.release_probability,
                "number": first + np.arange(len(part)),
            }
            for name, values in piece.items():
                found.setdefault(name, []).append(values[still[projection]] if projection in still else values)
        first += len(part)
    return found


def _dynamics(projection: Projection, dt: float) -> list[np.ndarray]:
    """U (negative where synapses are static), and the inverse of D and F in steps."""
    if projection.U is None or projection.D is None or projection.F is None:
        return [np.full(len(projection), -1.0), np.zeros(len(projection)), np.zeros(len(projection))]
    return [projection.U, dt / projection.D, dt / projection.F]


def released(releases: Releases | None, seed: int, places: Places) -> Releases | None:
    """The same for the steps of these places."""
    if releases is None:
        return None
    return releases._replace(keys=round_keys(seed, RELEASE), when=places.each())


def make_background(circuit: Circuit, kinds: Receptors) -> Background | None:
    """What units hear from outside, without the counts; None for nothing."""
    heard = circuit.background
    if heard is None:
        return None
    shares = kinds.of(heard)
    weights = np.array([share.factor * heard.weight for share in shares])
    return Background(np.zeros((0, circuit.n_units)), np.array([share.receptor for share in shares]), weights)


def make_conductances(kinds: Receptors, dt: float) -> tuple[Conductances | None, MagnesiumBlocks | None]:
    """What the kinds of conductances are like, and what blocks them; None for nothing."""
    if not len(kinds.conductances):
        return None, None
    reversal, tau, magnesium = kinds.conductances.T.copy()
    conductances = Conductances(reversal, mean_decay(tau, dt))
    found = np.unique(magnesium[magnesium > 0])
    if not found.size:
        return conductances, None
    of = np.where(magnesium > 0, np.searchsorted(found, magnesium), -1)
    return conductances, MagnesiumBlocks(found / HALF_BLOCKED, of)


def held_units(neuron: Any, cells: Any, n_units: int) -> np.ndarray:
    """Which units (n_units,) stand still in their refractory time; those that do not say do."""
    held = np.ones(n_units, dtype=bool)
    for _, part, units in models_of(neuron, cells, n_units):
        if hasattr(part, "statements"):
            held[units] = part.statements().held
    return held
