"""Forecaster and classifier as sktime has them: ``pip install "reservoir-spiking[sktime]"``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sktime.classification.base import BaseClassifier
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from reservoir.adapters.parameters import parameters_of, with_parameters_of
from reservoir.adapters.series import beside, fitted_forecaster, one_step_rows, rows_to_come
from reservoir.models import ReservoirClassifier, ReservoirForecaster
from reservoir.systems import EchoState

_AUTHORS = {"authors": "reservoir-spiking", "maintainers": "reservoir-spiking"}


@with_parameters_of(ReservoirForecaster, without=("exogenous",))
class SktimeReservoirForecaster(BaseForecaster):
    """`ReservoirForecaster` as a forecaster of sktime.

    X holds channels that are known in advance: those of `fit`, and in `predict` all rows from the end of the series to
    the last that is asked for. Horizons may be sparse and reach into the rows of `fit`, where a row is answered from
    the true rows before it, and is NaN in the washout. `update` fits anew to all rows, and with
    ``update_params=False`` hears the new rows and goes on after them. With ``horizon=None`` it is the last row of the
    `fh` of `fit`, if there is one, at most a third of the series.

    Parameters
    ----------
    reservoir, readout, ... : those of `ReservoirForecaster` but `exogenous`, which is X

    Attributes
    ----------
    forecaster_ : the fitted `ReservoirForecaster`

    Raises
    ------
    ValueError
        As `ReservoirForecaster` does, for a row before the first of `fit`, and for rows that X lacks.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from reservoir import EchoState
    >>> from reservoir.adapters.sktime import SktimeReservoirForecaster
    >>> days = pd.date_range("2024-01-01", periods=220, freq="D")
    >>> y = pd.Series(np.sin(np.arange(220) / 3), index=days, name="tide")
    >>> model = SktimeReservoirForecaster(EchoState(50, random_state=0), washout=20).fit(y[:200])
    >>> found = model.set_params(reservoir__leak=0.9).fit(y[:200]).predict(fh=[1, 20])
    >>> found.name, bool(np.abs(found - y).max() < 0.01)
    ('tide', True)
    """

    _tags = _AUTHORS | {
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": True,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": False,
        "capability:non_contiguous_X": False,
        "capability:update": True,
        "capability:categorical_in_X": False,
        "y_inner_mtype": "pd.DataFrame",
        "X_inner_mtype": "pd.DataFrame",
        "requires-fh-in-fit": False,
    }

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: Any) -> SktimeReservoirForecaster:
        self._names, self._series, self._goes_on = y.columns, beside(y, X), True
        self._n_ahead = None if fh is None else max(self._steps(fh))
        self.forecaster_ = fitted_forecaster(parameters_of(self), self._series, len(y.columns), self._n_ahead)
        return self

    def _update(
        self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True
    ) -> SktimeReservoirForecaster:
        n_outputs, series = len(self._names), beside(y, X).combine_first(self._series)
        self._series, self._goes_on = series, update_params
        if update_params:
            self.forecaster_ = fitted_forecaster(parameters_of(self), series, n_outputs, self._n_ahead)
        return self

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        steps, rows = self._steps(fh), np.full((len(fh), len(self._names)), np.nan)
        ahead = steps > 0
        if ahead.any():
            future = self.forecaster_.forecast(max(steps), self._context, observed=self._known(fh, max(steps), X))
            rows[ahead] = np.asarray(future)[steps[ahead] - 1]
        if not ahead.all():
            places = steps[~ahead] + len(self._series) - 1
            if min(places) < 0:
                raise ValueError(f"fh of {type(self).__name__} reaches {-min(places)} row(s) before the first of fit.")
            rows[~ahead] = one_step_rows(self.forecaster_, self._series)[places]
        return pd.DataFrame(rows, index=self._labels(fh), columns=self._names)

    def _predict_interval(self, fh: ForecastingHorizon, X: pd.DataFrame | None, coverage: list[float]) -> pd.DataFrame:
        steps, ends = self._steps(fh), {}
        known = self._known(fh, max(steps), X)
        for share in coverage:
            found = self.forecaster_.forecast_interval(max(steps), share, self._context, observed=known)
            for end, bound in zip(("lower", "upper"), found[1:], strict=True):
                ends[share, end] = np.asarray(bound)[steps - 1]
        rows = [bound[:, channel] for channel in range(len(self._names)) for bound in ends.values()]
        columns = self._get_columns("predict_interval", coverage=coverage)
        return pd.DataFrame(np.transpose(rows), index=self._labels(fh), columns=columns)

    def _steps(self, fh: ForecastingHorizon) -> np.ndarray:
        """How many rows after the last one that was heard, less than 1 for rows that were."""
        return np.asarray(fh.to_relative(self.cutoff).to_numpy(), dtype=int)

    def _labels(self, fh: ForecastingHorizon) -> pd.Index:
        return fh.to_absolute_index(self.cutoff).rename(self._series.index.name)

    def _known(self, fh: ForecastingHorizon, n_steps: int, X: pd.DataFrame | None) -> np.ndarray | None:
        """The known channels of all rows up to the last that is asked for."""
        if not len(self.forecaster_.exogenous_):
            return None
        coming = ForecastingHorizon(np.arange(1, n_steps + 1), is_relative=True, freq=fh.freq)
        labels = coming.to_absolute_index(self.cutoff)
        lacking = labels if X is None else labels.difference(X.index)
        if X is None or len(lacking):
            raise ValueError(
                f"X of {type(self).__name__} must hold every row up to the last of fh. It lacks that of {lacking[0]}."
            )
        return rows_to_come(self.forecaster_, X.loc[labels])

    @property
    def _context(self) -> pd.DataFrame | None:
        return None if self._goes_on else self._series

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Parameters for the checks of sktime."""
        small = {"reservoir": EchoState(10, random_state=0), "washout": 1}
        return [small, small | {"squared_states": True, "n_members": 2}]


