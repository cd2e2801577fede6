"""The question that a search puts to every candidate: data, folds and scorers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn import config_context
from sklearn.base import clone


class Fold(NamedTuple):
    """One split of the data."""

    train: np.ndarray  # indices of rows of a series, or of sequences
    test: np.ndarray
    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any


@dataclass(frozen=True)
class Problem:
    """What all candidates share; a worker gets it once."""

    estimator: Any
    X: Any
    y: Any
    kind: str  # of container
    splits: list[tuple[np.ndarray, np.ndarray]]
    scorers: dict[str, Callable]
    standard: bool  # whether all scorers are scikit-learn's own
    with_train: bool
    error_score: Any

    def model(self, parameters: dict, seed: int | None) -> Any:
        """An unfitted candidate, with the seed in its reservoir."""
        model = clone(self.estimator).set_params(**clone(parameters, safe=False))
        return model if seed is None else model.set_params(**dict.fromkeys(seed_names(model), seed))

    def folds(self, share: float) -> list[Fold]:
        """All splits, with this share of their training parts."""
        return [self._fold(self.shortened(train, share), test) for train, test in self.splits]

    def shortened(self, train: np.ndarray, share: float) -> np.ndarray:
        """The first rows of a series; of sequences as many, evenly spread."""
        n_kept = max(1, round(share * len(train)))
        if self.kind == "series" or n_kept == len(train):
            return train[:n_kept]
        return train[np.arange(n_kept) * len(train) // n_kept]

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of a fold that are scored."""
        return ("test", "train") if self.with_train else ("test",)

    def scores(self, model: Any, X: Any, y: Any) -> list[float]:
        """The scores of a fitted model."""
        rest = () if y is None else (y,)
        with config_context(skip_parameter_validation=self.standard):  # half of the time of a short score
            return [float(scorer(model, X, *rest)) for scorer in self.scorers.values()]

    def _fold(self, train: np.ndarray, test: np.ndarray) -> Fold:
        taken = [take(data, rows) for rows in (train, test) for data in (self.X, self.y)]
        return Fold(train, test, *taken)


class Outcome:
    """Scores and times of the candidates of one shard, filled fold by fold."""

    def __init__(self, problem: Problem, n_candidates: int):
        shape = n_candidates, len(problem.splits)
        self.scores = {part: np.full((len(problem.scorers), *shape), np.nan) for part in problem.parts}
        self.fit_seconds, self.score_seconds = np.zeros(shape), np.zeros(shape)
        self.errors: list[str] = []

    def plain(self) -> dict:
        """As numbers, arrays and strings, which a file or another process can take."""
        times = {"fit_seconds": self.fit_seconds, "score_seconds": self.score_seconds}
        return {"scores": self.scores, "errors": self.errors, **times}


def take(data: Any, indices: np.ndarray) -> Any:
    """Rows of a table or array, or members of a list."""
    if data is None:
        return None
    if hasattr(data, "iloc"):
        return data.iloc[indices]
    return data[indices] if hasattr(data, "shape") else [data[index] for index in indices]


def seed_names(model: Any) -> list[str]:
    """Parameters that seed a model, but not its readout; a part that has a seed gives one to what it holds."""
    found = {name: value for name, value in model.get_params().items() if "readout" not in name.split("__")}
    owners = [name.split("__")[:-1] for name in found if name.split("__")[-1] == "random_state"]
    owners += [name.split("__") for name, part in found.items() if name.split("__")[-1] == "reservoir" and part is None]
    outer = [owner for owner in owners if not any(owner[:depth] in owners for depth in range(len(owner)))]
    return ["__".join([*owner, "random_state"]) for owner in outer]
