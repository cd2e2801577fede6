"""Forecasts that run away, or do not follow what is observed, are told; others are not."""

import copy
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import make_lorenz, make_mackey_glass
from reservoir.metrics import nrmse
from reservoir.models import DivergenceWarning
from reservoir.readouts import RidgeReadout
from reservoir.readouts.ridge import PenaltyWarning
from tests.loops import looped

TIME = np.arange(500)
WAVES = np.column_stack([np.sin(TIME / 4), np.cos(TIME / 7)])


def small(**parameters):
    return EchoState(60, **{"input_scaling": 1.0, "bias_scaling": 0.3, "random_state": 0} | parameters)


def growing(data=WAVES, factor=1.1, readout=None, **options):
    """Every row is the one before times the factor."""
    model = looped(small(), readout, washout=2, **options).fit(data)
    for member in getattr(model, "members_", [model]):
        member.readout_.coef_ = np.hstack([np.zeros((2, 60)), factor * np.eye(2)])
        member.readout_.intercept_ = np.zeros(2)
    return model


@pytest.mark.parametrize("options", [{}, {"n_members": 2}, {"readout": Ridge()}])
def test_the_first_row_and_channel_beyond_are_named(options):
    table = pd.DataFrame(WAVES, columns=["sine", "cosine"])
    model = growing(table, **options)
    future = WAVES[-1] * 1.1 ** np.arange(1, 101)[:, None]
    margin = (1 + 3 * np.arange(1, 101)[:, None] / 500) * np.ptp(WAVES, axis=0)
    beyond = (future < WAVES.min(axis=0) - margin) | (future > WAVES.max(axis=0) + margin)
    row = int(np.argmax(beyond.any(axis=1)))
    name = table.columns[np.argmax(beyond[row])]
    with pytest.warns(DivergenceWarning, match=rf"in row {row} its channel '{name}' is") as said:
        model.forecast(100)
    assert len(said) == 1 and said[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.forecast(row)


def test_the_sequence_and_the_row_of_nan_are_named():
    model = growing()
    with pytest.warns(DivergenceWarning, match=r"forecast of sequence 1 .* from row 2\d+ on it is NaN"):
        model.set_params(bounds=None)
        model.forecast(3000, [WAVES[:50] * 0, WAVES[:50]])


def test_a_level_that_the_context_has_is_no_divergence():
    """A series far from the training rows that stays where it is."""
    model = growing(factor=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.forecast(50, WAVES[:50] + 100)
    with pytest.warns(DivergenceWarning):
        growing(factor=1.05).forecast(200, WAVES[:50] + 100)


HEALTHY = {
    "trend": (0.01 * TIME + 0.1 * np.sin(TIME / 5), RidgeReadout(1e-6), 3000),
    "falling": (-0.01 * TIME, RidgeReadout(1e-6), 1000),
    "growth": (np.exp(TIME / 300), RidgeReadout(1e-6), 150),
    "noise": (np.random.default_rng(0).normal(size=500), RidgeReadout("blocked"), 2000),
    "random walk": (np.cumsum(np.random.default_rng(1).normal(size=500)), RidgeReadout("blocked"), 300),
    "constant": (np.full(500, 7.0), RidgeReadout(), 500),
    "zero": (np.zeros(500), RidgeReadout(), 500),
    "offset": (1e9 + np.sin(TIME / 5), RidgeReadout(), 200),
    "intermittent": (np.where(TIME % 50 == 0, 1.0, 0.0), RidgeReadout(1e-2), 500),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_forecasts_say_nothing(name):
    values, readout, n_steps = HEALTHY[name]
    system = small(activation="identity", spectral_radius=0.5) if name in ("trend", "falling", "growth") else small()
    with warnings.catch_warnings():
        warnings.simplefilter("error", DivergenceWarning)
        future = looped(system, readout, washout=50).fit(values.reshape(-1, 1)).forecast(n_steps)
    assert np.isfinite(future).all()


@pytest.mark.parametrize("series", [make_lorenz(4000) / 10, make_mackey_glass(3000)], ids=["Lorenz", "Mackey-Glass"])
def test_healthy_chaos_says_nothing(series):
    for seed in range(3):
        system = EchoState(200, spectral_radius=0.4, input_scaling=0.3, bias_scaling=0.5, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            future = looped(system, RidgeReadout(1e-8)).fit(series[:2500]).forecast(5000)
        assert np.ptp(future) < 2 * np.ptp(series)


# bounds


@pytest.mark.parametrize("options", [{}, {"n_members": 2}, {"readout": Ridge()}], ids=["compiled", "ensemble", "steps"])
@pytest.mark.parametrize("bounds", [(-2.0, 3.0), [(-1.5, 1.5), (-9.0, 4.0)], "training", (-np.inf, 2.5)])
def test_bounds_hold_inside_the_loop(bounds, options):
    model = growing(factor=1.1, **options).set_params(bounds=bounds)
    low, high = (model.training_range_ if isinstance(bounds, str) else np.broadcast_to(bounds, (2, 2))).T
    row, expected = WAVES[-1], []
    for _ in range(100):
        row = np.clip(1.1 * row, low, high)
        expected.append(row)
    np.testing.assert_allclose(ignoring(model), expected, rtol=1e-12)
    np.testing.assert_array_equal(model.training_range_, [[column.min(), column.max()] for column in WAVES.T])


def ignoring(model, n_steps=100, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        return model.forecast(n_steps, **options)


def test_bounds_count_in_scores_and_are_checked_in_fit():
    model = growing(factor=1.5)
    series = np.tile(WAVES, (8, 1))
    assert model.score(series) == -np.inf < model.set_params(bounds="training").score(series)
    with pytest.raises(ValueError, match=r"'bounds' parameter of ReservoirForecaster must be .* or 2 such pairs"):
        looped(small(), bounds=[(0, 1)] * 3).fit(WAVES)
    with pytest.raises(ValueError, match="'bounds' parameter"):
        model.set_params(bounds=(1, 0)).forecast(3)


def test_wide_bounds_change_no_bit():
    model = looped(small(), washout=50).fit(WAVES)
    free = model.forecast(100)
    np.testing.assert_array_equal(model.set_params(bounds=(-50, 50)).forecast(100), free)


# what is observed


def lorenz():
    raw = make_lorenz(3500, random_state=0)
    return (raw - raw.mean(axis=0)) / raw.std(axis=0)


def observing(series, channels, n_steps):
    observed = np.full((n_steps, series.shape[1]), np.nan)
    observed[:, channels] = series[2500 : 2500 + n_steps, channels]
    return observed


@pytest.mark.parametrize("scaling, noise, alpha", [(0.1, 0.0, 1e-12), (1.0, 1e-3, 1e-8), (0.1, 1e-3, 1e-4)])
def test_a_forecast_that_does_not_follow_says_so(scaling, noise, alpha):
    """Whether it follows is a matter of the numbers: where the other channels are lost it is told."""
    series = lorenz()
    system = EchoState(300, input_scaling=scaling, bias_scaling=0.5, noise=noise, random_state=0)
    model = looped(system, RidgeReadout(alpha)).fit(series[:2500])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        future = model.forecast(1000, observed=observing(series, [0], 1000))
    with np.errstate(over="ignore"):
        lost = not nrmse(series[2500:, 1:], np.nan_to_num(future[:, 1:], nan=1e9)) < 0.9
    assert lost <= any(issubclass(one.category, DivergenceWarning) for one in said)


def test_one_that_follows_says_nothing():
    series = lorenz()
    system = EchoState(300, spectral_radius=0.4, input_scaling=0.3, bias_scaling=0.5, random_state=0)
    model = looped(system, RidgeReadout(1e-8)).fit(series[:2500])
    for channels in ([1, 2], [0, 1, 2]):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            held = model.forecast(1000, observed=observing(series, channels, 1000))
        assert nrmse(series[2500:], held) < 0.05


@pytest.mark.parametrize("rate", [0.01, 0.03, 0.1, 0.5])
def test_rare_jumps_are_no_miss(rate):
    """They are as rare where they are observed as they were in training."""
    rng = np.random.default_rng(2)
    rows = np.column_stack([rng.random(4000) < rate, rng.normal(size=4000)]).astype(float)
    model = looped(small(), RidgeReadout(1.0), washout=50).fit(rows[:1000])
    observed = rows.copy()
    observed[:, 1] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for start in range(1000, 3000, 20):
            model.forecast(20, rows[start - 60 : start], observed=observed[start : start + 20])
        model.forecast(1000, rows[:3000], observed=observed[3000:])


def test_noise_that_cannot_be_foretold_is_followed():
    """Errors as large as those of training are no miss."""
    rows = np.random.default_rng(0).normal(size=(1500, 2))
    model = looped(small(), RidgeReadout("blocked", alphas=np.logspace(-6, 8, 15)), washout=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyWarning)
        model.fit(rows[:1000])
    assert (model.training_errors_ > 0.8).all()
    observed = rows[1000:].copy()
    observed[:, 1] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.forecast(500, observed=observed)


def test_the_channel_that_is_not_followed_is_named():
    table = pd.DataFrame(WAVES, columns=["sine", "cosine"])
    model = looped(small(), washout=50).fit(table)
    lost = copy.deepcopy(model)
    lost.readout_.coef_, lost.readout_.intercept_ = 0 * model.readout_.coef_, np.array([0.9, 0.9])
    observed = table[:100][["cosine"]]
    with pytest.warns(DivergenceWarning, match="not follow channel 'cosine', which is observed.*ReservoirRegressor"):
        lost.forecast(100, observed=observed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.forecast(50, table[:200], observed=table[200:250][["cosine"]])
        lost.forecast(50, observed=table[:50][["cosine"]].where(TIME[:50, None] % 10 == 0))  # never two rows in a row


def test_training_errors_are_those_of_one_step():
    model = looped(small(), RidgeReadout(1e-2), washout=50).fit(WAVES)
    states = model.reservoir_.run(WAVES[:-1])[0]
    errors = model.readout_.predict(np.hstack([states, WAVES[:-1]]))[50:] - WAVES[51:]
    np.testing.assert_allclose(model.training_errors_, np.sqrt(np.mean(errors**2, axis=0)), rtol=1e-9)
    pair = looped(small(), RidgeReadout(1e-2), washout=50, n_members=2).fit(WAVES)
    np.testing.assert_allclose(pair.training_errors_, np.mean([one.training_errors_ for one in pair.members_], axis=0))


def test_a_regressor_observes_what_the_loop_loses():
    """The way that the warning points to."""
    series = lorenz()
    system = EchoState(300, input_scaling=0.3, bias_scaling=0.5, random_state=0)
    observer = ReservoirRegressor(system, RidgeReadout(1e-8), washout=100).fit(series[:2500, :1], series[:2500, 1:])
    assert nrmse(series[2600:, 1:], observer.predict(series[:, :1])[2600:]) < 0.1
