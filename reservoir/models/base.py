"""What all models share: their parts, and the one path from sequences to features."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from reservoir.models.pooling import as_pooling
from reservoir.neurons.noise import without_noise
from reservoir.readouts import RidgeReadout
from reservoir.sequences import Sequences
from reservoir.systems import EchoState
from reservoir.validation import check_flag, check_has, check_integer, parameter_error

BLOCK_ROWS = 4096


class Piece(NamedTuple):
    """Consecutive rows of one sequence with their states."""

    sequence: int  # index of the sequence
    first: int  # position of the first row in the sequence
    inputs: np.ndarray  # (n_rows, n_features)
    states: np.ndarray  # (n_rows, n_units)
    final_state: Any  # state after the last row


class ReservoirModel(BaseEstimator):
    """A reservoir (any system with ``run``) and a readout (any estimator with ``fit`` and ``predict``)."""

    reservoir: Any
    readout: Any
    washout: int
    include_input: bool
    pooling: Any

    def set_params(self, **params: Any) -> ReservoirModel:
        """Set parameters; naming one of a part that is None, ``reservoir__leak``, makes the default part first."""
        for name, default in (("reservoir", default_reservoir), ("readout", default_readout)):
            nested = any(key.startswith(f"{name}__") for key in params)
            if nested and params.get(name, getattr(self, name)) is None:
                params[name] = default()
        return super().set_params(**params)

    def _check_parameters(self) -> None:
        owner = type(self).__name__
        check_integer(owner, "washout", self.washout, 0)
        check_flag(owner, "include_input", self.include_input)
        if self.reservoir is not None:
            check_has(owner, "reservoir", self.reservoir, ("fit", "run"), "a system with fit and run")
        if self.readout is not None:
            check_has(owner, "readout", self.readout, ("fit", "predict"), "an estimator with fit and predict")

    def _make_parts(self, sequences: Sequences) -> None:
        self.reservoir_ = default_reservoir() if self.reservoir is None else clone(self.reservoir)
        self.readout_ = default_readout() if self.readout is None else clone(self.readout)
        self.reservoir_.fit(sequences.members())

    def _features(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """What the readout sees: states, then inputs if they are included."""
        return np.concatenate([states, inputs], axis=-1) if self.include_input else states

    def _fit_readout(self, batches: Iterator[tuple[np.ndarray, np.ndarray]]) -> None:
        """Train the readout on (features, targets): block by block if that is exact, otherwise on all rows at once."""
        if hasattr(self.readout_, "accumulate"):
            for features, targets in batches:
                self.readout_.accumulate(features, targets)
            self.readout_.solve()
        else:
            features, targets = zip(*batches, strict=True)
            self.readout_.fit(np.concatenate(features), np.concatenate(targets))

    def _step_batches(
        self, sequences: Sequences, targets: np.ndarray, finals: dict | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Features and targets of every step after the washout, in blocks; the final states go to `finals`."""
        members = sequences.split(targets)
        for pieces in run_in_blocks(self.reservoir_, sequences):
            if finals is not None:
                finals.update((piece.sequence, piece.final_state) for piece in pieces)
            kept = [(piece, max(0, self.washout - piece.first)) for piece in pieces]
            kept = [(piece, skip) for piece, skip in kept if skip < len(piece.inputs)]
            if kept:
                features = [self._features(piece.states[skip:], piece.inputs[skip:]) for piece, skip in kept]
                rows = [members[p.sequence][p.first + skip : p.first + len(p.inputs)] for p, skip in kept]
                yield _joined(features), _joined(rows)

    def _after_washout(self, sequences: Sequences, rows: np.ndarray) -> np.ndarray:
        """The rows (n_rows, ...) that are scored."""
        return np.concatenate([member[self.washout :] for member in sequences.split(rows)])

    def _predict_steps(self, sequences: Sequences, method: str, state: Any = None) -> tuple[np.ndarray, list]:
        """The readout's answers for every row, and the final state of every sequence.

        A readout whose answer to a row depends on the rows before (`row_wise` is false) gets every sequence whole.
        """
        ask, row_wise = getattr(self.readout_, method), getattr(self.readout_, "row_wise", True)
        lengths = [len(member) for member in sequences.members()]
        answers, finals, held = [], [None] * len(sequences), []
        for piece in itertools.chain.from_iterable(run_in_blocks(without_noise(self.reservoir_), sequences, state)):
            held.append(self._features(piece.states, piece.inputs))
            finals[piece.sequence] = piece.final_state
            if row_wise or piece.first + len(piece.inputs) == lengths[piece.sequence]:
                answers.append(ask(_joined(held)))
                held = []
        return np.concatenate(answers), finals

    def _pooled_rows(self, reservoir: Any, sequences: Sequences, state: Any = None) -> tuple[np.ndarray, list]:
        """[pool(states), pool(inputs)] after the washout, a row a sequence, and the final states."""
        members = sequences.members()
        pool = as_pooling(type(self).__name__, self.pooling).pool
        rows, finals, held = [], [], []
        for piece in itertools.chain.from_iterable(run_in_blocks(reservoir, sequences, state)):
            held.append(piece.states)
            inputs = members[piece.sequence]
            if piece.first + len(piece.inputs) == len(inputs):
                states = np.concatenate(held)[self.washout :]
                pooled = pool(states), pool(inputs[self.washout :])
                rows.append(self._features(*pooled))
                finals.append(piece.final_state)
                held = []
        return np.stack(rows), finals

    def _pooled_batches(self, sequences: Sequences, targets: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Features and targets of every sequence, in one block."""
        yield self._pooled_rows(self.reservoir_, sequences)[0], targets

    def _predict_pooled(self, sequences: Sequences, method: str, state: Any = None) -> tuple[np.ndarray, list]:
        """The readout's answer for every sequence, and the final states.

        A readout is asked for one sequence at a time, so that its answer cannot depend on the other sequences,
        unless it is known to be free of that (`row_wise`).
        """
        rows, finals = self._pooled_rows(without_noise(self.reservoir_), sequences, state)
        ask = getattr(self.readout_, method)
        if getattr(self.readout_, "row_wise", False):
            return ask(rows), finals
        return np.concatenate([ask(row[None]) for row in rows]), finals

    def _check_lengths(self, sequences: Sequences) -> None:
        sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)

    def _states_of(self, state: Any, sequences: Sequences) -> list | None:
        """The given states as a list, one entry a sequence."""
        if state is None or sequences.kind == "series":
            return None if state is None else [state]
        wanted = f"None or one state for each of the {len(sequences)} sequences"
        if not isinstance(state, list | tuple | np.ndarray) or len(state) != len(sequences):
            raise parameter_error(type(self).__name__, "state", wanted, state)
        return list(state)

    def _check_fitted(self) -> None:
        check_is_fitted(self, "readout_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """The parts as one array; a single one is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def default_reservoir() -> EchoState:
    """The reservoir of a model made without one; seeded, so that two fits are equal."""
    return EchoState(random_state=0)


def default_readout() -> RidgeReadout:
    """The readout of a model made without one."""
    return RidgeReadout()


def run_in_blocks(reservoir: Any, sequences: Sequences, state: Any = None) -> Iterator[list[Piece]]:
    """States of all sequences in blocks of bounded size; a long sequence is cut and its state carried over.

    Where a sequence is cut depends on that sequence alone; a piece that continues one is run by itself. `state` holds
    one entry a sequence, or is None.
    """
    batch: list[tuple[int, int, np.ndarray]] = []
    carried = dict(enumerate(state)) if state is not None else {}
    size = 0
    for index, rows in enumerate(sequences.members()):
        for first in range(0, len(rows), BLOCK_ROWS):
            if batch and (size + len(rows) > BLOCK_ROWS or first or batch[-1][1]):
                yield _run_batch(reservoir, batch, carried)
                batch, size = [], 0
            batch.append((index, first, rows[first : first + BLOCK_ROWS]))
            size += len(batch[-1][2])
    yield _run_batch(reservoir, batch, carried)


def _run_batch(reservoir: Any, batch: list[tuple[int, int, np.ndarray]], carried: dict) -> list[Piece]:
    known = [carried.get(index) for index, _, _ in batch]
    rows = [rows for _, _, rows in batch]
    if all(entry is None for entry in known):
        states, finals = reservoir.run(rows)
    else:
        states, finals = reservoir.run(rows, known)
    carried.update({index: final for (index, _, _), final in zip(batch, finals, strict=True)})
    return [
        Piece(index, first, inputs, piece_states, final)
        for (index, first, inputs), piece_states, final in zip(batch, states, finals, strict=True)
    ]
