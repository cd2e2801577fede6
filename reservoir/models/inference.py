"""From X to the answers of a readout: a model runs its reservoir, unless its answers are at hand already."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from reservoir.memory import check_memory
from reservoir.models.blocks import run_in_blocks
from reservoir.models.pooling import as_pooling
from reservoir.parts import SequenceData, System, without_noise
from reservoir.sequences import Sequences, joined, read_sequences
from reservoir.sequences.gaps import Pieces


class Inference:
    """How a fitted model reads X, and gets its answers per step or its pooled rows: it runs its reservoir.

    A model holds one; see `reservoir.models.precomputed` for those that take the place of this one.
    """

    def read(self, model: Any, X: SequenceData) -> Sequences:
        """X as sequences."""
        return read_sequences(model, X, reset=False, gaps=model.gaps == "split")

    def step_answers(
        self, model: Any, sequences: Sequences, method: str, state: list[Any] | None
    ) -> tuple[np.ndarray, list[Any]]:
        """The answers of the readout's `method` to every row, and the final state of every sequence.

        A readout whose answer to a row depends on the rows before (`row_wise` is false) gets every sequence, or piece
        of it, whole. Answers in gaps are NaN.
        """
        ask, row_wise = getattr(model.readout_, method), getattr(model.readout_, "row_wise", True)
        pieces = model._pieces(sequences)
        lengths, ends = pieces.sequences.lengths, [None] * len(pieces.whole)
        answers, held = [], []
        begun = states_of_pieces(pieces, sequences, state)
        for block in itertools.chain.from_iterable(
            run_in_blocks(without_noise(model.reservoir_), pieces.sequences, begun)
        ):
            held.append(model._features(block.states, block.inputs))
            ends[block.sequence] = block.final_state
            if row_wise or block.first + len(block.inputs) == lengths[block.sequence]:
                answers.append(ask(joined(held)))
                held = []
        found = np.concatenate(answers)
        if len(found) < len(sequences.rows):
            given, found = found, np.full((len(sequences.rows), *found.shape[1:]), np.nan)
            found[pieces.places] = given
        return found, finals_of(pieces, sequences, ends)

    def pooled_rows(self, model: Any, sequences: Sequences, state: list[Any] | None) -> tuple[np.ndarray, list[Any]]:
        """What the readout sees of every sequence (n_sequences, n_columns), and the final states."""
        return pool_sequences(model, without_noise(model.reservoir_), sequences, state)


def pool_sequences(
    model: Any,
    reservoir: System,
    sequences: Sequences,
    state: list[Any] | None = None,
    first_trial: int | None = None,
) -> tuple[np.ndarray, list[Any]]:
    """[pool(states), pool(inputs)] after the washout, one row per sequence, and the final states.

    Trials are those of `run_in_blocks`. The pieces of a sequence with gaps are pooled together.
    """
    pieces = model._pieces(sequences)
    members, last = pieces.sequences.members(), pieces.last
    pool = as_pooling(type(model).__name__, model.pooling).pool
    rows, ends, held, late = [], [], [], []
    begun = states_of_pieces(pieces, sequences, state)
    for block in itertools.chain.from_iterable(run_in_blocks(reservoir, pieces.sequences, begun, first_trial)):
        held.append(block.states)
        inputs = members[block.sequence]
        if block.first + len(block.inputs) == len(inputs):
            late.append((np.concatenate(held)[model.washout :], inputs[model.washout :]))
            ends.append(block.final_state)
            held = []
            if last[block.sequence]:
                rows.append(model._features(*[pool(joined(parts)) for parts in zip(*late, strict=True)]))
                late = []
            if len(rows) == 1:
                what = f"{len(sequences)} pooled rows of {len(rows[0])} columns"
                check_memory(type(model).__name__, what, 2 * len(sequences) * rows[0].nbytes)
    return np.stack(rows), finals_of(pieces, sequences, ends)


def states_of_pieces(pieces: Pieces, sequences: Sequences, state: list[Any] | None) -> list[Any] | None:
    """The state before every piece: that of its sequence where it begins it, rest behind a gap."""
    if state is None or pieces.sequences is sequences:
        return state
    begins = np.isin(pieces.places[pieces.sequences.offsets[:-1]], sequences.offsets[:-1])
    return [state[index] if first else None for index, first in zip(pieces.whole, begins, strict=True)]


def finals_of(pieces: Pieces, sequences: Sequences, ends: list[Any]) -> list[Any]:
    """The state after every sequence, from those after its pieces: rest where it ends in a gap."""
    if pieces.sequences is sequences:
        return ends
    finals: list[Any] = [None] * len(sequences)
    through = pieces.places[pieces.sequences.offsets[1:] - 1] == sequences.offsets[pieces.whole + 1] - 1
    for index, whole, end in zip(pieces.whole, through, ends, strict=True):
        finals[index] = end if whole else None
    return finals
