"""Statistics of spike trains: naive twins, and what is known of Poisson processes and of clocks."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.spikes import (
    SpikeTrains,
    fano_factors,
    firing_rates,
    interspike_intervals,
    interval_variation,
    spike_correlations,
)
from tests.spikes.parts import generator, trains


def poisson_trials(n_trials, rates, duration, seed=0):
    rng, found = generator(seed), []
    for _ in range(n_trials):
        lists = [np.sort(rng.random(rng.poisson(rate * duration)) * duration) for rate in rates]
        found.append(SpikeTrains.of_lists(lists, duration))
    return found


@given(records=st.lists(trains(), min_size=2, max_size=4))
def test_naive_twins(records):
    lists = [record.to_lists() for record in records]
    total = sum(record.duration for record in records)
    for unit in range(3):
        spikes = [own[unit].tolist() for own in lists]
        assert firing_rates(records)[unit] == pytest.approx(sum(map(len, spikes)) / total)
        intervals = [b - a for times in spikes for a, b in itertools.pairwise(times)]
        assert interspike_intervals(records)[unit].tolist() == intervals
        if len(intervals) < 2 or not any(intervals):
            assert np.isnan(interval_variation(records)[unit])
        else:
            assert interval_variation(records)[unit] == pytest.approx(np.std(intervals) / np.mean(intervals))


def test_poisson_processes():
    trials = poisson_trials(400, [20.0, 5.0], 2.0)
    np.testing.assert_allclose(firing_rates(trials), [20, 5], rtol=0.06)
    fano = fano_factors(trials)
    np.testing.assert_allclose(fano, 1, atol=5 * np.sqrt(2 / 399))
    long = poisson_trials(1, [50.0], 400.0, seed=1)[0]
    assert interval_variation(long)[0] == pytest.approx(1, abs=5 / np.sqrt(20_000))
    assert fano_factors(long, window=0.5)[0] == pytest.approx(1, abs=5 * np.sqrt(2 / 799))
    pair = spike_correlations(trials, 0.1)
    np.testing.assert_array_equal(pair.diagonal(), 1)
    assert abs(pair[0, 1]) < 5 / np.sqrt(400 * 20)


def test_a_rate_that_changes_is_no_variability_between_trials():
    rng = generator(3)
    trials = [
        SpikeTrains.of_lists([np.sort(np.append(rng.random(rng.poisson(40)), 1 + rng.random(rng.poisson(4))))], 2.0)
        for _ in range(300)
    ]
    assert fano_factors(trials, window=0.1)[0] == pytest.approx(1, abs=0.1)
    assert np.median([fano_factors(one, window=0.1)[0] for one in trials]) > 1.5  # whose windows differ in rate
    over_time = firing_rates(trials, step=1.0)
    np.testing.assert_allclose(over_time[:, 0], [40, 4], rtol=0.1)


def test_noise_correlations_are_without_the_stimulus():
    """Two units that share the rate, and two that share their spikes too."""
    rng, trials = generator(4), []
    for _ in range(200):
        shared = np.sort(0.5 + 0.5 * rng.random(rng.poisson(10)))
        alone = [np.sort(0.5 + 0.5 * rng.random(rng.poisson(10))) for _ in range(2)]
        trials.append(SpikeTrains.of_lists([alone[0], alone[1], shared, shared], 1.0))
    together, noise = (spike_correlations(trials, 0.25, across_trials=across) for across in (False, True))
    assert together[0, 1] > 0.3 and abs(noise[0, 1]) < 5 / np.sqrt(400)
    assert together[2, 3] == pytest.approx(1) and noise[2, 3] == pytest.approx(1)


def test_a_clock_and_silence():
    clock = SpikeTrains(np.arange(64) / 64, np.zeros(64, int), 2, 1.0)
    assert interval_variation(clock)[0] == 0 and np.isnan(interval_variation(clock)[1])
    factors = fano_factors([clock] * 5)
    assert factors[0] == 0 and np.isnan(factors[1])
    assert np.isnan(spike_correlations(clock, 0.25)).all()
    two = SpikeTrains([0.1, 0.1, 0.6], [0, 1, 2], 3, 1.0)
    np.testing.assert_allclose(spike_correlations(two, 0.5), np.corrcoef(two.binned(0.5).T), rtol=1e-14)


def test_what_is_refused():
    record = SpikeTrains([0.1], [0], 2, 1.0)
    for function in (firing_rates, interspike_intervals, interval_variation, fano_factors):
        with pytest.raises(ValueError, match=rf"The 'trains' parameter of {function.__name__} must be"):
            function(np.zeros(3))
    for call in (lambda: fano_factors(record), lambda: fano_factors([record] * 2, window=2.0)):
        with pytest.raises(ValueError, match="The 'window' parameter of fano_factors must be"):
            call()
    with pytest.raises(ValueError, match="fano_factors needs two trials or more"):
        fano_factors([record])
    with pytest.raises(ValueError, match="spike_correlations with across_trials needs two"):
        spike_correlations(record, 0.1, across_trials=True)
    with pytest.raises(ValueError, match="The 'step' parameter of firing_rates must be"):
        firing_rates(record, 0)
