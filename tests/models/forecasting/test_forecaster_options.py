"""Forecasts with feedback of their own scale, exogenous and observed channels, ensembles, and FORCE."""

import copy

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from reservoir import DeepEchoState, EchoState
from reservoir.datasets import make_lorenz
from reservoir.metrics import nrmse
from reservoir.model_selection import WarmTimeSeriesSplit
from reservoir.readouts import Force, LeastMeanSquares, RecursiveLeastSquares, RidgeReadout
from tests import oracles
from tests.loops import looped


def small(n_units=60, **parameters):
    return EchoState(n_units, **{"input_scaling": 1.0, "bias_scaling": 0.3, "random_state": 0} | parameters)


@pytest.fixture(scope="module")
def driven():
    """Two waves, one of which hears a random input in column 1."""
    rng = np.random.default_rng(0)
    push, y = rng.uniform(-1, 1, 700), np.zeros((700, 2))
    for t in range(1, 700):
        y[t, 0] = 0.8 * np.sin(2 * y[t - 1, 1]) + 0.3 * push[t - 1]
        y[t, 1] = 0.5 * y[t - 1, 0] + 0.3 * np.cos(t / 5)
    return np.column_stack([y[:, 0], push, y[:, 1], np.cos(np.arange(700) / 5)])


OPTIONS = {
    "squares": {"squared_states": True},
    "scaling": {"feedback_scaling": 0.4},
    "exogenous": {"exogenous": [1, 3]},
    "members": {"n_members": 3},
    "all": {"squared_states": True, "feedback_scaling": 0.4, "exogenous": (3, 1), "n_members": 2},
}


class Foreign:
    """A fitted readout that the compiled loop does not know, so that it is asked step by step."""

    def __init__(self, readout):
        self.predict = readout.predict


def step_by_step(model):
    """The same fitted model, whose loop is not compiled."""
    copied = copy.deepcopy(model)
    for member in getattr(copied, "members_", [copied]):
        member.readout_ = Foreign(member.readout_)
    return copied


def unknown(rows, channels):
    rows = rows.copy()
    rows[:, channels] = np.nan
    return rows


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_compiled_loop_equals_the_plain_one(driven, options):
    model = looped(small(), RidgeReadout(1e-4), washout=50, **options).fit(driven[:600])
    observed = unknown(driven[600:], [0, 2] if "exogenous" in options else [0, 1, 2, 3])
    compiled = model.forecast(100, observed=observed)
    np.testing.assert_allclose(compiled, step_by_step(model).forecast(100, observed=observed), rtol=0, atol=1e-9)
    assert compiled.shape == (100, 2 if "exogenous" in options else 4)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_without_context_the_series_of_fit_goes_on(driven, options, noise):
    model = looped(small(noise=noise), washout=50, **options).fit([driven[:500], driven[:300]])
    channels = [0, 2] if "exogenous" in options else [0, 1, 2, 3]
    observed = [unknown(driven[500:520], channels), unknown(driven[300:320], channels)]
    first = model.forecast(20, observed=observed)
    np.testing.assert_array_equal(first, model.forecast(20, [driven[:500], driven[:300]], observed=observed))


def test_a_plain_model_is_the_sum_of_its_parts(driven):
    """The readout is least squares on [x, x^2, u], where u holds the scaled feedback."""
    model = looped(
        small(), RidgeReadout(1e-3), washout=10, squared_states=True, feedback_scaling=0.5, exogenous=[1]
    ).fit(driven)
    heard = driven * [0.5, 1, 0.5, 0.5]
    heard[:-1, 1] = driven[1:, 1]
    states = clone(small()).fit(heard).transform(heard[:-1])
    features = np.hstack([states, states**2, heard[:-1]])[10:]
    expected = Ridge(1e-3).fit(features, driven[11:, [0, 2, 3]])
    np.testing.assert_allclose(model.readout_.coef_, expected.coef_, rtol=0, atol=1e-6)


def test_exogenous_channels_drive_the_forecast(driven):
    model = looped(small(200), RidgeReadout(1e-6), exogenous=[1, 3]).fit(driven[:600])
    future = model.forecast(100, observed=unknown(driven[600:], [0, 2]))
    assert nrmse(driven[600:, [0, 2]], future) < 0.05
    shuffled = unknown(driven[600:], [0, 2])
    shuffled[:, 1] = shuffled[::-1, 1]
    assert nrmse(driven[600:, [0, 2]], model.forecast(100, observed=shuffled)) > 0.2
    assert model.score(driven[400:]) > 0.99


def test_without_a_lead_the_last_observed_row_is_not_used(driven):
    model = looped(small(), exogenous=[1], exogenous_lead=0, washout=10).fit(driven)
    observed = unknown(driven[:5], [0, 2, 3])
    first = model.forecast(5, observed=observed)
    observed[-1] = np.nan
    np.testing.assert_array_equal(model.forecast(5, observed=observed), first)
    assert model.forecast(1).shape == (1, 3)


