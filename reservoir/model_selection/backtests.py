"""Forecasts from many origins of a series, and what they miss."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.metrics import interval_coverage, mase, owa, pinball_loss, smape, valid_prediction_time
from reservoir.metrics.attractor import attractor_distances
from reservoir.models import ReservoirForecaster
from reservoir.models.conformal import read_coverage
from reservoir.models.forecasting.hearing import names_of
from reservoir.models.forecasting.intervals import moved, widths_of
from reservoir.models.forecasting.origins import forecasts_from
from reservoir.parts import SequenceData
from reservoir.sequences import Sequences, read_sequences
from reservoir.validation import check_choice, check_flag, check_integer, parameter_error

_AXES = {"origin": 0, "horizon": 1, "channel": 2}


@dataclass(frozen=True)
class Backtest:
    """What `backtest` found.

    Attributes
    ----------
    origins : array of int (n_origins,)
        Rows that were known to each forecast.
    truth, forecasts : array (n_origins, horizon, n_outputs)
        A forecast is NaN from the row on from which it is lost.
    lower, upper : array (n_origins, horizon, n_outputs) or None
        The intervals of `coverage`.
    coverage : float or None
    series : array (T, n_outputs)
        All rows; those before the first origin tell the size of errors.
    period : int
    names : list of the names or places of the channels
    """

    origins: np.ndarray
    truth: np.ndarray
    forecasts: np.ndarray
    lower: np.ndarray | None
    upper: np.ndarray | None
    coverage: float | None
    series: np.ndarray
    period: int
    names: list[Any]

    @property
    def baseline(self) -> np.ndarray:
        """The last rows that were known, of one period, again and again (n_origins, horizon, n_outputs)."""
        ahead = np.arange(self.truth.shape[1]) % self.period - self.period
        return self.series[self.origins[:, None] + ahead]

    def scores(self, by: str | None = None) -> dict[str, Any]:
        """Scores over all forecasts, or for every origin, horizon or channel by itself.

        Parameters
        ----------
        by : None, "origin", "horizon" or "channel", default None

        Returns
        -------
        dict of float, or of array (n_origins,), (horizon,) or (n_outputs,)
            "rmse", "mae", "smape", "mase" and "owa" (see `reservoir.metrics`; beside the `baseline`), infinite where a
            forecast is lost, NaN where the baseline has no error. With intervals "coverage", their mean "width" and
            "pinball", the mean loss of both ends. By None and "origin" also "valid_time", the median number of rows
            before the error passes 0.4 deviations of the rows before the first origin, and "censored", the share of
            forecasts valid to the end, whose time is a lower bound. By None also "density" and "spectrum", distances of
            all forecasts from the rows that came (`reservoir.metrics.density_distance`, `spectrum_distance`, with a
            segment of the horizon): whether they live on the right attractor, however early they are lost. NaN where
            the rows that came have a constant channel, or, for the spectrum, fewer than 8 rows a forecast.
        """
        check_choice("scores", "by", by, (None, *_AXES))
        axis = _AXES.get(by or "", 0)
        wholes = [np.arange(size) for size in self.truth.shape]
        parts = wholes[axis][:, None] if by else wholes[axis][None]
        found = [self._scores_of([*wholes[:axis], part, *wholes[axis + 1 :]]) for part in parts]
        if by in (None, "origin"):
            found = [row | self._valid_times(part) for row, part in zip(found, parts, strict=True)]
        if by is None:
            found[0] |= dict(zip(("density", "spectrum"), attractor_distances(self.truth, self.forecasts), strict=True))
        return {name: np.array([row[name] for row in found]) for name in found[0]} if by else found[0]

    def to_pandas(self) -> Any:
        """A table with a row for every origin, horizon (from 1 on) and channel."""
        pandas = importlib.import_module("pandas")
        horizons = np.arange(1, self.truth.shape[1] + 1)
        names = ["origin", "horizon", "channel"]
        index = pandas.MultiIndex.from_product([self.origins, horizons, self.names], names=names)
        columns = {"truth": self.truth, "forecast": self.forecasts, "error": self.truth - self.forecasts}
        if self.lower is not None and self.upper is not None:
            columns |= {"lower": self.lower, "upper": self.upper}
        return pandas.DataFrame({name: values.ravel() for name, values in columns.items()}, index=index)

    @property
    def _known(self) -> np.ndarray:
        """The rows before the first origin."""
        return self.series[: self.origins.min()]

    def _scores_of(self, places: list[np.ndarray]) -> dict[str, float]:
        """Scores of some origins, horizons and channels."""
        part, known = np.ix_(*places), self._known[:, places[2]]

        def rows(values: np.ndarray) -> np.ndarray:
            return values[part].reshape(-1, known.shape[1])

        scores = _errors(rows(self.truth), rows(self.forecasts), rows(self.baseline), known, self.period)
        if self.lower is not None and self.upper is not None and self.coverage is not None:
            scores |= _interval_scores(rows(self.truth), rows(self.lower), rows(self.upper), self.coverage)
        return scores

    def _valid_times(self, origins: np.ndarray) -> dict[str, float]:
        sizes = self._known.std(axis=0)
        sizes = np.where(sizes > 0, sizes, 1.0)
        times = [valid_prediction_time(self.truth[k], self.forecasts[k], scale=sizes) for k in origins]
        return {"valid_time": float(np.median(times)), "censored": float(np.mean([time.censored for time in times]))}


def backtest(
    model: Any,
    series: SequenceData,
    horizon: int,
    *,
    n_origins: int = 10,
    step: int | None = None,
    coverage: float | None = None,
    period: int = 1,
    fit: bool = True,
) -> Backtest:
    """Forecast a series from many origins, each with the rows before it as context.

    A clone of the model learns the rows before the first origin, once, so that nothing that is scored was learnt; the
    reservoir hears the series once for all origins. The forecast from an origin is ``forecast(horizon,
    series[:origin])`` of that clone. Exogenous channels are known in advance.

    Parameters
    ----------
    model : ReservoirForecaster
    series : series (T, n_features)
    horizon : int >= 1
        Rows of every forecast.
    n_origins : int >= 1, default 10
        The last is at T - horizon.
    step : None or int >= 1, default None
        Rows from one origin to the next. None is the horizon, or less where the first origin would come before the
        middle of the series.
    coverage : None or float in (0, 1), default None
        Intervals of this coverage, by `ReservoirForecaster.forecast_interval` of the clone.
    period : int >= 1, default 1
        Rows of a season, for the baseline of "mase" and "owa": the row a period ago; 1 is the last row.
    fit : bool, default True
        False: the model is fitted, on other rows than these, and answers itself.

    Returns
    -------
    Backtest
        With ``scores(by=None)`` and ``to_pandas()``.

    Raises
    ------
    ValueError
        For a parameter outside its range, origins before the start of the series, and as `fit` does.

    References
    ----------
    Tashman 2000, Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16(4):437-450,
    doi:10.1016/S0169-2070(00)00065-0.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirForecaster
    >>> from reservoir.model_selection import backtest
    >>> series = np.sin(np.arange(600) / 5).reshape(-1, 1)
    >>> found = backtest(ReservoirForecaster(EchoState(50, random_state=0)), series, 20, n_origins=5)
    >>> found.origins
    array([500, 520, 540, 560, 580])
    >>> bool(found.scores()["rmse"] < 0.01), found.scores(by="horizon")["mae"].shape
    (True, (20,))
    """
    owner = "backtest"
    known = read_one_series(owner, model, series)[1].rows
    refuse_gaps(owner, known)
    n_rows = len(known)
    horizon = check_integer(owner, "horizon", horizon, 1)
    n_origins, period = check_integer(owner, "n_origins", n_origins, 1), check_integer(owner, "period", period, 1)
    coverage = None if coverage is None else read_coverage(owner, coverage)
    origins = _origins(n_rows, horizon, n_origins, None if step is None else check_integer(owner, "step", step, 1))
    if n_rows - horizon <= period:
        raise parameter_error(owner, "horizon", f"at most {n_rows - period - 1} with {n_rows} rows", horizon)
    if origins[0] <= period:
        wanted = f"fewer: of {n_rows} rows {origins[0]} stand before the first, and {period + 1} are needed"
        raise parameter_error(owner, "n_origins", wanted, n_origins)
    if check_flag(owner, "fit", fit):
        model = clone(model).fit(series[: origins[0]])  # type: ignore[index]
    forecasts = forecasts_from(model, series, origins, horizon)
    rows = read_sequences(model, series, reset=False).rows[:, model._feedback.channels]
    truth = rows[origins[:, None] + np.arange(horizon)]
    lower, upper = _intervals(model, forecasts, coverage)
    names = [names_of(model)[channel] for channel in model._feedback.channels]
    return Backtest(origins, truth, forecasts, lower, upper, coverage, rows, period, names)


def read_one_series(owner: str, model: Any, series: SequenceData) -> tuple[Any, Sequences]:
    """A copy of a forecaster that has read a series, and what it has read."""
    if not isinstance(model, ReservoirForecaster):
        raise parameter_error(owner, "model", "a ReservoirForecaster", model)
    reader = clone(model)
    sequences = read_sequences(reader, series, reset=True, gaps=model.gaps != "refuse")
    if sequences.kind != "series":
        raise parameter_error(owner, "series", "one series (T, n_features)", f"a {sequences.kind}")
    return reader, sequences


def refuse_gaps(owner: str, rows: np.ndarray) -> None:
    """Refuse rows (n_rows, n_features) with NaN."""
    gone = np.flatnonzero(np.isnan(rows).any(axis=1))
    if gone.size:
        raise ValueError(
            f"{owner} holds forecasts against every row of the series, and {gone.size} of {len(rows)} have NaN, the "
            f"first is row {gone[0]}. Give a piece without gaps, or fill them."
        )


def _origins(n_rows: int, horizon: int, n_origins: int, step: int | None) -> np.ndarray:
    """The rows known at each origin; too few, or none, where the first is not above 0."""
    last = n_rows - horizon
    if step is None:
        step = max(1, min(horizon, (last - n_rows // 2) // max(n_origins - 1, 1)))
    return last - step * np.arange(n_origins)[::-1]


def _intervals(model: Any, forecasts: np.ndarray, coverage: float | None) -> list[np.ndarray] | tuple[None, None]:
    """Lower and upper ends of the intervals of these forecasts; all numbers where a forecast is lost."""
    if coverage is None:
        return None, None
    widths, rows = widths_of(model, forecasts.shape[1], coverage), forecasts.reshape(-1, forecasts.shape[2])
    ends = [moved(model, rows, move).reshape(forecasts.shape) for move in (-widths, widths)]
    return [np.where(np.isnan(forecasts), end, found) for end, found in zip((-np.inf, np.inf), ends, strict=True)]


def _errors(
    truth: np.ndarray, forecasts: np.ndarray, baseline: np.ndarray, known: np.ndarray, period: int
) -> dict[str, float]:
    """Scores of rows (n_rows, n_outputs)."""
    if not np.isfinite(forecasts).all():
        return dict.fromkeys(("rmse", "mae", "smape", "mase", "owa"), np.inf)
    missed = truth - forecasts
    scores = {"rmse": float(np.sqrt(np.mean(missed**2))), "mae": float(np.mean(np.abs(missed)))}
    scores |= {"smape": smape(truth, forecasts), "mase": np.nan, "owa": np.nan}
    if (np.abs(known[period:] - known[:-period]).max(axis=0) > 0).all():
        scores["mase"] = mase(truth, forecasts, y_train=known, period=period)
        if (truth != baseline).any():
            scores["owa"] = owa(truth, forecasts, y_reference=baseline, y_train=known, period=period)
    return scores


def _interval_scores(truth: np.ndarray, lower: np.ndarray, upper: np.ndarray, coverage: float) -> dict[str, float]:
    tail = (1 - coverage) / 2
    losses = [pinball_loss(truth, lower, quantile=tail), pinball_loss(truth, upper, quantile=1 - tail)]
    width = float(np.mean(upper - lower))
    return {"coverage": interval_coverage(truth, lower, upper), "width": width, "pinball": float(np.mean(losses))}
