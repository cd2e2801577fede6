"""One row for every sequence: its states go through the pooling of a model, block by block."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.memory import check_memory
from reservoir.models.base import readout_features
from reservoir.models.blocks import Block, finals_of, run_in_blocks, see_in_blocks, states_of_pieces
from reservoir.models.poolings.tally import Tally
from reservoir.parts import System
from reservoir.sequences import Sequences, joined
from reservoir.sequences.gaps import Pieces
from reservoir.systems.apart import joined_rows, run_apart
from reservoir.trials import draws_numbers


class _Held:
    """Holds the rows of a sequence, and pools them together."""

    def __init__(self, pooling: Any):
        self._pool = pooling.pool
        self._blocks: list[np.ndarray] = []

    def add(self, *parts: np.ndarray) -> None:
        self._blocks.append(np.ascontiguousarray(parts[0]) if len(parts) == 1 else np.concatenate(parts, axis=1))

    def take(self) -> np.ndarray:
        blocks, self._blocks = self._blocks, []
        vector: np.ndarray = self._pool(joined(blocks))
        return vector


class _Counted:
    """Counts the rows of a sequence as they come."""

    def __init__(self, pooling: Any, tally: Tally):
        self._of_counts, self._tally = pooling.of_counts, tally
        self.add: Callable[..., None] = tally.add

    def take(self) -> np.ndarray:
        vector: np.ndarray = self._of_counts(self._tally.take())
        return vector


class _Vectors:
    """The vectors of all sequences, one after the other, in one array."""

    def __init__(self, owner: str, pooling: Any, n_sequences: int):
        self.owner, self._n, self._n_known = owner, n_sequences, 0
        self.pooling, self._gathered = pooling, _gatherer(pooling)
        self.rows = np.empty((n_sequences, 0))

    def add(self, *parts: np.ndarray) -> None:
        self._gathered.add(*parts)

    def end(self, vector: np.ndarray | None = None) -> None:
        """Take in the vector of a sequence, or pool the rows that came."""
        vector = np.asarray(self._gathered.take()) if vector is None else vector
        if not self._n_known and vector.ndim == 1:
            what = f"{self._n} pooled rows of {len(vector)} columns"
            check_memory(self.owner, what, 2 * self._n * vector.nbytes)
            self.rows = np.empty((self._n, len(vector)), vector.dtype)
        if vector.shape != self.rows.shape[1:]:
            wanted = "must give a vector of one length for every sequence"
            raise ValueError(f"The pooling of {self.owner} {wanted}. Got {vector.shape}.")
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


def learn_poolings(model: Any, sequences: Sequences, counted: np.ndarray) -> np.ndarray:
    """Let the poolings of a model learn from the training sequences that are `counted` (n_sequences,).

    Gives what the readout sees of all of them, as `pool_sequences` does; sequence k is trial k.
    """
    runs, numbers = _TrainingRuns(model, sequences), np.flatnonzero(counted)
    poolings = [member.pooling_ for member in model._members()]
    for pooling, system in zip(poolings, model._reservoirs, strict=True):
        _fit(pooling, runs, numbers, system)
    if model.include_input:
        _fit(model.input_pooling_, runs, numbers, None)
    (of_states, of_inputs), _ = _pooled(model, model._system, sequences, None, 0)
    for pooling, vectors in zip(poolings, of_states, strict=True):
        _fit_vectors(pooling, vectors, counted)
    if of_inputs is not None:
        _fit_vectors(model.input_pooling_, of_inputs, counted)
    return as_seen(of_states, of_inputs)


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
    return as_seen(*vectors), finals


def _pooled(
    model: Any, reservoir: System, sequences: Sequences, state: list[Any] | None, first_trial: int | None
) -> tuple[tuple[list[np.ndarray], np.ndarray | None], list[Any]]:
    """The pooled states of every member, the pooled inputs if they are seen, and the final states."""
    pieces = model._pieces(sequences)
    lengths, last, owner, n = pieces.sequences.lengths, pieces.last, type(model).__name__, len(sequences)
    of_states = [_Vectors(owner, member.pooling_, n) for member in model._members()]
    of_inputs = [_Vectors(owner, model.input_pooling_, n)] if model.include_input else []
    every, ends = [*of_states, *of_inputs], []
    begun = states_of_pieces(pieces, sequences, state)

    def parts_of(block: Block) -> list[list[np.ndarray]]:
        """What of a block each of the poolings sees."""
        late = slice(max(0, model.washout - block.first), None)
        states = of_members([part[late] for part in block.states], len(of_states))
        return [*states, *([block.inputs[late]] for _ in of_inputs)]

    see = _InAnyThread([vectors.pooling for vectors in every], parts_of, pieces, model.washout)
    batches = see_in_blocks(reservoir, pieces.sequences, see, begun, first_trial, run=run_apart)
    for block, pooled in itertools.chain.from_iterable(batches):
        if pooled is None and block.first + len(block.inputs) > model.washout:
            for vectors, own in zip(every, parts_of(block), strict=True):
                vectors.add(*own)
        if block.first + len(block.inputs) == lengths[block.sequence]:
            ends.append(block.final_state)
            if last[block.sequence]:
                for place, vectors in enumerate(every):
                    vectors.end(None if pooled is None else pooled[place])
    found = [vectors.rows for vectors in of_states], of_inputs[0].rows if of_inputs else None
    return found, finals_of(pieces, sequences, ends)


class _InAnyThread:
    """Pools sequences that stand whole in a block, in the thread that has run them, where all poolings may."""

    def __init__(
        self, poolings: list[Any], parts_of: Callable[[Block], list[list[np.ndarray]]], pieces: Pieces, washout: int
    ):
        self._poolings, self._parts_of, self._washout = poolings, parts_of, washout
        self._may = all(getattr(pooling, "any_thread", False) for pooling in poolings)
        self._lengths, last = pieces.sequences.lengths, pieces.last
        self._in_one_piece = last & np.append(True, last[:-1])

    def __call__(self, blocks: list[Block]) -> list[tuple[Block, list[np.ndarray] | None]]:
        """The blocks, without states where these have been pooled, and the vector of every pooling."""
        gatherers = [_gatherer(pooling) for pooling in self._poolings] if self._may else []
        return [self._pooled(block, gatherers) if self._whole(block) else (block, None) for block in blocks]

    def _whole(self, block: Block) -> bool:
        n_rows = len(block.inputs)
        whole = n_rows == self._lengths[block.sequence] and self._in_one_piece[block.sequence]
        return bool(self._may and whole and n_rows > self._washout)

    def _pooled(self, block: Block, gatherers: list[_Held | _Counted]) -> tuple[Block, list[np.ndarray]]:
        for gatherer, own in zip(gatherers, self._parts_of(block), strict=True):
            gatherer.add(*own)
        return block._replace(states=()), [np.asarray(gatherer.take()) for gatherer in gatherers]


def of_members(parts: list[np.ndarray], n_members: int) -> list[list[np.ndarray]]:
    """The parts of the states of each member, which stand side by side in one part if there are several."""
    if n_members == 1:
        return [parts]
    return [[np.ascontiguousarray(own)] for own in np.split(parts[0], n_members, axis=1)]


def as_seen(of_states: list[np.ndarray], of_inputs: np.ndarray | None) -> np.ndarray:
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

    def __init__(self, model: Any, sequences: Sequences):
        self._model, self._members = model, sequences.members()
        self._first_pieces = np.unique(model._pieces(sequences).whole, return_index=True)[1]

    def of(self, system: Any, numbers: list[int]) -> Iterator[np.ndarray]:
        """The states of these sequences in the trials in which they are learnt, or without a system the inputs."""
        alone = system is not None and draws_numbers(system)  # trials that do not follow one another
        for group in [[number] for number in numbers] if alone else [numbers]:
            pieces = self._model._pieces(Sequences.of_members([self._members[number] for number in group]))
            late: list[np.ndarray] = []
            for piece, states in enumerate(self._states(system, pieces.sequences, int(self._first_pieces[group[0]]))):
                late.append(states[self._model.washout :])
                if pieces.last[piece]:
                    yield joined(late)
                    late = []

    def _states(self, system: Any, pieces: Sequences, trial: int) -> Iterator[np.ndarray]:
        """The states of every piece, the first of which is this trial."""
        if system is None:
            yield from map(np.asarray, pieces.members())
            return
        held: list[np.ndarray] = []
        blocks = run_in_blocks(system, pieces, first_trial=trial, run=run_apart)
        for block in itertools.chain.from_iterable(blocks):
            held.append(joined_rows([block.states]))
            if block.first + len(block.inputs) == pieces.lengths[block.sequence]:
                yield joined(held)
                held = []


def _fit(pooling: Any, runs: _TrainingRuns, numbers: np.ndarray, system: Any) -> None:
    """Let a pooling learn from sequences with these numbers, if it does."""
    if hasattr(pooling, "fit"):
        pooling.fit(lambda chosen: runs.of(system, numbers[list(chosen)].tolist()), len(numbers))


def _fit_vectors(pooling: Any, vectors: np.ndarray, counted: np.ndarray) -> None:
    if hasattr(pooling, "fit_vectors"):
        pooling.fit_vectors(vectors, counted)
