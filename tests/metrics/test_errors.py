"""Errors beside those of baselines, intervals and quantiles, against naive loops and what theory says."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss

from reservoir.metrics import interval_coverage, mase, owa, pinball_loss, smape


def naive_smape(true, predicted):
    total = 0.0
    for y, p in zip(true.ravel(), predicted.ravel(), strict=True):
        total += 0.0 if y == p == 0 else 200 * abs(y - p) / (abs(y) + abs(p))
    return total / true.size


def naive_mase(true, predicted, train, period):
    ratios = []
    for column in range(true.shape[1]):
        steps = [abs(train[t, column] - train[t - period, column]) for t in range(period, len(train))]
        errors = [abs(true[t, column] - predicted[t, column]) for t in range(len(true))]
        ratios.append(np.mean(errors) / np.mean(steps))
    return np.mean(ratios)


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    true, predicted, train = rng.normal(size=(9, 2)), rng.normal(size=(9, 2)), rng.normal(size=(30, 2))
    true[3], predicted[3] = 0, 0
    return true, predicted, train


def test_errors_are_those_of_naive_loops(case):
    true, predicted, train = case
    assert smape(true, predicted) == pytest.approx(naive_smape(true, predicted))
    assert smape(true, -true) == pytest.approx(200 * 8 / 9)  # all but the row of zeros
    for period in (1, 7):
        assert mase(true, predicted, y_train=train, period=period) == pytest.approx(
            naive_mase(true, predicted, train, period)
        )
    assert mase(true[:, 0], predicted[:, 0], y_train=train[:, 0]) == pytest.approx(
        naive_mase(true[:, :1], predicted[:, :1], train, 1)
    )
    assert owa(true, predicted, y_reference=predicted, y_train=train) == pytest.approx(1)
    assert owa(true, true, y_reference=predicted, y_train=train) == 0


def test_units_leave_scaled_errors_as_they_are(case):
    true, predicted, train = case
    scaled = mase(5 * true + 2, 5 * predicted + 2, y_train=5 * train + 2)
    assert scaled == pytest.approx(mase(true, predicted, y_train=train))
    assert smape(5 * true, 5 * predicted) == pytest.approx(smape(true, predicted))


def test_the_last_value_of_a_random_walk_has_a_scaled_error_of_one_a_row_ahead():
    walk = np.random.default_rng(1).normal(size=20000).cumsum()
    assert mase(walk[10001:], walk[10000:-1], y_train=walk[:10000]) == pytest.approx(1, abs=0.05)


def test_a_pinball_loss_is_smallest_at_the_quantile_and_that_of_scikit_learn():
    y = np.random.default_rng(2).normal(size=4000)
    losses = [pinball_loss(y, np.full_like(y, q), quantile=0.8) for q in np.linspace(-2, 2, 81)]
    assert np.linspace(-2, 2, 81)[np.argmin(losses)] == pytest.approx(norm.ppf(0.8), abs=0.11)
    assert losses[3] == pytest.approx(mean_pinball_loss(y, np.full_like(y, -1.85), alpha=0.8))
    assert pinball_loss(y, np.full_like(y, np.inf), quantile=0.8) == np.inf


def test_coverage_counts_ends_and_infinite_bounds():
    y = np.arange(4.0)
    assert interval_coverage(y, y, y) == 1
    assert interval_coverage(y, np.full(4, -np.inf), np.full(4, np.inf)) == 1
    assert interval_coverage(y, np.full(4, np.nan), np.full(4, np.inf)) == 0
    draws = np.random.default_rng(3).normal(size=(20000, 2))
    ends = np.full_like(draws, norm.ppf(0.95))
    assert interval_coverage(draws, -ends, ends) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda y: mase(y, y, y_train=np.ones(5)), "'y_train' parameter of mase must be no column that repeats"),
        (lambda y: mase(y, y, y_train=[1.0, 2.0], period=2), "more than 2 finite rows of 1 column"),
        (lambda y: owa(y, y, y_reference=y, y_train=y), "'y_reference' parameter of owa must be not without error"),
        (lambda y: pinball_loss(y, y, quantile=1.0), "'quantile' parameter of pinball_loss must be in"),
        (lambda y: pinball_loss(y, y * np.nan, quantile=0.5), "'y_quantile' parameter of pinball_loss must be without"),
        (lambda y: interval_coverage(y, y[1:], y), "'lower' parameter of interval_coverage must be an array of shape"),
        (lambda y: smape(y, y / 0), "'y_pred' parameter of smape must be finite"),
    ],
)
def test_what_has_no_score_is_refused(call, match):
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=match):
        call(np.arange(6.0))
