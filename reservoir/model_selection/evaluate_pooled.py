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
from reservoir.threads import limit, spread

Rows: TypeAlias = dict[Presentation, np.ndarray]
"""The pooled row (n_columns,) of every presentation."""

_MOST_BYTES = 2**31  # of the states that several threads hold at once


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

        def fit(pair: tuple[int, int]) -> tuple[list[Any], float]:
            (lane, number), start = pair, time.perf_counter()
            rows = np.stack([training[lane][one] for one in trained[number]])
            with penalties_told(models[lane].model):
                readouts = _fitted(models[lane], rows, self._folds[number].training.targets)
            return readouts, time.perf_counter() - start

        pairs = list(itertools.product(range(len(models)), range(len(self._folds))))
        fits = spread(fit, pairs, self._work_of_fits(models, quiet))
        for (lane, number), (readouts, seconds) in zip(pairs, fits, strict=True):
            start = time.perf_counter()
            self._score(models[lane], readouts, quiet[lane], number, result)
            positions, end = list(models[lane].positions), time.perf_counter()
            result.fit_seconds[positions, number] = shared + seconds / len(positions)
            result.score_seconds[positions, number] = (end - start) / len(positions)

    def _work_of_fits(self, models: list[ConfiguredModel], rows: list[Rows]) -> float:
        """About how many multiplications all fits take; none where a readout may not learn in any thread."""
        if not all(getattr(readout, "any_thread", False) for configured in models for readout in configured.readouts):
            return 0.0
        size = max(map(len, rows[0].values()))
        return float(len(models) * len(self._folds) * size**2 * (len(rows[0]) + size))

    def _pooled(
        self, n_models: int, states: CandidateStates, parts: list[list[Presentation]], noisy: bool
    ) -> list[Rows]:
        """For every model the pooled row (n_columns,) of every presentation in these parts."""
        model, pooling = self._model, self._model._pooling()

        def pooled(one: Presentation) -> list[np.ndarray]:
            inputs = self._members[one.sequence]
            blocks = [block for _, block in states.blocks(inputs, noisy, one.trial)]
            pooled_inputs = pooling.pool(inputs[model.washout :]) if model.include_input else inputs[0]
            own = (pooling.pool(joined([block[lane] for block in blocks])[model.washout :]) for lane in range(n_models))
            return [readout_features(rows, pooled_inputs, model.include_input) for rows in own]

        every = list(dict.fromkeys(itertools.chain.from_iterable(parts)))
        work = 20.0 * sum(len(self._members[one.sequence]) for one in every) * self._n_units * n_models
        fits = limit() * n_models * self.bytes_per_model() <= _MOST_BYTES
        vectors = spread(pooled, every, work * (fits and getattr(pooling, "any_thread", False)))
        return [dict(zip(every, own, strict=True)) for own in zip(*vectors, strict=True)]

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
