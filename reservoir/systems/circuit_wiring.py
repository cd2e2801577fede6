"""What the loop of spiking units needs of a circuit at one length of a step: its synapses, conductances, background."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.circuits.receptors import Receptors, receptors_of
from reservoir.derived import Derived
from reservoir.neurons.spiking.circuit_loop import Conductances
from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.magnesium import HALF_BLOCKED, MagnesiumBlocks
from reservoir.neurons.spiking.mixture import models_of
from reservoir.neurons.spiking.sending import Background, Dynamics, Releases, Wiring
from reservoir.random_numbers import RELEASE, Places, round_keys
from reservoir.systems.placed_synapses import ALL, Still, placed, starts_of

_NO_DYNAMICS = Dynamics(*[np.zeros(0, np.int64)] * 3, *[np.zeros(0)] * 3)


class Prepared(NamedTuple):
    """The synapses of a circuit as the loop wants them, at one length of a step."""

    wiring: Wiring
    releases: Releases | None  # what those do that do not release every spike; without keys and steps
    starts: np.ndarray  # (n_senders, n_slices + 1), see `starts_of`
    shortest: int  # delay, steps


class Kinds(NamedTuple):
    """The kinds of synapses of a circuit, of which kernels want two currents."""

    of_units: Receptors
    n_of_synapses: int  # the first ones, that synapses have


_kinds: Derived[Kinds] = Derived()
_prepared: Derived[Prepared] = Derived()


def kinds_of(circuit: Circuit) -> Kinds:
    """The kinds of a circuit, kept as long as it lives."""
    return _kinds.get(circuit, (), lambda: _make_kinds(circuit)) if circuit.frozen else _make_kinds(circuit)


def _make_kinds(circuit: Circuit) -> Kinds:
    found = receptors_of(circuit)
    n_missing = max(0, 2 - len(found.currents))
    unheard = 1.0 + found.currents.max(initial=0.0) + np.arange(n_missing)
    kinds = found._replace(currents=np.append(found.currents, unheard))
    behind = len(kinds.conductances) + kinds.jumps
    return Kinds(kinds, kinds.n_receptors if behind else len(found.currents))


def prepare(circuit: Circuit, kinds: Kinds, dt: float, still: Still = ALL) -> Prepared:
    """What `make_wiring` makes of a circuit, whole and for the last `dt` kept as long as it lives."""
    if still or not circuit.frozen:
        return make_wiring(circuit, kinds, dt, still)
    return _prepared.get(circuit, (np.float64(dt).tobytes(),), lambda: make_wiring(circuit, kinds, dt))


def make_wiring(circuit: Circuit, kinds: Kinds, dt: float, still: Still = ALL) -> Prepared:
    """The synapses in the order of their senders; of the projections of `still` only those that it says."""
    starts = starts_of(circuit, still)
    delays = [_steps(part.delay[[part.delay.argmin(), part.delay.argmax()]], dt) for part in _parts(circuit)]
    wiring = Wiring(
        begins=starts[:, 0].copy(),
        ends=starts[:, -1].copy(),
        receiver=np.empty(starts.max(initial=0), np.int32),
        place=np.empty(starts.max(initial=0), np.int32),
        weight=np.empty(starts.max(initial=0), _type_of_weights(circuit)),
        n_slots=1 + max((int(longest) for _, longest in delays), default=0),
        n_kinds=kinds.n_of_synapses,
        first_unit=0,
        dynamics=_NO_DYNAMICS,
        decay=kinds.of_units.decays(dt),
        reversal=kinds.of_units.conductances[:, 0].copy(),
    )
    releases, dynamics = _no_releases(circuit, len(wiring.weight)), [(np.zeros(0, np.int64), np.zeros((3, 0)))]
    for piece, places in placed(circuit, starts, still):
        part, share = piece.projection, kinds.of_units.of(piece.projection, piece.which)[piece.term]
        weight = piece.of(part.weight) if part.reversal is None else np.abs(piece.of(part.weight))
        wiring.receiver[places] = piece.of(part.post)
        wiring.place[places] = _steps(piece.of(part.delay), dt) * wiring.n_kinds + share.receptor
        wiring.weight[places] = weight * share.factor
        if releases is not None:
            released_with = part.release_probability
            releases.probability[places] = 1.0 if released_with is None else piece.of(released_with)
            releases.number[places] = piece.first_number + piece.which
        if part.U is not None and part.D is not None and part.F is not None:
            dynamics.append((places, np.stack([piece.of(part.U), dt / piece.of(part.D), dt / piece.of(part.F)])))
    shortest = min((int(least) for least, _ in delays), default=0)
    return Prepared(wiring._replace(dynamics=_dynamics(wiring, dynamics)), releases, starts, shortest)


def _parts(circuit: Circuit) -> list[Projection]:
    """The projections that have synapses."""
    return [part for _, _, part in circuit.pathways() if len(part)]


def _steps(seconds: np.ndarray, dt: float) -> np.ndarray:
    return np.floor(seconds / dt + 0.5).astype(np.int64)


def _type_of_weights(circuit: Circuit) -> np.dtype[Any]:
    """That of the weights, where they are not multiplied by anything."""
    parts = _parts(circuit)
    if not parts or any(part.rise_time is not None for part in parts):
        return np.dtype(np.float64)
    return np.result_type(*(part.weight for part in parts))


def _no_releases(circuit: Circuit, n_synapses: int) -> Releases | None:
    """Room for what synapses release; None where all release all."""
    given = [part.release_probability for _, _, part in circuit.pathways() if part.release_probability is not None]
    if all((probability == 1).all() for probability in given):
        return None
    nothing = np.zeros((0, 2), np.uint64)
    return Releases(np.empty(n_synapses), np.empty(n_synapses, np.int64), nothing, nothing)


def _dynamics(wiring: Wiring, pieces: list[tuple[np.ndarray, np.ndarray]]) -> Dynamics:
    """The dynamic synapses, from their places and U, 1 / D and 1 / F, in the order of those."""
    synapse, numbers = (np.concatenate(parts, axis=-1) for parts in zip(*pieces, strict=True))
    order = np.argsort(synapse)
    synapse = synapse[order]
    begins, ends = (np.searchsorted(synapse, edges) for edges in (wiring.begins, wiring.ends))
    utilisation, recovery, facilitation = np.ascontiguousarray(numbers[:, order])
    return Dynamics(begins, ends, synapse, utilisation, recovery, facilitation)


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
