"""Answers one step ahead, while the true rows are heard."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.models.base import step_blocks
from reservoir.models.blocks import Block
from reservoir.models.forecasting.hearing import names_of
from reservoir.models.forecasting.reading import bounds_after, in_given_units, in_units
from reservoir.parts import SequenceData, without_noise
from reservoir.sequences import Sequences, joined, read_sequences
from reservoir.sequences.tables import in_tables


def one_step_ahead(model: Any, X: SequenceData) -> tuple[Any, Any]:
    """The answers of a fitted forecaster and what they miss of the true rows, in the container of X.

    The first max(washout, 1) rows of a series have none, and neither have the last horizon - 1 where drivers of all of
    them are seen at once.
    """
    sequences, channels = read_sequences(model, X, reset=False), model._feedback.channels
    least, cut = max(model._washout, 1), (model._lessons.horizon - 1) * (model._lessons.ahead.size > 0)
    sequences.check_lengths(least + cut + 1, type(model).__name__, model._washout)
    learnt, _ = in_units(model, X, sequences)
    truths, heard = [rows[:, channels] for rows in learnt.members()], model._hearing.of(learnt).members()
    taught = [np.hstack([rows[1 : len(rows) - cut], rows[: len(rows) - cut - 1]]) for rows in truths]
    answers = np.mean([_answers(member, heard, taught, least) for member in model._members()], axis=0)
    levels = joined([rows[least - 1 :, len(channels) :] for rows in taught])
    if model._lessons.increments:
        answers += levels
    low, high = np.moveaxis(bounds_after(model, levels, 1)[..., 0, :, :], -1, 0)
    answers = in_given_units(model, np.clip(answers, low, high))
    truth = joined([rows[least : len(rows) - cut, channels] for rows in sequences.members()])
    offsets = sequences.offsets - (least + cut) * np.arange(len(sequences) + 1)
    kept, rows_told = Sequences(answers, offsets, sequences.kind), slice(least, -cut or None)
    names = [names_of(model)[channel] for channel in channels] if hasattr(model, "feature_names_in_") else None
    both = (kept.pack(rows) for rows in (answers, truth - answers))
    found = [in_tables(model, X, rows, names, rows_told, unasked=True) for rows in both]
    return found[0], found[1]


def _answers(member: Any, heard: list[np.ndarray], taught: list[np.ndarray], least: int) -> np.ndarray:
    """What one member answers (n_rows, n_outputs) after each row from `least` - 1 on that is followed by another."""
    lessons, n_outputs = member._lessons, len(member._feedback.channels)
    longer = [np.concatenate([np.repeat(rows[:1], lessons.lags, axis=0), rows]) for rows in heard]

    def see(block: Block, rows: slice) -> np.ndarray:
        first = block.first + lessons.lags
        beside = lessons.beside(longer[block.sequence], first + rows.start, first + rows.stop)
        return lessons.features(block.states[rows], beside)

    inputs = Sequences.of_members([lessons.for_reservoir(rows[:-1]) for rows in heard])
    blocks = step_blocks(without_noise(member.reservoir_), inputs, taught, least - 1, see)
    answers = []
    for features, *_ in blocks:
        found = np.asarray(member.readout_.predict(features), dtype=np.float64)
        answers.append(found.reshape(len(features), -1)[:, :n_outputs])
    return np.concatenate(answers)
