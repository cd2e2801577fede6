"""Forecasts of what was chosen stay near what is known, by every way to ask for them, and it is told."""

import copy
import warnings

import numpy as np
import pytest

from reservoir import EchoState, ReservoirForecaster
from reservoir.models import DivergenceWarning
from reservoir.models.forecasting.origins import forecasts_from
from tests.loops import looped

TIME, FACTOR, N_ROWS, N_AHEAD = np.arange(200), 1.4, 160, 30
WAVES = np.column_stack([np.sin(TIME / 4), 50 + 5 * np.cos(TIME / 7)])


def growing(**options):
    """A forecaster whose deviations from the means of training grow by a factor every row, whatever was chosen."""
    options = {"transform": None, "season": None, "lags": 1, "horizon": 4, "strategy": "recursive"} | options
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ReservoirForecaster(EchoState(10, random_state=0), **options).fit(WAVES[:N_ROWS])
    for member in getattr(model, "members_", [model]):
        readout, n = member.readout_, 10
        readout.coef_, readout.intercept_ = np.zeros_like(readout.coef_), np.zeros_like(readout.intercept_)
        for step in range(len(readout.coef_) // 2):
            readout.coef_[2 * step : 2 * step + 2, n : n + 2] = FACTOR ** (step + 1) * np.eye(2)
    return model


def expected(rows, n_steps=N_AHEAD):
    """The same after these rows, kept within the widths that are allowed."""
    means, known = WAVES[:N_ROWS].mean(axis=0), np.concatenate([WAVES[:N_ROWS], rows[-1:]])
    low, high = known.min(axis=0), known.max(axis=0)
    row, found = rows[-1], []
    for h in range(1, n_steps + 1):
        beyond = (1 + 3 * h / N_ROWS) * (high - low)
        row = np.clip(means + FACTOR * (row - means), low - beyond, high + beyond)
        found.append(row)
    return np.stack(found)


WAYS = {"one": {}, "members": {"n_members": 2}, "at once": {"strategy": "direct"}}


@pytest.fixture(scope="module", params=WAYS)
def model(request):
    return growing(**WAYS[request.param])


FAR = np.concatenate([WAVES[:80], WAVES[:80] + np.array([30.0, -400.0])])
"""A series that goes on far from the training rows."""


@pytest.mark.parametrize("series", [WAVES[:N_ROWS], WAVES[:100], FAR], ids=["training", "context", "far"])
def test_forecasts_stay_near_and_it_is_told(model, series):
    with pytest.warns(DivergenceWarning, match="It is kept there by bounds='auto'") as said:
        future = model.forecast(N_AHEAD, series)
    assert len(said) == 1 and said[0].filename == __file__
    np.testing.assert_allclose(future, expected(series), rtol=1e-9)
    np.testing.assert_array_equal(forecasts_from(model, series, [len(series)], N_AHEAD)[0], future)
    with pytest.warns(DivergenceWarning):
        np.testing.assert_array_equal(model.forecast_interval(N_AHEAD, context=series)[0], future)
    with pytest.warns(DivergenceWarning):
        stream = model.stream(series)
        np.testing.assert_array_equal(stream.forecast(N_AHEAD), future)


def test_single_answers_are_those_of_forecasts(model):
    wild = WAVES[:60].copy()
    wild[30] = [400.0, -900.0]  # the answers after it are beyond what is allowed
    predictions, _ = model.predict_one_step(wild)
    least = max(model.washout_, 1)
    np.testing.assert_allclose(predictions[30 - least + 1], expected(wild[:31], 1)[0], rtol=1e-9)
    stream = model.stream(wild[:least])
    steps = [stream.step(row) for row in wild[least:]]
    ahead = forecasts_from(model, wild, np.arange(least + 1, 61), 1)[:, 0]
    np.testing.assert_array_equal(np.stack(steps), ahead)
    np.testing.assert_allclose(predictions[1:], ahead[:-1], rtol=1e-9)


def test_bounds_of_a_user_take_its_place():
    model = growing()
    free = copy.copy(model).set_params(bounds=None)
    with pytest.warns(DivergenceWarning, match="`bounds` limits it"):
        future = free.forecast(N_AHEAD)
    means = WAVES[:N_ROWS].mean(axis=0)
    assert (np.abs(future - means)[-1] > 1000 * np.abs(WAVES[N_ROWS - 1] - means)).all()
    model.set_params(bounds="training")
    assert (model.forecast(N_AHEAD) <= WAVES[:N_ROWS].max(axis=0)).all()


def test_what_was_not_chosen_is_free():
    model = looped(EchoState(30, random_state=0)).fit(WAVES[:N_ROWS])
    assert model.bounds == "auto"
    future = forecasts_from(model, WAVES, [N_ROWS], 200)
    np.testing.assert_array_equal(future, forecasts_from(model.set_params(bounds=None), WAVES, [N_ROWS], 200))


@pytest.mark.parametrize("slope", [0.5, -0.5])
def test_a_line_goes_on_for_three_times_its_length(slope):
    line = slope * np.arange(80.0) + 0.01 * np.random.default_rng(0).normal(size=80)
    model = ReservoirForecaster(season=None, lags=2).fit(line[:, None])
    with warnings.catch_warnings():
        warnings.simplefilter("error", DivergenceWarning)
        future = model.forecast(240)
    np.testing.assert_allclose(future[-1, 0], slope * 319, rtol=0.05)
    np.testing.assert_array_equal(future, model.set_params(bounds=None).forecast(240))