@with_parameters_of(ReservoirClassifier)
class SktimeReservoirClassifier(BaseClassifier):
    """`ReservoirClassifier` as a classifier of sktime, for series of equal or unequal length and any channels.

    Parameters
    ----------
    reservoir, readout, ... : those of `ReservoirClassifier`

    Attributes
    ----------
    classifier_ : the fitted `ReservoirClassifier`
    classes_ : array (n_classes,)

    Notes
    -----
    `predict_proba` gives the probabilities of a readout that has them, such as ``readout=LogisticRegression()``, and
    otherwise 1 for the label that is predicted.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.adapters.sktime import SktimeReservoirClassifier
    >>> steps = np.arange(40)
    >>> X = np.stack([[np.sin(steps / pace + shift)] for pace in (2, 4) for shift in range(6)])  # (12, 1, 40)
    >>> model = SktimeReservoirClassifier(EchoState(50, bias_scaling=0.5, random_state=0))
    >>> model.fit(X, np.repeat(["fast", "slow"], 6)).predict(X[:1])
    array(['fast'], dtype='<U4')
    """

    _tags = _AUTHORS | {
        "X_inner_mtype": "df-list",
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": False,
        "capability:predict_proba": True,
        "capability:categorical_in_X": False,
    }

    def _fit(self, X: Any, y: np.ndarray) -> SktimeReservoirClassifier:
        self.classifier_ = ReservoirClassifier(**parameters_of(self)).fit(_sequences(X), y)
        return self

    def _predict(self, X: Any) -> np.ndarray:
        return self.classifier_.predict(_sequences(X))

    def _predict_proba(self, X: Any) -> np.ndarray:
        if hasattr(self.classifier_, "predict_proba"):
            return self.classifier_.predict_proba(_sequences(X))
        return (self._predict(X)[:, None] == self.classes_).astype(float)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Parameters for the checks of sktime."""
        small = {"reservoir": EchoState(10, random_state=0)}
        return [small, small | {"pooling": "last", "include_input": True}]


def _sequences(X: list[pd.DataFrame]) -> list[np.ndarray]:
    """Series (T_i, F) from tables with time before channels."""
    return [table.to_numpy(dtype=np.float64) for table in X]
