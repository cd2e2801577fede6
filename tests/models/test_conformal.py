"""Bounds of held-out errors, against naive ones and the guarantee."""

import numpy as np
import pytest

from reservoir.models.conformal import bound_of, never_narrower, quantile_of


def naive_bound(errors, coverage):
    """The smallest error that is at least (n + 1) coverage of them from below; none is large enough otherwise."""
    known = sorted(errors[~np.isnan(errors)])
    for place, error in enumerate(known, 1):
        if place >= (len(known) + 1) * coverage - 1e-9:
            return error
    return np.inf


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.99])
def test_bounds_are_naive_ones_whatever_is_missing(coverage):
    errors = np.random.default_rng(0).uniform(size=(40, 6))
    errors[np.arange(40)[:, None] >= [40, 9, 8, 1, 0, 20]] = np.nan
    errors[3, 5] = np.inf
    assert bound_of(errors, coverage).tolist() == [naive_bound(column, coverage) for column in errors.T]


def test_nine_errors_are_enough_for_nine_tenths_and_eight_are_not():
    assert bound_of(np.arange(9.0)[:, None], 0.9) == 8
    assert bound_of(np.arange(8.0)[:, None], 0.9) == np.inf


@pytest.mark.parametrize("n", [9, 19, 50])
def test_exchangeable_errors_are_covered_as_promised(n):
    draws = np.random.default_rng(1).exponential(size=(n + 1, 40000))
    covered = np.mean(draws[-1] <= bound_of(draws[:-1], 0.9))
    exact = np.ceil((n + 1) * 0.9) / (n + 1)
    assert covered == pytest.approx(exact, abs=4 * np.sqrt(0.09 / 40000))


def test_quantiles_hold_what_lies_between_them():
    draws = np.random.default_rng(2).normal(size=(40, 40000)) ** 3 + 1
    low, high = quantile_of(draws[:-1], 0.1), quantile_of(draws[:-1], 0.9)
    assert np.mean((low <= draws[-1]) & (draws[-1] <= high)) == pytest.approx(0.8, abs=0.01)
    assert quantile_of(draws, 0.5) == pytest.approx(np.median(draws, axis=0))
    assert quantile_of(np.empty((0, 3)), 0.5).tolist() == [0, 0, 0]


def test_widths_that_would_shrink_are_pooled():
    widths, counts = np.array([1.0, 3.0, 1.0, 5.0, np.inf, 4.0]), np.array([1, 1, 3, 1, 1, 1])
    assert never_narrower(widths[:, None], counts[:, None])[:, 0].tolist() == [1, 1.5, 1.5, 5, np.inf, np.inf]
    growing = np.sort(np.random.default_rng(3).uniform(size=(7, 2)), axis=0)
    np.testing.assert_array_equal(never_narrower(growing, np.ones((7, 2))), growing)