def of_lorenz(seed):
    """A forecaster of the series, and the rows that follow what it was fitted on."""
    series = make_lorenz(5000) / 10
    system = small(300, spectral_radius=0.4, input_scaling=0.3, random_state=seed)
    return looped(system, RidgeReadout(1e-8)).fit(series[:4000]), series[4000:]


def test_observed_channels_hold_a_chaotic_forecast_on_its_course():
    model, truth = of_lorenz(0)
    free = model.forecast(1000)
    held = model.forecast(1000, observed=unknown(truth, [1, 2]))
    assert nrmse(truth[:, 1:], held[:, 1:]) < 0.01 < 0.5 < nrmse(truth[:, 1:], free[:, 1:])


def test_a_value_now_and_then_resynchronises():
    """Differences grow as exp(0.9 t), by a fifth in the 0.2 from one observation to the next, where they vanish.

    On some networks a detour lasts, so that a single one proves little.
    """
    errors = []
    for seed in range(5):
        model, truth = of_lorenz(seed)
        observed = np.full_like(truth, np.nan)
        observed[::10] = truth[::10]
        errors.append([nrmse(truth, model.forecast(1000, observed=rows)) for rows in (observed, None)])
    held, free = np.median(errors, axis=0)
    assert held < 0.01 < 0.5 < free


def test_an_ensemble_feeds_back_its_mean(driven):
    model = looped(small(), RidgeReadout(1e-4), n_members=3, washout=20).fit(driven[:600])
    assert len({member.reservoir_.random_state for member in model.members_}) == 3
    row, states = driven[599], [m.reservoir_.run(driven[:599])[1] for m in model.members_]
    for predicted in model.forecast(5):
        answers = []
        for index, member in enumerate(model.members_):
            x, states[index] = member.reservoir_.run(row[None], states[index])
            answers.append(member.readout_.predict(np.hstack([x, row[None]]))[0])
        row = np.mean(answers, axis=0)
        np.testing.assert_allclose(predicted, row, rtol=0, atol=1e-10)


