"""Past states: where a loop finds the state that the next step moves.

Without delays that is the present one, an array (n_values,) that steps move in place. With `DelayRuns` unit i hears,
and moves on from, the states of d_i steps ago, and the state of a reservoir is as many states as the longest delay has
steps, the newest first: (longest * n_values,) numbers. A loop writes them downwards into a buffer, so that the states
that are kept always stand in one piece, and moves that piece to the end of the buffer when it is full.

A loop begins with `past_of`, moves the units by `respond`, and ends with `keep`. They are found by the type of the
delays when a loop is compiled, so that a loop without delays is the plain one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from reservoir.compilation import kernel
from reservoir.neurons.products import Lagged, add_product
from reservoir.neurons.rate.unit import step


class DelayRuns(NamedTuple):
    """Delays of runs of neighbouring units."""

    longest: int
    ends: np.ndarray  # (n_runs,), where a run of units with the same delay ends
    steps: np.ndarray  # (n_runs,), their delay


class Past(NamedTuple):
    """The states that are kept, of which a loop looks back upon the last `longest`."""

    states: np.ndarray  # (room * n_values,), the newest first
    first: np.ndarray  # (1,), where the newest begins
    n_values: int  # of one state
    n_kept: int  # numbers of the states that are looked back upon


def delays_in_runs(delays: np.ndarray) -> DelayRuns | None:
    """Delays (n_units,) as the loops take them; None where all are 1."""
    if (delays == 1).all():
        return None
    ends = np.append(np.flatnonzero(np.diff(delays)) + 1, len(delays))
    return DelayRuns(int(delays.max()), ends, delays[ends - 1].astype(np.int64))


@kernel(forceinline=True)
def _copy(source, target):
    for i in range(source.size):
        target[i] = source[i]


@kernel()
def _past_of(delays, state, n_steps):
    size = state.size // delays.longest
    states = np.empty(state.size + min(state.size, n_steps * size), state.dtype)
    first = states.size - state.size
    _copy(state, states[first:])
    return Past(states, np.array([first]), size, state.size)


@kernel()
def _recall(delays, past):
    states, size, n_kept, n_units = past.states, past.n_values, past.n_kept, delays.ends[-1]
    first = past.first[0]
    if first == 0:
        first = states.size - n_kept
        _copy(states[:n_kept], states[first:])
    past.first[0] = first - size
    new = states[first - size : first]
    for begin in range(0, size, n_units):
        start = 0
        for k in range(delays.ends.size):
            place, n_alike = first + (delays.steps[k] - 1) * size + begin + start, delays.ends[k] - start
            _copy(states[place : place + n_alike], new[begin + start : begin + delays.ends[k]])
            start = delays.ends[k]
    return new


@kernel()
def _keep(past, state):
    _copy(past.states[past.first[0] : past.first[0] + state.size], state)


@kernel()
def _looked_back(past):
    """The states before the one that was recalled last, the newest first."""
    first = past.first[0] + past.n_values
    return past.states[first : first + past.n_kept]


def past_of(delays: DelayRuns | None, state: np.ndarray, n_steps: int) -> Any:
    """What is looked back upon from a state on, for at most so many steps; 0 without delays."""
    return 0 if delays is None else _past_of(delays, state, n_steps)


def recall(delays: DelayRuns | None, past: Any, state: np.ndarray) -> np.ndarray:
    """The state (n_values,) that the next step moves: the present one, or its place among the states that are kept."""
    return state if delays is None else _recall(delays, past)


def add_past_product(matrix: Any, x: np.ndarray, past: Any, scratch: np.ndarray, out: np.ndarray) -> None:
    """Add W x to `out`, for the x (n_units,) that was recalled; a `Lagged` matrix hears all states that are kept."""
    add_product(matrix, _looked_back(past) if isinstance(matrix, Lagged) else x, scratch, out)


def respond(
    delays: DelayRuns | None, matrix: Any, cells: Any, past: Any, state: np.ndarray, x: np.ndarray,
    scratch: np.ndarray, heard: np.ndarray,
) -> None:  # fmt: skip
    """Let units hear one another beside what they have heard, and move them; x (n_units,) is the first of the state."""
    if delays is None:
        add_product(matrix, x, scratch, heard)
        step(cells, state, heard, scratch)
    else:
        old = _recall(delays, past)
        add_past_product(matrix, old[: heard.size], past, scratch, heard)
        step(cells, old, heard, scratch)


def keep(delays: DelayRuns | None, past: Any, state: np.ndarray) -> None:
    """Write the states that are looked back upon into the state from which `past` came."""
    if delays is not None:
        _keep(past, state)


@overload(past_of)
def _typed_past_of(delays, state, n_steps):
    if isinstance(delays, types.NoneType):
        return lambda delays, state, n_steps: 0
    return lambda delays, state, n_steps: _past_of(delays, state, n_steps)


@overload(recall)
def _typed_recall(delays, past, state):
    if isinstance(delays, types.NoneType):
        return lambda delays, past, state: state
    return lambda delays, past, state: _recall(delays, past)


@overload(add_past_product)
def _typed_add_past_product(matrix, x, past, scratch, out):
    if getattr(matrix, "instance_class", None) is Lagged:
        return lambda matrix, x, past, scratch, out: add_product(matrix, _looked_back(past), scratch, out)
    return lambda matrix, x, past, scratch, out: add_product(matrix, x, scratch, out)


@overload(respond, inline="always")
def _typed_respond(delays, matrix, cells, past, state, x, scratch, heard):
    def present(delays, matrix, cells, past, state, x, scratch, heard):
        add_product(matrix, x, scratch, heard)
        step(cells, state, heard, scratch)

    def late(delays, matrix, cells, past, state, x, scratch, heard):
        old = _recall(delays, past)
        add_past_product(matrix, old[: heard.size], past, scratch, heard)
        step(cells, old, heard, scratch)

    return present if isinstance(delays, types.NoneType) else late


@overload(keep)
def _typed_keep(delays, past, state):
    if isinstance(delays, types.NoneType):
        return lambda delays, past, state: None
    return lambda delays, past, state: _keep(past, state)
