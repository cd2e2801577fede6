"""A model as statsforecast has them: ``pip install "reservoir-spiking[statsforecast]"``, which is not imported here."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from reservoir.adapters.parameters import parameters_of, with_parameters_of
from reservoir.adapters.series import beside, fitted_forecaster, one_step_rows, rows_to_come
from reservoir.estimators import BaseEstimator
from reservoir.models import ReservoirForecaster
from reservoir.validation import not_fitted, parameter_error


@with_parameters_of(ReservoirForecaster, without=("exogenous",))
class StatsForecastReservoirForecaster(BaseEstimator):
    """`ReservoirForecaster` as a model of statsforecast, for ``StatsForecast(models=[...], freq=...)``.

    It is fitted to one series at a time. X are the exogenous channels, which are known in advance; levels are those of
    `ReservoirForecaster.forecast_interval`. With ``horizon=None`` `forecast` chooses for the rows that it is asked for,
    at most a third of the series.

    Parameters
    ----------
    reservoir, readout, ... : those of `ReservoirForecaster` but `exogenous`, which is X

    Attributes
    ----------
    alias : str, the column of its forecasts; set it to tell two of them apart
    forecaster_ : the fitted `ReservoirForecaster`

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.adapters.statsforecast import StatsForecastReservoirForecaster
    >>> y = np.sin(np.arange(220) / 3)
    >>> model = StatsForecastReservoirForecaster(EchoState(50, random_state=0), washout=20)
    >>> bool(np.abs(model.forecast(y[:200], 20)["mean"] - y[200:]).max() < 0.01)
    True
    """

    uses_exog = True
    alias = "Reservoir"
    prediction_intervals = None
    only_conformal_intervals = False

    def new(self) -> StatsForecastReservoirForecaster:
        """A copy for another series, with the alias."""
        return copy.copy(self)

    def fit(self, y: np.ndarray, X: np.ndarray | None = None) -> StatsForecastReservoirForecaster:
        """Train on a series y (T,) and its exogenous channels X (T, n_exogenous)."""
        return self._learn(y, X)

    def _learn(self, y: np.ndarray, X: np.ndarray | None, h: int | None = None) -> StatsForecastReservoirForecaster:
        series = beside(_column(y), X)
        self.forecaster_, self._series = fitted_forecaster(parameters_of(self), series, 1, h), series
        return self

    def predict(self, h: int, X: np.ndarray | None = None, level: list[int] | None = None) -> dict[str, np.ndarray]:
        """The h rows after the series of `fit`.

        Parameters
        ----------
        h : int >= 1
        X : None or array (h, n_exogenous), the exogenous channels of these rows
        level : None or list of coverages in percent

        Returns
        -------
        dict with "mean" (h,), and for each level "lo-90" and "hi-90" (h,)
        """
        return self._ahead(h, None, X, level)

    def predict_in_sample(self, level: list[int] | None = None) -> dict[str, np.ndarray]:
        """Every row of `fit` as answered from those before it, "fitted" (T,), NaN in the washout; without levels."""
        self._check_fitted()
        if level is not None:
            raise parameter_error(type(self).__name__, "level", "None in the rows of fit", level)
        return {"fitted": one_step_rows(self.forecaster_, self._series)[:, 0]}

    def forecast(
        self,
        y: np.ndarray,
        h: int,
        X: np.ndarray | None = None,
        X_future: np.ndarray | None = None,
        level: list[int] | None = None,
        fitted: bool = False,
    ) -> dict[str, np.ndarray]:
        """`fit` and `predict` at once, with the rows of `predict_in_sample` if `fitted`; keeps nothing."""
        model = self.new()._learn(y, X, h)
        return model.predict(h, X_future, level) | (model.predict_in_sample() if fitted else {})

    def forward(
        self,
        y: np.ndarray,
        h: int,
        X: np.ndarray | None = None,
        X_future: np.ndarray | None = None,
        level: list[int] | None = None,
        fitted: bool = False,
    ) -> dict[str, np.ndarray]:
        """As `forecast` for another series, which the fitted model hears and does not learn from."""
        self._check_fitted()
        series = beside(_column(y), X)
        inside = {"fitted": one_step_rows(self.forecaster_, series)[:, 0]} if fitted else {}
        return self._ahead(h, series, X_future, level) | inside

    def _ahead(self, h: int, context: np.ndarray | None, X: Any, level: list[int] | None) -> dict[str, np.ndarray]:
        self._check_fitted()
        known = rows_to_come(self.forecaster_, X)
        found = {"mean": self.forecaster_.forecast(h, context, observed=known)[:, 0]}
        for percent in [] if level is None else level:
            _, lower, upper = self.forecaster_.forecast_interval(h, percent / 100, context, observed=known)
            found |= {f"lo-{percent}": lower[:, 0], f"hi-{percent}": upper[:, 0]}
        return found

    def _check_fitted(self) -> None:
        if not hasattr(self, "forecaster_"):
            raise not_fitted(self)

    def __repr__(self) -> str:
        return self.alias


def _column(y: np.ndarray) -> np.ndarray:
    return np.asarray(y, dtype=np.float64).reshape(-1, 1)
