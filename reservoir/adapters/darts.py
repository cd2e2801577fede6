"""A forecaster as darts has them: ``pip install "reservoir-spiking[darts]"``."""

from __future__ import annotations

from typing import Any

import numpy as np
from darts import TimeSeries
from darts.models.forecasting.forecasting_model import TransferableFutureCovariatesLocalForecastingModel

from reservoir.adapters.parameters import parameters_of, with_parameters_of
from reservoir.adapters.series import beside, fitted_forecaster, rows_to_come
from reservoir.models import ReservoirForecaster


@with_parameters_of(ReservoirForecaster, without=("exogenous",))
class DartsReservoirForecaster(TransferableFutureCovariatesLocalForecastingModel):
    """`ReservoirForecaster` as a model of darts, for one or several components.

    `future_covariates` are the exogenous channels, which are known in advance. `predict` goes on after the series of
    `fit`, or after another `series`, which the reservoir hears from rest, so that
    ``historical_forecasts(retrain=False)`` learns once. There is one sample, without error bars: those are
    ``model.forecaster_.forecast_interval``.

    Parameters
    ----------
    reservoir, readout, ... : those of `ReservoirForecaster` but `exogenous`
        `gridsearch` of darts tries whole parts: ``{"reservoir": [EchoState(100), EchoState(300)], "lags": [0, 3]}``.

    Attributes
    ----------
    forecaster_ : the fitted `ReservoirForecaster`

    Examples
    --------
    >>> import numpy as np
    >>> from darts import TimeSeries
    >>> from reservoir import EchoState
    >>> from reservoir.adapters.darts import DartsReservoirForecaster
    >>> series = TimeSeries.from_values(np.sin(np.arange(220) / 3))
    >>> model = DartsReservoirForecaster(EchoState(50, random_state=0), washout=20).fit(series[:200])
    >>> bool(np.abs(model.predict(20).values() - series[200:].values()).max() < 0.01)
    True
    """

    @property
    def supports_multivariate(self) -> bool:
        """Whether a series may have several components."""
        return True

    def _fit(
        self, series: TimeSeries, future_covariates: TimeSeries | None = None, verbose: bool | None = None
    ) -> DartsReservoirForecaster:
        table = _table(series, future_covariates)
        self.forecaster_ = fitted_forecaster(parameters_of(self), table, series.n_components)
        return self

    def _predict(
        self,
        n: int,
        series: TimeSeries | None = None,
        historic_future_covariates: TimeSeries | None = None,
        future_covariates: TimeSeries | None = None,
        num_samples: int = 1,
        predict_likelihood_parameters: bool = False,
        verbose: bool = False,
        random_state: int | None = None,
    ) -> TimeSeries:
        context = None if series is None else _table(series, historic_future_covariates)
        known = None if future_covariates is None else self._known(future_covariates)
        found = self.forecaster_.forecast(n, context, observed=known)
        return self._build_forecast_series(np.asarray(found), series)

    def _known(self, covariates: TimeSeries) -> np.ndarray | None:
        """The covariates of the rows to come, which darts takes by their places where the index is of integers."""
        first = self.training_series.end_time() + self.training_series.freq
        if covariates.start_time() != first:
            raise ValueError(
                f"The first row to come of {type(self).__name__} is {first}, but darts hands over future_covariates "
                f"from {covariates.start_time()} on. Let an index of integers begin with 0."
            )
        return rows_to_come(self.forecaster_, covariates.values())


def _table(series: TimeSeries, covariates: TimeSeries | None) -> Any:
    """The series and its covariates with the index of time."""
    return beside(series.to_dataframe(), None if covariates is None else covariates.values())
