"""A number for every row of one series, told from the rows so far."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.comparison.tasks.base import Series, Task
from reservoir.metrics import nrmse

HELD_OUT = 1 / 3


def validate(model: Any, lesson: Series, task: Task) -> float:
    """NRMSE on the last third of the training rows, after a fit on those before."""
    n_rows = round(lesson.n_train * (1 - HELD_OUT))
    data = Series(lesson.X, lesson.y, n_rows)
    return examine(learn(model, data), data, task)


def learn(model: Any, data: Series) -> Any:
    """The model fitted on the training rows."""
    return model.fit(data.X[: data.n_train], data.y[: data.n_train])


def examine(model: Any, data: Series, task: Task) -> float:
    """NRMSE on the rows behind the training rows; the system has heard those, so that it starts warm."""
    found = model.predict(data.X)[data.n_train :]
    return nrmse(data.y[data.n_train :], found) if np.isfinite(found).all() else float("inf")


def piece(lesson: Series) -> Series:
    """The first 400 rows, half of them to learn from."""
    return Series(lesson.X[:400], lesson.y[:400], 250)
