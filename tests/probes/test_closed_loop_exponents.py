"""Lyapunov exponents of a forecaster's closed loop against finite differences and the Lorenz equations."""

import copy

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge

from reservoir import DeepEchoState, EchoState, LiquidState, ReservoirForecaster
from reservoir.datasets import make_lorenz
from reservoir.probes import closed_loop_exponents, lyapunov_exponent
from reservoir.probes.closed_loop_exponents import loop_of
from reservoir.readouts import RidgeReadout
from tests.loops import looped

SHRINKING = -(10 + 1 + 8 / 3)  # of volumes by the Lorenz equations, -(sigma + 1 + beta)


def noise(n_rows=400, n_features=1, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, size=(n_rows, n_features))


def naive_step(model, x, u):
    """One step of the closed loop by the public faces of its parts alone."""
    state = model.reservoir_.run(u[None], x)[1]
    seen = np.concatenate([state] + [state**2] * model.squared_states + [u] * model.include_input)
    return np.concatenate([state, model.feedback_scaling * model.readout_.predict(seen[None])[0]])


@pytest.mark.parametrize("options", [
    {}, {"include_input": False}, {"squared_states": True}, {"feedback_scaling": 0.5}, {"readout": Ridge(1e-3)},
    {"reservoir": DeepEchoState(EchoState(6, leak=0.6), 2, random_state=0)},
])  # fmt: skip
def test_the_jacobian_of_the_closed_loop_equals_finite_differences(options):
    series = noise(200, 2)
    reservoir = EchoState(12, leak=0.4, bias_scaling=0.3, random_state=0)
    model = looped(**{"reservoir": reservoir, "readout": RidgeReadout(1e-3), "washout": 20, **options})
    loop = loop_of(model.fit(series))
    rows = model.forecast(30) * model.feedback_scaling
    x = np.zeros(12)
    moves = list(loop.moves(rows))
    for row in rows:
        point = np.concatenate([x, row])
        x = model.reservoir_.run(row[None], x)[1]
    naive = []
    for d in 1e-6 * np.eye(14):
        high, low = point + d, point - d
        naive.append((naive_step(model, high[:12], high[12:]) - naive_step(model, low[:12], low[12:])) / 2e-6)
    np.testing.assert_allclose(moves[-1](np.eye(14)), np.array(naive).T, atol=1e-7)


def forecaster(seed, readout, n_units, n_rows):
    raw = make_lorenz(n_rows, dt=0.02)
    reservoir = EchoState(n_units, spectral_radius=0.4, input_scaling=0.2, bias_scaling=1.0, random_state=seed)
    return looped(reservoir, readout).fit((raw - raw.mean(axis=0)) / raw.std(axis=0))


def check_lorenz(found):
    assert found.largest == pytest.approx(0.906, rel=0.05)
    assert abs(found.exponents[1]) < 0.03
    assert found.exponents[2] == pytest.approx(-14.57, rel=0.01)
    assert found.exponents[:3].sum() == pytest.approx(SHRINKING, rel=0.005)


def test_a_forecaster_of_lorenz_has_its_exponents():
    model = forecaster(0, RidgeReadout(1e-15, solver="qr"), 300, 5000)
    found = closed_loop_exponents(model, 4, n_steps=20_000, dt=0.02)
    check_lorenz(found)
    assert found.exponents[3] < -30 and 2.05 < found.kaplan_yorke_dimension < 2.08


@pytest.mark.long
@pytest.mark.parametrize("n_units, readout", [
    (500, RidgeReadout(1e-22, solver="qr")), (300, RidgeReadout(1e-15, solver="qr")),
    (300, RidgeReadout(1e-10, solver="gram")),
])  # fmt: skip
@pytest.mark.parametrize("seed", range(5))
def test_forecasters_of_lorenz_of_many_seeds(seed, n_units, readout):
    check_lorenz(closed_loop_exponents(forecaster(seed, readout, n_units, 8000), n_steps=60_000, dt=0.02))


def test_a_reservoir_that_forgets_slowly_hides_the_contraction():
    """Its own exponents, those under true input, stand where the third of the Lorenz equations would."""
    raw = make_lorenz(3000, dt=0.02)
    series = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    reservoir = EchoState(200, spectral_radius=0.4, input_scaling=0.2, bias_scaling=1.0, leak=0.2, random_state=0)
    model = looped(reservoir, RidgeReadout(1e-8, solver="qr")).fit(series)
    own = lyapunov_exponent(model, series, dt=0.02).largest
    assert own > -10 and closed_loop_exponents(model, n_steps=5000, dt=0.02).exponents[2] > own - 1


@pytest.mark.filterwarnings("ignore:The forecast of ReservoirForecaster settles")  # what it learns from is noise
def test_an_ensemble_is_one_system():
    """Equal members learn the same, so that those of the ensemble are those of one, and how fast members agree."""
    series = noise(300, 2)
    reservoir = EchoState(10, leak=0.5, random_state=0)
    model = looped(reservoir, RidgeReadout(1e-2), washout=20).fit(series)
    pair = looped(reservoir, RidgeReadout(1e-2), washout=20, n_members=2).fit(series)
    pair.members_ = [model, model]
    one, two = closed_loop_exponents(model, 2, n_steps=400), closed_loop_exponents(pair, 22, n_steps=400)
    assert np.abs(two.exponents - one.largest).min() < 1e-3


