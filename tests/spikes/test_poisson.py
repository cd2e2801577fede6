"""Poisson processes have their rates and are independent."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from reservoir.random_numbers import ENCODER, TrialGenerator
from reservoir.spikes import Poisson, SpikeTrains
from reservoir.spikes.poisson import poisson_spikes
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


RATES = np.random.default_rng(0).uniform(0, 500, (200, 3))


def spikes_of(rates, first=0, trial=3, step=0.01):
    return poisson_spikes(rates, step, TrialGenerator(5, ENCODER, trial, first))


def test_pieces_and_trials():
    """Any piece is that of the whole; counts over trials are Poisson, and independent."""
    whole, rng = spikes_of(RATES), np.random.default_rng(1)
    cuts = [0, *sorted(rng.choice(np.arange(1, 200), 5, replace=False)), 200]
    pieces = [spikes_of(RATES[first:last], first) for first, last in itertools.pairwise(cuts)]
    joined = SpikeTrains.concatenated(pieces)
    np.testing.assert_array_equal(joined.units, whole.units)
    np.testing.assert_allclose(joined.times, whole.times, rtol=0, atol=1e-12)
    counts = np.array([spikes_of(RATES, trial=k).binned(0.01) for k in range(200)])
    variance, mean = counts.var(axis=0, ddof=1), RATES * 0.01
    assert abs((variance / mean).mean() - 1) < 5 * np.sqrt((2 + (1 / mean).mean()) / 200 / mean.size)
    spread = (counts - mean) / np.sqrt(mean)
    assert abs(np.mean(spread[1:] * spread[:-1])) < 5 / np.sqrt(spread[1:].size)


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_a_higher_rate_keeps_the_spikes_of_a_lower_one(scale):
    """Of rates up to 150 spikes a row, so that counts come from both ways of summing up their distribution."""
    low, high = (spikes_of(rates * scale) for rates in (RATES, RATES * 1.05))
    known = set(zip(high.times, high.units, strict=True))
    assert known >= set(zip(low.times, low.units, strict=True))
    expected = 0.05 * (RATES * scale * 0.01).sum()
    assert abs(len(high) - len(low) - expected) < 5 * np.sqrt(expected)


def test_what_is_no_generator_is_refused():
    with pytest.raises(ValueError, match="The 'rng' parameter of Poisson must be a Generator of NumPy"):
        Poisson().fit(np.eye(2)).encode(np.eye(2), 0.01, None)
