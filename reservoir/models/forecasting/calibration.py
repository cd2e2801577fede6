"""What a forecaster would have missed of rows that its readout had not learnt."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from reservoir.derived import Derived
from reservoir.models.base import readout_of
from reservoir.models.forecasting.chosen_parameters import choice_of
from reservoir.models.forecasting.divergence import warn_of_lost
from reservoir.models.forecasting.lessons import head_of
from reservoir.models.forecasting.origins import courses_from, futures_of, rows_known
from reservoir.models.forecasting.reading import rows_to_come, stays_near
from reservoir.models.forecasting.training import learn
from reservoir.models.precomputed import with_attributes
from reservoir.preprocessing.channel_moments import ChannelMoments
from reservoir.readouts.candidates import unasked_candidates
from reservoir.sequences import Sequences

_MOST_NUMBERS = 200_000
"""Numbers of the series of `fit` that are kept at most."""
_MOST_ORIGINS = 500
_MOST_STEPS = 50_000


class CalibrationRows(NamedTuple):
    """The last rows of the series of `fit`, in the units of the model, with the phases of seasons beside them."""

    rows: np.ndarray  # (n_rows, n_columns), of series joined
    offsets: np.ndarray  # (n_series + 1,)

    @classmethod
    def of(cls, learnt: Sequences) -> CalibrationRows:
        """What is kept of the series that were learnt from; of very many as many as have room, evenly spread."""
        room = max(_MOST_NUMBERS // learnt.rows.shape[1], 2000)
        n_kept = int(np.clip(room * len(learnt) // len(learnt.rows), 1, len(learnt)))
        members = learnt.members()
        kept = [members[k * len(members) // n_kept][-(room // n_kept) :] for k in range(n_kept)]
        joined = Sequences.of_members(kept)
        return cls(np.array(joined.rows), joined.offsets)  # a copy: those of the user may change

    def members(self) -> list[np.ndarray]:
        """The series (T_i, n_columns)."""
        return Sequences(self.rows, self.offsets, "list").members()


class _Rehearsal(NamedTuple):
    """A model whose readouts learnt only what stands before the calibration part of every series."""

    model: Any
    series: list[tuple[np.ndarray, int]]  # rows, and where that part begins
    residuals: dict[Any, np.ndarray]  # what has been asked for


_REHEARSALS: Derived[_Rehearsal] = Derived()


def residuals_of(model: Any, n_steps: int) -> np.ndarray:
    """What forecasts of a fitted model miss of the rows to come (n_origins, n_steps, n_outputs), in its units.

    The forecasts begin at many origins in the calibration part of the series, and their readouts have learnt the rows
    before that part. NaN where the series ends, and infinite where a forecast is lost.
    """
    kept = vars(model).get("_calibration")
    if kept is None:
        raise ValueError(
            f"This {type(model).__name__} comes from a file of before it could give intervals: fit it anew."
        )
    rehearsal = _REHEARSALS.get(model, (model.readout_, kept), partial(_rehearse, with_attributes(model, {})))
    key = n_steps, stays_near(model), model._read_bounds().tobytes()
    if key not in rehearsal.residuals:
        rehearsal.model.bounds = model.bounds
        rehearsal.residuals[key], of_last = _residuals(rehearsal, n_steps)
        if choice_of(model) is None:
            _tell_lost(rehearsal, rehearsal.residuals[key], of_last)
    return rehearsal.residuals[key]


def _rehearse(model: Any) -> _Rehearsal:
    """Teach copies of the readouts what stands before the calibration part; the reservoirs stay."""
    needed = head_of(model.washout_, model._lessons.lags, model.reservoir_) + model._lessons.horizon + 1
    series = [(rows, first_calibrated(len(rows), needed)) for rows in model._calibration.members()]
    earlier = Sequences.of_members([rows[:first] for rows, first in series if first >= needed])
    members = [with_attributes(member, {"readout_": clone(readout_of(member))}) for member in model._members()]
    with unasked_candidates():  # what there is to say of them was said in `fit`
        for member in members:
            learn(member, earlier, choice_of(member))
    taught = with_attributes(model, {"members_": members}) if len(members) > 1 else members[0]
    return _Rehearsal(taught, series, {})


def first_calibrated(n_rows: int, needed: int) -> int:
    """Where the calibration part of a series begins: it is a third of it, of a short one up to a half."""
    return min(max(n_rows - max(n_rows // 3, min(n_rows // 2, 100)), needed), n_rows)


def _tell_lost(rehearsal: _Rehearsal, missed: np.ndarray, of_last: np.ndarray) -> None:
    """Warn where forecasts miss more (n_origins, n_steps, n_outputs) than the last value does."""
    model, known = rehearsal.model, ~np.isnan(missed)
    rows = np.concatenate([rows[:, model._feedback.channels] for rows, _ in rehearsal.series])
    deviations = ChannelMoments.of_rows(rows).deviations
    if known.any():
        error, naive = (float(np.abs(one / deviations)[known].mean()) for one in (missed, of_last))
        warn_of_lost(type(model).__name__, missed.shape[1], error, naive, chosen=False)


def _residuals(rehearsal: _Rehearsal, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """What forecasts miss, and what the last value does."""
    model, channels = rehearsal.model, rehearsal.model._feedback.channels
    n_rows = rows_to_come(model, n_steps)
    reach = n_rows if model._hearing.drivers.size else 1
    wanted = int(np.clip(_MOST_STEPS // n_steps, 60, _MOST_ORIGINS))
    none = np.empty((0, n_steps, len(channels)))
    found, of_last = [none], [none]
    for rows, first in rehearsal.series:
        n_origins = min(len(rows) - reach + 1 - first, max(1, wanted // len(rehearsal.series)))
        if n_origins < 1:
            continue
        origins = np.linspace(first, len(rows) - reach, n_origins).round().astype(int)
        known = [rows_known(rows[origin : origin + n_rows], n_rows, model._hearing.drivers) for origin in origins]
        futures = np.stack(futures_of(model, courses_from(model, rows, origins, known)))[:, :n_steps]
        truth = np.stack([rows_known(rows[o : o + n_steps], n_steps, channels)[:, channels] for o in origins])
        of_last.append(truth - rows[origins - 1][:, None, channels])
        missed = truth - model.units_.of(channels).heard(futures)
        found.append(np.where(np.isnan(truth), np.nan, np.where(np.isfinite(missed), missed, np.inf)))
    return np.concatenate(found), np.concatenate(of_last)
