"""A series that goes on by itself: the loop is closed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from benchmarks.comparison.tasks.base import Series, Task
from reservoir.metrics import valid_prediction_time
from reservoir.models import DivergenceWarning

HELD_OUT, N_CONTEXT, N_STARTS = 1 / 3, 200, 20
HORIZONS = (50, 200, 1000)  # a forecast that holds to the end of one is asked for the next


def validate(model: Any, lesson: Series, task: Task) -> float:
    """Minus the mean valid time, or the error, from starts in the last third of the training rows."""
    n_rows = round(lesson.n_train * (1 - HELD_OUT))
    data = Series(lesson.X, None, n_rows)
    score = examine(learn(model, data), data, task)
    return -score if task.better == "higher" else score


def learn(model: Any, data: Series) -> Any:
    """The model fitted on the training rows."""
    return model.fit(data.X[: data.n_train])


def examine(model: Any, data: Series, task: Task) -> float:
    """Mean valid time, or error so many rows ahead, from starts spread over the rows behind the training rows."""
    limit = task.ahead or HORIZONS[-1]
    starts = np.linspace(data.n_train, len(data.X) - limit, N_STARTS).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        if task.ahead:
            return error_ahead(model, data.X, starts, task.ahead)
        return float(np.mean(valid_times(model, data.X, starts)) * task.step)


def valid_times(model: Any, X: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Rows for which the forecast from each start holds; X is scaled to unit variance."""
    times, alive = np.zeros(len(starts)), np.arange(len(starts))
    for horizon in HORIZONS:
        future = ahead_of(model, X, starts[alive], horizon)
        truth = [X[start : start + horizon] for start in starts[alive]]
        scale = np.ones(X.shape[1])
        times[alive] = [valid_prediction_time(*pair, scale=scale) for pair in zip(truth, future, strict=True)]
        alive = alive[times[alive] == horizon]
        if not len(alive):
            break
    return times


def error_ahead(model: Any, X: np.ndarray, starts: np.ndarray, ahead: int) -> float:
    """Root mean square error of the row so far ahead, relative to the spread of the series."""
    last = np.array([future[-1] for future in ahead_of(model, X, starts, ahead)])
    truth = X[starts + ahead - 1]
    error = np.sqrt(np.mean((last - truth) ** 2) / np.mean(X.var(axis=0)))
    return float(error) if np.isfinite(error) else float("inf")


def ahead_of(model: Any, X: np.ndarray, starts: np.ndarray, n_rows: int) -> np.ndarray:
    """Free forecasts (n_starts, n_rows, n_features), each after the 200 true rows before its start."""
    return model.forecast(n_rows, context=np.stack([X[start - N_CONTEXT : start] for start in starts]))


def piece(lesson: Series) -> Series:
    """The first 1,400 rows, 350 of them to learn from."""
    return Series(lesson.X[:1400], None, 350)
