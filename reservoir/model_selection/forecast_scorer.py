"""Scores of free forecasts: the first rows of a series are the context, the others are forecast."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline

from reservoir.estimators import BaseEstimator, RegressorMixin
from reservoir.metrics import valid_prediction_time
from reservoir.models.forecasting.origins import free_forecasts
from reservoir.ranges import widths_of

_METRIC = type(get_scorer("r2"))


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


FORECAST_SCORES = {"valid_prediction_time": valid_time_score, "log_mae": log_mae_score}
"""Scores of forecasts alone by name, larger is better: functions of the model, the truth and the forecast."""


class ForecastScorer:
    """Scores a fitted forecaster, or a pipeline that ends in one, on free forecasts.

    `scoring` is None for the forecaster's own `score`, or a name, a metric or a callable; the context has max(`warmup`,
    1) rows, as many as the forecaster's own washout where that is None.
    """

    def __init__(self, scoring: Any, warmup: int | None):
        self.scoring, self.warmup = scoring, warmup

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
        return model.score(X) if self.scoring is None else float(np.mean(self._scores(model, X)))

    def _scores(self, model: Any, X: Any) -> list[float]:
        """The metric of every series. One by name, which takes no NaN, of a forecast that diverges is -inf."""
        if self.scoring in FORECAST_SCORES:
            return [FORECAST_SCORES[self.scoring](model, *pair) for pair in free_forecasts(model, X)]
        named = isinstance(self.scoring, str)
        scorer = get_scorer(self.scoring) if named else self.scoring
        pairs = free_forecasts(model, X)
        lost = [named and not np.isfinite(future).all() for _, future in pairs]
        return [
            -np.inf if gone else scorer(_Answer(future), truth, truth)
            for gone, (truth, future) in zip(lost, pairs, strict=True)
        ]


class _Answer(RegressorMixin, BaseEstimator):
    """A regressor as a metric sees it, whose prediction is known."""

    def __init__(self, rows: np.ndarray):
        self.rows = rows

    def predict(self, X: Any) -> np.ndarray:
        return self.rows
