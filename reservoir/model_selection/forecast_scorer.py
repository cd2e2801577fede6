"""Scores of free forecasts: the first rows of a series are the context, the others are forecast."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline

from reservoir.estimators import BaseEstimator, RegressorMixin
from reservoir.metrics import valid_prediction_time
from reservoir.models.forecasting.candidates import origins_between, usual_horizon
from reservoir.models.forecasting.chosen_parameters import choice_of
from reservoir.models.forecasting.origins import forecasts_from, free_forecasts
from reservoir.models.forecasting.rolling import score
from reservoir.models.forecasting.season import tables_of
from reservoir.ranges import widths_of
from reservoir.sequences import read_sequences

_METRIC = type(get_scorer("r2"))
_LOST = 10.0  # the logarithm of the error of what is lost


def forecaster_in(estimator: Any) -> Any:
    """The forecaster that an estimator is, or that a pipeline or a search ends in; None where there is none."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not hasattr(last, "forecast"):
        return None
    return getattr(last, "best_estimator_", last)


def is_metric(scoring: Any) -> bool:
    """Whether a scorer is a metric of targets and predictions, made by `make_scorer`."""
    return isinstance(scoring, _METRIC)


def valid_time_score(model: Any, truth: np.ndarray, forecast: np.ndarray) -> float:
    """The valid prediction time in rows, with errors in deviations of the training rows."""
    sizes = np.where(model.training_deviations_ > 0, model.training_deviations_, 1.0)
    return float(valid_prediction_time(truth, forecast, scale=sizes))


def log_mae_score(model: Any, truth: np.ndarray, forecast: np.ndarray) -> float:
    """Minus log10 of the mean absolute error in units of the training range, from -10 (or lost) to 10."""
    with np.errstate(over="ignore"):
        error = np.mean(np.abs(truth - forecast) / widths_of(model.training_range_))
    return -10.0 if np.isnan(error) else float(-np.log10(np.clip(error, 1e-10, 1e10)))


def rolling_score(model: Any, pairs: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Minus the score by which a forecaster chooses, of forecasts from many origins; a lost one counts as e^10."""
    sizes = np.where(model.training_deviations_ > 0, model.training_deviations_, 1.0)
    missed = np.full((len(pairs), max(len(truth) for truth, _ in pairs), len(sizes)), np.nan)
    with np.errstate(over="ignore"):
        for index, (truth, forecast) in enumerate(pairs):
            errors = np.nan_to_num(np.abs(forecast - truth) / sizes, nan=np.inf)
            missed[index, : len(truth)] = np.minimum(errors, np.exp(_LOST))
    return -score(np.nanmean(missed, axis=(0, 2)))


ROLLING = "rolling_origins"
FORECAST_SCORES = {"valid_prediction_time": valid_time_score, "log_mae": log_mae_score}
"""Scores of forecasts alone by name, larger is better: functions of the model, the truth and the forecast."""
FORECAST_NAMES = (*FORECAST_SCORES, ROLLING)


class Origins(NamedTuple):
    """From where forecasts of test rows begin: the first row behind the context, and others behind it."""

    n_origins: int = 10
    horizon: int | None = None  # None: what the model was chosen for, or has, or suits its training rows


class ForecastScorer:
    """Scores a fitted forecaster, or a pipeline that ends in one, on free forecasts.

    `scoring` is None for the forecaster's own `score`, or a name, a metric or a callable; the context has max(`warmup`,
    1) rows, as many as the forecaster's own washout where that is None. With `origins` the forecasts are those from
    many, each as far as the horizon; else there is one, to the end. "rolling_origins" always has many.
    """

    def __init__(self, scoring: Any, warmup: int | None, origins: Origins | None = None):
        self.scoring, self.warmup = scoring, warmup
        self.origins = Origins() if origins is None and _is_rolling(scoring) else origins

    def __repr__(self) -> str:
        return f"ForecastScorer({self.scoring!r}, warmup={self.warmup})"

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        if callable(self.scoring) and not is_metric(self.scoring):
            return self.scoring(estimator, X)
        if isinstance(estimator, Pipeline) and len(estimator) > 1:
            X = estimator[:-1].transform(X)
        model = copy.copy(forecaster_in(estimator))
        if self.warmup is not None:
            model.washout = max(self.warmup, 1)
        if self.scoring is None and self.origins is None:
            return model.score(X)
        pairs = free_forecasts(model, X) if self.origins is None else _rolling_forecasts(model, X, self.origins)
        if _is_rolling(self.scoring):
            return rolling_score(model, pairs)
        return float(np.mean(self._scores(model, pairs)))

    def _scores(self, model: Any, pairs: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
        """The metric of every forecast. One by name, which takes no NaN, of a forecast that diverges is -inf."""
        if self.scoring in FORECAST_SCORES:
            return [FORECAST_SCORES[self.scoring](model, *pair) for pair in pairs]
        named = isinstance(self.scoring, str)
        scorer = get_scorer(self.scoring) if named else self.scoring
        lost = [named and not np.isfinite(future).all() for _, future in pairs]
        return [
            -np.inf if gone else scorer(_Answer(future), truth, truth)
            for gone, (truth, future) in zip(lost, pairs, strict=True)
        ]


def _is_rolling(scoring: Any) -> bool:
    return isinstance(scoring, str) and scoring == ROLLING


def _rolling_forecasts(model: Any, X: Any, origins: Origins) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of every series and origin the rows that follow, as far as they are known, and their forecast."""
    model._check_fitted()
    sequences = read_sequences(model, X, reset=False)
    n_context, horizon = max(model._washout, 1), _horizon_of(model, origins)
    needed = horizon if model._lessons.ahead.size or model.exogenous_.size else max(1, horizon // 2)
    sequences.check_lengths(n_context + needed, type(model).__name__, model._washout)
    pairs = []
    for rows, table in zip(sequences.members(), tables_of(X, sequences), strict=True):
        known = origins_between(n_context, len(rows) - needed, origins.n_origins)
        truth = rows[:, model._feedback.channels]
        futures = forecasts_from(model, table, known, horizon)
        pairs += [
            (truth[row : row + horizon], future[: len(rows) - row]) for row, future in zip(known, futures, strict=True)
        ]
    return pairs


def _horizon_of(model: Any, origins: Origins) -> int:
    choice, given = choice_of(model), model.horizon if origins.horizon is None else origins.horizon
    if given is not None:
        return int(given)
    return usual_horizon(model._n_rows, 1.0) if choice is None else choice.horizon


class _Answer(RegressorMixin, BaseEstimator):
    """A regressor as a metric sees it, whose prediction is known."""

    def __init__(self, rows: np.ndarray):
        self.rows = rows

    def predict(self, X: Any) -> np.ndarray:
        return self.rows
