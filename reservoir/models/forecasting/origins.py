"""Forecasts from one or many origins of a series, whatever was learnt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from reservoir.models.blocks import run_in_blocks
from reservoir.models.forecasting.closed_loop import Course, Member, free_run
from reservoir.models.forecasting.direct import run_in_horizons
from reservoir.models.forecasting.divergence import until_lost
from reservoir.models.forecasting.reading import (
    bounds_after,
    in_given_units,
    in_units,
    phases_after,
    places_of,
    table_in_units,
)
from reservoir.models.forecasting.season import tables_of
from reservoir.models.forecasting.starts import before_last, course_of, joint_tail
from reservoir.parts import SequenceData, without_noise
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.observations import read_observed
from reservoir.systems.rate_runs import weights_of
from reservoir.validation import check_integer, parameter_error

_OWNER = "forecasts_from"


def forecasts_from(
    model: Any,
    series: SequenceData,
    origins: Sequence[int] | np.ndarray,
    n_steps: int,
    observed: SequenceData | None = None,
) -> np.ndarray:
    """Forecasts (n_origins, n_steps, n_outputs) of a fitted forecaster from many origins of one series.

    Those of an origin are those of ``forecast(n_steps, series[:origin])``, bit for bit, with spiking units to rounding.
    But the reservoir hears the series once, and nothing is said of what runs away: it is NaN from the first lost row
    on.

    Parameters
    ----------
    model : fitted ReservoirForecaster
    series : series (T, n_features)
    origins : array of int (n_origins,)
        Numbers of rows that are known, from max(washout, 1) to T, in any order.
    n_steps : int >= 1
    observed : None, stack or list of n_origins tables (n_steps, n_features), default None
        What is known of the rows to come. None is the exogenous channels of the series, and nothing of the others.
    """
    courses = courses_at(model, series, origins, n_steps, observed)
    return np.stack(futures_of(model, courses))[:, :n_steps]


def courses_at(
    model: Any,
    series: SequenceData,
    origins: Sequence[int] | np.ndarray,
    n_steps: int,
    observed: SequenceData | None = None,
) -> list[Course]:
    """The ways from many origins of a series that is heard once, of which `futures_of` makes forecasts."""
    model._check_fitted()
    n_steps = check_integer(_OWNER, "n_steps", n_steps, 1)
    sequences = read_sequences(model, series, reset=False)
    if sequences.kind != "series":
        raise parameter_error(_OWNER, "series", "one series (T, n_features)", f"a {sequences.kind}")
    least, rows = max(model._washout, 1), sequences.rows
    sequences.check_lengths(least, type(model).__name__, model._washout)
    known = np.asarray(origins)
    if (
        known.ndim != 1
        or known.dtype.kind not in "iu"
        or not known.size
        or min(known) < least
        or max(known) > len(rows)
    ):
        raise parameter_error(_OWNER, "origins", f"integers from {least} to {len(rows)}", origins)
    if observed is None:
        tables = [rows_known(rows[origin : origin + n_steps], n_steps, model.exogenous_) for origin in known]
    else:
        tables = read_observed(_OWNER, model, observed, n_steps, len(known))
    places = places_of(model, series, sequences, known)
    courses: dict[int, Course] = {}
    for place in dict.fromkeys(places):
        there = [index for index, one in enumerate(places) if one == place]
        learnt, (end,) = in_units(model, series, sequences, [place])
        phases = np.concatenate([learnt.rows[:, rows.shape[1] :], phases_after(model, end, n_steps)])
        own = [table_in_units(model, phases[known[index] :], tables[index]) for index in there]
        courses |= zip(there, courses_from(model, learnt.rows, known[there], own), strict=True)
    return [courses[index] for index in range(len(known))]


def courses_from(model: Any, rows: np.ndarray, origins: np.ndarray, tables: list[np.ndarray]) -> list[Course]:
    """The same for a series (T, n_columns), and tables of the rows to come, as the model works with them."""
    whole = Sequences(rows, np.array([0, len(rows)]), "series")
    heard, channels = model._hearing.of(whole).rows, model._feedback.channels
    inputs = model._lessons.for_reservoir(heard)
    states = [states_before(member.reservoir_, inputs, origins - 1) for member in model._members()]
    courses, bounds = [], bounds_after(model, rows[origins - 1][:, channels], len(tables[0]) if tables else 0)
    for origin, table, near, *of_members in zip(origins, tables, bounds, *states, strict=True):
        tail = joint_tail([heard[max(0, origin - 1 - model._lessons.lags) : origin]] * len(states))
        courses.append(course_of(model, tuple(of_members), tail, rows[origin - 1, channels], table, near))
    return courses


def futures_of(model: Any, courses: list[Course]) -> list[np.ndarray]:
    """The answers (n_steps, n_outputs) of a fitted forecaster on every course, NaN from the first lost row on."""
    return [until_lost(in_given_units(model, future)) for future in answers_on(model, courses)]


def answers_on(model: Any, courses: list[Course]) -> Iterable[np.ndarray]:
    """The same as they are answered, in the units of the model."""
    members = [Member(without_noise(member.reservoir_), member.readout_) for member in model._members()]
    parts = members, model._lessons, model._feedback
    return run_in_horizons(*parts, courses) if model._lessons.horizon > 1 else map(free_run(*parts), courses)


def rows_known(rows: np.ndarray, n_steps: int, columns: np.ndarray) -> np.ndarray:
    """A table of the rows to come (n_steps, n_features) in which these columns are known as far as there are rows."""
    table = np.full((n_steps, rows.shape[1]), np.nan)
    table[: len(rows), columns] = rows[:, columns]
    return table


def states_before(reservoir: Any, heard: np.ndarray, positions: np.ndarray) -> list[Any]:
    """The state before each of these rows of a series, which is heard from rest; None at its start.

    A system whose states change where a run is cut hears the rows before each of them anew.
    """
    reservoir = without_noise(reservoir)
    if not getattr(reservoir, "piecewise", True):
        return before_last(reservoir, Sequences.of_members([heard[: position + 1] for position in positions]))
    states, last = {0: None}, 0
    if _shows_its_state(reservoir) and max(positions):
        for (block,) in run_in_blocks(reservoir, Sequences.of_members([heard[: max(positions)]])):
            inside = positions[(positions > block.first) & (positions <= block.first + len(block.inputs))]
            states |= {position: block.states[position - block.first - 1].copy() for position in inside}
        return [states[position] for position in positions]
    for position in np.unique(positions[positions > 0]):
        piece = Sequences.of_members([heard[last:position]])
        for (block,) in run_in_blocks(reservoir, piece, [states[last]] if last else None):
            states[position] = block.final_state
        last = position
    return [states[position] for position in positions]


def _shows_its_state(reservoir: Any) -> bool:
    """Whether the states of a run are all that it needs to be continued."""
    if not getattr(reservoir, "runs_compiled", False):
        return False
    alone = weights_of(reservoir).state_size == len(reservoir.bias_)
    return alone and getattr(reservoir.unit_, "shows_state", True)


def free_forecasts(model: Any, X: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """For every series its rows after the context, the first max(washout, 1), and their free forecast.

    Both hold the channels that are predicted; exogenous ones are observed. A forecast that diverges is NaN from there
    on, without a word.
    """
    model._check_fitted()
    sequences = read_sequences(model, X, reset=False)
    n_context = max(model._washout, 1)
    sequences.check_lengths(n_context + 2, type(model).__name__, model._washout)
    pairs = []
    for rows, table in zip(sequences.members(), tables_of(X, sequences), strict=True):
        plain: Any = Sequences(rows, np.array([0, len(rows)]), "series")
        series = plain if model.season_ is None else table  # whose index tells the phase
        (future,) = forecasts_from(model, series, [n_context], len(rows) - n_context)
        pairs.append((rows[n_context:, model._feedback.channels], future))
    return pairs
