"""Where a simulation of a circuit has stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.trials import Trial, trial_numbers
from reservoir.validation import as_generator, check_choice, check_integer, check_real, parameter_error

_ENGINES = "numba", "brian2"
_LARGEST = 2**63 - 1


@dataclass(frozen=True, eq=False)
class CircuitState:
    """Where a simulation of a circuit has stopped, so that another one goes on from there.

    `reservoir.simulate` and `spiking.simulate` give it with ``record="state"`` and take it as ``state=``: two runs, the
    second from the state of the first, give the bits of one, with all random numbers, delays, synapses and what was
    learned. The circuit, the units, the rules and `dt` must be those of the first. `reservoir.save` keeps it.

    Attributes
    ----------
    engine : "numba" or "brian2", which has made it and goes on from it
    arrays : dict of arrays
        Variables of units and synapses, and spikes on their way, in the words of the engine.
    dt : float, seconds
    seed : int, of all random numbers
    trial : int, which repeat it is
    step : int, how many steps lie behind
    """

    engine: str
    arrays: Mapping[str, np.ndarray]
    dt: float
    seed: int
    trial: int
    step: int

    def __post_init__(self) -> None:
        owner = type(self).__name__
        check_choice(owner, "engine", self.engine, _ENGINES)
        arrays = self.arrays
        plain = isinstance(arrays, Mapping) and all(isinstance(one, np.ndarray) for one in arrays.values())
        if not plain or not all(one.dtype.kind in "fi" and np.isfinite(one).all() for one in arrays.values()):
            raise parameter_error(owner, "arrays", "a dict of arrays of finite numbers", arrays)
        check_real(owner, "dt", self.dt, 0, closed="neither", unit="second")
        for name in ("seed", "trial", "step"):
            check_integer(owner, name, getattr(self, name), 0, _LARGEST)

    def __repr__(self) -> str:
        return f"<CircuitState: before step {self.step} of trial {self.trial}, {self.engine}>"


class Starts:
    """Where the trials of a call begin: at rest, or where others have stopped."""

    def __init__(self, engine: str, state: Any, trial: Trial | None, dt: float, random_state: Any):
        self.many = isinstance(state, list | tuple)
        self.states: list[CircuitState] | None = None if state is None else list(state) if self.many else [state]
        self._trial = trial
        if self.states is not None:
            self._check(engine, state, dt)
        known = None if self.states is None else self.states[0].seed
        drawn = None if known is not None and random_state is None else as_generator("simulate", random_state)
        self.seed = int(drawn.integers(2**63)) if drawn is not None else int(known or 0)
        if known is not None and self.seed != known:
            wanted = "left out, or the one with which the state was made"
            raise parameter_error("simulate", "random_state", wanted, random_state)

    def _check(self, engine: str, given: Any, dt: float) -> None:
        states = self.states or []
        if not states or not all(isinstance(one, CircuitState) for one in states):
            raise parameter_error("simulate", "state", "None, a CircuitState, or a list of them", given)
        if any(one.engine != engine for one in states):
            wanted = f"a state of the same engine, {engine}"
            raise parameter_error("simulate", "state", wanted, given)
        if any(one.dt != dt for one in states):
            raise parameter_error("simulate", "state", f"a state of the same dt, {dt:g} s", states[0].dt)
        if len({one.seed for one in states}) > 1:
            raise parameter_error("simulate", "state", "a list of states of one call", given)

    def of_trials(self, n_trials: int, many: bool) -> tuple[list[CircuitState | None], np.ndarray]:
        """The state of every trial, None at rest, and their numbers (n_trials,)."""
        trial = self._trial
        if self.states is None:
            numbers = np.arange(n_trials) if trial is None else trial_numbers("simulate", trial, n_trials, many)
            return [None] * n_trials, numbers
        if self.many != many or len(self.states) != n_trials:
            wanted = f"None or one state for each of {n_trials} trials" if many else "None or one state"
            raise parameter_error("simulate", "state", wanted, self.states)
        known = np.array([one.trial for one in self.states])
        if trial is not None and (trial_numbers("simulate", trial, n_trials, many) != known).any():
            raise parameter_error("simulate", "trial", "left out, or that of the state", trial)
        return list(self.states), known


def check_sent(state: CircuitState, n_senders: int) -> None:
    """Refuse a state whose spikes on their way come from senders that the circuit does not have, or are to come."""
    sent = state.arrays.get("sent")
    if sent is None or sent.dtype.kind != "i" or sent.ndim != 2 or sent.shape[1] != 2:
        raise parameter_error("simulate", "state", "a state with the spikes that are on their way", state)
    steps, senders = sent.T
    if sent.size and not (steps.max() < 0 <= senders.min() and senders.max() < n_senders):
        raise parameter_error("simulate", "state", f"a state of the same circuit, of {n_senders} senders", state)


def check_shapes(state: CircuitState, wanted: Mapping[str, Sequence[int | None]]) -> None:
    """Refuse a state of another circuit: one whose arrays have other names or shapes; None is any length."""
    for name in sorted({*state.arrays, *wanted}):
        shape = state.arrays[name].shape if name in state.arrays else None
        fits = shape is not None and name in wanted and len(shape) == len(wanted[name])
        if not fits or any(size not in (None, own) for own, size in zip(shape or (), wanted[name], strict=True)):
            found = f"'{name}' of shape {shape}" if shape is not None else f"no '{name}'"
            raise parameter_error("simulate", "state", "a state of the same circuit, units and rules", found)
