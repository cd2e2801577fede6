"""Forecasts from many origins of one fit, as a splitter and as scores by name, against naive loops."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

from reservoir import EchoState, ReservoirForecaster, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV, RollingOrigins, WarmTimeSeriesSplit, sequence_scorer
from reservoir.readouts import RidgeReadout
from tests.loops import looped

TIMES = np.arange(300)
SERIES = np.sin(TIMES / 5)[:, None] + 0.1 * np.random.default_rng(0).normal(size=(300, 1))
ALPHAS = [1e-8, 1e-2, 1e4]


class Counted(EchoState):
    """A reservoir that counts how often one is fitted."""

    n_fits = 0

    def fit(self, X, y=None):
        Counted.n_fits += 1
        return super().fit(X, y)


def forecaster(**options):
    return looped(EchoState(12, random_state=0), RidgeReadout(1e-2), **{"washout": 10} | options)


def naive_errors(model, n_train, warmup, horizon, n_origins, series=SERIES):
    """Absolute errors (n_origins, horizon) in deviations of the training rows, NaN behind the last row."""
    model = model.fit(series[:n_train])
    last = max(n_train, len(series) - max(1, horizon // 2))
    found = []
    for origin in np.unique(np.linspace(n_train, last, n_origins).astype(int)):
        forecast = model.forecast(horizon, series[n_train - warmup : origin])[:, 0]
        truth = np.append(series[origin : origin + horizon, 0], np.full(horizon, np.nan))[:horizon]
        found.append(np.abs(forecast - truth) / series[:n_train, 0].std())
    return np.array(found)


def test_a_score_is_that_of_a_naive_loop():
    cv = RollingOrigins(6, horizon=9, test_size=80, warmup=30)
    errors = naive_errors(forecaster(), 220, 30, 9, 6)
    weights = np.arange(1, 10) ** -0.5
    expected = -np.log(np.nanmean(errors, axis=0) + 1e-6) @ weights / weights.sum()
    assert cross_val_score(forecaster(), SERIES, cv=cv, scoring=cv.scorer())[0] == pytest.approx(expected)
    mean = -np.mean([np.nanmean(one) for one in errors]) * SERIES[:220].std()
    scorer = pickle.loads(pickle.dumps(cv.scorer("neg_mean_absolute_error")))
    assert cross_val_score(forecaster(), SERIES, cv=cv, scoring=scorer)[0] == pytest.approx(mean)
    by_name = cross_val_score(
        forecaster(horizon=9), SERIES, cv=cv, scoring=sequence_scorer("rolling_origins", warmup=30)
    )
    ten = -np.log(np.nanmean(naive_errors(forecaster(), 220, 30, 9, 10), axis=0) + 1e-6) @ weights / weights.sum()
    assert by_name[0] == pytest.approx(ten)


@pytest.mark.parametrize("name", [None, "valid_prediction_time", "log_mae", "neg_mean_squared_error"])
def test_both_searches_find_the_same_and_fit_a_reservoir_once(name):
    cv, grid = RollingOrigins(4, horizon=6, warmup=20), {"readout__alpha": ALPHAS}
    model = looped(Counted(12, random_state=0), washout=10)
    found = ReservoirSearchCV(model, grid, cv=cv, scoring=name, refit=False)
    before = Counted.n_fits
    found.fit(SERIES)
    assert Counted.n_fits == before + 1
    twin = GridSearchCV(model, grid, cv=cv, scoring=cv.scorer(name), refit=False).fit(SERIES)
    for results in (found.cv_results_, twin.cv_results_):
        assert np.isfinite(results["mean_test_score"]).all() and np.argmin(results["mean_test_score"]) == 2
    np.testing.assert_allclose(found.cv_results_["mean_test_score"], twin.cv_results_["mean_test_score"], rtol=1e-6)


def test_folds_that_learn_anew_ask_by_the_same_name():
    search = ReservoirSearchCV(
        forecaster(horizon=4),
        {"readout__alpha": ALPHAS},
        cv=WarmTimeSeriesSplit(2, warmup=20),
        scoring="rolling_origins",
    )
    assert search.fit(SERIES).best_params_["readout__alpha"] < 1
    assert np.isfinite(search.score(SERIES[200:]))


def test_what_is_lost_is_bounded():
    model = forecaster().fit(SERIES[:200])
    model.readout_.coef_ = model.readout_.coef_ * 1e200
    assert sequence_scorer("rolling_origins", warmup=20)(model, SERIES[180:]) == pytest.approx(-10, abs=0.1)


def test_drivers_tables_and_what_was_chosen():
    table = pd.DataFrame(
        {"y": SERIES[:, 0], "e": np.cos(TIMES / 5)}, index=pd.date_range("2024", periods=300, freq="h")
    )
    cv = RollingOrigins(3, warmup=12)
    driven = forecaster(exogenous=["e"], horizon=5, season=[24.0])
    assert np.isfinite(cross_val_score(driven, table, cv=cv, scoring=cv.scorer())).all()
    chosen = ReservoirForecaster(EchoState(5, random_state=0), season=None, transform=None, strategy="recursive")
    assert np.isfinite(cross_val_score(chosen, SERIES[:150], cv=cv, scoring=cv.scorer("valid_prediction_time"))).all()


def test_the_split():
    ((train, test),) = RollingOrigins(test_size=50, warmup=7).split(SERIES)
    np.testing.assert_array_equal(train, np.arange(250))
    np.testing.assert_array_equal(test, np.arange(243, 300))
    assert RollingOrigins().get_n_splits() == 1 and "horizon=3" in repr(RollingOrigins(horizon=3))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"n_origins": 0}, "'n_origins' parameter of RollingOrigins"),
        ({"horizon": 0}, "'horizon' parameter of RollingOrigins"),
        ({"test_size": 0}, "'test_size' parameter of RollingOrigins"),
        ({"warmup": -1}, "'warmup' parameter of RollingOrigins"),
        ({"test_size": 250}, "at least 100 rows before the test rows"),
        ({"test_size": 400}, "at least 100 rows before the test rows"),
    ],
)
def test_bad_requests(options, match):
    with pytest.raises(ValueError, match=match):
        list(RollingOrigins(**options).split(SERIES))
    with pytest.raises(ValueError, match="one series"):
        list(RollingOrigins().split([SERIES, SERIES]))
    with pytest.raises(ValueError, match="'cv' parameter of ReservoirSearchCV"):
        model = ReservoirRegressor(EchoState(5, random_state=0))
        ReservoirSearchCV(model, {"washout": [1]}, cv=RollingOrigins(warmup=5)).fit(SERIES, SERIES)
    with pytest.raises(ValueError, match="'scoring'"):
        RollingOrigins().scorer("no such score")
