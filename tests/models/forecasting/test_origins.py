"""Forecasts from many origins of one run, and answers one step ahead, are those of contexts that end there."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from reservoir import DeepEchoState, EchoState, LiquidState
from reservoir.models.forecasting.origins import forecasts_from, free_forecasts
from reservoir.neurons.rate import EdgeOfStability
from reservoir.readouts import Force, RidgeReadout
from reservoir.spikes import Current, Poisson
from tests.loops import looped

pytestmark = pytest.mark.filterwarnings("ignore::reservoir.models.DivergenceWarning")  # of what few units learn
N_ROWS, N_AHEAD, ORIGINS = 150, 7, np.array([60, 10, 139, 60, 11])


@pytest.fixture(scope="module")
def driven():
    """A random walk with a driver that acts on its row, and a wave; columns y, e, wave."""
    rng = np.random.default_rng(0)
    e = rng.normal(size=N_ROWS)
    y = np.cumsum(0.3 * np.tanh(e) + 0.1 * rng.normal(size=N_ROWS))
    return np.column_stack([y, e, np.cos(np.arange(N_ROWS) / 7)])


def forecaster(reservoir=None, readout=None, **options):
    system = EchoState(20, input_scaling=0.3, bias_scaling=0.3, random_state=0)
    return looped(reservoir or system, readout or RidgeReadout(1e-1), **{"washout": 10} | options)


ALL = {"lags": 3, "target": "increments", "squared_states": True, "feedback_scaling": 0.5, "exogenous": [1]}
KINDS = {
    "plain": {},
    "all": ALL,
    "a lead of 0": ALL | {"exogenous_lead": 0, "bounds": "training"},
    "seven members": ALL | {"n_members": 7},
    "direct": ALL | {"strategy": "direct", "horizon": 5, "n_members": 2},
    "direct, no drivers": {"strategy": "direct", "horizon": 5, "lags": 2},
    "deep": {"reservoir": DeepEchoState(EchoState(8), 2, random_state=0), "exogenous": [1]},
    "noisy": {"reservoir": EchoState(20, noise=1e-3, random_state=0), "lags": 1},
    "edge of stability": {"reservoir": EchoState(20, unit=EdgeOfStability(), random_state=0), "target": "increments"},
    "float32": {"reservoir": EchoState(20, dtype="float32", random_state=0), "lags": 2},
    "step by step": {"readout": Ridge(1.0), "lags": 2, "exogenous": [1]},
    "force": {"readout": Force(alpha=0.5), "lags": 2, "target": "increments"},
    "spiking": {"reservoir": LiquidState(encoder=Current(), random_state=0), "readout": RidgeReadout(1.0), "lags": 1},
    "random spikes": {"reservoir": LiquidState(encoder=Poisson(), random_state=0), "readout": RidgeReadout(1.0)},
}


class Whole(EchoState):
    """A system that says its states change where a run is cut."""

    piecewise = False


WHOLE = {"reservoir": Whole(20, random_state=0), "lags": 1}


def known(driven, model, origin):
    """The drivers of the rows after an origin."""
    rows = np.full((N_AHEAD, 3), np.nan)
    given = driven[origin : origin + N_AHEAD]
    rows[: len(given), model.exogenous] = given[:, model.exogenous]
    return rows


@pytest.mark.parametrize("options", [*KINDS.values(), WHOLE], ids=[*KINDS, "wholes"])
def test_every_origin_is_a_context(driven, options):
    """Bit for bit, whatever the readout and what is learnt."""
    n_rows = 60 if "LiquidState" in str(options) else N_ROWS
    rows, origins = driven[:n_rows], ORIGINS if n_rows == N_ROWS else [40, 10, 11]
    model = forecaster(**options).fit(rows)
    found = forecasts_from(model, rows, origins, N_AHEAD)
    assert found.shape == (len(origins), N_AHEAD, 3 - len(model.exogenous))
    for forecast, origin in zip(found, origins, strict=True):
        expected = model.forecast(N_AHEAD, rows[:origin], observed=known(rows, model, origin))
        np.testing.assert_array_equal(forecast, expected)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_answers_one_step_ahead_are_forecasts_of_one_row(driven, options):
    rows = driven[:40] if "LiquidState" in str(options) else driven
    model = forecaster(**options).fit(rows)
    predicted, residuals = model.predict_one_step(rows)
    cut = 4 if "horizon" in options and model.exogenous else 0
    assert len(predicted) == len(rows) - 10 - cut
    channels = model._feedback.channels
    np.testing.assert_array_equal(residuals, rows[10 : len(rows) - cut, channels] - predicted)
    for row in (0, 1, 7, len(predicted) - 1):
        observed, n_steps = known(rows, model, 10 + row), cut + 1
        first = model.forecast(n_steps, rows[: 10 + row], observed=observed[:n_steps])[0]
        np.testing.assert_allclose(predicted[row], first, rtol=0, atol=1e-5 if "float32" in str(options) else 1e-10)


def test_what_is_observed_may_be_given(driven):
    model = forecaster(exogenous=[1]).fit(driven)
    observed = [known(driven, model, origin) for origin in (30, 90)]
    observed[1][2, 0] = 5.0
    found = forecasts_from(model, driven, [30, 90], N_AHEAD, observed)
    for forecast, origin, table in zip(found, (30, 90), observed, strict=True):
        np.testing.assert_array_equal(forecast, model.forecast(N_AHEAD, driven[:origin], observed=table))


def test_a_long_series(driven):
    """Longer than a block of the run."""
    rows = np.tile(driven, (60, 1))
    model, origins = forecaster(lags=1).fit(rows), [8999, 5000, 4097, 4096]
    for forecast, origin in zip(forecasts_from(model, rows, origins, 3), origins, strict=True):
        np.testing.assert_array_equal(forecast, model.forecast(3, rows[:origin]))


def test_what_is_lost_is_nan_without_a_word(driven):
    model = forecaster().fit(driven)
    model.readout_.coef_ = np.hstack([np.zeros((3, 20)), 10.0 * np.eye(3)])
    found = forecasts_from(model, driven, [50, 60], 200)
    assert np.isfinite(found[:, :50]).all() and np.isnan(found[:, -1]).all()


@pytest.mark.parametrize("target", ["values", "increments"])
def test_a_direct_forecast_that_is_lost_is_lost_alone(driven, target):
    model = forecaster(strategy="direct", horizon=4, target=target, include_input=True).fit(driven)
    model.readout_.coef_ = np.hstack([np.zeros((12, 20)), np.tile(1e9 * np.eye(3), (4, 1))])
    model.readout_.intercept_ = np.zeros(12)
    calm = np.zeros_like(driven)
    futures = model.forecast(90, [driven[:50], calm[:50]])
    assert np.isfinite(futures[0][:40]).all() and np.isnan(futures[0][-1]).all()
    np.testing.assert_array_equal(futures[1], calm[:90])


def test_scores_stand_on_it(driven):
    model = forecaster(**ALL).fit(driven)
    for (truth, future), rows in zip(
        free_forecasts(model, [driven, driven[20:60]]), (driven, driven[20:60]), strict=True
    ):
        observed = rows[10:].copy()
        observed[:, [0, 2]] = np.nan
        np.testing.assert_array_equal(future, model.forecast(len(observed), rows[:10], observed=observed))
        np.testing.assert_array_equal(truth, rows[10:, [0, 2]])


def test_containers_are_kept(driven):
    model = forecaster(lags=2).fit(driven)
    alone = model.predict_one_step(driven[:50])
    several = model.predict_one_step([driven[:50], driven[9:33]])
    stacked = model.predict_one_step(np.stack([driven[:50], driven[20:70]]))
    for single, listed, stack in zip(alone, several, stacked, strict=True):
        np.testing.assert_array_equal(listed[0], single)
        np.testing.assert_array_equal(stack[0], single)
        assert listed[1].shape == (14, 3) and stack.shape == (2, 40, 3)


def test_tables_keep_their_index(driven):
    index = pd.date_range("2020-01-01", periods=N_ROWS, freq="h")
    table = pd.DataFrame(driven, index, ["y", "push", "wave"])
    model = forecaster(exogenous=["push"], strategy="direct", horizon=3).fit(table)
    plain = clone(model).set_output(transform="default").fit(table).predict_one_step(table)
    assert all(isinstance(one, np.ndarray) for one in plain)
    for found, rows in zip(model.predict_one_step(table), plain, strict=True):
        assert list(found.columns) == ["y", "wave"] and found.index.equals(index[10:-2])
        np.testing.assert_array_equal(found, rows)
    assert model.predict_one_step([table, table[:40]])[0][1].index.equals(index[10:38])


@pytest.mark.parametrize("origins", [[], [9], [151], [0.5], [[20]], "ab", 20, [True], None])
def test_bad_origins(driven, origins):
    with pytest.raises(ValueError, match="'origins' parameter of forecasts_from must be integers from 10 to 150"):
        forecasts_from(forecaster().fit(driven), driven, origins, 3)


def test_one_series_and_its_drivers_are_asked_for(driven):
    model = forecaster(exogenous=[1]).fit(driven)
    with pytest.raises(ValueError, match="'series' parameter of forecasts_from must be one series"):
        forecasts_from(model, [driven], [20], 3)
    with pytest.raises(ValueError, match=r"'observed' .* the exogenous channels .* 'nothing in 2 of 3 rows'"):
        forecasts_from(model, driven, [149], 3)
    with pytest.raises(ValueError, match="washout=10 needs at least 11 rows"):
        model.predict_one_step(driven[:10])