def test_exogenous_channels_drive_the_loop():
    series = noise(400, 2)
    model = looped(EchoState(10, random_state=0), RidgeReadout(1e-2), washout=20, exogenous=[1])
    model.fit(series)
    driven = closed_loop_exponents(model, 12, n_steps=200, discard=20, observed=noise(220, 2, seed=1))
    assert driven.exponents[-1] < -30  # the input from outside knows of no difference
    with pytest.raises(ValueError, match="'observed' parameter of closed_loop_exponents must be an array"):
        closed_loop_exponents(model, n_steps=200, discard=20)


def test_what_fit_found_makes_the_loop():
    wave = np.sin(np.arange(600)[:, None] / [5, 7])
    reservoir = EchoState(50, spectral_radius=0.4, input_scaling=0.2, bias_scaling=1.0, random_state=0)
    given = looped(reservoir, RidgeReadout(1e-6), washout=60, scaling="standard").fit(wave)
    left_open = ReservoirForecaster(reservoir, RidgeReadout(1e-6)).fit(wave)
    pair = [closed_loop_exponents(one, n_steps=100, discard=100).exponents for one in (given, left_open)]
    np.testing.assert_array_equal(*pair)
    chosen = ReservoirForecaster(reservoir, season=None).fit(wave)
    assert loop_of(chosen).n_lags == chosen.chosen_["lags"] > 0
    assert closed_loop_exponents(chosen, 1, n_steps=1000).largest == pytest.approx(0, abs=1e-2)
    at_once = ReservoirForecaster(reservoir, season=None, strategy="direct", horizon=4).fit(wave)
    with pytest.raises(ValueError, match='must be one with strategy="recursive"'):
        closed_loop_exponents(at_once)


def test_a_stack_continues_its_first_series_and_a_context_any():
    wave = np.sin(np.arange(600)[:, None] / [5, 7])
    series = np.stack([wave, wave[::-1]])
    reservoir = EchoState(50, spectral_radius=0.4, input_scaling=0.2, bias_scaling=1.0, random_state=0)
    model = looped(reservoir, RidgeReadout(1e-6)).fit(series)
    first = closed_loop_exponents(model, 1, n_steps=200, discard=200)
    again = closed_loop_exponents(model, 1, n_steps=200, discard=200, context=series[0])
    assert first.largest == pytest.approx(again.largest, rel=1e-6)


def test_forecasters_that_have_no_exponents():
    series = np.abs(noise(200)) + 0.1
    glm = TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp)
    name = "'forecaster' parameter of closed_loop_exponents must be"
    with pytest.raises(ValueError, match=f"{name} one whose readout is linear"):
        closed_loop_exponents(looped(EchoState(10, random_state=0), glm).fit(series))
    with pytest.raises(ValueError, match=f"{name} one whose reservoir is an EchoState"):
        closed_loop_exponents(looped(LiquidState(random_state=0), washout=10).fit(series))
    with pytest.raises(ValueError, match=f"{name} a fitted forecaster"):
        closed_loop_exponents(looped())
    unstable = looped(EchoState(5, activation="identity", random_state=0)).fit(1.1 ** np.arange(200.0)[:, None])
    with pytest.raises(ValueError, match="diverges at step"):
        closed_loop_exponents(unstable, 1)


def test_a_loop_that_has_left_what_was_learnt_has_no_exponents():
    model = forecaster(0, RidgeReadout(1e-8), 100, 3000)
    away = copy.deepcopy(model)
    away.readout_.coef_, away.readout_.intercept_ = 0 * model.readout_.coef_, np.array([0.0, 0.0, 50.0])
    with pytest.raises(ValueError, match=r"leaves what was learnt: 50 in output 2 at step 1000, where .* span"):
        closed_loop_exponents(away, n_steps=2000)
    with pytest.raises(ValueError, match="leaves what was learnt"):  # bounds are no attractor
        closed_loop_exponents(away.set_params(bounds="training"), n_steps=2000)
    settled = copy.deepcopy(model)
    settled.readout_.coef_, settled.readout_.intercept_ = 0 * model.readout_.coef_, np.zeros(3)
    with pytest.warns(
        UserWarning, match="settles: the standard deviation of output . is .* times that of the training"
    ):
        closed_loop_exponents(settled, n_steps=200, discard=200)
    wide = copy.deepcopy(model)
    wide.training_deviations_ = wide.training_deviations_ / [1, 3, 1]
    with pytest.raises(ValueError, match=r"the standard deviation of output 1 is .* times that of the training rows"):
        closed_loop_exponents(wide, n_steps=2000)


@pytest.mark.parametrize("name, value", [
    ("n_exponents", 0), ("n_exponents", 14), ("n_steps", 5), ("discard", 1), ("dt", -1), ("interval", 0),
    ("random_state", "x"), ("forecaster", 3),
])  # fmt: skip
def test_closed_loop_exponents_refuses(name, value):
    model = looped(EchoState(10, random_state=0), washout=20).fit(noise(100))
    parameters = {"forecaster": model, name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of closed_loop_exponents must be"):
        closed_loop_exponents(parameters.pop("forecaster"), **parameters)
