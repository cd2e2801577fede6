"""One row for every sequence: its states go through the pooling of a model, block by block."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.memory import check_memory
from reservoir.models.base import readout_features
from reservoir.models.blocks import finals_of, run_in_blocks, states_of_pieces
from reservoir.models.poolings.tally import Tally
from reservoir.parts import System
from reservoir.sequences import Sequences, joined


class _Held:
    """Holds the rows of a sequence, and pools them together."""

    def __init__(self, pooling: Any):
        self._pool = pooling.pool
        self._blocks: list[np.ndarray] = []

    def add(self, rows: np.ndarray) -> None:
        self._blocks.append(rows)

    def take(self) -> np.ndarray:
        blocks, self._blocks = self._blocks, []
        vector: np.ndarray = self._pool(joined(blocks))
        return vector


class _Counted:
    """Counts the rows of a sequence as they come."""

    def __init__(self, pooling: Any, tally: Tally):
        self._of_counts, self._tally = pooling.of_counts, tally
        self.add: Callable[[np.ndarray], None] = tally.add

    def take(self) -> np.ndarray:
        vector: np.ndarray = self._of_counts(self._tally.take())
        return vector


class _Vectors:
    """The vectors of all sequences, one after the other, in one array."""

    def __init__(self, owner: str, pooling: Any, n_sequences: int):
        self.owner, self._n, self._n_known = owner, n_sequences, 0
        self._gathered = _gatherer(pooling)
        self.rows = np.empty((n_sequences, 0))

    def add(self, rows: np.ndarray) -> None:
        self._gathered.add(rows)

    def end(self) -> None:
        """Pool the sequence whose rows came."""
        vector = self._gathered.take()
        if not self._n_known:
            what = f"{self._n} pooled rows of {len(vector)} columns"
            check_memory(self.owner, what, 2 * self._n * vector.nbytes)
            self.rows = np.empty((self._n, len(vector)), vector.dtype)
        if vector.shape != self.rows.shape[1:]:
            raise ValueError(f"The pooling of {self.owner} gives vectors of {self.rows.shape[1]} and {len(vector)}.")
        self.rows = self.rows.astype(np.result_type(self.rows, vector), copy=False)
        self.rows[self._n_known] = vector
        self._n_known += 1


def make_poolings(model: Any) -> None:
    """Give a model and its members their poolings, which have not learnt yet."""
    pooling = model._pooling()
    for member in model._members():
        member.pooling_ = clone(pooling, safe=False)
    model.pooling_ = model._members()[0].pooling_
    if model.include_input:
        model.input_pooling_ = clone(pooling, safe=False)


def learn_poolings(model: Any, sequences: Sequences, counted: np.ndarray, first_trial: int = 0) -> np.ndarray:
    """Let the poolings of a model learn from the training sequences that are `counted` (n_sequences,).

    Gives what the readout sees of all of them, as `pool_sequences` does.
    """
    runs, numbers = _TrainingRuns(model, sequences, first_trial), np.flatnonzero(counted)
    poolings = [member.pooling_ for member in model._members()]
    for pooling, system in zip(poolings, model._reservoirs, strict=True):
        _fit(pooling, runs, numbers, system)
    if model.include_input:
        _fit(model.input_pooling_, runs, numbers, None)
    (of_states, of_inputs), _ = _pooled(model, model._system, sequences, None, first_trial)
    for pooling, vectors in zip(poolings, of_states, strict=True):
        _fit_vectors(pooling, vectors, counted)
    if of_inputs is not None:
        _fit_vectors(model.input_pooling_, of_inputs, counted)
    return _as_seen(of_states, of_inputs)


def pool_sequences(
    model: Any,
    reservoir: System,
    sequences: Sequences,
    state: list[Any] | None = None,
    first_trial: int | None = None,
) -> tuple[np.ndarray, list[Any]]:
    """[pool(states), pool(inputs)] after the washout, one row per sequence, and the final states.

    Trials are those of `run_in_blocks`. The pieces of a sequence with gaps are pooled together. Of several members it
    is (n_sequences, n_members, n_columns).
    """
    vectors, finals = _pooled(model, reservoir, sequences, state, first_trial)
    return _as_seen(*vectors), finals


def _pooled(
    model: Any, reservoir: System, sequences: Sequences, state: list[Any] | None, first_trial: int | None
) -> tuple[tuple[list[np.ndarray], np.ndarray | None], list[Any]]:
    """The pooled states of every member, the pooled inputs if they are seen, and the final states."""
    pieces = model._pieces(sequences)
    lengths, last, owner, n = pieces.sequences.lengths, pieces.last, type(model).__name__, len(sequences)
    of_states = [_Vectors(owner, member.pooling_, n) for member in model._members()]
    of_inputs = [_Vectors(owner, model.input_pooling_, n)] if model.include_input else []
    ends = []
    begun = states_of_pieces(pieces, sequences, state)
    for block in itertools.chain.from_iterable(run_in_blocks(reservoir, pieces.sequences, begun, first_trial)):
        late = slice(max(0, model.washout - block.first), None)
        if late.start < len(block.inputs):
            for vectors, own in zip(of_states, _of_members(block.states[late], len(of_states)), strict=True):
                vectors.add(own)
            for vectors in of_inputs:
                vectors.add(block.inputs[late])
        if block.first + len(block.inputs) == lengths[block.sequence]:
            ends.append(block.final_state)
            if last[block.sequence]:
                for vectors in (*of_states, *of_inputs):
                    vectors.end()
    found = [vectors.rows for vectors in of_states], of_inputs[0].rows if of_inputs else None
    return found, finals_of(pieces, sequences, ends)


def _of_members(states: np.ndarray, n_members: int) -> list[np.ndarray]:
    """The states of each member, side by side in `states` (n_rows, n_members * n_units)."""
    return [states] if n_members == 1 else [np.ascontiguousarray(own) for own in np.split(states, n_members, axis=1)]


def _as_seen(of_states: list[np.ndarray], of_inputs: np.ndarray | None) -> np.ndarray:
    """Rows (n_sequences, n_columns) as the readout sees them, or (n_sequences, n_members, n_columns)."""
    seen = of_states if of_inputs is None else [readout_features(own, of_inputs, True) for own in of_states]
    return seen[0] if len(seen) == 1 else np.stack(seen, axis=1)


def _gatherer(pooling: Any) -> _Held | _Counted:
    """What takes the rows of sequences for a pooling.

    Poolings that learn nothing get all rows of a sequence at once, as whoever calls `pool` gives them: NumPy sums a
    single column in an order of its own.
    """
    asks = pooling.asks() if hasattr(pooling, "asks") and hasattr(pooling, "fit") else None
    return _Held(pooling) if asks is None else _Counted(pooling, Tally(asks))


class _TrainingRuns:
    """Rows of training sequences, after the washout, that are run when they are asked for."""

    def __init__(self, model: Any, sequences: Sequences, first_trial: int):
        self._model, self._members, self._first_trial = model, sequences.members(), first_trial
        self._first_pieces = np.unique(model._pieces(sequences).whole, return_index=True)[1]

    def of(self, system: Any, numbers: Iterable[int]) -> Iterator[np.ndarray]:
        """The states of these sequences in the trials in which they are learnt, or without a system the inputs."""
        for number in numbers:
            pieces = self._model._pieces(Sequences.of_members([self._members[number]])).sequences
            members, washout = pieces.members(), self._model.washout
            if system is not None:
                trial = self._first_trial + int(self._first_pieces[number])
                blocks = itertools.chain.from_iterable(run_in_blocks(system, pieces, first_trial=trial))
                states: list[list[np.ndarray]] = [[] for _ in members]
                for block in blocks:
                    states[block.sequence].append(block.states)
                members = [joined(own) for own in states]
            yield joined([own[washout:] for own in members])


def _fit(pooling: Any, runs: _TrainingRuns, numbers: np.ndarray, system: Any) -> None:
    """Let a pooling learn from sequences with these numbers, if it does."""
    if hasattr(pooling, "fit"):
        pooling.fit(lambda chosen: runs.of(system, numbers[list(chosen)].tolist()), len(numbers))


def _fit_vectors(pooling: Any, vectors: np.ndarray, counted: np.ndarray) -> None:
    if hasattr(pooling, "fit_vectors"):
        pooling.fit_vectors(vectors, counted)
