"""Adaptive intervals keep their guarantee whatever comes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from reservoir import load, save
from reservoir.models import AdaptiveCoverage

COVERAGES, RATES = st.sampled_from([0.1, 0.5, 0.8, 0.9, 0.99]), st.sampled_from([0.005, 0.05, 0.5])


def bound(coverage, rate, n_rows):
    return (max(coverage, 1 - coverage) + rate) / (rate * n_rows)


@settings(max_examples=15, deadline=None)
@given(COVERAGES, RATES, st.lists(st.sampled_from([0.0, 1.0, -3.0, 1e6, 7.0]), min_size=60, max_size=60))
def test_the_share_of_misses_is_bounded_for_any_errors(coverage, rate, pattern):
    adaptive = AdaptiveCoverage(coverage, rate=rate, n_errors=20).begin(np.ones((5, 1)))
    held = [adaptive.update(error) for error in pattern]
    assert abs(1 - np.mean(held) - (1 - coverage)) <= bound(coverage, rate, len(pattern)) + 1e-12


@pytest.mark.parametrize("errors", [np.zeros(800), np.arange(800.0), 1.0 * (np.arange(800) % 2), 2.0 ** np.arange(800)])
def test_the_share_of_misses_nears_the_aim_for_errors_that_are_not_random(errors):
    adaptive = AdaptiveCoverage(0.8, rate=0.05, n_errors=50).begin(np.zeros((1, 1)))
    held = [adaptive.update(error) for error in errors]
    assert abs(np.mean(held) - 0.8) <= bound(0.8, 0.05, 800)


def naive(errors, start, coverage, rate, n_errors):
    """The recursion for one output, with the width found by counting."""
    seen, alpha, held = [abs(one) for one in start][-n_errors:], 1 - coverage, []
    for error in errors:
        place = np.ceil((len(seen) + 1) * (1 - alpha) - 1e-9)
        width = np.inf if alpha <= 0 or place > len(seen) else sorted(seen)[max(int(place), 1) - 1]
        held.append(alpha < 1 and abs(error) <= width)
        alpha += rate * (1 - coverage - (not held[-1]))
        seen = [*seen, abs(error)][-n_errors:]
    return held, alpha


def test_every_output_is_the_naive_recursion():
    errors = np.random.default_rng(0).standard_t(2, size=(300, 2)) * [1, 5]
    adaptive = AdaptiveCoverage(0.7, rate=0.03, n_errors=40).begin(errors[:30])
    held = np.array([adaptive.update(error) for error in errors[30:]])
    for k in range(2):
        expected, alpha = naive(errors[30:, k], errors[:30, k], 0.7, 0.03, 40)
        assert held[:, k].tolist() == expected and adaptive.alpha_[k] == pytest.approx(alpha)


def test_a_jump_in_the_errors_is_followed():
    errors = np.random.default_rng(1).normal(size=(3000, 1)) * np.where(np.arange(3000) < 1000, 1, 5)[:, None]
    adaptive = AdaptiveCoverage(0.9, rate=0.02).begin(errors[:500])
    held = np.array([adaptive.update(error) for error in errors[500:]])
    assert np.mean(held[1500:]) == pytest.approx(0.9, abs=0.03)


def test_it_goes_on_from_a_file(tmp_path):
    errors = np.random.default_rng(2).normal(size=(100, 2))
    adaptive = AdaptiveCoverage().begin(errors[:50])
    adaptive.update(errors[50])
    save(adaptive, tmp_path / "coverage")
    other = load(tmp_path / "coverage")
    for error in errors[51:]:
        np.testing.assert_array_equal(adaptive.half_width(), other.half_width())
        assert adaptive.update(error).tolist() == other.update(error).tolist()


def test_bad_values():
    with pytest.raises(NotFittedError):
        AdaptiveCoverage().half_width()
    for name, value in (("coverage", 1.0), ("rate", 0), ("n_errors", 0)):
        with pytest.raises(ValueError, match=f"'{name}' parameter of AdaptiveCoverage"):
            AdaptiveCoverage(**{name: value}).begin(np.zeros((3, 1)))
    with pytest.raises(ValueError, match="'errors' parameter of AdaptiveCoverage must be finite"):
        AdaptiveCoverage().begin([1.0, np.nan])
    begun = AdaptiveCoverage().begin(np.zeros((3, 2)))
    for error in (1.0, [1.0, np.nan], "a"):
        with pytest.raises(ValueError, match="'error' parameter of AdaptiveCoverage must be 2 finite"):
            begun.update(error)
