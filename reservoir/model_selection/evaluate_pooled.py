"""A target for every sequence: its states are pooled once, and all folds and readouts take the pooled rows."""

from __future__ import annotations

import itertools
import time
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import clone

from reservoir.model_selection.candidate_states import CandidateStates
from reservoir.model_selection.folds import CrossValidation, ReadFold
from reservoir.model_selection.results import TaskResult
from reservoir.model_selection.shared_runs import Presentation, presentations
from reservoir.model_selection.sharing import ConfiguredModel, solve_penalties
from reservoir.models.base import TrainingRows, fit_readout, penalties_told, readout_features, reservoir_of
from reservoir.models.precomputed import PrecomputedPooling, with_attributes, with_inference, with_readout
from reservoir.sequences import Sequences, joined

Rows: TypeAlias = dict[Presentation, np.ndarray]
"""The pooled row (n_columns,) of every presentation."""


class PooledEvaluation:
    """Models with any readout, scored on every fold."""

    def __init__(
        self, cv: CrossValidation, models: list[ConfiguredModel], folds: list[ReadFold], everything: Sequences
    ):
        self._cv, self._folds, self._model = cv, folds, models[0].model
        self._members = everything.members()
        used = np.zeros(len(self._members), dtype=bool)
        for fold, _, _ in folds:
            used[fold.train] = used[fold.test] = True
        self._used = np.flatnonzero(used)
        self._n_units = reservoir_of(self._model).n_units

    def bytes_per_model(self) -> int:
        """Memory that a configuration needs: the states of one sequence, held twice."""
        return 16 * max(len(self._members[index]) for index in self._used) * self._n_units

    def run(self, models: list[ConfiguredModel], states: CandidateStates, result: TaskResult) -> None:
        """Fill in the scores of these models."""
        start = time.perf_counter()
        quiet = self._pooled(len(models), states, [presentations(self._used, False)], noisy=False)
        trained = [presentations(fold.train, states.noisy) for fold, _, _ in self._folds]
        training = self._pooled(len(models), states, trained, noisy=True) if states.noisy else quiet
        shared = (time.perf_counter() - start) / sum(len(own.positions) for own in models) / len(self._folds)
        for lane, configured in enumerate(models):
            for number, fold in enumerate(self._folds):
                start = time.perf_counter()
                rows = np.stack([training[lane][one] for one in trained[number]])
                with penalties_told(configured.model):
                    readouts = _fitted(configured, rows, fold.training.targets)
                fitted = time.perf_counter()
                self._score(configured, readouts, quiet[lane], number, result)
                positions, end = list(configured.positions), time.perf_counter()
                result.fit_seconds[positions, number] = shared + (fitted - start) / len(positions)
                result.score_seconds[positions, number] = (end - fitted) / len(positions)

    def _pooled(
        self, n_models: int, states: CandidateStates, parts: list[list[Presentation]], noisy: bool
    ) -> list[Rows]:
        """For every model the pooled row (n_columns,) of every presentation in these parts."""
        model = self._model
        pool = model._pooling().pool
        found: list[Rows] = [{} for _ in range(n_models)]
        for one in dict.fromkeys(itertools.chain.from_iterable(parts)):
            inputs = self._members[one.sequence]
            blocks = [block for _, block in states.blocks(inputs, noisy, one.trial)]
            pooled_inputs = pool(inputs[model.washout :]) if model.include_input else inputs[0]
            for lane in range(n_models):
                own = pool(joined([block[lane] for block in blocks])[model.washout :])
                found[lane][one] = readout_features(own, pooled_inputs, model.include_input)
        return found

    def _score(
        self, configured: ConfiguredModel, readouts: list[Any], rows: Rows, number: int, result: TaskResult
    ) -> None:
        fold = self._folds[number]
        for part in self._cv.scored_parts:
            X, y = fold.fold.data(part)
            pooled = np.stack([rows[one] for one in presentations(getattr(fold.fold, part), False)])
            pooling = PrecomputedPooling(X, fold.sequences(part), pooled)
            model = with_inference(with_attributes(configured.model, fold.training.attributes), pooling)
            for position, readout in zip(configured.positions, readouts, strict=True):
                fitted = with_readout(model, readout, getattr(readout, "alpha", None))
                result.scores[part][:, position, number] = self._cv.scores(fitted, X, y)


def _fitted(configured: ConfiguredModel, rows: np.ndarray, targets: np.ndarray) -> list[Any]:
    """Fitted readouts, one per candidate."""
    if configured.solved_from_record:
        return solve_penalties(configured.readouts, lambda readout: readout.accumulate(rows, targets))
    readouts = [clone(readout) for readout in configured.readouts]
    for readout in readouts:
        fit_readout(readout, [TrainingRows(rows, targets, np.arange(len(rows)))])
    return readouts
