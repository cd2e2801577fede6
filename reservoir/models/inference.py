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


class Inference:
    """How a fitted model reads X, and gets its answers per step or its pooled rows: it runs its reservoir.

    A model holds one; see `reservoir.models.precomputed` for those that take the place of this one.
    """

    def read(self, model: Any, X: SequenceData) -> Sequences:
        """X as sequences."""
        return read_sequences(model, X, reset=False)

    def step_answers(
        self, model: Any, sequences: Sequences, method: str, state: list[Any] | None
    ) -> tuple[np.ndarray, list[Any]]:
        """The answers of the readout's `method` to every row, and the final state of every sequence.

        A readout whose answer to a row depends on the rows before (`row_wise` is false) gets every sequence whole.
        """
        ask, row_wise = getattr(model.readout_, method), getattr(model.readout_, "row_wise", True)
        lengths, finals = sequences.lengths, [None] * len(sequences)
        answers, held = [], []
        for block in itertools.chain.from_iterable(run_in_blocks(without_noise(model.reservoir_), sequences, state)):
            held.append(model._features(block.states, block.inputs))
            finals[block.sequence] = block.final_state
            if row_wise or block.first + len(block.inputs) == lengths[block.sequence]:
                answers.append(ask(joined(held)))
                held = []
        return np.concatenate(answers), finals

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

    Trials are those of `run_in_blocks`.
    """
    members = sequences.members()
    pool = as_pooling(type(model).__name__, model.pooling).pool
    rows, finals, held = [], [], []
    for block in itertools.chain.from_iterable(run_in_blocks(reservoir, sequences, state, first_trial)):
        held.append(block.states)
        inputs = members[block.sequence]
        if block.first + len(block.inputs) == len(inputs):
            states = np.concatenate(held)[model.washout :]
            rows.append(model._features(pool(states), pool(inputs[model.washout :])))
            if len(rows) == 1:
                what = f"{len(members)} pooled rows of {len(rows[0])} columns"
                check_memory(type(model).__name__, what, 2 * len(members) * rows[0].nbytes)
            finals.append(block.final_state)
            held = []
    return np.stack(rows), finals
