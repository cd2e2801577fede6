"""One label per sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold

from benchmarks.comparison.tasks.base import Recordings, Task

N_FOLDS = 5


def validate(model: Any, lesson: Recordings, task: Task) -> float:
    """Mean squared distance of the answers from the codes of the true labels, in cross-validation.

    With so few recordings the number of errors is too coarse to choose by: many settings make none.
    """
    folds = StratifiedKFold(N_FOLDS).split(np.zeros(len(lesson.y)), lesson.y)
    losses = []
    for train, held_out in folds:
        fitted = clone(model).fit([lesson.X[i] for i in train], lesson.y[train])
        found = answers(fitted, [lesson.X[i] for i in held_out])
        truth = np.eye(len(fitted.classes_))[np.searchsorted(fitted.classes_, lesson.y[held_out])]
        losses.append(np.mean((found - truth) ** 2))
    return float(np.mean(losses))


def answers(model: Any, X: list) -> np.ndarray:
    """Answers (n_sequences, n_classes) of which the true one should be 1 and the others 0."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    return (model.decision_function(X) + 1) / 2  # a readout learns codes of -1 and 1


def learn(model: Any, data: Recordings) -> Any:
    """The model fitted on the training recordings."""
    return model.fit(data.X, data.y)


def examine(model: Any, data: Recordings, task: Task) -> float:
    """Errors on the test recordings."""
    return float(np.sum(model.predict(data.X_test) != data.y_test))


def piece(lesson: Recordings) -> Recordings:
    """Every fifth recording, to learn from and to tell."""
    return Recordings(lesson.X[::5], lesson.y[::5], lesson.X[:2], lesson.y[:2])
