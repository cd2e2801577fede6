"""Free-running forecasts."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from reservoir import EchoState
from reservoir.datasets import make_lorenz, make_mackey_glass
from reservoir.metrics import valid_prediction_time
from reservoir.models import DivergenceWarning
from reservoir.readouts import RidgeReadout
from tests.loops import looped


@pytest.fixture(scope="module")
def waves():
    time = np.arange(500)
    return np.column_stack([np.sin(time / 4), np.cos(time / 7)])


def small(**parameters):
    return EchoState(80, bias_scaling=0.3, input_scaling=1.0, random_state=0, **parameters)


def test_without_context_the_series_of_fit_goes_on(waves):
    for data in (waves, np.stack([waves, -waves]), [waves, waves[:300]]):
        model = looped(small()).fit(data)
        np.testing.assert_array_equal(np.array(model.forecast(30)), np.array(model.forecast(30, context=data)))


def test_a_series_longer_than_a_block(waves):
    series = np.tile(waves, (20, 1))
    model = looped(small()).fit(series)
    np.testing.assert_array_equal(model.forecast(5), model.forecast(5, context=series))
    state = model.reservoir_.run(series[:-1])[1]
    np.testing.assert_allclose(
        model.forecast(1)[0],
        model.readout_.predict(np.r_[model.reservoir_.run(series[-1:], state)[1], series[-1]][None])[0],
    )


def test_the_container_of_the_context_decides(waves):
    model = looped(small(), washout=10).fit(waves)
    assert model.forecast(7).shape == (7, 2)
    assert model.forecast(7, context=np.stack([waves[:50]] * 3)).shape == (3, 7, 2)
    futures = model.forecast(7, context=[waves[:50], waves[:20]])
    assert isinstance(futures, list) and [future.shape for future in futures] == [(7, 2), (7, 2)]
    np.testing.assert_array_equal(futures[1], model.forecast(7, context=waves[:20]))


@pytest.mark.parametrize("include_input", [True, False])
def test_the_compiled_loop_equals_the_plain_one(waves, include_input):
    compiled = looped(small(), RidgeReadout(1e-4), include_input=include_input).fit(waves)
    plain = looped(small(), Ridge(1e-4), include_input=include_input).fit(waves)
    plain.readout_.coef_, plain.readout_.intercept_ = compiled.readout_.coef_, compiled.readout_.intercept_
    np.testing.assert_allclose(compiled.forecast(40), plain.forecast(40), rtol=0, atol=1e-9)


def test_noise_does_not_enter_the_loop(waves):
    model = looped(small(noise=1e-3)).fit(waves)
    np.testing.assert_array_equal(model.forecast(20), model.forecast(20))
    np.testing.assert_array_equal(model.forecast(20), model.forecast(20, context=waves))


def test_divergence_is_told_and_scored(waves):
    model = looped(small(), washout=2).fit(waves)
    model.readout_.coef_ = np.hstack([np.zeros((2, 80)), 1.5 * np.eye(2)])  # every row is 1.5 times the one before
    model.readout_.intercept_ = np.zeros(2)
    with pytest.warns(DivergenceWarning):
        future = model.forecast(1000)
    expected = waves[-1] * 1.5 ** np.arange(1, 1001)[:, None]
    first_lost = np.argmax(np.abs(expected).max(axis=1) > 1e100)
    np.testing.assert_allclose(future[:first_lost], expected[:first_lost], rtol=1e-12)
    assert np.isnan(future[first_lost:]).all()
    assert model.score(np.tile(waves, (3, 1))) == -np.inf


def test_lengths_are_checked(waves):
    with pytest.raises(ValueError, match="101 sample"):
        looped(small()).fit(waves[:101])
    model = looped(small()).fit(waves[:102])
    with pytest.raises(ValueError, match="Sequence 1 of X has 99"):
        model.forecast(3, context=[waves, waves[:99]])
    assert model.forecast(3, context=waves[:100]).shape == (3, 2)


def test_score_is_the_mean_over_series(waves):
    model = looped(small(), RidgeReadout(1e-2), washout=50).fit(waves)
    series = [waves[:100], waves[100:180]]
    futures = [model.forecast(len(member) - 50, context=member[:50]) for member in series]
    expected = [r2_score(member[50:], future) for member, future in zip(series, futures, strict=True)]
    assert model.score(series) == pytest.approx(np.mean(expected)) and min(expected) > 0.9


def test_mackey_glass_recipe(shared_data):
    """Lukosevicius 2012, doi:10.1007/978-3-642-35289-8_36: 500 steps of free run after 2000 of training."""
    series = np.loadtxt(shared_data / "mackey_glass" / "MackeyGlass_t17.txt").reshape(-1, 1)
    errors = []
    for seed in range(10):
        system = EchoState(1000, leak=0.3, spectral_radius=1.25, input_scaling=0.5, bias_scaling=0.5, random_state=seed)
        model = looped(system, RidgeReadout(1e-8), washout=100).fit(series[:2000])
        errors.append(np.mean((model.forecast(500) - series[2000:2500]) ** 2))
    assert np.median(errors) < 1e-5


def test_generated_series_can_be_forecast():
    for series, tolerance in ((make_mackey_glass(2500), 0.02), (make_lorenz(2500) / 10, 0.2)):
        model = looped(EchoState(300, bias_scaling=0.5, input_scaling=1.0, random_state=1), RidgeReadout(1e-9)).fit(
            series[:2450]
        )
        assert np.abs(model.forecast(50) - series[2450:]).max() < tolerance


@pytest.mark.parametrize("n_units, least", [(500, 17), pytest.param(1000, 20, marks=pytest.mark.long)])
def test_lorenz_is_forecast_to_the_edge_of_what_is_known(n_units, least):
    """Valid until the error exceeds 0.4; the penalty was chosen on another trajectory's training rows."""
    series = make_lorenz(8000 + 300 * 20 + 1400, x0=[-4.0, 2.0, 20.0])
    series = (series - series[:8000].mean(axis=0)) / series[:8000].std(axis=0)
    system = EchoState(n_units, spectral_radius=0.4, input_scaling=0.2, bias_scaling=1.0, random_state=11)
    model = looped(system, RidgeReadout(1e-22, solver="qr")).fit(series[:8000])
    starts = range(8000, 8000 + 300 * 20, 300)
    futures = model.forecast(1400, np.stack([series[start - 200 : start] for start in starts]))
    options = {"step": 0.02, "lyapunov_exponent": 0.906, "threshold": 0.4, "scale": np.ones(3)}
    times = [
        valid_prediction_time(series[s : s + 1400], ahead, **options) for s, ahead in zip(starts, futures, strict=True)
    ]
    assert np.median(times) >= least
