"""Candidates evaluated one after the other, as any search does it, but for penalties, which share a fit."""

from __future__ import annotations

import time
import traceback
from typing import Any

import numpy as np

from reservoir.model_selection.candidates import PENALTY, Configuration, EvaluationTask
from reservoir.model_selection.folds import CrossValidation, Fold
from reservoir.model_selection.results import TaskResult
from reservoir.model_selection.sharing import is_ridge
from reservoir.models.base import ReservoirModel
from reservoir.models.precomputed import with_readout


def evaluate_one_by_one(cv: CrossValidation, task: EvaluationTask) -> TaskResult:
    """Fit and score every candidate on every fold."""
    result = TaskResult(cv, task.n_candidates)
    folds, first = cv.folds(task.share), 0
    for configuration in task.configurations:
        positions = range(first, first + len(configuration.candidates))
        for number, fold in enumerate(folds):
            start = time.perf_counter()
            path = _fit_path(cv, configuration, task.seed, fold)
            if path:
                result.fit_seconds[list(positions), number] = (time.perf_counter() - start) / len(path)
            for k, position in enumerate(positions):
                model = path[k] if path else cv.candidate(configuration.parameters[k], task.seed)
                _evaluate(cv, model, fold, result, (position, number), fitted=bool(path))
        first += len(positions)
    return result


def _fit_path(cv: CrossValidation, configuration: Configuration, seed: int | None, fold: Fold) -> list[Any]:
    """Models that differ in the penalty alone, fitted with one factorisation; none where that cannot be."""
    alphas = [parameters.get(PENALTY) for parameters in configuration.parameters]
    if len(alphas) < 2 or not all(isinstance(alpha, int | float) and alpha > 0 for alpha in alphas):
        return []
    models = [cv.candidate(parameters, seed) for parameters in configuration.parameters]
    if not isinstance(models[0], ReservoirModel) or getattr(models[0], "n_members", 1) != 1:
        return []
    readouts = [model.readout for model in models]
    if not all(map(is_ridge, readouts)) or len({readout.record_kind() for readout in readouts}) > 1:
        return []
    try:
        fitted = _fit(models[0], fold)
        solved = fitted.readout_.solve_path(alphas)
    except Exception:  # raised again, and reported, where each is fitted by itself
        return []
    return [with_readout(fitted, readout, alpha) for readout, alpha in zip(solved, alphas, strict=True)]


def _evaluate(
    cv: CrossValidation, model: Any, fold: Fold, result: TaskResult, at: tuple[int, int], fitted: bool
) -> None:
    """Fit and score one candidate on one fold; an error gives the score for errors."""
    position, number = at
    start = time.perf_counter()
    try:
        if not fitted:
            model = _fit(model, fold)
            result.fit_seconds[position, number] = time.perf_counter() - start
        start = time.perf_counter()
        for part in cv.scored_parts:
            result.scores[part][:, position, number] = cv.scores(model, *fold.data(part))
        result.score_seconds[position, number] = time.perf_counter() - start
    except Exception as error:
        if isinstance(cv.error_score, str):
            raise
        result.errors.append(f"{type(error).__name__}: {error}\n\n{traceback.format_exc()}")
        result.failed[position, number] = True
        for part in cv.scored_parts:
            result.scores[part][:, position, number] = np.nan if cv.error_score is None else cv.error_score


def _fit(model: Any, fold: Fold) -> Any:
    data = (fold.X_train,) if fold.y_train is None else (fold.X_train, fold.y_train)
    return model.fit(*data, **fold.fit_params)
