"""A target for every sequence: its states are pooled once, and all folds and readouts take the pooled rows."""

from __future__ import annotations

import copy
import time
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.model_selection.lessons import Learner, Lesson, solved
from reservoir.model_selection.problem import Outcome, Problem
from reservoir.model_selection.states import StateSource
from reservoir.models.known import having_pooled, with_readout
from reservoir.models.pooling import as_pooling
from reservoir.sequences import Sequences


class PooledEvaluation:
    """Learners with any readout, scored on every fold."""

    def __init__(self, problem: Problem, learners: list[Learner], lessons: list[Lesson], everything: Sequences):
        self._problem, self._lessons, self._model = problem, lessons, learners[0].model
        self._members = everything.members()
        used = np.zeros(len(self._members), dtype=bool)
        for lesson in lessons:
            used[lesson.fold.train] = used[lesson.fold.test] = True
        self._used = np.flatnonzero(used)
        self._n_units = 1 if self._model.reservoir is None else self._model.reservoir.n_units

    def bytes_a_learner(self) -> int:
        """Memory that a configuration needs: the states of one sequence, held twice."""
        return 16 * max(len(self._members[index]) for index in self._used) * self._n_units

    def run(self, learners: list[Learner], source: StateSource, outcome: Outcome) -> None:
        """Fill in the scores of these learners."""
        start = time.perf_counter()
        heard = self._pooled(learners, source, noisy=True)
        quiet = self._pooled(learners, source, noisy=False) if source.noisy else heard
        shared = (time.perf_counter() - start) / sum(len(learner.places) for learner in learners) / len(self._lessons)
        for lane, learner in enumerate(learners):
            for number, lesson in enumerate(self._lessons):
                start = time.perf_counter()
                model = learner.fitted(lesson)
                readouts = _taught(model, learner, heard[lane][lesson.fold.train], lesson.targets)
                fitted = time.perf_counter()
                self._score(learner, readouts, quiet[lane], number, outcome)
                places, end = list(learner.places), time.perf_counter()
                outcome.fit_seconds[places, number] = shared + (fitted - start) / len(places)
                outcome.score_seconds[places, number] = (end - fitted) / len(places)

    def _pooled(self, learners: list[Learner], source: StateSource, noisy: bool) -> list[np.ndarray]:
        """For every learner the pooled rows (n_sequences, n_columns); those of sequences in no fold are NaN."""
        model = self._model
        pool = as_pooling(type(model).__name__, model.pooling).pool
        found: list[dict[int, np.ndarray]] = [{} for _ in learners]
        for index in self._used:
            inputs = self._members[index]
            blocks = [states for _, states in source.blocks(inputs, noisy)]
            heard = pool(inputs[model.washout :]) if model.include_input else inputs[0]
            for lane in range(len(learners)):
                parts = [states[lane] for states in blocks]
                states = parts[0] if len(parts) == 1 else np.concatenate(parts)
                found[lane][index] = model._features(pool(states[model.washout :]), heard)
        rows = []
        for lane in range(len(learners)):
            example = next(iter(found[lane].values()))
            rows.append(np.full((len(self._members), len(example)), np.nan, dtype=example.dtype))
            rows[-1][self._used] = np.stack([found[lane][index] for index in self._used])
        return rows

    def _score(self, learner: Learner, readouts: list, rows: np.ndarray, number: int, outcome: Outcome) -> None:
        lesson = self._lessons[number]
        model = learner.fitted(lesson)
        for part in self._problem.parts:
            sequences, X, y = lesson.asked(part)
            own = rows[getattr(lesson.fold, part)]
            for place, readout in zip(learner.places, readouts, strict=True):
                twin = having_pooled(with_readout(model, readout, getattr(readout, "alpha", None)), sequences, own)
                outcome.scores[part][:, place, number] = self._problem.scores(twin, X, y)


def _taught(model: Any, learner: Learner, rows: np.ndarray, targets: np.ndarray) -> list:
    """Fitted readouts, one a candidate."""
    if learner.ridge:
        return solved(learner.readouts, lambda readout: readout.accumulate(rows, targets))
    found = []
    for readout in learner.readouts:
        pupil = copy.copy(model)
        pupil.readout_ = clone(readout)
        pupil._fit_readout(iter([(rows, targets)]))
        found.append(pupil.readout_)
    return found
