"""Poisson processes have their rates and are independent."""

import math

import numpy as np
import pytest
from scipy import stats

from reservoir.spikes import Poisson
from tests.spikes.parts import generator


def test_poisson_statistics():
    """Counts by row, exponential intervals, uniform phases in the row, independence of channels and generators."""
    shares = np.tile([0.0, 0.25, 1.0], (20_000, 1))
    shares[10_000:, 0] = 1
    encoder = Poisson(max_rate=80.0, min_rate=20.0, low=0.0, high=1.0).fit(shares)
    record = encoder.encode(shares, 0.005, generator(1))
    expected = np.array([[20, 35, 80], [80, 35, 80]]) * 50
    for half, counts in zip((record.window(0, 50), record.window(50, 100)), expected, strict=True):
        assert (np.abs(half.counts() - counts) < 4 * np.sqrt(counts)).all()
    for times, rate in zip(record.to_lists()[1:], (35, 80), strict=True):
        assert stats.kstest(np.diff(times), "expon", args=(0, 1 / rate)).pvalue > 1e-3
        assert stats.kstest(times % 0.005 / 0.005, "uniform").pvalue > 1e-3
    binned = np.array([np.histogram(times, 20_000, (0, 100))[0][10_000:] for times in record.to_lists()])
    again = encoder.encode(shares, 0.005, generator(2)).to_lists()[2]
    both = np.vstack([binned, np.histogram(again, 20_000, (0, 100))[0][10_000:]])
    assert np.abs(np.corrcoef(both) - np.eye(4)).max() < 4 / np.sqrt(10_000)
    np.testing.assert_allclose(both.var(axis=1), both.mean(axis=1), rtol=0.08)
    share = len(np.unique(record.window(50, 100).steps(1e-3))) / 50_000  # of steps of a simulation with any spike
    assert share == pytest.approx(1 - math.exp(-195 * 1e-3), abs=4 * np.sqrt(0.25 / 50_000))
