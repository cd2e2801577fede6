"""From where forecasts go on: what has been heard, and the state before the last row of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.models.blocks import run_in_blocks
from reservoir.models.forecasting.hearing import names_of
from reservoir.parts import SequenceData, without_noise
from reservoir.ranges import covering, ranges_of
from reservoir.sequences import Sequences, read_sequences
from reservoir.validation import parameter_error


class Start(NamedTuple):
    """From where forecasts go on, for every series."""

    kind: str  # of the container
    states: list[tuple[Any, ...]]  # of every member, before the first step
    rows: np.ndarray  # (n_series, n_features), what is heard at the first step; NaN for drivers of the row to come
    ranges: np.ndarray  # (n_series, n_outputs, 2), what the training rows and the context span


def start_of(model: Any, context: SequenceData | None) -> Start:
    """Where a fitted forecaster goes on: after the series of `fit`, or after the context."""
    members = model._members()
    if context is None:
        kind, starts = members[0]._context[0], [member._context[1:] for member in members]
        ranges = np.stack([model.training_range_] * len(starts[0][1]))
    else:
        sequences = read_sequences(model, context, reset=False)
        sequences.check_lengths(max(model.washout, 1), type(model).__name__, model.washout)
        kind, heard = sequences.kind, model._hearing.of(sequences)
        starts = [after(member.reservoir_, heard) for member in members]
        spanned = ranges_of(sequences.rows[:, model._feedback.channels], sequences.offsets)
        ranges = covering(model.training_range_, spanned)
    states = list(zip(*(states for states, _ in starts), strict=True))
    return Start(kind, states, np.mean([rows for _, rows in starts], axis=0), ranges)


def after(reservoir: Any, heard: Sequences) -> tuple[list[Any], list[np.ndarray]]:
    """State before the last row, and that row, of every series."""
    members = heard.members()
    states: list[Any] = [None] * len(members)
    longer = [index for index, member in enumerate(members) if len(member) > 1]
    if longer:
        inputs = Sequences.of_members([members[index][:-1] for index in longer])
        for blocks in run_in_blocks(without_noise(reservoir), inputs):
            for block in blocks:
                states[longer[block.sequence]] = block.final_state
    return states, [member[-1].copy() for member in members]


def inputs_of(model: Any, row: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first input of a forecast, and what is known of the inputs after each step, see `Hearing`."""
    hearing = model._hearing
    missing = hearing.n_missing(table)
    if missing:
        names = [names_of(model)[channel] for channel in hearing.drivers]
        when = "every row" if hearing.lead else "every row but the last"
        wanted = f"given for the exogenous channels {names} in {when}"
        raise parameter_error("forecast", "observed", wanted, f"nothing in {missing} of {len(table)} rows")
    return hearing.of_future(row, table)
