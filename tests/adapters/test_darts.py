"""The model of darts, beside the forecaster itself."""

import numpy as np
import pytest

pytest.importorskip("darts", reason="`make test-adapters` has an environment with darts")
import pandas as pd
from darts import TimeSeries
from darts.models.forecasting.forecasting_model import LocalForecastingModel

from reservoir import EchoState
from reservoir.adapters.darts import DartsReservoirForecaster
from tests.adapters.cases import DRIVEN, N_AHEAD, N_TRAIN, OPTIONS, PUSH, STEPS, TIDE, plain

THREE = np.column_stack([DRIVEN, TIDE, PUSH])
DAYS = pd.date_range("2024-01-01", periods=len(STEPS), freq="D", name="time")
NUMBERS = pd.RangeIndex(len(STEPS), name="time")


def series_of(index):
    table = pd.DataFrame(THREE, index, ["tide", "moon", "push"])
    return TimeSeries.from_dataframe(table[["tide", "moon"]]), TimeSeries.from_dataframe(table[["push"]])


@pytest.mark.parametrize("index", [DAYS, NUMBERS], ids=["days", "numbers"])
def test_forecasts_keep_index_and_names(index):
    series, push = series_of(index)
    model = DartsReservoirForecaster(**OPTIONS)
    assert isinstance(model, LocalForecastingModel) and model.supports_future_covariates
    found = model.fit(series.head(N_TRAIN), future_covariates=push).predict(N_AHEAD)
    np.testing.assert_array_equal(found.values(), plain(THREE, exogenous=[2])[1])
    assert list(found.components) == ["tide", "moon"] and found.freq == series.freq
    assert found.time_index.equals(series.time_index[N_TRAIN : N_TRAIN + N_AHEAD])
    later = N_TRAIN + 4
    after = model.predict(N_AHEAD, series=series.head(later), future_covariates=push)
    np.testing.assert_array_equal(after.values(), plain(THREE, context=later, exogenous=[2])[1])
    assert after.start_time() == series.time_index[later]
    with pytest.raises(ValueError, match="future_covariates"):
        model.predict(N_AHEAD + 80)


def test_covariates_of_other_rows_are_refused():
    """As darts cuts them by their places where the index is of integers that do not begin with 0."""
    series, push = series_of(NUMBERS + 7)
    model = DartsReservoirForecaster(**OPTIONS).fit(series.head(N_TRAIN), future_covariates=push)
    with pytest.raises(ValueError, match="first row to come of DartsReservoirForecaster is 67, but darts hands over"):
        model.predict(N_AHEAD)


def test_backtests_and_searches():
    series = series_of(DAYS)[0]
    model = DartsReservoirForecaster(**OPTIONS)
    for retrain in (True, False):
        model.fit(series.head(N_TRAIN))
        found = model.historical_forecasts(series, start=DAYS[N_TRAIN], forecast_horizon=3, stride=5, retrain=retrain)
        assert found.components.tolist() == ["tide", "moon"] and np.isfinite(found.values()).all()
    reservoirs = [EchoState(10, spectral_radius=radius, random_state=0) for radius in (0.3, 0.9)]
    best, chosen, _ = DartsReservoirForecaster.gridsearch(
        {"reservoir": reservoirs, "washout": [5]}, series.head(N_TRAIN), val_series=series[N_TRAIN:]
    )
    assert chosen["reservoir"] in reservoirs and best.reservoir is chosen["reservoir"]
    assert model.untrained_model().reservoir.n_units == 20
    assert DartsReservoirForecaster(washout=5).model_params["washout"] == 5


def test_files(tmp_path):
    series = series_of(DAYS)[0]
    model = DartsReservoirForecaster(**OPTIONS).fit(series)
    model.save(str(tmp_path / "model.pkl"))
    again = DartsReservoirForecaster.load(str(tmp_path / "model.pkl"), trusted=True)
    np.testing.assert_array_equal(again.predict(4).values(), model.predict(4).values())
