"""Sine waves have their class at any times, and chance is the stated one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest

from reservoir.datasets import (
    make_frequency_discrimination,
)


def periods_of(X):
    """Period of each wave sampled at steps of 0.1, since x[t+1] + x[t-1] = 2 cos(2 pi 0.1 / period) x[t]."""
    found = []
    for x in X:
        wave = x[:, 0]
        cosine = (wave[2:] + wave[:-2]) @ wave[1:-1] / (2 * wave[1:-1] @ wave[1:-1])
        found.append(2 * np.pi * 0.1 / np.arccos(cosine))
    return np.array(found)


@pytest.fixture(scope="module")
def waves():
    X, y = make_frequency_discrimination(1200, times="high_resolution", random_state=0)
    return X, y, periods_of(X)


def test_the_class_is_whether_the_period_lies_between_5_and_6(waves):
    _, y, periods = waves
    assert_array_equal(y, (periods >= 5) & (periods <= 6))
    assert kstest(periods[y == 1], "uniform", (5, 1)).pvalue > 1e-3
    others = np.log(periods[y == 0])
    low, gap = np.log(5), np.log(6 / 5)
    joined = np.where(others > low, others - gap, others)  # the gap that class 1 leaves is closed
    assert kstest(joined, "uniform", (0, np.log(100) - gap)).pvalue > 1e-3
    assert 1 <= periods.min() < 1.05 and 95 < periods.max() <= 100 * (1 + 1e-6)
    assert abs(y[:600].mean() - y[600:].mean()) < 4 * np.sqrt(0.25 / 300)  # in no order


@pytest.mark.parametrize("times", ["regular", "asynchronous"])
def test_a_seed_gives_the_same_waves_at_other_times(waves, times):
    X, y = make_frequency_discrimination(1200, times=times, random_state=0)
    assert_array_equal(y, waves[1])
    for x, fine, period in zip(X, waves[0], waves[2], strict=True):

        def basis(t, period=period):
            return np.column_stack([np.sin(2 * np.pi * t / period), np.cos(2 * np.pi * t / period)])

        amplitudes = np.linalg.lstsq(basis(fine[:, 1]), fine[:, 0], rcond=None)[0]
        assert_allclose(np.hypot(*amplitudes), 1, atol=1e-5)
        assert_allclose(basis(x[:, 1]) @ amplitudes, x[:, 0], atol=1e-4)


def test_times_are_those_of_the_condition():
    regular, fine, free = (
        make_frequency_discrimination(600, times=times, random_state=5)[0]
        for times in ("regular", "high_resolution", "asynchronous")
    )
    for step, X in ((1.0, regular), (0.1, fine)):
        assert all(np.allclose(np.diff(x[:, 1]), step) for x in X)
        assert all(x[0, 1] >= 0 and x[-1, 1] < 125 for x in X)
        assert 15 / step <= min(map(len, X)) and max(map(len, X)) <= 125 / step
        assert kstest([len(x) * step for x in X], "uniform", (15, 110)).pvalue > 1e-3
    assert all((np.diff(x[:, 1]) > 0).all() and x[0, 1] >= 0 and x[-1, 1] < 125 for x in free)
    assert 15 <= min(map(len, free)) and max(map(len, free)) <= 124
    for sample, exact in zip(free, fine, strict=True):  # the same start and duration
        assert exact[0, 1] <= sample[0, 1] and sample[-1, 1] < exact[-1, 1] + 0.1


def test_chance_and_the_ceiling_of_regular_times():
    y = make_frequency_discrimination(20000, times="regular", random_state=6)[1]
    assert abs(y.mean() - 0.5198) < 4 * np.sqrt(0.0396 / 40000)
    assert round(0.5 + np.log(6 / 5) / (2 * np.log(100)), 4) == 0.5198
    t = 3.7 + np.arange(40)
    for period in (1.2, 1.22, 1.25):
        alias = 1 / (1 - 1 / period)
        assert 5 - 1e-9 <= alias <= 6 + 1e-9
        wave = np.sin(2 * np.pi * t / period + 0.3)
        phase = 2 * np.pi * 3.7 * (1 / period + 1 / alias) + 0.3
        assert_allclose(wave, np.sin(phase - 2 * np.pi * t / alias), atol=1e-9)
    assert round(0.5 * np.log(1.25 / 1.2) / np.log(100) * 100, 2) == 0.44
