"""Trials: repeats of a stimulus under other random numbers, and the states in which a system says where it stopped.

A system that draws numbers while it runs takes ``run(X, state, trial=k)``. Its numbers are those of the trial and the
step (`reservoir.random_numbers`), so that its state is a `TrialState`: the same run goes on from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from reservoir.parts import Numbers, System, signature_of, without_noise
from reservoir.sequences import Sequences, n_dimensions
from reservoir.validation import check_finite_array, check_integer, parameter_error, real_array

_LARGEST = 2**63 - 1

Trial: TypeAlias = int | np.integer | Sequence[int] | np.ndarray
"""Number of a trial, or one for each sequence."""


@dataclass(frozen=True, eq=False)
class TrialState:
    """State of one sequence after a run that drew random numbers, and where these go on.

    Parameters
    ----------
    values : array (n_values,)
        The state itself, finite.
    trial : int >= 0
        Which repeat it is.
    step : int >= 0
        Number of rows that were heard since the trial began.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> system = EchoState(20, noise=0.1, random_state=0).fit(np.zeros((1, 1)))
    >>> _, state = system.run(np.zeros((5, 1)), trial=3)
    >>> state
    <TrialState: 20 values before step 5 of trial 3>
    """

    values: np.ndarray
    trial: int
    step: int

    def __post_init__(self) -> None:
        owner, values = type(self).__name__, self.values
        if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
            object.__setattr__(self, "values", real_array(values))
        if self.values is None or self.values.ndim != 1 or not np.isfinite(self.values).all():
            raise parameter_error(owner, "values", "a finite array (n_values,)", values)
        for name in ("trial", "step"):
            check_integer(owner, name, getattr(self, name), 0, _LARGEST)

    def __repr__(self) -> str:
        return f"<TrialState: {np.size(self.values)} values before step {self.step} of trial {self.trial}>"


State: TypeAlias = Numbers | TrialState | Sequence[TrialState]
"""What `run` continues from: values (n_values,) or (N, n_values), or what a system that draws numbers gave back."""


class Starts(NamedTuple):
    """Where the runs of all sequences begin."""

    values: np.ndarray  # (n_sequences, n_values)
    trials: np.ndarray  # (n_sequences,)
    steps: np.ndarray  # (n_sequences,)

    def states(self, values: np.ndarray, with_trials: bool, kind: str) -> Any:
        """What `run` takes, or gives back: the `TrialState` of every sequence, or values alone."""
        if not with_trials:
            return values[0] if kind == "series" else values
        found = [TrialState(*one) for one in zip(values, self.trials.tolist(), self.steps.tolist(), strict=True)]
        return found[0] if kind == "series" else found


def takes_trials(system: System) -> bool:
    """Whether the `run` of a system can be told the trial."""
    return "trial" in signature_of(system.run).parameters


def draws_numbers(system: System) -> bool:
    """Whether a fitted system draws other numbers in another trial."""
    return without_noise(system) is not system if hasattr(system, "without_noise") else takes_trials(system)


def run_trial(system: Any, X: Any, state: Any = None, trial: Any = None) -> tuple[Any, Any]:
    """``system.run`` from a state, or from rest, in a trial or one for each sequence, where the system has trials."""
    default = trial is None or (isinstance(trial, int) and trial == 0)
    told = {} if default or not takes_trials(system) else {"trial": trial}
    return system.run(X, **told) if state is None else system.run(X, state, **told)


def read_starts(owner: str, state: Any, trial: Any, sequences: Sequences, n_values: int, dtype: Any) -> Starts:
    """The values, trials and steps that a call of `run` begins with.

    None is rest. Values alone stand before step 0 of the `trial`; a `TrialState` knows its trial itself.
    """
    n_sequences = len(sequences)
    entries, trials, steps = read_entries(owner, state, trial, n_sequences, sequences.kind != "series", n_values)
    values = np.zeros((n_sequences, n_values), dtype)
    for index, entry in enumerate(entries):
        values[index] = 0 if entry is None else entry
    return Starts(values, trials, steps)


def read_entries(
    owner: str, state: Any, trial: Any, n_sequences: int, many: bool, n_values: int
) -> tuple[list[np.ndarray | None], np.ndarray, np.ndarray]:
    """The values (n_values,) of every sequence, None for rest, and its trial and step; see `read_starts`."""
    trials, steps = trial_numbers(owner, trial, n_sequences, many), np.zeros(n_sequences, np.int64)
    if state is None:
        return [None] * n_sequences, trials, steps
    if not holds_trials(state):
        shape = (n_sequences, n_values) if many else (n_values,)
        if isinstance(state, list) and all(type(own) is np.ndarray and own.shape == shape[1:] for own in state):
            state = np.array(state)
        values = check_finite_array(owner, "state", state, shape, "None or ")
        return [*values.reshape(n_sequences, n_values)], trials, steps
    entries, known = state if many else [state], list[np.ndarray | None]()
    if isinstance(entries, TrialState) or len(entries) != n_sequences:
        raise parameter_error(owner, "state", f"None or one state for each of the {n_sequences} sequences", state)
    for index, entry in enumerate(entries):
        own = entry.values if isinstance(entry, TrialState) else entry
        known.append(check_finite_array(owner, "state", own, (n_values,), "None or "))
        if isinstance(entry, TrialState):
            if trials[index] not in (0, entry.trial):
                wanted = f"left out, or {entry.trial} as in the state that it stands beside"
                raise parameter_error(owner, "trial", wanted, trial)
            trials[index], steps[index] = entry.trial, entry.step
    return known, trials, steps


def holds_trials(state: Any) -> bool:
    """Whether a state, or one in a list of them, says its trial."""
    several = isinstance(state, list | tuple) or (isinstance(state, np.ndarray) and state.dtype == object)
    return isinstance(state, TrialState) or (several and any(isinstance(one, TrialState) for one in state))


def state_values(state: Any) -> Any:
    """A final state, or those of all sequences, as plain values."""
    if not holds_trials(state):
        return state
    return state.values if isinstance(state, TrialState) else np.stack([one.values for one in state])


def with_values(state: Any, values: np.ndarray) -> Any:
    """A final state with other values (n_values,), or those of all sequences with values (n_sequences, n_values)."""
    if not holds_trials(state):
        return values
    if isinstance(state, TrialState):
        return replace(state, values=values)
    return [replace(one, values=own) for one, own in zip(state, values, strict=True)]


def trial_numbers(owner: str, trial: Any, n_sequences: int, many: bool) -> np.ndarray:
    """The trial of every sequence (n_sequences,): one number for all, or one for each where there are `many`."""
    if not many or n_dimensions(trial) == 0:
        return np.zeros(n_sequences, np.int64) + check_integer(owner, "trial", trial, 0, _LARGEST)
    numbers = np.asarray(trial)
    inside = numbers.dtype.kind in "iu" and numbers.shape == (n_sequences,)
    if not inside or not 0 <= numbers.min() <= numbers.max() <= _LARGEST:
        wanted = f"an integer >= 0, or one for each of the {n_sequences} sequences"
        raise parameter_error(owner, "trial", wanted, trial)
    return numbers.astype(np.int64)
