"""Intervals of forecasts, against theory, a naive twin, and what must not change them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from reservoir import EchoState, load, save
from reservoir.models import BaselineWarning, CoverageWarning
from reservoir.models.forecasting.calibration import first_calibrated, residuals_of
from reservoir.readouts import RidgeReadout
from tests.loops import looped

pytestmark = pytest.mark.filterwarnings("ignore::reservoir.models.BaselineWarning")  # short series of noise
SHARE, N_ROWS, N_AHEAD = 0.8, 200, 6


def autoregressive(rng, n_rows, n_channels=1):
    """y(t + 1) = 0.8 y(t) + normal numbers."""
    rows = np.zeros((n_rows + 100, n_channels))
    for t in range(1, len(rows)):
        rows[t] = SHARE * rows[t - 1] + rng.normal(size=n_channels)
    return rows[100:]


def forecaster(n_units=5, alpha=1.0, **options):
    system = EchoState(n_units, input_scaling=0.1, bias_scaling=0.0, random_state=0)
    return looped(system, RidgeReadout(alpha), **{"washout": 10} | options)


def runs(n_runs, n_channels=1, **options):
    """Whether the truth lies inside (n_runs, n_steps, n_channels), and half of the widths."""
    inside, widths = [], []
    for seed in range(n_runs):
        rows = autoregressive(np.random.default_rng(seed), N_ROWS + N_AHEAD, n_channels)
        _, lower, upper = forecaster().fit(rows[:N_ROWS]).forecast_interval(N_AHEAD, **options)
        inside.append((lower <= rows[N_ROWS:]) & (rows[N_ROWS:] <= upper))
        widths.append((upper - lower) / 2)
    return np.array(inside), np.array(widths)


def check_coverage(inside):
    low, high = binom.ppf([0.0005, 0.9995], len(inside), 0.9) / len(inside)
    covered = inside.mean(axis=0)
    assert (covered >= low).all() and (covered <= high).all()


def check_widths(widths):
    """Those of the normal distribution of an error h rows ahead."""
    ahead = np.arange(1, N_AHEAD + 1)[:, None]
    theory = norm.ppf(0.95) * np.sqrt((1 - SHARE ** (2 * ahead)) / (1 - SHARE**2))
    assert np.median(widths, axis=0) == pytest.approx(np.broadcast_to(theory, widths.shape[1:]), rel=0.15)
    assert (np.diff(widths, axis=1) >= -1e-9).all()


def test_an_autoregression_is_covered_and_its_widths_are_those_of_theory():
    inside, widths = runs(50)
    check_coverage(inside)
    check_widths(widths)


@pytest.mark.long
def test_coverage_over_many_runs():
    inside, widths = runs(500)
    check_coverage(inside)
    check_widths(widths)
    assert abs(inside.mean() - 0.9) < 0.03
    inside, _ = runs(300, n_channels=3, joint=True)
    check_coverage(inside.all(axis=2))


OPTIONS = {
    "plain": {},
    "scaled": {"scaling": "standard", "target": "increments", "lags": 2},
    "direct": {"strategy": "direct", "horizon": 4},
    "two members": {"n_members": 2},
    "bounds": {"bounds": (-1.0, 1.0)},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_errors_are_those_of_a_model_that_learnt_the_rows_before(options):
    rows = autoregressive(np.random.default_rng(0), 60, 2)
    found = residuals_of(forecaster(alpha=1e-2, **options).fit(rows), 3)
    first = first_calibrated(60, 11 + 2 * ("lags" in options) + 4 * ("horizon" in options))
    assert first == 30
    given = {"scaling": None} if "scaling" in options else {}
    units = rows if not given else (rows - rows.mean(axis=0)) / rows.std(axis=0)
    twin = forecaster(alpha=1e-2, **options | given).fit(units[:first])
    assert len(found) == 30
    for origin, missed in zip(range(first, 60), found, strict=True):
        truth = np.full((3, 2), np.nan)
        truth[: 60 - origin] = units[origin : origin + 3]
        np.testing.assert_allclose(missed, truth - twin.forecast(3, units[:origin]), atol=1e-9)


def test_what_intervals_say_does_not_hang_on_containers_files_or_calls(tmp_path):
    rows = autoregressive(np.random.default_rng(1), 150, 2)
    model = forecaster().fit(rows)
    forecast, lower, upper = model.forecast_interval(4)
    np.testing.assert_array_equal(forecast, model.forecast(4))
    np.testing.assert_allclose(upper - forecast, forecast - lower)
    stack = np.stack([rows[:50], rows[50:100]])
    for context in (stack, list(stack), rows):
        for one, other in zip(model.forecast_interval(4, context=context), (forecast, lower, upper), strict=True):
            assert type(one) is type(context) and np.shape(one)[-2:] == (4, 2)
            if context is rows:
                np.testing.assert_array_equal(one, other)
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").forecast_interval(4)[1], lower)
    np.testing.assert_array_equal(model.fit(rows).forecast_interval(4, 0.9)[1], lower)
    rows[:] = 0  # the user's array
    np.testing.assert_array_equal(model.forecast_interval(4)[1], lower)
    wider = model.forecast_interval(4, 0.95)
    assert (wider[2] >= upper).all() and (model.forecast_interval(4, joint=True)[2] >= upper - 1e-9).all()


def test_tables_go_on_with_the_index_and_logarithms_stay_positive():
    index = pd.date_range("2024-01-01", periods=160, freq="D")
    values = np.exp(0.5 * autoregressive(np.random.default_rng(2), 160, 2))
    table = pd.DataFrame(values, index=index, columns=["a", "b"])
    model = forecaster(transform="log", exogenous=["b"]).set_output(transform="pandas").fit(table)
    known = pd.DataFrame({"b": np.ones(5)})
    found = [*model.forecast_interval(5, observed=known), *model.forecast_quantiles(5, observed=known)]
    for part in found:
        assert list(part.columns) == ["a"] and part.index[0] == index[-1] + index.freq and (part > 0).all(axis=None)
    middle = np.log(found[0].to_numpy())
    np.testing.assert_allclose(np.log(found[2].to_numpy()) - middle, middle - np.log(found[1].to_numpy()))
    below, median, above = (part.to_numpy() for part in found[3:])
    assert (below < median).all() and (median < above).all()


def test_the_width_of_a_chaotic_forecast_grows_as_its_exponent_says_until_it_fills_the_range():
    series = np.empty((1000, 1))
    series[0] = 0.3
    for t in range(1, len(series)):
        series[t] = 3.9 * series[t - 1] * (1 - series[t - 1])
    system = EchoState(30, spectral_radius=0.0, input_scaling=1.0, bias_scaling=1.0, random_state=0)
    model = looped(system, RidgeReadout(1e-12), bounds=(0, 1)).fit(series)
    _, lower, upper = model.forecast_interval(60)
    assert (upper <= 1).all() and (lower >= 0).all() and (upper - lower)[-1] > 0.5
    widths = np.nanquantile(np.abs(residuals_of(model, 60)[..., 0]), 0.9, axis=0)
    growing = np.log(widths[widths < 0.05])
    assert (growing[-1] - growing[0]) / (len(growing) - 1) == pytest.approx(0.5, abs=0.2)
    assert len(growing) > 5 and widths[30:].min() > 0.3


def test_errors_of_a_path_hang_together_as_they_were_seen():
    model = forecaster().fit(autoregressive(np.random.default_rng(3), 400))
    paths = model.forecast_paths(5, 4000, random_state=0)[..., 0]
    seen = residuals_of(model, 5)[..., 0]
    seen = seen[np.isfinite(seen).all(axis=1)]
    missed = paths - model.forecast(5)[:, 0]
    np.testing.assert_allclose(np.corrcoef(missed.T), np.corrcoef(seen.T), atol=0.06)
    assert np.corrcoef(missed.T)[0, 1] > 0.4
    np.testing.assert_array_equal(paths, model.forecast_paths(5, 4000, random_state=0)[..., 0])
    stack = np.zeros((2, 30, 1))
    assert model.forecast_paths(5, 7, stack).shape == (2, 7, 5, 1)
    assert [part.shape for part in model.forecast_paths(5, 7, list(stack))] == [(7, 5, 1)] * 2


def test_too_few_origins_give_infinite_bounds_and_a_warning():
    model = forecaster().fit(autoregressive(np.random.default_rng(4), 60))
    with pytest.warns(CoverageWarning, match="From row 22 on the interval is infinite"):  # 30 - 22 = 8 origins
        _, lower, upper = model.forecast_interval(40)
    assert np.isfinite(upper[:22]).all() and (upper[22:] == np.inf).all() and (lower[22:] == -np.inf).all()
    with pytest.raises(ValueError, match="'n_steps' parameter of forecast_paths must be so few"):
        model.forecast_paths(40)


def test_bad_requests():
    model = forecaster().fit(autoregressive(np.random.default_rng(4), 60))
    for coverage in (0, 1, 90, "0.9"):
        with pytest.raises(ValueError, match="'coverage' parameter of forecast_interval must be in"):
            model.forecast_interval(2, coverage)
    with pytest.raises(ValueError, match="'quantiles' parameter of forecast_quantiles must be a list"):
        model.forecast_quantiles(2, [0.1, 1.0])
    with pytest.raises(ValueError, match="'n_paths' parameter"):
        model.forecast_paths(2, 0)
    with pytest.raises(ValueError, match="not fitted"):
        forecaster().forecast_interval(2)


def test_what_fit_keeps_is_bounded():
    rows = autoregressive(np.random.default_rng(5), 3000, 1)
    many = [rows[k : k + 30] for k in range(0, 2900)]
    kept = forecaster().fit(many)._calibration
    assert len(kept.rows) <= 200_000 and len(kept.offsets) == len(many) + 1
    wide = np.random.default_rng(6).normal(size=(2500, 120))
    kept = forecaster().fit(wide)._calibration
    assert len(kept.rows) == 2000
    np.testing.assert_array_equal(kept.rows, wide[500:])


@pytest.mark.parametrize("scaling, size, level", [(None, 0.1, 0), ("standard", 7, 50)])
def test_a_readout_that_was_given_is_held_against_the_last_value(scaling, size, level):
    """By the forecasts that the interval goes by, whose twin learns the rows before them."""
    rng = np.random.default_rng(6)
    walk = np.cumsum(rng.normal(size=(300, 1)), axis=0) * size + level
    model = forecaster(50, 1e-8, scaling=scaling).fit(walk)
    with pytest.warns(BaselineWarning, match="4 rows ahead .* readout=None lets the data choose") as said:
        model.forecast_interval(4)
    first = first_calibrated(300, 12)
    errors = np.abs(residuals_of(model, 4)) / (1 if scaling else walk.std())
    naive = [walk[first + h : 300][: 300 - first] - walk[first - 1 : 299 - h] for h in range(4)]
    own, of_last = np.nanmean(errors), np.concatenate([np.abs(of_h) for of_h in naive]).mean() / walk.std()
    assert own > 1.05 * of_last
    assert f"its mean error is {own:.3g} deviations, that of the last value {of_last:.3g}." in str(said[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.forecast_interval(4)  # it is said once
        forecaster(50, 1e-4).fit(np.sin(np.arange(300) / 5)[:, None]).forecast_interval(4)
