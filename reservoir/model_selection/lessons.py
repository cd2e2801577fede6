"""What the folds teach, and who learns: the shared picture of a shard for those that evaluate it together."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from reservoir.model_selection.candidates import PENALTY, Configuration
from reservoir.model_selection.problem import Fold, Problem
from reservoir.models import ReservoirClassifier, ReservoirRegressor
from reservoir.models.base import default_readout
from reservoir.readouts import RidgeReadout
from reservoir.sequences import Sequences, read_sequences
from reservoir.systems import EchoState


class CannotShareError(Exception):
    """These candidates are to be evaluated one by one."""


class Lesson(NamedTuple):
    """What a fold teaches and asks, read as a model reads it."""

    fold: Fold
    fitted: dict  # attributes that a model has from reading the training part
    train: Sequences
    test: Sequences
    targets: np.ndarray

    def asked(self, part: str) -> tuple[Sequences, Any, Any]:
        """Sequences, X and y of the test or training part."""
        fold = self.fold
        return (self.test, fold.X_test, fold.y_test) if part == "test" else (self.train, fold.X_train, fold.y_train)


class Learner(NamedTuple):
    """One configuration: an unfitted model, and the candidates that differ in the penalty."""

    model: Any
    readouts: list  # unfitted, one a candidate
    places: range  # of the candidates in the outcome

    @property
    def ridge(self) -> bool:
        """Whether all readouts can be solved from one record."""
        return all(
            type(r) is RidgeReadout and not (isinstance(r.alpha, str) and r.alpha == "blocked") for r in self.readouts
        )

    def fitted(self, lesson: Lesson) -> Any:
        """The model with what it knows from reading a fold; still without a readout."""
        model = copy.copy(self.model)
        model.__dict__.update(lesson.fitted)
        return model


def learners_of(problem: Problem, shard: list[Configuration], seed: int | None) -> list[Learner]:
    """The configurations. Raises CannotShareError for models and reservoirs that may learn in their own way."""
    learners, first = [], 0
    for configuration in shard:
        model = problem.model(configuration.parameters[0], seed)
        if type(model) not in (ReservoirRegressor, ReservoirClassifier):
            raise CannotShareError
        if model.reservoir is not None and type(model.reservoir) is not EchoState:
            raise CannotShareError
        readouts = []
        for parameters in configuration.parameters:
            readouts.append(default_readout() if model.readout is None else copy.copy(model.readout))
            if PENALTY in parameters:
                readouts[-1].set_params(alpha=parameters[PENALTY])
        learners.append(Learner(model, readouts, range(first, first + len(readouts))))
        first += len(readouts)
    return learners


def lesson_of(model: Any, fold: Fold) -> Lesson:
    """A fold as this model reads it."""
    reader = copy.copy(model)
    train, targets = reader._read_lesson(fold.X_train, fold.y_train)
    fitted = {name: value for name, value in vars(reader).items() if name not in vars(model)}
    return Lesson(fold, fitted, train, read_sequences(reader, fold.X_test, reset=False), targets)


def solved(readouts: list[RidgeReadout], taught: Callable[[RidgeReadout], RidgeReadout]) -> list[RidgeReadout]:
    """The readouts with coefficients, where `taught` gives one its record; penalties share a factorisation."""
    found: list[Any] = [None] * len(readouts)
    paths: dict[str, list[int]] = {}
    for place, readout in enumerate(readouts):
        kind = readout.record_kind()
        if isinstance(readout.alpha, str) or readout.alpha == 0:
            found[place] = taught(copy.copy(readout)).solve()
        else:
            paths.setdefault(kind, []).append(place)
    for places in paths.values():
        path = taught(copy.copy(readouts[places[0]])).solve_path([readouts[place].alpha for place in places])
        for place, readout in zip(places, path, strict=True):
            found[place] = readout
    return found
