"""The model of statsforecast: its calls by hand, and, where it is installed, from `StatsForecast` itself."""

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.adapters.statsforecast import StatsForecastReservoirForecaster
from tests.adapters.cases import DRIVEN, N_AHEAD, N_TRAIN, OPTIONS, PUSH, STEPS, TIDE, plain

BOTH = np.column_stack([DRIVEN, PUSH])
Y, X, FUTURE = DRIVEN[:N_TRAIN], PUSH[:N_TRAIN, None], PUSH[N_TRAIN : N_TRAIN + N_AHEAD, None]


def test_forecasts_are_those_of_the_forecaster():
    """`forecast` chooses for the rows that it is asked for, and `fit` does not know them."""
    model, given = StatsForecastReservoirForecaster(**OPTIONS), StatsForecastReservoirForecaster(**OPTIONS, horizon=2)
    for horizon in (1, N_AHEAD):
        expected = plain(BOTH, horizon, exogenous=[1], horizon=horizon)[1]
        np.testing.assert_array_equal(model.forecast(Y, horizon, X, FUTURE[:horizon])["mean"], expected[:, 0])
    assert not hasattr(model, "forecaster_")
    expected = plain(BOTH, exogenous=[1])[1]
    np.testing.assert_array_equal(model.fit(Y, X).predict(N_AHEAD, FUTURE)["mean"], expected[:, 0])
    expected = plain(TIDE[:, None], horizon=2)[1]
    np.testing.assert_array_equal(clone(given).forecast(TIDE[:N_TRAIN], N_AHEAD)["mean"], expected[:, 0])


def test_rows_of_fit_and_another_series():
    model = StatsForecastReservoirForecaster(**OPTIONS).fit(Y, X)
    inside = model.predict_in_sample()["fitted"]
    assert inside.shape == (N_TRAIN,) and np.flatnonzero(np.isnan(inside)).tolist() == [0, 1, 2, 3, 4]
    complete = max(5, model.forecaster_.chosen_["lags"])  # before, the first row stands for those that lack
    assert np.abs(inside[complete:] - Y[complete:]).max() < 0.1
    again = model.set_params(horizon=model.forecaster_.chosen_["horizon"]).forecast(Y, 2, X, FUTURE[:2], fitted=True)
    np.testing.assert_array_equal(again["fitted"], inside)
    later = N_TRAIN + 4
    known = PUSH[later : later + N_AHEAD, None]
    found = model.forward(DRIVEN[:later], N_AHEAD, PUSH[:later, None], known, fitted=True)
    np.testing.assert_array_equal(found["mean"], plain(BOTH, context=later, exogenous=[1])[1][:, 0])
    assert found["fitted"].shape == (later,)


def test_parameters_and_copies():
    model = StatsForecastReservoirForecaster().set_params(reservoir__spectral_radius=0.5, washout=5)
    model.alias = "ESN"
    other = model.new()
    assert repr(other) == "ESN" and clone(model).get_params()["reservoir__spectral_radius"] == 0.5
    other.fit(TIDE)
    assert not hasattr(model, "forecaster_") and model.uses_exog
    with pytest.raises(ValueError, match="not fitted"):
        model.predict(3)
    with pytest.raises(ValueError, match=r"'level' parameter of .* must be None in the rows of fit\. Got .90"):
        other.predict_in_sample(level=[90])
    with pytest.raises(ValueError, match="'observed' parameter of forecast must be"):
        StatsForecastReservoirForecaster(**OPTIONS).forecast(Y, N_AHEAD, X, FUTURE[1:])


def test_within_statsforecast():
    pytest.importorskip("statsforecast", reason="`make test-adapters` has an environment with statsforecast")
    pd = pytest.importorskip("pandas")
    from statsforecast import StatsForecast

    days = pd.date_range("2024-01-01", periods=len(STEPS), freq="D")
    parts = [pd.DataFrame({"unique_id": name, "ds": days, "y": y, "push": PUSH}) for name, y in
             (("one", DRIVEN), ("two", DRIVEN[::-1] + 3))]  # fmt: skip
    data = pd.concat(parts)
    known, future = (data[data.ds.isin(part)] for part in (days[:N_TRAIN], days[N_TRAIN : N_TRAIN + N_AHEAD]))
    engine = StatsForecast(models=[StatsForecastReservoirForecaster(**OPTIONS)], freq="D")
    found = engine.forecast(df=known, h=N_AHEAD, X_df=future.drop(columns="y"), fitted=True)
    expected = plain(BOTH, exogenous=[1])[1][:, 0]
    np.testing.assert_allclose(found[found.unique_id == "one"]["Reservoir"], expected, rtol=1e-5)
    assert len(engine.forecast_fitted_values()) == 2 * N_TRAIN
    again = engine.fit(known).predict(h=N_AHEAD, X_df=future.drop(columns="y"))
    pd.testing.assert_frame_equal(again, found)
    folds = engine.cross_validation(df=data, h=3, n_windows=2)
    assert len(folds) == 2 * 2 * 3 and np.isfinite(folds["Reservoir"]).all()
