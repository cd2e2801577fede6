"""Forecaster and classifier of sktime, by its own checks and beside the models themselves."""

import numpy as np
import pytest

pytest.importorskip("sktime", reason="`make test-adapters` has an environment with sktime")
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.series.detrend import Detrender
from sktime.utils.estimator_checks import check_estimator

from reservoir import EchoState
from reservoir.adapters.sktime import SktimeReservoirClassifier, SktimeReservoirForecaster
from tests.adapters.cases import (
    DRIVEN,
    N_AHEAD,
    N_TRAIN,
    OPTIONS,
    PUSH,
    STEPS,
    TIDE,
    check_classifier,
    labelled_cases,
    plain,
)

BOTH = np.column_stack([DRIVEN, PUSH])
INDICES = {
    "months": pd.date_range("2000-01-01", periods=len(STEPS), freq="MS", name="month"),
    "periods": pd.period_range("2000-01", periods=len(STEPS), freq="M", name="month"),
    "numbers": pd.RangeIndex(7, 7 + len(STEPS)),
}


@pytest.mark.parametrize("kind", [SktimeReservoirForecaster, SktimeReservoirClassifier])
def test_checks_of_sktime(kind):
    results = check_estimator(kind, raise_exceptions=False, verbose=False)
    assert len(results) > 100
    assert not {name: found for name, found in results.items() if found != "PASSED"}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_forecasts_keep_index_and_names(index):
    y, X = pd.Series(DRIVEN, index, name="tide"), pd.DataFrame({"push": PUSH}, index)
    model = SktimeReservoirForecaster(**OPTIONS).fit(y[:N_TRAIN], X[:N_TRAIN])
    forecaster, expected = plain(BOTH, exogenous=[1])
    steps = np.arange(1, N_AHEAD + 1)
    found = model.predict(fh=steps, X=X[N_TRAIN:])
    whole = index[N_TRAIN : N_TRAIN + N_AHEAD]
    assert found.name == "tide" and found.index.equals(whole) and found.index.name == index.name
    assert getattr(found.index, "freqstr", None) == getattr(index, "freqstr", None)
    np.testing.assert_array_equal(found, expected[:, 0])
    inside = forecaster.predict_one_step(BOTH[:N_TRAIN])[0][:, 0]
    sparse = model.predict(fh=[-2, 0, 2, 5], X=X[N_TRAIN:])
    np.testing.assert_array_equal(sparse, [inside[-3], inside[-1], *expected[[1, 4], 0]])
    assert sparse.index.equals(index[[N_TRAIN - 3, N_TRAIN - 1, N_TRAIN + 1, N_TRAIN + 4]])
    first = model.predict(fh=ForecastingHorizon(index[:7], is_relative=False), X=X)
    assert np.isnan(first[:5]).all() and np.isfinite(first[5:]).all()
    with pytest.raises(ValueError, match="must hold every row up to the last of fh"):
        model.predict(fh=[3], X=X[N_TRAIN + 2 :])
    with pytest.raises(ValueError, match=r"reaches 1 row\(s\) before the first of fit"):
        model.predict(fh=[-N_TRAIN], X=X)


def test_the_horizon_of_fit_is_chosen_for():
    index = INDICES["months"]
    y, X, steps = pd.Series(DRIVEN, index), pd.DataFrame({"push": PUSH}, index), [1, N_AHEAD]
    model = SktimeReservoirForecaster(**OPTIONS).fit(y[:N_TRAIN], X[:N_TRAIN], fh=steps)
    expected = plain(BOTH, exogenous=[1], horizon=N_AHEAD)[1]
    np.testing.assert_array_equal(model.predict(X=X[N_TRAIN:]), expected[[0, -1], 0])
    for fh, horizon in (([1], 1), ([-1, 0], None), ([200], N_TRAIN // 3)):
        model = SktimeReservoirForecaster(**OPTIONS).fit(y[:N_TRAIN], X[:N_TRAIN], fh=fh)
        assert model.forecaster_.horizon == horizon
    assert SktimeReservoirForecaster(**OPTIONS, horizon=2).fit(y, X, fh=[4]).forecaster_.horizon == 2


def test_new_rows():
    index = INDICES["months"]
    y, X, later = pd.DataFrame(BOTH[:, :1], index, ["tide"]), pd.DataFrame({"push": PUSH}, index), N_TRAIN + 4
    model = SktimeReservoirForecaster(**OPTIONS).fit(y[:N_TRAIN], X[:N_TRAIN])
    heard = model.clone().fit(y[:N_TRAIN], X[:N_TRAIN])
    heard.update(y[N_TRAIN:later], X[N_TRAIN:later], update_params=False)
    steps, known = np.arange(1, N_AHEAD + 1), X[later:]
    found = heard.predict(fh=steps, X=known)
    np.testing.assert_array_equal(found, plain(BOTH, context=later, exogenous=[1])[1])
    assert found.index.equals(index[later : later + N_AHEAD])
    learnt = model.update(y[N_TRAIN:later], X[N_TRAIN:later]).predict(fh=steps, X=known)
    anew = model.clone().fit(y[:later], X[:later]).predict(fh=steps, X=known)
    pd.testing.assert_frame_equal(learnt, anew)


def test_searches_and_pipelines_reach_the_reservoir():
    y = pd.Series(TIDE, INDICES["periods"])
    model = SktimeReservoirForecaster(washout=5)
    folds = ExpandingWindowSplitter(fh=[1, 2], initial_window=60, step_length=10)
    around = TransformedTargetForecaster([("trend", Detrender()), ("model", model)])
    grid = {"model__reservoir": [EchoState(10, random_state=0)], "model__reservoir__spectral_radius": [0.3, 0.9]}
    search = ForecastingGridSearchCV(around, folds, grid).fit(y)
    assert search.best_params_["model__reservoir__spectral_radius"] in (0.3, 0.9)
    assert model.reservoir is None


def test_intervals():
    y = pd.DataFrame(np.column_stack([TIDE, DRIVEN]), INDICES["months"], ["a", "b"])
    model = SktimeReservoirForecaster(**OPTIONS).fit(y[:70])
    found = model.predict_interval(fh=[1, 3], coverage=[0.5, 0.8])
    assert found["b"].columns.tolist() == [(0.5, "lower"), (0.5, "upper"), (0.8, "lower"), (0.8, "upper")]
    bounds = [np.asarray(one)[[0, 2], 1] for one in model.forecaster_.forecast_interval(3, 0.8)[1:]]
    np.testing.assert_array_equal(found["b"][0.8], np.transpose(bounds))


def test_classifier():
    X, y = labelled_cases()
    model = SktimeReservoirClassifier(EchoState(10, random_state=0))
    check_classifier(model, X, y)
    ragged = [pd.DataFrame(case.T[: 10 + k % 5]) for k, case in enumerate(X)]
    assert set(model.fit(ragged, y).predict(ragged)) == {"a", "b"}
