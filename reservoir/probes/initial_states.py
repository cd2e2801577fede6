"""The same input heard from different starts: rows (n_rows, n_features), or the `Steps` of a record of spikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from reservoir.parts import System
from reservoir.probes.driven_states import is_spiking
from reservoir.threads import spread
from reservoir.trains import Steps
from reservoir.trials import TrialState

_N_HISTORY = 100
_Seen = TypeVar("_Seen")


class InitialState(NamedTuple):
    """Where a run begins: what `run` takes (None is rest), and the row of states there (n_states,)."""

    state: Any
    row: np.ndarray


def rest(system: System, rows: np.ndarray | Steps) -> InitialState:
    """The start from rest."""
    states, final = system.run(rows[:1])
    known = is_spiking(system) or np.shape(final) == np.shape(states)[1:]
    return InitialState(None, np.zeros(np.shape(states)[1:]) if known else np.asarray(states)[0])


def drawn_start(system: System, rows: np.ndarray | Steps, rng: np.random.Generator) -> InitialState:
    """A random start: a state uniform in [-1, 1], or for spiking units that after a history of rows in random order.

    The clock of a trial begins anew behind the history, so that every start hears the same random numbers.
    Where the state is no row of states, as in a cell with a memory beside its output, the row after one row of input
    stands for it.
    """
    if is_spiking(system):
        states, final = system.run(rows[rng.integers(len(rows), size=_N_HISTORY)])
        return InitialState(_anew(final), states[-1])
    states, final = system.run(rows[:1])
    state = rng.uniform(-1, 1, size=np.shape(final)).astype(np.asarray(final).dtype)
    if state.shape == np.shape(states)[1:]:
        return InitialState(state, state)
    return InitialState(state, np.asarray(system.run(rows[:1], state)[0])[0])


def response(system: System, rows: np.ndarray | Steps, start: InitialState) -> np.ndarray:
    """States (n_rows, n_states) from a start on, in float64."""
    states = system.run(rows[:])[0] if start.state is None else system.run(rows[:], start.state)[0]
    return np.asarray(states, dtype=np.float64).reshape(len(rows), -1)


def from_each(
    system: System,
    rows: np.ndarray | Steps,
    starts: list[InitialState],
    see: Callable[[InitialState, np.ndarray], _Seen],
) -> list[_Seen]:
    """What a function sees of every start and the response to it; several threads take these where the system may."""
    work = 20.0 * len(rows) * len(starts) * starts[0].row.size * bool(getattr(system, "any_thread", False))
    return spread(lambda start: see(start, response(system, rows, start)), starts, work)


def apart(one: InitialState, other: InitialState, gaps: np.ndarray) -> float:
    """Distance of two starts, or the largest of the `gaps` to come where there is none."""
    return float(np.linalg.norm(np.subtract(one.row, other.row, dtype=np.float64))) or float(gaps.max())


def _anew(state: Any) -> Any:
    """The same state of a spiking system, or states of all that it holds, before the first step of the trial."""
    if isinstance(state, tuple | list):
        return type(state)(map(_anew, state))
    return replace(state, step=0) if isinstance(state, TrialState) else state
