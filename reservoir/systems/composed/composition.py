"""What chains and systems in parallel share: who hears whom, and how they run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.parts import SequenceData, Targets
from reservoir.sequences import read_sequences
from reservoir.systems.deep_echo_state import reads_features_alone
from reservoir.systems.named_systems import NamedSystems, SystemList
from reservoir.threads import still_wanted
from reservoir.trials import Trial, run_trial, trial_numbers
from reservoir.validation import check_finite_array, parameter_error, unchanged_on_error

Rows: TypeAlias = list[np.ndarray]
"""The rows of every sequence."""


class Composition(NamedSystems):
    """Base of `Chain` and `Parallel`."""

    systems: SystemList
    feedback: Sequence[tuple[str, str]]

    learned: ClassVar[dict[str, Any]] = {
        "systems_": "parts (run)",
        "_widths": "numeric",
        "_loops": "numeric",
        "_n_features_out": "size (n)",
        "n_features_in_": "size (f)",
    }

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> Any:
        """Fit every system to what it hears of X, whose shapes are those of `transform`; y is ignored.

        Systems that learn from more than the number of features hear, in place of what is fed back, what the systems
        do without feedback.
        """
        pairs = self._checked()
        loops = self._given_loops([name for name, _ in pairs])
        members = read_sequences(self, X, reset=True).members()
        if all(reads_features_alone(system) for _, system in pairs):
            members = [np.zeros((1, self.n_features_in_))]
        plain = [clone(system) for _, system in pairs]
        states = self._fit_each(plain, members, None)
        if loops:
            before = [[_a_row_later(rows) for rows in own] for own in states]
            closed = [clone(system) for _, system in pairs]
            heard = self._fit_each(closed, members, [self._back(k, loops, before) for k in range(len(pairs))])
            if [own[0].shape for own in heard] != [own[0].shape for own in states]:
                raise self._feedback_error("between systems whose number of states does not depend on what they hear")
            plain, states = closed, heard
        self.systems_, self._widths = plain, tuple(int(own[0].shape[1]) for own in states)
        self._loops, self._n_features_out = loops, self._shown([own[0] for own in states]).shape[1]
        return self

    def run(self, X: SequenceData, state: Any = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, tuple for a series, a list of such otherwise, as the last call gave it back
            The state of each system before the first row, and behind these, where there is feedback, a tuple of their
            last rows of states. None is rest.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is, to the systems that draw random numbers, each from its own seed; see `EchoState.run`.

        Returns
        -------
        states : as in `transform`
        final_state : tuple for a series, list of tuples otherwise
            Hand it to the next call to continue.
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        starts = self._starts(state, sequences, len(self.systems_) + bool(self._loops))
        trials = trial_numbers(type(self).__name__, trial, len(sequences), sequences.kind != "series").tolist()
        if self._loops:
            pairs = [
                self._run_looped(rows, [own and own[index] for own in starts], trials[index])
                for index, rows in enumerate(sequences.members())
            ]
            states, finals = [rows for rows, _ in pairs], [final for _, final in pairs]
        else:
            states, finals = self._run_whole(sequences.members(), starts, trials)
        return sequences.pack(np.concatenate(states)), finals[0] if sequences.kind == "series" else finals

    def check_learned(self) -> None:
        """Refuse systems that do not fit together."""
        n_systems = len(self.systems_)
        right = np.shape(self._widths) == (n_systems,) and np.shape(self._loops) in ((0,), (len(self._loops), 2))
        right = right and all(0 <= place < n_systems for pair in self._loops for place in pair)
        states = [np.empty((1, int(width))) for width in self._widths] if right else []
        right = right and self._shown(states).shape[1] == self._n_features_out
        for place, system in enumerate(self.systems_) if right else ():
            heard = self._heard(place, np.empty((1, self.n_features_in_)), states[place - 1])
            back = sum(states[sender].shape[1] for sender, receiver in self._loops if receiver == place)
            right &= getattr(system, "n_features_in_", heard.shape[1] + back) == heard.shape[1] + back
        if not right:
            raise ValueError(f"it holds a {type(self).__name__} whose systems do not fit together")

    @abstractmethod
    def _heard(self, place: int, inputs: Any, below: Any) -> Any:
        """What the system in this place hears: the input, or the states of the one before it."""

    @abstractmethod
    def _shown(self, states: Rows) -> np.ndarray:
        """What comes out of the states (n_rows, n_units) of all systems."""

    def _given_loops(self, names: list[str]) -> list[tuple[int, int]]:
        """Sender and receiver of all feedback, by their places."""
        pairs = self.feedback
        good = isinstance(pairs, list | tuple) and all(
            isinstance(pair, list | tuple) and len(pair) == 2 and all(one in names for one in pair) for pair in pairs
        )
        if not good or len(set(map(tuple, pairs))) != len(pairs):
            raise self._feedback_error(f"a list of different pairs (sender, receiver) of {names}")
        if pairs and not (self.causal and self.piecewise):
            raise self._feedback_error("empty beside a system that cannot run row by row")
        return [(names.index(sender), names.index(receiver)) for sender, receiver in pairs]

    def _feedback_error(self, wanted: str) -> ValueError:
        return parameter_error(type(self).__name__, "feedback", wanted, self.feedback)

    def _fit_each(self, systems: list[Any], members: Rows, back: list[Rows] | None) -> list[Rows]:
        """Fit each to what it hears, beside that to what comes back: the states of all."""
        found: list[Rows] = []
        for place, system in enumerate(systems):
            heard = self._heard(place, members, found[-1] if found else None)
            if back is not None:
                heard = [np.concatenate(pair, axis=1) for pair in zip(heard, back[place], strict=True)]
            system.fit(heard)
            found.append(list(run_trial(system, heard, trial=list(range(len(heard))))[0]))
        return found

    @staticmethod
    def _back(place: int, loops: list[tuple[int, int]], states: list[Rows]) -> Rows:
        """What comes back to the system in this place, of the states of all."""
        senders = [sender for sender, receiver in loops if receiver == place]
        none = [rows[:, :0] for rows in states[0]]
        return [np.concatenate(rows, axis=1) for rows in zip(none, *(states[k] for k in senders), strict=True)]

    def _run_whole(self, members: Rows, starts: list[Any], trials: list[int]) -> tuple[Rows, list[Any]]:
        """States and final states of sequences without feedback, system by system."""
        states: list[Rows] = []
        finals = []
        for place, system in enumerate(self.systems_):
            heard = self._heard(place, members, states[-1] if states else None)
            own, ends = run_trial(system, heard, starts[place], trials)
            states.append(list(own))
            finals.append(list(ends))
        return [self._shown(list(own)) for own in zip(*states, strict=True)], list(zip(*finals, strict=True))

    def _run_looped(self, rows: np.ndarray, starts: list[Any], trial: int) -> tuple[np.ndarray, tuple[Any, ...]]:
        """States and final state of one sequence with feedback, row by row."""
        *states, before = starts
        last = self._last_rows(before)
        shown, told = Rows(), trial
        for row in rows:
            still_wanted()
            new: Rows = []
            for place, system in enumerate(self.systems_):
                heard = self._heard(place, row[None], new[-1] if new else None)
                back = [last[sender] for sender, receiver in self._loops if receiver == place]
                own, states[place] = run_trial(system, np.concatenate([heard, *back], axis=1), states[place], told)
                new.append(own)
            last, told = new, 0
            shown.append(self._shown(new))
        return np.concatenate(shown), (*states, tuple(own[0].copy() for own in last))

    def _last_rows(self, before: Any) -> Rows:
        """The last states (1, n_units) of all systems; 0 at rest."""
        owner, widths = type(self).__name__, self._widths
        if before is None:
            return [np.zeros((1, width)) for width in widths]
        if not isinstance(before, list | tuple) or len(before) != len(widths):
            raise parameter_error(owner, "state", "None or as run gives it", before)
        return [check_finite_array(owner, "state", own, (n,))[None] for own, n in zip(before, widths, strict=True)]


def _a_row_later(rows: np.ndarray) -> np.ndarray:
    """The rows before, 0 before the first."""
    return np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
