"""From where forecasts go on: what has been heard, and the state before the last row of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from reservoir.models.blocks import run_in_blocks
from reservoir.models.forecasting.closed_loop import Course
from reservoir.models.forecasting.hearing import names_of
from reservoir.models.forecasting.reading import in_units, phases_after
from reservoir.neurons.rate.loops import Levels
from reservoir.parts import SequenceData, without_noise
from reservoir.ranges import covering, ranges_of
from reservoir.sequences import Sequences, read_sequences
from reservoir.validation import parameter_error

Continued: TypeAlias = Callable[[Any, Sequences], Sequences]
"""From a fitted model and series in its units to those that it hears before a forecast, without gaps."""


class Start(NamedTuple):
    """From where forecasts go on, for every series."""

    kind: str  # of the container
    states: list[tuple[Any, ...]]  # of every member, before the first step
    tails: list[np.ndarray]  # (at most 1 + lags, n_features), what was heard last; NaN for drivers of the row to come
    levels: list[np.ndarray]  # (n_outputs,), the channels that are predicted in the last row
    ranges: np.ndarray  # (n_series, n_outputs, 2), what the training rows and the context span, in units of the user
    phases: list[np.ndarray]  # (n_rows, n_columns), of the seasons in the rows to come


def start_of(model: Any, context: SequenceData | None, n_steps: int, without_gaps: Continued) -> Start:
    """Where a fitted forecaster goes on with so many rows: after the series of `fit`, or after the context."""
    members, moments = model._members(), model.season_ and model.season_.ends
    if context is None:
        kind, starts = members[0]._context[0], [member._context[1:] for member in members]
        ranges = np.stack([model.training_range_] * len(starts[0][1]))
        moments = moments or [None] * len(ranges)
    else:
        sequences = read_sequences(model, context, reset=False, gaps=model.gaps != "refuse")
        sequences.check_lengths(max(model._washout, 1), type(model).__name__, model._washout)
        learnt, moments = in_units(model, context, sequences)
        kind, whole = sequences.kind, without_gaps(model, learnt)
        starts = contexts_of(model, whole)
        ranges = covering(model.training_range_, _spanned(model, sequences))
    states, tails, (levels, *_) = zip(*starts, strict=True)
    joint = [joint_tail(of_members) for of_members in zip(*tails, strict=True)]
    phases = [phases_after(model, moment, n_steps) for moment in moments]
    return Start(kind, list(zip(*states, strict=True)), joint, levels, ranges, phases)


def _spanned(model: Any, sequences: Sequences) -> np.ndarray:
    """What the predicted channels span in every series (n_series, n_outputs, 2), as far as they are known."""
    rows = sequences.rows[:, model._feedback.channels]
    if not np.isnan(rows).any():
        return ranges_of(rows, sequences.offsets)
    low, high = (ranges_of(np.where(np.isnan(rows), filler, rows), sequences.offsets) for filler in (np.inf, -np.inf))
    return np.stack([low[..., 0], high[..., 1]], axis=-1)


def contexts_of(model: Any, learnt: Sequences) -> list[tuple[Any, ...]]:
    """From where the members go on after these series, each: states, what was heard last, and the last row."""
    heard = model._hearing.of(learnt)
    ends = ends_of(model, learnt, heard)
    return [(list(states), *ends) for states in zip(*states_of(model, model._lessons.inputs(heard)), strict=True)]


def states_of(model: Any, heard: Sequences) -> list[tuple[Any, ...]]:
    """State of every member before the last row of every series; each runs as in `fit`, to the last bit."""
    return list(zip(*(before_last(member.reservoir_, heard) for member in model._members()), strict=True))


def joint_tail(tails: Sequence[np.ndarray]) -> np.ndarray:
    """What all members of an ensemble hear, of what each of them does."""
    return np.mean(tails, axis=0)


def ends_of(model: Any, sequences: Sequences, heard: Sequences) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of every series what was heard last, and the channels that are predicted in its last row."""
    channels, n_rows = model._feedback.channels, 1 + model._lessons.lags
    tails = [member[-n_rows:].copy() for member in heard.members()]
    return tails, [member[-1, channels] for member in sequences.members()]


def before_last(reservoir: Any, heard: Sequences) -> list[Any]:
    """State before the last row of every series."""
    members = heard.members()
    states: list[Any] = [None] * len(members)
    longer = [index for index, member in enumerate(members) if len(member) > 1]
    if longer:
        inputs = Sequences.of_members([members[index][:-1] for index in longer])
        for blocks in run_in_blocks(without_noise(reservoir), inputs):
            for block in blocks:
                states[longer[block.sequence]] = block.final_state
    return states


def course_of(
    model: Any, states: tuple[Any, ...], tail: np.ndarray, level: np.ndarray, table: np.ndarray, bounds: np.ndarray
) -> Course:
    """The way of one series from a start on, of whose rows to come the table (n_steps, n_features) is known.

    The bounds of its answers are those of `Course`.
    """
    hearing, lessons = model._hearing, model._lessons
    if lessons.ahead.size and len(table) < lessons.horizon:
        wanted = f"at least the horizon, {lessons.horizon}, whose exogenous rows are heard at once"
        raise parameter_error("forecast", "n_steps", wanted, len(table))
    missing = hearing.n_missing(table)
    if missing:
        names = [names_of(model)[channel] for channel in model.exogenous_]
        when = "every row" if hearing.lead else "every row but the last"
        wanted = f"given for the exogenous channels {names} in {when}"
        raise parameter_error("forecast", "observed", wanted, f"nothing in {missing} of {len(table)} rows")
    row, known = hearing.of_future(tail[-1], table)
    heard = row[None]
    if lessons.lags:
        past = tail[-2::-1] if len(tail) > 1 else heard[1:]
        first = tail[:1] if len(tail) > 1 else heard
        heard = np.concatenate([heard, past, np.repeat(first, lessons.lags - len(past), axis=0)])
    levels = Levels(level, table[:, hearing.feedback.channels])
    return Course(states, heard, known, levels, bounds)
