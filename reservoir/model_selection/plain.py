"""Candidates evaluated one after the other, as any search does it, but for penalties, which share a fit."""

from __future__ import annotations

import time
import traceback
from typing import Any

import numpy as np

from reservoir.model_selection.candidates import PENALTY, Configuration
from reservoir.model_selection.problem import Fold, Outcome, Problem
from reservoir.models.base import ReservoirModel
from reservoir.models.known import with_readout
from reservoir.readouts import RidgeReadout


def evaluate_plainly(problem: Problem, shard: list[Configuration], seed: int | None, share: float) -> Outcome:
    """Fit and score every candidate on every fold."""
    outcome = Outcome(problem, sum(len(configuration.candidates) for configuration in shard))
    folds, first = problem.folds(share), 0
    for configuration in shard:
        places = range(first, first + len(configuration.candidates))
        for number, fold in enumerate(folds):
            solved = _solved_together(problem, configuration, seed, fold, outcome, (places, number))
            for place, parameters in zip(places, configuration.parameters, strict=True):
                model = solved.get(place) or problem.model(parameters, seed)
                _evaluate(problem, model, fold, outcome, (place, number), fitted=place in solved)
        first += len(places)
    return outcome


def _solved_together(
    problem: Problem, configuration: Configuration, seed: Any, fold: Fold, outcome: Outcome, at: tuple
):
    """Fitted models {place: model} of one configuration that differ in the penalty alone; none where that cannot be."""
    places, number = at
    alphas = [parameters.get(PENALTY) for parameters in configuration.parameters]
    if len(places) < 2 or not all(isinstance(alpha, int | float) and alpha > 0 for alpha in alphas):
        return {}
    models = [problem.model(parameters, seed) for parameters in configuration.parameters]
    if not isinstance(models[0], ReservoirModel) or getattr(models[0], "n_members", 1) != 1:
        return {}
    readouts = [model.readout for model in models]
    if any(type(r) is not RidgeReadout for r in readouts) or len({r.record_kind() for r in readouts}) > 1:
        return {}
    start = time.perf_counter()
    try:
        fitted = _fit(models[0], fold)
        paths = fitted.readout_.solve_path(alphas)
    except Exception:  # met again, and told, where each is fitted by itself
        return {}
    outcome.fit_seconds[list(places), number] = (time.perf_counter() - start) / len(places)
    return {
        place: with_readout(fitted, readout, alpha) for place, readout, alpha in zip(places, paths, alphas, strict=True)
    }


def _evaluate(problem: Problem, model: Any, fold: Fold, outcome: Outcome, at: tuple, fitted: bool) -> None:
    """Fit and score one candidate on one fold; an error gives the score for errors."""
    place, number = at
    start = time.perf_counter()
    try:
        if not fitted:
            model = _fit(model, fold)
            outcome.fit_seconds[place, number] = time.perf_counter() - start
        start = time.perf_counter()
        for part in problem.parts:
            data = (fold.X_test, fold.y_test) if part == "test" else (fold.X_train, fold.y_train)
            outcome.scores[part][:, place, number] = problem.scores(model, *data)
        outcome.score_seconds[place, number] = time.perf_counter() - start
    except Exception:
        if isinstance(problem.error_score, str):
            raise
        outcome.errors.append(traceback.format_exc())
        for part in problem.parts:
            outcome.scores[part][:, place, number] = np.nan if problem.error_score is None else problem.error_score


def _fit(model: Any, fold: Fold) -> Any:
    return model.fit(fold.X_train) if fold.y_train is None else model.fit(fold.X_train, fold.y_train)