def test_an_ensemble_of_deep_reservoirs_is_seeded_by_the_stack(driven):
    """Also where its layers leave their seeds to it."""
    deep = DeepEchoState(EchoState(10), 2, random_state=0)
    model = looped(deep, RidgeReadout(1e-2), n_members=2, washout=20)
    first, again = (clone(model).fit(driven[:600]).forecast(5) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_an_ensemble_is_closer_than_its_members():
    """One step ahead the error of the mean is never above the mean of the errors; 30 steps ahead on most draws."""
    series, ratios = make_lorenz(4000) / 10, {1: [], 30: []}
    starts = range(3100, 3900, 40)
    for seed in range(3):
        system = small(100, spectral_radius=0.4, input_scaling=0.3, random_state=seed)
        ensemble = looped(system, RidgeReadout(1e-8), n_members=8).fit(series[:3000])
        for horizon in ratios:
            truth = np.concatenate([series[start : start + horizon] for start in starts])
            own, *alone = (
                nrmse(truth, np.vstack(model.forecast(horizon, [series[start - 100 : start] for start in starts])))
                for model in (ensemble, *ensemble.members_)
            )
            ratios[horizon].append(own / np.mean(alone))
    assert max(ratios[1]) <= 1 and np.median(ratios[30]) < 1


def test_an_ensemble_forecasts_by_what_was_fitted(driven):
    """Whatever the parameters of its parts say by then."""
    leaks = np.linspace(0.2, 1.0, 60)
    model = looped(small(leak=leaks), n_members=2, washout=20).fit(driven[:500])
    before = model.forecast(20)
    for member in model.members_:
        member.reservoir_.set_params(leak=0.5, activation="identity")
    np.testing.assert_array_equal(model.forecast(20), before)


def test_refitting_a_smaller_ensemble(driven):
    model = looped(small(), n_members=2, washout=10).fit(driven)
    single = clone(model).set_params(n_members=1).fit(driven).forecast(4)
    np.testing.assert_array_equal(model.set_params(n_members=1).fit(driven).forecast(4), single)


def test_a_deep_reservoir_takes_all_options(driven):
    deep = DeepEchoState(small(20, noise=1e-3), n_layers=2, random_state=3)
    model = looped(deep, washout=20, **OPTIONS["all"]).fit(driven[:600])
    observed = unknown(driven[600:620], [0, 2])
    future = model.forecast(20, driven[:600], observed=observed)
    np.testing.assert_array_equal(future, model.forecast(20, observed=observed))
    assert nrmse(driven[600:620, [0, 2]], future) < 0.5


@pytest.mark.parametrize("readout", [RecursiveLeastSquares(alpha=1e-6), LeastMeanSquares(0.5)])
def test_online_readouts_run_in_the_compiled_loop(driven, readout):
    model = looped(small(), readout).fit(driven[:600])
    np.testing.assert_allclose(model.forecast(30), step_by_step(model).forecast(30), rtol=0, atol=1e-9)


def test_search_over_the_options(driven):
    model = looped(small(30), washout=50, exogenous=[1, 3])
    split = WarmTimeSeriesSplit(2, warmup=50)
    grid = {"feedback_scaling": [0.1, 1.0], "squared_states": [False, True], "reservoir__leak": [0.5, 1.0]}
    search = GridSearchCV(model, grid, cv=split, error_score="raise").fit(driven)
    assert np.isfinite(search.cv_results_["mean_test_score"]).any()


# FORCE


def force_model(n_units=40, **options):
    system = small(n_units, leak=0.3, spectral_radius=1.2, input_scaling=0.8)
    return looped(system, Force(alpha=0.5), include_input=False, washout=5, **options)


class ForceOfElsewhere(BaseEstimator):
    """FORCE as a readout that the compiled loop does not know, so that it learns step by step."""

    closed_loop_training = True

    def fit(self, X, y):
        raise AssertionError("It learns with the loop closed.")

    def step(self, x, target):
        if not hasattr(self, "force"):
            self.force = Force(alpha=0.5, fit_intercept=True)
        return self.force.step(x, target)

    def predict(self, X):
        return self.force.predict(X)


def waves(n_rows, period=60):
    time = 2 * np.pi * np.arange(n_rows) / period
    return (0.5 * np.sin(time) + 0.25 * np.sin(2 * time) + 0.15 * np.sin(4 * time)).reshape(-1, 1)


def test_force_equals_its_naive_twin():
    series = np.hstack([waves(60), waves(60, 40)])
    model = force_model().fit(series)
    system = model.reservoir_
    matrices = system.W_, system.W_in_, system.bias_, 0.3
    weights = oracles.force(*matrices, series[:-1], series[1:], 5, 0.5)
    np.testing.assert_allclose(model.readout_.coef_, weights, rtol=0, atol=1e-9)
    state = oracles.leaky_states(*matrices, series[:-1])[-1]
    loop = oracles.closed_loop(*matrices, weights, np.zeros(2), state, series[-1], np.full((10, 2), np.nan))
    np.testing.assert_allclose(model.forecast(10), loop, rtol=0, atol=1e-8)


@pytest.mark.parametrize("options", [{}, {"squared_states": True, "feedback_scaling": 0.5}, {"include_input": True}])
def test_compiled_force_equals_the_steps(options):
    series = [np.hstack([waves(50), waves(50, 31)]), np.hstack([waves(40, 23), waves(40)])]
    model = clone(force_model()).set_params(exogenous=[1], **options)
    compiled = clone(model).set_params(readout__fit_intercept=True).fit(series).readout_
    plain = clone(model).set_params(readout=ForceOfElsewhere()).fit(series).readout_.force
    np.testing.assert_allclose(compiled.coef_, plain.coef_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(compiled.intercept_, plain.intercept_, rtol=0, atol=1e-9)


def test_force_learns_a_sum_of_sines():
    """Sussillo and Abbott 2009, figure 2, in steps of a tenth of the time constant."""
    series, errors = waves(9000, 120), []
    for seed in range(5):
        system = EchoState(400, leak=0.1, spectral_radius=1.5, bias_scaling=0.5, input_scaling=1.0, random_state=seed)
        model = looped(system, Force(), include_input=False).fit(series[:7800])
        errors.append(nrmse(series[7800:], model.forecast(1200)))
    assert np.median(errors) < 0.2


def test_force_learns_the_lorenz_attractor():
    series = make_lorenz(13000)
    series = (series - series.mean(axis=0)) / series.std(axis=0)
    errors, spreads = [], []
    for seed in range(3):
        system = EchoState(500, leak=0.1, spectral_radius=1.2, bias_scaling=0.5, input_scaling=1.0, random_state=seed)
        model = looped(system, Force(1e-3, forgetting=0.9995), include_input=False).fit(series[:10000])
        future = model.forecast(3000)
        errors.append(nrmse(series[10000:10050], future[:50]))
        spreads.append(np.abs(future.std(axis=0) - 1).max())
    assert np.median(errors) < 0.1 and np.median(spreads) < 0.1


BAD = {
    "shape": np.zeros((4, 4)),
    "infinity": np.full((5, 4), np.inf),
    "exogenous unknown": np.full((5, 4), np.nan),
    "container": [np.zeros((5, 4))] * 2,
    "text": "abc",
    "none": None,
}


@pytest.mark.parametrize("observed", BAD.values(), ids=BAD)
def test_bad_observations(driven, observed):
    model = looped(small(), exogenous=[1], washout=10).fit(driven)
    with pytest.raises(ValueError, match="'observed' parameter of forecast must be"):
        model.forecast(5, observed=observed)
