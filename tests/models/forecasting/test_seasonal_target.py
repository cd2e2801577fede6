"""What is learnt as the difference from a season ago: the naive twin, and the series that ask for it."""

from types import SimpleNamespace

import numpy as np
import pytest

from reservoir import EchoState, ReservoirForecaster
from reservoir.models.forecasting.candidates import Candidate
from reservoir.models.forecasting.choice import Search
from reservoir.models.forecasting.columns import Layout, Sums, solved
from reservoir.models.forecasting.periods import found_seasons
from tests.models.forecasting.test_choice import naive_ridge, small


def repeated(n_rows, period, seed=0, noise=0.1):
    """A pattern of normal numbers again and again, its noise, and a slow walk."""
    rng = np.random.default_rng(seed)
    pattern = np.tile(rng.normal(size=period), -(-n_rows // period))[:n_rows]
    return (pattern + noise * rng.normal(size=n_rows) + 0.02 * rng.normal(size=n_rows).cumsum())[:, None]


@pytest.mark.parametrize(("period", "horizon"), [(5, 1), (5, 3), (2, 5)])
def test_coefficients_are_those_of_regression_on_seasonal_differences(period, horizon):
    y, lags, penalty = repeated(90, period)[:, 0], period + 1, 0.3
    rows = np.arange(lags, len(y) - horizon)
    ahead = rows[:, None] + np.arange(1, horizon + 1)
    columns = np.column_stack([y[rows - lag] for lag in range(lags + 1)])
    none = np.zeros(0, dtype=np.int64)
    layout = Layout(0, np.ones(1), np.array([0]), 1.0, lags, {}, none, 1)
    sums = Sums()
    sums.add(columns, y[ahead])
    candidate = Candidate(None, (float(period),), 0.0, lags, False, "seasonal", "direct", penalty)
    coef, intercept = solved(layout, sums.moments(), candidate, np.array([penalty]), ["seasonal"])["seasonal"]
    changes = np.column_stack([y[rows - lag] - y[rows - lag - period] for lag in range(2)])
    changes /= changes.std(axis=0)
    for step in range(horizon):
        before = y[rows - (period - 1 - step % period)]
        weights, constant = naive_ridge(changes, y[rows + step + 1] - before, penalty)
        drift = np.mean(y[rows + step + 1] - before)
        expected = before + changes @ weights + constant - drift * penalty / (1 + penalty)
        np.testing.assert_allclose(columns @ coef[0][:, step] + intercept[0, step], expected, atol=1e-9)


@pytest.mark.parametrize(("n_rows", "period"), [(36, 12), (72, 24), (30, 12)])
def test_a_season_that_was_seen_two_or_three_times_is_found_and_gone_on(n_rows, period):
    y = repeated(n_rows + period, period)
    assert (float(period),) in found_seasons([y[:n_rows]])
    model = small().fit(y[:n_rows])
    missed = np.abs(model.forecast(period) - y[n_rows:]).mean()
    assert missed < 2 * np.abs(y[n_rows - period : n_rows] - y[n_rows:]).mean()


@pytest.mark.parametrize("n_rows", [12, 40, 68, 89, 180])
def test_no_season_is_longer_than_half_of_the_series(n_rows):
    waves = [np.sin(2 * np.pi * np.arange(n_rows)[:, None] / period) for period in np.arange(2.5, n_rows, 0.5)]
    assert all(2 * period <= n_rows for wave in waves for season in found_seasons([wave]) for period in season)
    model = small().fit(waves[n_rows - 4])  # a period of half a row more than half of the rows
    assert np.isfinite(model.forecast(2)).all()


@pytest.mark.parametrize(("n_rows", "period"), [(96, 24), (150, 52)])
def test_a_pattern_that_few_harmonics_tell_goes_by_seasonal_differences(n_rows, period):
    model = small().fit(repeated(n_rows, period))
    assert model.chosen_["target"] == "seasonal" and model.chosen_["lags"] >= period


def test_where_a_target_is_given_nothing_is_seasonal():
    y = repeated(120, 12)
    assert "seasonal" not in small(target="values").fit(y).chosen_["scores"]["target"]
    assert "seasonal" in small(season=12).fit(y).chosen_["scores"]["target"]
    assert "seasonal" not in small(season=12, lags=11).fit(y).chosen_["scores"]["target"]
    assert "seasonal" not in small(season=12.5).fit(y).chosen_["scores"]["target"]


def test_a_line_goes_on():
    """Differences that are constant up to rounding say nothing."""
    t = np.arange(150.0)[:, None]
    for n_rows in (20, 90):
        forecast = ReservoirForecaster(EchoState(20, random_state=0)).fit(3 + 0.5 * t[:n_rows]).forecast(30)
        np.testing.assert_allclose(forecast, 3 + 0.5 * t[n_rows : n_rows + 30], atol=1e-5)


def test_states_and_seasonal_differences_must_be_worth_their_while():
    """By 0.15 beside all others, whatever is preferred in a series that drifts."""
    usual = Candidate(None, (), 0.0, 2, False, "increments", "recursive", 1.0)
    free, repeating = usual._replace(target="differences"), usual._replace(season=(4.0,), target="seasonal")
    driven = usual._replace(states=1.0)
    for scores, expected in (
        ({usual: -1.0, free: -0.9, repeating: -1.1, driven: -1.1}, free),
        ({usual: -1.0, repeating: -1.1, driven: -1.3}, driven),
        ({usual: -1.0, free: -0.5, repeating: -1.2, driven: -1.3}, repeating),
    ):
        search = SimpleNamespace(scores=scores)
        earlier = Search.best_without_states(search, None)
        assert Search.best(search, earlier) == expected
