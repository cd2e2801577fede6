"""Data of a user as a forecaster works with them: in its units, with the phases of its seasons beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from reservoir.models.forecasting.candidates import is_auto
from reservoir.models.forecasting.hearing import Hearing, names_of, read_channels
from reservoir.models.forecasting.places import Place, place_of
from reservoir.models.forecasting.season import Moment, Season, read_season, tables_of
from reservoir.models.forecasting.units import SeriesUnits
from reservoir.ranges import covering, widened
from reservoir.sequences import Sequences
from reservoir.sequences.doubts import warn_of_data
from reservoir.sequences.gaps import pieces_of

_HEAD = 8  # rows by which a series of `fit` is known again
_DOUBT = 0.2  # share of what the seasons do that may be wrong without a word


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


def in_units(
    model: Any, X: Any, sequences: Sequences, places: list[int] | None = None
) -> tuple[Sequences, list[Moment | None]]:
    """Series X, read as `sequences`, as a fitted model works with them, and the moments after them for its seasons.

    They begin at these places of its seasons, or where they say or show it.
    """
    owner = type(model).__name__
    model.units_.check_positive(owner, "X", names_of(model), sequences.members())
    rows = model.units_.heard(sequences.rows)
    if model.season_ is None:
        return replace(sequences, rows=rows), [None] * len(sequences)
    places = places or places_of(model, X, sequences)
    columns, moments = model.season_.of_series(owner, X, sequences, places)
    return replace(sequences, rows=np.hstack([rows, np.concatenate(columns)])), [*moments]


def places_of(model: Any, X: Any, sequences: Sequences, known: np.ndarray | None = None) -> list[int]:
    """Where series X begin in the seasons of a model that found them; 0 where they say it, or nothing was found.

    Series that begin as one of `fit` are taken for those of `fit`. A word is said where the rows leave it open. Of one
    series it is told by so many rows as are `known` at each of some origins.
    """
    n_places = len(sequences) if known is None else len(known)
    if model.season_ is None or not is_auto(model.season) or not {"_heads", "_calibration"} <= vars(model).keys():
        return [0] * n_places
    places = []
    for table, rows in zip(tables_of(X, sequences), sequences.members(), strict=True):
        by_index = model.season_.tells_place(type(model).__name__, table)
        places += [_place(model, rows[:n_rows], by_index) for n_rows in ([len(rows)] if known is None else known)]
    _tell_doubts(model, places)
    return [place.first for place in places]


def _place(model: Any, rows: np.ndarray, by_index: bool) -> Place:
    """Where the rows (n_rows, n_features) of a user begin."""
    begun, heads = first_rows([rows]), model._heads
    same = (heads == begun) | np.isnan(begun) | np.isnan(heads)
    if by_index or same.all(axis=(1, 2)).any():
        return Place(0, 1.0, 0.0)
    return place_of(model, model.units_.heard(rows)[:, model._feedback.channels])


def first_rows(members: list[np.ndarray]) -> np.ndarray:
    """The first rows (n_series, _HEAD, n_features) of every series; behind short ones stands NaN."""
    found = np.full((len(members), _HEAD, members[0].shape[1]), np.nan)
    for head, rows in zip(found, members, strict=True):
        head[: len(rows)] = rows[:_HEAD]
    return found


def _tell_doubts(model: Any, places: list[Place]) -> None:
    """Warn of the first series that does not tell where it stands in the seasons."""
    doubtful = [number for number, place in enumerate(places) if place.doubt > _DOUBT]
    if not doubtful:
        return
    place, owner = places[doubtful[0]], type(model).__name__
    which = "X" if len(places) == 1 else f"Sequence {doubtful[0]} of X"
    periods = ", ".join(f"{period:g}" for period in model.season_.periods)
    warn_of_data(
        f"{which} has no index that says where it stands in the seasons that {owner} found, of {periods} rows: by its "
        f"values, which do not tell it well (probability {place.probability:.2f}), it is taken to begin {place.first} "
        "row(s) behind where the data of fit began. Give tables with an index, histories from the first row of fit on, "
        "longer ones, or season=None."
    )


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
    return np.clip(given, *bounds.T)


def heard_bounds(model: Any) -> np.ndarray:
    """The bounds (n_outputs, 2) of answers that were given, in the units of the model."""
    units = model.units_.of(model._feedback.channels)
    return units.heard_bounds(type(model).__name__, model._read_bounds(), model.bounds)


def stays_near(model: Any) -> bool:
    """Whether forecasts stay near what is known, as those do that were chosen and have no bounds of a user."""
    return is_auto(model.bounds) and "chosen_" in vars(model)


def known_ranges(model: Any, levels: np.ndarray) -> np.ndarray:
    """What training rows and a last row, or many (..., n_outputs) in the units of the model, span in those of the user.

    The ranges are (..., n_outputs, 2).
    """
    last = model.units_.of(model._feedback.channels).given(levels)
    return covering(model.training_range_, np.stack([last, last], axis=-1))


def margins_of(model: Any, n_steps: int) -> np.ndarray:
    """How many widths of what is known forecasts may lie beyond it (n_steps,), so that a line goes on."""
    return 1 + 3 * np.arange(1, n_steps + 1) / model._n_rows


def bounds_after(model: Any, levels: np.ndarray, n_steps: int) -> np.ndarray:
    """The bounds (..., n_steps or 1, n_outputs, 2) of answers after last rows (..., n_outputs), in its units."""
    if not stays_near(model):
        return np.broadcast_to(heard_bounds(model), (*levels.shape[:-1], 1, levels.shape[-1], 2))
    units = model.units_.of(model._feedback.channels)
    return units.heard_ranges(widened(known_ranges(model, levels), margins_of(model, n_steps)))
