"""Steps of a forecaster by one row, in the compiled loop that its forecasts run in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import for_types_of
from reservoir.models.forecasting.divergence import until_lost
from reservoir.models.forecasting.reading import bounds_after, heard_bounds, stays_near
from reservoir.models.forecasting.season import Moment
from reservoir.neurons.rate import loops
from reservoir.neurons.rate.loops import Levels, LinearReadout
from reservoir.neurons.rate.unit import compiled_for
from reservoir.parts import without_noise
from reservoir.readouts.linear import is_linear
from reservoir.systems.rate_runs import weights_of
from reservoir.validation import check_finite_array


class Place(NamedTuple):
    """Where a stream stands in its series."""

    states: list[Any]  # of every member, before the last row; None is rest
    tail: np.ndarray  # (at most 1 + lags, n_columns), what was heard last
    level: np.ndarray  # (n_outputs,), what is predicted, in the last row
    moment: Moment | None  # of the seasons


def runs_in_loop(model: Any) -> bool:
    """Whether a forecaster is one compiled system with a linear readout, and hears nothing but what it answers."""
    if model._hearing.drivers.size or model._lessons.horizon > 1 or len(model._members()) > 1:
        return False
    return getattr(model.reservoir_, "runs_compiled", False) and is_linear(model.readout_)


class LoopedSteps:
    """Such a forecaster, row by row: an answer is the first one of a free run, so that it has the same bits."""

    def __init__(self, owner: str, model: Any, place: Place):
        system, lessons = without_noise(model.reservoir_), model._lessons
        self.owner, self.model, self.weights = owner, model, weights_of(system)
        self._n_rows, self._n_kept = len(place.tail), 1 + lessons.lags
        dtype, n_features = self.weights.bias.dtype, self.weights.input_columns.shape[0]
        if n_features != place.tail.shape[1]:
            raise ValueError(f"{owner} needs a model whose system hears its {place.tail.shape[1]} features.")
        shape = (self.weights.state_size,)
        begun = np.zeros(shape) if place.states[0] is None else place.states[0]
        self._state = check_finite_array(owner, "state", begun, shape).astype(dtype)[None]
        self._before, self.level = self._state[0].copy(), place.level.copy()
        self._tail = np.zeros((self._n_kept, n_features))  # the newest first
        n_levels = self.level.size * lessons.increments
        self._levels = Levels(np.zeros(n_levels), np.full((1, n_levels), np.nan))
        self._known, self._answers = np.full((1, n_features), np.nan), np.empty((1, self.level.size))
        self._heard = np.zeros(self._tail.size, dtype)
        self._row, self._seen = self._heard[:n_features].reshape(1, -1), np.empty((1, self.weights.bias.size), dtype)
        self._bounds, self._own_bounds = np.array(heard_bounds(model))[None], model._read_bounds()
        self._near = model.units_.of(model._feedback.channels).heard_ranges(model.training_range_)
        self._stays_near, self._is_bounded = stays_near(model), bool(np.isfinite(self._own_bounds).any())
        self._units, self._plain = model.units_.of(model._feedback.channels), model.units_.are_own
        self._ends, self._scratch = np.array([0, 1]), self._before.copy()
        self._step = self.weights, self._row, self._ends, 0, 1, False, self._state, self._seen
        self._course = model._feedback, self._known, self._levels, self._scratch, self._heard, self._answers
        self._take_readout()
        used = loops.advance_for(self.weights), loops.close_loop
        advance, loop = (compiled_for(one, self.weights.cells) for one in used)
        self._advance = for_types_of(advance, *self._step)
        self._loop = for_types_of(loop, self.weights, self._readout, *self._course)
        if self._n_rows:
            oldest = np.repeat(place.tail[:1], self._n_kept - self._n_rows, axis=0)
            self._tail[:] = np.concatenate([place.tail[::-1], oldest])
            self._move()

    def __call__(self, row: np.ndarray) -> np.ndarray:
        """The answers (n_outputs,) to a finite row (n_features,), in units of the user."""
        heard = row if self._plain else self.model.units_.heard(row)
        self.level[:] = heard
        self._tail[1:] = self._tail[:-1]
        self._tail[0] = heard * self.model._feedback.scaling
        if not self._n_rows:
            self._tail[1:] = self._tail[0]
        self._n_rows = min(self._n_rows + 1, self._n_kept)
        self._move()
        answers = self._answers.copy()
        if self._stays_near and ((answers < self._near[:, 0]) | (answers > self._near[:, 1])).any():
            answers = np.clip(answers, *bounds_after(self.model, self.level, 1)[0].T)
        if not self._plain:
            answers = self._units.given(answers)
            if self._is_bounded:
                answers = np.clip(answers, self._own_bounds[:, 0], self._own_bounds[:, 1])
        return until_lost(answers)[0]

    def place(self, n_heard: int) -> Place:
        """Where it stands after so many rows."""
        states = [self._before.copy() if n_heard > 1 else None]
        return Place(states, self._tail[: self._n_rows][::-1].copy(), self.level.copy(), None)

    def _move(self) -> None:
        """Answer the tail, and let its newest row move the state, each as the model does it, to the last bit."""
        if self.model.readout_.coef_ is not self._coef:
            self._take_readout()
        self._before[:] = self._state[0]
        with np.errstate(over="ignore"):
            self._heard[:] = self._tail.ravel()
        self._scratch[:] = self._before
        self._advance(*self._step)
        self._levels.present[:] = self.level[: self._levels.present.size]
        self._loop(self.weights, self._readout, *self._course)

    def _take_readout(self) -> None:
        """The readout as the loop takes it; it may have learnt."""
        readout, lessons, n_units = self.model.readout_, self.model._lessons, self.weights.bias.size
        n_squared, n_unseen = n_units * lessons.squared_states, self._tail.shape[1] * lessons.first
        shape = (self.level.size, n_units + n_squared + self._heard.size - n_unseen)
        coef = check_finite_array(self.owner, "coef_", np.atleast_2d(readout.coef_), shape)
        intercept = check_finite_array(self.owner, "intercept_", np.atleast_1d(readout.intercept_), shape[:1])
        self._readout = LinearReadout(coef, intercept, n_squared, n_unseen, self._bounds)
        self._coef = readout.coef_
