"""Data of a user as a forecaster works with them: in its units, with the phases of its seasons beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from reservoir.models.forecasting.candidates import is_auto
from reservoir.models.forecasting.hearing import Hearing, names_of, read_channels
from reservoir.models.forecasting.season import Moment, Season, read_season, tables_of
from reservoir.models.forecasting.units import SeriesUnits
from reservoir.sequences import Sequences
from reservoir.sequences.doubts import warn_of_data
from reservoir.sequences.gaps import pieces_of


def learned_units(model: Any, X: Any, sequences: Sequences) -> tuple[Hearing, SeriesUnits, Season | None]:
    """What is heard of the series of `fit`, in which units and with which seasons, by the parameters of a model."""
    owner, hearing = type(model).__name__, read_channels(model)
    asked = {name: vars(model)[name] for name in ("transform", "scaling")}
    units = SeriesUnits.learned(owner, sequences, hearing.feedback.channels, names_of(model), **asked)
    season = read_season(owner, model.season, X, sequences)
    if season is not None:
        seasonal = model.n_features_in_ + np.arange(season.n_columns)
        hearing = hearing._replace(drivers=np.concatenate([hearing.drivers, seasonal]))
    return hearing, units, season


def in_units(model: Any, X: Any, sequences: Sequences) -> tuple[Sequences, list[Moment | None]]:
    """Series X, read as `sequences`, as a fitted model works with them, and the moments after them for its seasons."""
    owner = type(model).__name__
    model.units_.check_positive(owner, "X", names_of(model), sequences.members())
    rows = model.units_.heard(sequences.rows)
    if model.season_ is None:
        return replace(sequences, rows=rows), [None] * len(sequences)
    _tell_assumed_places(model, X, sequences)
    columns, moments = model.season_.of_series(owner, X, sequences)
    return replace(sequences, rows=np.hstack([rows, np.concatenate(columns)])), [*moments]


def _tell_assumed_places(model: Any, X: Any, sequences: Sequences) -> None:
    """Warn where it is only assumed that series begin with a season as the first of `fit` did, and nobody asked for it.

    Series that begin with a row of `fit` are taken for those of `fit`.
    """
    begun, owner = vars(model).get("_first_rows"), type(model).__name__
    if begun is None or not is_auto(model.season):
        return
    firsts = sequences.rows[sequences.offsets[:-1]]
    for number, (table, first) in enumerate(zip(tables_of(X, sequences), firsts, strict=True)):
        same = (begun == first) | (np.isnan(begun) & np.isnan(first))
        if not same.all(axis=1).any() and not model.season_.tells_place(owner, table):
            which = "X" if len(firsts) == 1 else f"Sequence {number} of X"
            warn_of_data(
                f"{which} has no index that says where it stands in the seasons that {owner} found, of "
                f"{', '.join(f'{period:g}' for period in model.season_.periods)} rows: it is taken to begin where the "
                "data of fit began. Give tables with an index, histories from the first row of fit on, or season=None."
            )
            return


def pieces_to_learn(model: Any, learnt: Sequences, needed: int) -> Sequences:
    """The series of `fit`, or the pieces between their gaps that have as many rows as are needed."""
    pieces = pieces_of(learnt, cut=model.gaps != "refuse").sequences
    if pieces is learnt:
        return learnt
    long = [rows for rows in pieces.members() if len(rows) >= needed]
    if not long:
        raise ValueError(f"X of {type(model).__name__} has no piece of at least {needed} rows between its gaps.")
    return Sequences.of_members(long)


def after_gaps(model: Any, sequences: Sequences) -> Sequences:
    """The rows of every series behind its last gap, from which a forecast goes on."""
    pieces, needed = pieces_of(sequences, cut=model.gaps == "split"), max(model._washout, 1)
    if pieces.sequences is sequences:
        return sequences
    found = [np.empty((0, sequences.rows.shape[1]))] * len(sequences)
    ends = pieces.places[pieces.sequences.offsets[1:] - 1]
    for rows, index, end in zip(pieces.sequences.members(), pieces.whole, ends, strict=True):
        found[index] = rows if end == sequences.offsets[index + 1] - 1 else found[index]
    for index, rows in enumerate(found):
        if len(rows) < needed:
            which = "X" if len(found) == 1 else f"Sequence {index} of X"
            raise ValueError(
                f"{which} of {type(model).__name__} has {len(rows)} rows after its last gap, but a forecast goes on "
                f"from at least {needed}."
            )
    return Sequences.of_members(found)


def rows_to_come(model: Any, n_steps: int) -> int:
    """How many rows are answered so that the first `n_steps` are those of whole horizons where all can be known."""
    horizon = model._lessons.horizon
    return n_steps if model.exogenous_.size or model.season_ is None else -(-n_steps // horizon) * horizon


def phases_after(model: Any, moment: Moment | None, n_steps: int) -> np.ndarray:
    """The phases of the seasons (n_rows, n_columns) in all rows that are answered for the first `n_steps`."""
    n_rows = rows_to_come(model, n_steps)
    return np.empty((n_rows, 0)) if moment is None else model.season_.of_future(moment, n_rows)


def table_in_units(model: Any, phases: np.ndarray, table: np.ndarray) -> np.ndarray:
    """What a user knows of rows to come (n_steps, n_features), as the model works with it, beside the phases."""
    model.units_.check_positive("forecast", "observed", names_of(model), [table])
    rows = model.units_.heard(table)
    if model.season_ is None:
        return rows
    n_rows = rows_to_come(model, len(rows))
    padded = np.concatenate([rows, np.full((n_rows - len(rows), rows.shape[1]), np.nan)])
    return np.hstack([padded, phases[:n_rows]])


def in_given_units(model: Any, future: np.ndarray) -> np.ndarray:
    """Answers (n_steps, n_outputs) in units of the user, within the bounds."""
    if model.units_.are_own:
        return future
    bounds = model._read_bounds()
    given = model.units_.of(model._feedback.channels).given(future)
    return np.clip(given, bounds[:, 0], bounds[:, 1])


def heard_bounds(model: Any) -> np.ndarray:
    """The bounds (n_outputs, 2) of answers in the units of the model."""
    units = model.units_.of(model._feedback.channels)
    return units.heard_bounds(type(model).__name__, model._read_bounds(), model.bounds)
