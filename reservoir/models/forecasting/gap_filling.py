"""Series with gaps, from which a forecaster goes on: behind the last gap, or through gaps that it answers itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.models.forecasting.origins import answers_on
from reservoir.models.forecasting.reading import after_gaps, bounds_after
from reservoir.models.forecasting.starts import contexts_of, course_of, ends_of, joint_tail, states_of
from reservoir.sequences import Sequences
from reservoir.sequences.gaps import pieces_of


def without_gaps(model: Any, learnt: Sequences) -> Sequences:
    """The rows that are heard before a forecast, of series in units of a fitted model, by its parameter `gaps`."""
    if model.gaps == "free-run" and np.isnan(learnt.rows).any():
        return Sequences.of_members([_filled(model, index, rows) for index, rows in enumerate(learnt.members())])
    return after_gaps(model, learnt)


def keep_contexts(model: Any, kind: str, learnt: Sequences) -> None:
    """Let the members of a fitted model go on from series with gaps, as from a context."""
    whole = without_gaps(model, learnt)
    for member, context in zip(model._members(), contexts_of(model, whole), strict=True):
        member._context = kind, *context


def missing_rows(model: Any, learnt: Sequences) -> list[np.ndarray]:
    """Which rows of what `without_gaps` gives of every series were not known as a whole."""
    missing = [np.isnan(rows).any(axis=1) for rows in learnt.members()]
    return [gone[_first_piece(model, index, gone)[0] :] for index, gone in enumerate(missing)]


def _filled(model: Any, index: int, rows: np.ndarray) -> np.ndarray:
    """One series from its first piece of enough rows on, what is missing of it answered from the rows before."""
    missing = np.isnan(rows).any(axis=1)
    begin, end = _first_piece(model, index, missing)
    rows, end = rows[begin:].copy(), end - begin
    if not missing[begin:].any():
        return rows
    hearing = model._hearing
    if np.isnan(rows[:, hearing.drivers]).any():
        raise ValueError(
            f"X of {type(model).__name__} has gaps in exogenous channels, which gaps='free-run' cannot answer: they "
            "are not predicted. Fill them, or give gaps='split'."
        )
    piece = Sequences.of_members([rows[:end]])
    heard = hearing.of(piece)
    (states,) = states_of(model, model._lessons.inputs(heard))
    (tail,), (level,) = ends_of(model, piece, heard)
    bounds = bounds_after(model, level, len(rows) - end)
    course = course_of(model, states, joint_tail([tail] * len(states)), level, rows[end:], bounds)
    (answers,) = answers_on(model, [course])
    channels = hearing.feedback.channels
    known = rows[end:, channels]
    rows[end:, channels] = np.where(np.isnan(known), answers, known)
    if not np.isfinite(rows).all():
        raise ValueError(f"The answers of {type(model).__name__} in the gaps of X run away; give gaps='split'.")
    return rows


def _first_piece(model: Any, index: int, missing: np.ndarray) -> tuple[int, int]:
    """Where the first rows begin and end that are enough to begin a forecast."""
    needed = max(model._washout, 1)
    pieces = pieces_of(Sequences(np.where(missing, np.nan, 0.0)[:, None], np.array([0, len(missing)]), "series"))
    offsets = pieces.sequences.offsets
    long = np.flatnonzero(pieces.sequences.lengths >= needed)
    if not long.size:
        raise ValueError(f"Sequence {index} of X of {type(model).__name__} has no {needed} rows without a gap.")
    return int(pieces.places[offsets[long[0]]]), int(pieces.places[offsets[long[0] + 1] - 1]) + 1
