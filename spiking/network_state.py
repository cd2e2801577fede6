"""A network of Brian2 that goes on from where another one has stopped.

What a state holds is `units.<variable>` (n_units,), `<projection>.<variable>` (n_synapses,) of synapses that learn or
are dynamic, 0 where a unit or a synapse has none of the name, and `sent` (n, 2), the spikes (step, sender) of the last
steps, whose arrivals, and reports, may lie ahead. The clock of Brian2 goes on as well, since rules may know times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from reservoir.systems.circuit_state import CircuitState
from reservoir.validation import parameter_error
from spiking.input_sources import nth_of
from spiking.pathways import Path
from spiking.rule_operations import first_untold

if TYPE_CHECKING:
    from spiking.side_by_side import SideBySide

_DYNAMIC = ("u", "R", "last")
_FIRST_OF_ALL = -1000  # the order of what is done first in a step


def begin(built: SideBySide) -> list[Any]:
    """Put a network where its trials go on: the operations that it needs for that."""
    states = [trial.state for trial in built.trials]
    for tile, state in enumerate(states):
        if state is not None:
            _put(built, tile, state)
    if all(state is None for state in states):
        return []
    send = _once(lambda: _send_again(built))
    return [built.brian2.NetworkOperation(
        send, clock=built.clock, when="start", order=_FIRST_OF_ALL, name="send_again"
    )]  # fmt: skip


def _once(work: Callable[[], None]) -> Callable[[], None]:
    waits = [work]

    def do() -> None:
        while waits:
            waits.pop()()

    return do


def state_of(built: SideBySide, tile: int, spikes: np.ndarray) -> dict[str, np.ndarray]:
    """Where a trial has stopped that has given these spikes (step, unit)."""
    arrays: dict[str, np.ndarray] = {}
    old, sizes = _old_names(built), _sizes(built)
    for group in built.groups:
        own = slice(tile * len(group.units), (tile + 1) * len(group.units))
        for name, variable in _carried(built, built.sources[group.name]):
            values = arrays.setdefault(f"units.{old.get(name, name)}", np.zeros(built.n_units))
            values[group.units] = np.asarray(variable.get_value(), dtype=float)[own]
    for path, synapses in zip(built.network.paths, built.synapses, strict=True):
        own, size = slice(tile * len(path.pre), (tile + 1) * len(path.pre)), sizes[path.projection]
        for name, variable in _of_path(built, path, synapses):
            values = arrays.setdefault(f"{path.projection}.{name}", np.zeros(size))
            values[path.which] = np.asarray(variable.get_value(), dtype=float)[own]
    trial = built.trials[tile]
    sent = np.concatenate([trial.sent, spikes, trial.events[trial.events[:, 1] >= built.n_units]])
    sent = sent[np.lexsort((sent[:, 1], sent[:, 0]))] - np.array([trial.n_steps, 0])
    return arrays | {"sent": sent[sent[:, 0] >= -_longest(built)]}


def _old_names(built: SideBySide) -> dict[str, str]:
    """The names of variables of units, by those under which Brian2 knows them."""
    return {new: old for old, new in built.new.items()}


def _sizes(built: SideBySide) -> dict[str, int]:
    """How many synapses each projection has; every one stands in a path."""
    sizes: dict[str, int] = {}
    for path in built.network.paths:
        sizes[path.projection] = max(sizes.get(path.projection, 0), 1 + int(path.which.max()))
    return sizes


def _carried(built: SideBySide, group: Any) -> Iterator[tuple[str, Any]]:
    """The variables of a group, or of synapses, that a step hands on to the next."""
    for name, variable in group.variables.items():
        array = variable.array and not variable.constant and not variable.scalar
        if array and variable.owner is not None and variable.owner.name == group.name:
            if not name.startswith("_") and name not in built.fed:
                yield name, variable


def _of_path(built: SideBySide, path: Path, synapses: Any) -> Iterator[tuple[str, Any]]:
    """The same of the synapses of a path: all that changes where they learn, otherwise what spikes change."""
    for name, variable in _carried(built, synapses):
        if path.rule is not None or (path.dynamics is not None and name in _DYNAMIC):
            yield name, variable


def _put(built: SideBySide, tile: int, state: CircuitState) -> None:
    """Give the variables of one tile the values of a state."""
    known, old, sizes = {"sent"}, _old_names(built), _sizes(built)
    for group in built.groups:
        own = slice(tile * len(group.units), (tile + 1) * len(group.units))
        for name, variable in _carried(built, built.sources[group.name]):
            key = f"units.{old.get(name, name)}"
            known.add(key)
            if key in state.arrays:
                _set(variable, own, _checked(state, key, built.n_units)[group.units])
            elif name not in built.of_rules:
                raise _unlike(f"no '{key}'")
    for path, synapses in zip(built.network.paths, built.synapses, strict=True):
        own, size = slice(tile * len(path.pre), (tile + 1) * len(path.pre)), sizes[path.projection]
        carried = dict(_of_path(built, path, synapses))
        knows = any(f"{path.projection}.{name}" in state.arrays for name in carried if name not in _DYNAMIC)
        for name, variable in carried.items():
            key = f"{path.projection}.{name}"
            known.add(key)
            if key in state.arrays:
                _set(variable, own, _checked(state, key, size)[path.which])
            elif knows or name in _DYNAMIC:
                raise _unlike(f"no '{key}'")
            elif name == "lastupdate":  # a rule that begins now
                _set(variable, own, np.full(len(path.pre), built.behind * built.network.dt))
    if others := sorted(set(state.arrays) - known):
        raise _unlike(f"'{others[0]}'")


def _set(variable: Any, own: slice, values: np.ndarray) -> None:
    now = np.array(variable.get_value())
    now[own] = values
    variable.set_value(now)


def _checked(state: CircuitState, key: str, size: int) -> np.ndarray:
    values = state.arrays[key]
    if values.shape != (size,):
        raise _unlike(f"'{key}' of shape {values.shape}")
    return values


def _unlike(found: str) -> Exception:
    return parameter_error("simulate", "state", "a state of the same circuit, units and rules", found)


def _longest(built: SideBySide) -> int:
    """How many steps back a spike may lie that still arrives, or that nobody has been told of."""
    dt, end = built.network.dt, built.behind + built.n_steps
    delays = [np.asarray(way.variables["delay"].get_value()) for part in built.synapses for way in part._pathways]
    longest = [int(np.floor(one.max(initial=0.0) / dt + 0.5)) for one in delays]
    told = [path.rule.feedback.every for path in built.network.paths
            if path.rule is not None and path.rule.feedback is not None]  # fmt: skip
    return max([0, *longest, *(end - first_untold(end, every, dt) for every in told)])


def _send_again(built: SideBySide) -> None:
    """Put the spikes that were on their way into the queues of all pathways, in the order in which they were sent."""
    for part in built.synapses:
        for way in part._pathways:
            events = _events_of(built, way)
            delays = np.asarray(way.variables["delay"].get_value())
            longest = int(np.floor(delays.max(initial=0.0) / built.network.dt + 0.5))
            for step in range(-longest, 0):
                senders = np.unique(events[events[:, 0] == step, 1]).astype(np.int32)
                if senders.size:
                    way.queue.push(senders)
                way.queue.advance()


def _events_of(built: SideBySide, way: Any) -> np.ndarray:
    """Spikes (step, number in the group) before this run that a pathway hears, of all tiles."""
    nth = int(way.event.removeprefix("again_")) if way.event.startswith("again_") else 0
    groups = {group.name: group.units for group in built.groups}
    name = next(name for name, source in built.sources.items() if source is way.source)
    size, found = len(way.source) // built.n_tiles, [np.zeros((0, 2), np.int64)]
    for tile, trial in enumerate(built.trials):
        events = trial.sent[nth_of(trial.sent) == nth]
        if name in groups:
            events = events[np.isin(events[:, 1], groups[name][built.network.listening[groups[name]]])]
            numbers = np.searchsorted(groups[name], events[:, 1])
        else:
            events = events[(events[:, 1] < built.n_units) == (name == "selves")]
            numbers = events[:, 1] - (0 if name == "selves" else built.n_units)
        found.append(np.column_stack([events[:, 0], numbers + tile * size]))
    return np.concatenate(found)
