"""Forecaster and classifier as aeon has them: ``pip install "reservoir-spiking[aeon]"``."""

from __future__ import annotations

from typing import Any

import numpy as np
from aeon.classification import BaseClassifier
from aeon.forecasting.base import (
    BaseForecaster,
    DirectForecastingMixin,
    IterativeForecastingMixin,
    SeriesToSeriesForecastingMixin,
)

from reservoir.adapters.parameters import parameters_of, with_parameters_of
from reservoir.adapters.series import fitted_forecaster
from reservoir.models import ReservoirClassifier, ReservoirForecaster
from reservoir.sequences import from_aeon
from reservoir.systems import EchoState


class _TimeFirst(DirectForecastingMixin, IterativeForecastingMixin, SeriesToSeriesForecastingMixin, BaseForecaster):
    """A forecaster of aeon that is handed series (T, 1)."""

    def __init__(self, horizon: int) -> None:
        super().__init__(horizon=horizon, axis=0)


@with_parameters_of(ReservoirForecaster, without=("exogenous", "transform"), to_base=("horizon",), horizon=1)
class AeonReservoirForecaster(_TimeFirst):
    """`ReservoirForecaster` as a forecaster of aeon, for one channel.

    `predict` gives the row that is `horizon` rows after the series that it gets, which the reservoir hears from rest.
    `series_to_series_forecast` and `iterative_forecast` give all rows of the free run, `direct_forecast` fits a model
    for every horizon, as aeon defines it: with ``strategy="direct"`` these differ. aeon gives `predict` the exogenous
    values of one row only, and a reservoir has to hear those of all rows before it, so that `exog` is refused.

    Parameters
    ----------
    horizon : int >= 1, default 1
        How many rows ahead `predict` answers, for which what is not given is chosen; those that ``strategy="direct"``
        answers at once.
    reservoir, readout, ... : the other parameters of `ReservoirForecaster` but `exogenous`, and `transform`, whose name
        is that of a method in aeon: give it the logarithm instead.

    Attributes
    ----------
    forecaster_ : the fitted `ReservoirForecaster`

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.adapters.aeon import AeonReservoirForecaster
    >>> y = np.sin(np.arange(220) / 3)
    >>> model = AeonReservoirForecaster(EchoState(50, random_state=0), washout=20)
    >>> model.set_params(reservoir__leak=0.9).series_to_series_forecast(y[:200], 20).shape
    (20,)
    >>> bool(abs(model.predict(y[:210]) - y[210]) < 0.01)
    True
    """

    def _fit(self, y: np.ndarray, exog: None = None) -> AeonReservoirForecaster:
        self.forecaster_ = fitted_forecaster(parameters_of(self), y, 1)
        return self

    def _predict(self, y: np.ndarray, exog: None = None) -> float:
        return float(self.forecaster_.forecast(self.horizon, y)[-1, 0])

    def _series_to_series_forecast(self, y: Any, prediction_horizon: int, exog: Any) -> np.ndarray:
        self.fit(y, exog)
        return self.forecaster_.forecast(prediction_horizon)[:, 0]

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Parameters for the checks of aeon."""
        return [{"reservoir": EchoState(10, random_state=0), "washout": 1}]


@with_parameters_of(ReservoirClassifier)
class AeonReservoirClassifier(BaseClassifier):
    """`ReservoirClassifier` as a classifier of aeon.

    X is a collection: an array (N, channels, time), or a list of arrays (channels, time) of any lengths.

    Parameters
    ----------
    reservoir, readout, ... : those of `ReservoirClassifier`

    Attributes
    ----------
    classes_ : array (n_classes,)
    classifier_ : the fitted `ReservoirClassifier`

    Notes
    -----
    Where the readout has no probabilities, `predict_proba` is 1 for the label that is predicted, and 0 for the others.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.adapters.aeon import AeonReservoirClassifier
    >>> rng, y = np.random.default_rng(0), np.repeat([0, 1], 10)
    >>> X = [rng.normal(label, size=(3, 20 + k)) for k, label in enumerate(y)]
    >>> AeonReservoirClassifier(EchoState(30, random_state=0)).fit(X, y).score(X, y)
    1.0
    """

    _tags = {  # noqa: RUF012  # as aeon reads it
        "X_inner_type": ["np-list", "numpy3D"],
        "capability:multivariate": True,
        "capability:unequal_length": True,
    }

    def _fit(self, X: Any, y: np.ndarray) -> AeonReservoirClassifier:
        self.classifier_ = ReservoirClassifier(**parameters_of(self)).fit(from_aeon(X), y)
        return self

    def _predict(self, X: Any) -> np.ndarray:
        return self.classifier_.predict(from_aeon(X))

    def _predict_proba(self, X: Any) -> np.ndarray:
        if hasattr(self.classifier_, "predict_proba"):
            return self.classifier_.predict_proba(from_aeon(X))
        return super()._predict_proba(X)

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Parameters for the checks of aeon."""
        return [{"reservoir": EchoState(10, random_state=0)}]
