"""Where synapses that learn have stopped, as arrays that a `CircuitState` holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reservoir.plasticity.plastic_synapses import LONG_AGO, SPIKE, Plastic, Travelling, Ways
from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.plastic_parts import PlasticPart, with_room
from reservoir.validation import parameter_error

_OF_BRANCHES = "heard", "passed"
_OF_SPIKES = SPIKE.names[1:] if SPIKE.names else ()


def stopped(plastic: Plastic, n_steps: int) -> dict[str, np.ndarray]:
    """What synapses carry on after so many steps, up to which they have been brought; step 0 is the next one."""
    table, log = plastic.branches.table, plastic.answers.log[:, : 1 + plastic.clock.most_behind].copy()
    log[:, :, 0] = np.maximum(log[:, :, 0] - n_steps, LONG_AGO)
    travelling = plastic.travelling.spikes[_in_order(plastic.travelling, n_steps)]
    travelling["sent"] -= n_steps
    return {
        "value": plastic.synapses.table["value"].copy(),
        "own": plastic.synapses.own.copy(),
        "used": np.stack([plastic.passing.dynamics[name] for name in ("u", "R")]),
        "branches": np.stack([np.maximum(table[name] - n_steps, LONG_AGO) for name in _OF_BRANCHES]),
        "x": plastic.branches.x.copy(),
        "travelling": np.stack([travelling[name] for name in _OF_SPIKES]),
        "log": log,
    }


def _in_order(travelling: Travelling, n_steps: int) -> np.ndarray:
    """The places of all spikes on their way, by the step in which they next arrive."""
    found, n_slots = [], len(travelling.lists)
    for step in range(n_steps, n_steps + n_slots):
        number = int(travelling.lists[step % n_slots]["first"])
        while number >= 0:
            found.append(number)
            number = int(travelling.spikes[number]["following"])
    return np.array(found, dtype=np.int64)


def shapes_of(part: PlasticPart) -> dict[str, tuple[int | None, ...]]:
    """The shapes of these arrays."""
    plastic = part.plastic
    n_units, _, width = plastic.answers.log.shape
    return {
        "value": plastic.synapses.table.shape,
        "own": plastic.synapses.own.shape,
        "used": (2, len(plastic.passing.dynamics)),
        "branches": (len(_OF_BRANCHES), len(plastic.branches.table)),
        "x": plastic.branches.x.shape,
        "travelling": (len(_OF_SPIKES), None),
        "log": (n_units, 1 + plastic.clock.most_behind, width),
    }


def go_on(plastic: Plastic, arrays: Mapping[str, np.ndarray], state: CircuitState) -> Plastic:
    """Give synapses at the beginning of a run what others have carried so far."""
    _check(plastic, arrays, state)
    plastic.synapses.table["value"], plastic.synapses.own[:] = arrays["value"], arrays["own"]
    for values, name in zip(arrays["used"], ("u", "R"), strict=True):
        plastic.passing.dynamics[name] = values
    for values, name in zip(arrays["branches"], _OF_BRANCHES, strict=True):
        plastic.branches.table[name] = values
    plastic.branches.x[:] = arrays["x"]
    plastic.answers.log[:, : arrays["log"].shape[1]] = arrays["log"]
    return plastic._replace(travelling=_on_their_way(plastic.travelling, plastic.ways, arrays["travelling"]))


def _on_their_way(travelling: Travelling, ways: Ways, sent: np.ndarray) -> Travelling:
    """The same with these spikes (n_numbers, n), in their order."""
    n = sent.shape[1]
    made = with_room(travelling, max(0, n - int(travelling.room[0])) + 1)
    place = int(made.free[0])
    for column in sent.T:
        spike, following = made.spikes[place], int(made.spikes[place]["following"])
        for value, name in zip(column, _OF_SPIKES, strict=True):
            spike[name] = value
        due = made.lists[(spike["sent"] + ways.table[spike["way"]]["delay"]) % len(made.lists)]
        spike["following"] = -1
        if due["first"] < 0:
            due["first"] = place
        else:
            made.spikes[due["last"]]["following"] = place
        due["last"], place = place, following
    made.free[0] = place
    made.room[0] -= n
    return made


def _check(plastic: Plastic, arrays: Mapping[str, np.ndarray], state: CircuitState) -> None:
    """Refuse spikes that no circuit like this one has sent."""
    sent = dict(zip(_OF_SPIKES, arrays["travelling"], strict=True))
    starts, ways = plastic.ways.starts, plastic.ways.table
    whole = all(arrays[name].dtype.kind == "i" for name in ("travelling", "branches"))
    good = whole and bool(((sent["sender"] >= 0) & (sent["sender"] < len(starts) - 1)).all())
    good = good and bool(((sent["way"] >= starts[sent["sender"]]) & (sent["way"] < starts[sent["sender"] + 1])).all())
    good = good and bool(((sent["sent"] < 0) & (sent["sent"] + ways["delay"][sent["way"]] >= 0)).all())
    good = good and bool((arrays["log"][:, :, 0] < 0).all() and (arrays["branches"] < 0).all())
    if not good:
        raise parameter_error("simulate", "state", "a state of the same circuit, units and rules", state)
