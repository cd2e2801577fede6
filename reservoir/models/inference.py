"""From X to the answers of a readout: a model runs its reservoir, unless its answers are at hand already."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.models.blocks import finals_of, run_in_blocks, states_of_pieces
from reservoir.models.pooled_rows import pool_sequences
from reservoir.parts import SequenceData, without_noise
from reservoir.sequences import Sequences, joined, read_sequences


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
        of it, whole; one that says that it does not is asked for several at once. Answers in gaps are NaN.
        """
        ask, row_wise = model._asked(method), getattr(model.readout_, "row_wise", None)
        pieces = model._pieces(sequences)
        lengths, ends = pieces.sequences.lengths, [None] * len(pieces.whole)
        answers, held = [], []
        begun = states_of_pieces(pieces, sequences, state)
        for batch in run_in_blocks(without_noise(model._system), pieces.sequences, begun, n_rows=model._block_rows):
            for blocks in [batch] if row_wise else [[block] for block in batch]:
                states, inputs = ([getattr(block, name) for block in blocks] for name in ("states", "inputs"))
                held.append(model._features(joined(states), joined(inputs)))
                whole = blocks[-1].first + len(inputs[-1]) == lengths[blocks[-1].sequence]
                if whole or row_wise is not False:
                    answers.append(ask(joined(held)))
                    held = []
            for block in batch:
                ends[block.sequence] = block.final_state
        found = joined(answers)
        if len(found) < len(sequences.rows):
            given, found = found, np.full((len(sequences.rows), *found.shape[1:]), np.nan)
            found[pieces.places] = given
        return found, finals_of(pieces, sequences, ends)

    def pooled_rows(self, model: Any, sequences: Sequences, state: list[Any] | None) -> tuple[np.ndarray, list[Any]]:
        """What the readout sees of every sequence (n_sequences, n_columns), and the final states."""
        return pool_sequences(model, without_noise(model._system), sequences, state)
