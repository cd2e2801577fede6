"""The stream of a forecaster: the rows of a series come in, and what comes next goes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from reservoir.models.forecasting.closed_loop import step_system
from reservoir.models.forecasting.divergence import judge
from reservoir.models.forecasting.gap_filling import without_gaps
from reservoir.models.forecasting.hearing import names_of
from reservoir.models.forecasting.origins import futures_of
from reservoir.models.forecasting.reading import (
    bounds_after,
    in_units,
    known_ranges,
    phases_after,
    stays_near,
    table_in_units,
)
from reservoir.models.forecasting.season import Moment
from reservoir.models.forecasting.starts import course_of, start_of
from reservoir.models.streams.learning import check_learns, learn_row, with_own_readouts
from reservoir.models.streams.loop import LoopedSteps, Place, runs_in_loop
from reservoir.models.streams.rows import FLOAT, as_table, check_streams, read_context, read_row
from reservoir.parts import Numbers, SequenceData, without_noise
from reservoir.sequences import LARGEST, check_magnitude
from reservoir.sequences.future import index_after, moved_to
from reservoir.sequences.observations import read_observed
from reservoir.trainers import one_trainer
from reservoir.validation import check_finite_array, check_integer, parameter_error


class ForecasterStream:
    """A fitted `ReservoirForecaster` that hears one row after another; `ReservoirForecaster.stream` makes it."""

    def __init__(
        self,
        model: Any,
        states: Sequence[Any] | None = None,
        tail: Numbers | None = None,
        level: Numbers | None = None,
        moment: Moment | None = None,
        n_heard: int = 0,
    ):
        owner = type(self).__name__
        model._check_fitted()
        check_streams(owner, model)
        self.model = with_own_readouts(model)
        self.n_heard = check_integer(owner, "n_heard", n_heard, 0)
        self._shape, self._reads_logarithms = (model.n_features_in_,), bool(model.units_.logarithmic.any())
        self._meets_gaps = model.gaps != "refuse"
        self._place = self._checked(owner, states, tail, level, moment)
        self._loop = LoopedSteps(owner, self.model, self._place) if runs_in_loop(self.model) else None

    @classmethod
    def after(cls, model: Any, context: SequenceData | None) -> Self:
        """The stream of a model behind the series of `fit`, or behind a context."""
        model._check_fitted()
        check_streams(cls.__name__, model)
        start = start_of(model, context, 1, without_gaps)
        if start.kind != "series":
            wanted = "one series (T, n_features)" + (", as there were several in fit" if context is None else "")
            raise parameter_error(cls.__name__, "context", wanted, context)
        if context is None:
            moment, n_heard = model.season_ and model.season_.ends[0], model._n_rows
        else:
            sequences = read_context(cls.__name__, model, context)
            learnt, (moment,) = in_units(model, context, sequences)
            n_heard = len(without_gaps(model, learnt).rows)
        tail = start.tails[0]
        n_heard = n_heard if len(tail) > model._lessons.lags else len(tail)  # behind a gap there may be fewer
        return cls(model, start.states[0], tail, start.levels[0], moment, n_heard)

    @one_trainer
    def step(self, row: Numbers | float, observed: SequenceData | None = None) -> np.ndarray:
        """Hear the next row of the series, and answer the one after it.

        Parameters
        ----------
        row : array (n_features,), a list or tuple of as many numbers, or a series or table of one row
            With ``gaps="free-run"`` the answer of before stands where it holds NaN. With ``gaps="split"`` such a row is
            answered by NaN, and the next one begins at rest.
        observed : None, row (n_features,) or table (1, n_features), default None
            What is known of the row that is answered: its `exogenous` channels, where these lead by a row. NaN is what
            is not known.

        Returns
        -------
        array (n_outputs,)
            What the model forecasts for one step after all rows so far.
        """
        row = self._read(row)
        if self._meets_gaps and np.isnan(row).any():
            if self.model.gaps == "split":
                return self._interrupted()
            row = self._filled(row)
        if self._loop is not None:
            self._known(1, observed)
            answer = self._loop(row)
        else:
            known = self._known(1, observed)
            place, _ = self._behind(row)
            answer = self._future(place, known)[0]
            self._place = place
        self.n_heard += 1
        return answer

    @one_trainer
    def update(self, row: Numbers | float, observed: SequenceData | None = None) -> np.ndarray:
        """Learn that this row follows those before, and then hear and answer it as `step` does.

        Readouts learn with true rows as inputs, one row ahead. Not learnt are rows with NaN, those of the washout and
        those behind which earlier rows (`lags`) are missing.
        """
        owner, model = type(self).__name__, self.model
        for member in model._members():
            check_learns(owner, member)
        if model._lessons.horizon > 1:
            raise ValueError(f"{owner} does not learn several rows at once: update needs strategy='recursive'.")
        row, _ = self._read(row), self._known(1, observed)
        if np.isnan(row).any():
            return self.step(row, observed)
        place, seen = self._behind(row)
        if self.n_heard > max(model._washout, model._lessons.lags):
            target = place.level - self._at().level if model._lessons.increments else place.level
            for member, features in zip(model._members(), seen, strict=True):
                learn_row(member, features, target)
        return self.step(row, observed)

    def forecast(self, n_steps: int, observed: SequenceData | None = None) -> np.ndarray:
        """The rows (n_steps, n_outputs) after all so far, as `forecast` of the model; the stream stays where it is.

        `observed` is one table (n_steps, n_features) of what is known of them.
        """
        n_steps = check_integer("forecast", "n_steps", n_steps, 1)
        if not self.n_heard:
            raise ValueError(f"{type(self).__name__} has heard no row to go on from.")
        table = self._known(n_steps, observed)
        at, model = self._at(), self.model
        future = self._future(at, table)
        ranges = known_ranges(model, at.level) if stays_near(model) else model.training_range_
        judge(model, future[None], None if observed is None else table[None], ranges[None])
        return future

    def reset(self) -> Self:
        """Go back to rest, before the first row of a series; what readouts have learnt is kept."""
        season = self.model.season_
        if season is not None and season.parts:
            raise ValueError(
                f"{type(self).__name__} by the calendar has no rest, where no date tells the phase: make one with a "
                "context."
            )
        vars(self).update(vars(type(self)(self.model, moment=season and Moment(0, None))))
        return self

    @property
    def states(self) -> list[Any]:
        """The state of every member before the last row; None is rest."""
        return self._at().states

    @property
    def tail(self) -> np.ndarray:
        """What was heard last (at most 1 + lags, n_columns), in units of the model."""
        return self._at().tail

    @property
    def level(self) -> np.ndarray:
        """What is predicted (n_outputs,) in the last row, in units of the model."""
        return self._at().level

    @property
    def moment(self) -> Moment | None:
        """Where the seasons stand."""
        return self._at().moment

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_heard} rows heard by {type(self.model).__name__}>"

    def __reduce__(self) -> Any:
        return type(self), (self.model, *self._at(), self.n_heard)

    def _at(self) -> Place:
        return self._place if self._loop is None else self._loop.place(self.n_heard)

    def _checked(self, owner: str, states: Any, tail: Any, level: Any, moment: Any) -> Place:
        """The place with these parts; rest for None."""
        model, n_outputs = self.model, len(self.model._feedback.channels)
        n_columns = model.n_features_in_ + (0 if model.season_ is None else model.season_.n_columns)
        n_rows = min(self.n_heard, 1 + model._lessons.lags)
        begun = [None] * len(model._members()) if states is None else list(states)
        heard = np.empty((0, n_columns)) if tail is None else np.array(tail, dtype=FLOAT)
        present = check_finite_array(owner, "level", np.zeros(n_outputs) if level is None else level, (n_outputs,))
        if heard.shape != (n_rows, n_columns) or len(begun) != len(model._members()):
            raise parameter_error(owner, "tail", f"({n_rows}, {n_columns}) numbers, and a state for each member", tail)
        if (moment is None) != (model.season_ is None):
            raise parameter_error(owner, "moment", "given where there is a season", moment)
        return Place(begun, heard, present, moment)

    def _read(self, row: Any) -> np.ndarray:
        owner = type(self).__name__
        if type(row) is not np.ndarray or row.dtype is not FLOAT or row.shape != self._shape:
            row = read_row(owner, self.model, row, gaps=self._meets_gaps)
        elif not np.abs(row).max() <= LARGEST:
            check_magnitude(row, "row", owner, gaps=self._meets_gaps)
        if self._reads_logarithms:
            self.model.units_.check_positive(owner, "row", names_of(self.model), [row[None]])
        return row

    def _filled(self, row: np.ndarray) -> np.ndarray:
        """A row with the answer of before in place of what it lacks."""
        channels, row = self.model._feedback.channels, row.copy()
        if self.n_heard:
            beside = row[None].copy()
            beside[:, channels] = np.nan
            answer = self._future(self._at(), self._known(1, beside))
            row[channels] = np.where(np.isnan(row[channels]), answer[0], row[channels])
        return check_magnitude(row, "row", type(self).__name__)

    def _interrupted(self) -> np.ndarray:
        """Go back to rest in a gap, in which seasons go on."""
        moment = self._at().moment
        later = None if moment is None else _later(self.model.season_, moment)
        vars(self).update(vars(type(self)(self.model, moment=later)))
        return np.full(len(self.model._feedback.channels), np.nan)

    def _known(self, n_steps: int, observed: Any) -> np.ndarray:
        """What is known (n_steps, n_features) of the rows to come."""
        if observed is None and not self.model.exogenous_.size:
            return np.full((n_steps, *self._shape), np.nan)
        known = as_table(observed) if n_steps == 1 else observed
        (table,) = read_observed("forecast", self.model, known, n_steps, 1)
        needed = table[: n_steps - 1 + self.model._hearing.lead, self.model.exogenous_]
        if np.isnan(needed).any():
            names = [names_of(self.model)[channel] for channel in self.model.exogenous_]
            wanted = f"given for the exogenous channels {names} of the rows to come"
            raise parameter_error(type(self).__name__, "observed", wanted, observed)
        return table

    def _behind(self, row: np.ndarray) -> tuple[Place, list[np.ndarray]]:
        """The place behind a row, and what the readouts of all members saw before it (n_columns,)."""
        model, at = self.model, self._at()
        hearing, lessons, season = model._hearing, model._lessons, model.season_
        learnt, moment = model.units_.heard(row), at.moment
        if moment is not None:
            learnt, moment = np.concatenate([learnt, season.of_future(moment, 1)[0]]), _later(season, moment)
        heard, tail, states, seen = hearing.scaled(learnt[None]), at.tail.copy(), at.states, []
        if hearing.looks_ahead:
            tail[-1:, hearing.drivers] = learnt[hearing.drivers]
            heard = heard.copy()
            heard[:, hearing.drivers] = np.nan
        if len(tail):
            moved = [
                step_system(without_noise(member.reservoir_), lessons.for_reservoir(tail[-1]), state)
                for member, state in zip(model._members(), states, strict=True)
            ]
            beside = tail[::-1][lessons.first :].reshape(1, -1)
            seen, states = [lessons.features(rows, beside)[0] for rows, _ in moved], [after for _, after in moved]
        tail = np.concatenate([tail, heard])[-1 - lessons.lags :]
        return Place(states, tail, learnt[hearing.feedback.channels], moment), seen

    def _future(self, place: Place, table: np.ndarray) -> np.ndarray:
        """The rows after a place, of which a table is known."""
        known = table_in_units(self.model, phases_after(self.model, place.moment, len(table)), table)
        bounds = bounds_after(self.model, place.level, len(known))
        course = course_of(self.model, tuple(place.states), place.tail, place.level, known, bounds)
        return futures_of(self.model, [course])[0][: len(table)]


def _later(season: Any, moment: Moment) -> Moment:
    """The moment a row later."""
    ending = moment.ending
    if ending is not None:
        ending = moved_to(season.origin, index_after(ending, 1))
    return Moment(moment.position + 1, ending)
