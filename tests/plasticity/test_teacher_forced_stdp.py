"""A forced unit learns what the correlations of its inputs say it can."""

import numpy as np
import pytest
from scipy.signal import lfilter

from spiking import STDP
from tests.house.scripts import STUDIES, load


@pytest.fixture(scope="module")
def example():
    return load(STUDIES, "teacher_forced_stdp")


def summed_window(trains, teacher, rule, dt):
    """Sum of the window of `rule` (n_channels, n_units) over all pairs of spikes; a lag of 0 strengthens."""
    arrivals, answers = (np.zeros((round(trains.duration / dt), part.n_units)) for part in (trains, teacher))
    for table, part in ((arrivals, trains), (answers, teacher)):
        np.add.at(table, (part.steps(dt), part.units), 1)  # two arrivals in a step are two
    before = lfilter([1.0], [1.0, -np.exp(-dt / rule.tau_plus)], arrivals, axis=0)
    after = lfilter([1.0], [1.0, -np.exp(-dt / rule.tau_minus)], answers, axis=0) - answers
    return rule.A_plus * before.T @ answers - rule.A_minus * arrivals.T @ after


def random_targets(example, rng, n_rows, n_sets=1):
    """Targets (n_sets, n_rows, 100) with 20 synapses of weight 1, more of them in the first group than elsewhere."""
    return example.make_targets(rng.multinomial(20, [0.4, 0.15, 0.15, 0.15, 0.15], n_rows), n_sets)


def test_the_matrix_is_that_of_the_inputs(example):
    """Counts of spikes have the correlations of the criterion, and say the same of targets that are not on the edge."""
    trains = example.make_input(np.random.default_rng(11), 300.0, 1)
    found = np.corrcoef(trains.binned(0.01).T)
    assert np.allclose(trains.rates(), example.RATE, rtol=0.15)
    assert np.allclose(found, example.CORRELATION, atol=0.08)
    gaps = np.array([[example.separation(target, matrix) for matrix in (example.CORRELATION, found)]
                     for target in example.make_targets(example.COUNTS, 1)[0]])  # fmt: skip
    clear = abs(gaps[:, 0]) > 0.5
    assert np.array_equal(gaps[clear, 0] > 0, gaps[clear, 1] > 0)
    assert {True, False} == set(gaps[clear, 0] > 0)


def test_the_gap_is_above_zero_where_a_threshold_parts_the_synapses(example):
    rng = np.random.default_rng(12)
    targets = np.concatenate([random_targets(example, rng, 30)[0], example.make_targets(example.COUNTS, 1)[0]])
    separable = []
    for target in targets:
        heights = np.round(example.CORRELATION @ target, 9)
        separable.append(any(np.array_equal(heights >= level, target > 0) for level in np.unique(heights)))
        assert separable[-1] == (example.separation(target) > 1e-9)
    assert {True, False} == set(separable)


def test_learners_change_by_the_sum_of_the_window(example, monkeypatch):
    """Away from the bounds the change is the sum of the window over all pairs, whatever the weights are."""
    monkeypatch.setattr(example, "RULE", STDP(A_plus=1e-4, A_minus=1.5e-4, w_max=example.W_MAX))
    rng = np.random.default_rng(14)
    targets = random_targets(example, rng, 3, n_sets=2)
    trains = example.make_input(rng, 5.0, 2)
    teacher = example.fire(targets, trains)
    begin = rng.uniform(0.3, 0.7, targets.shape)
    change = (example.teach(begin, trains, teacher) - begin).reshape(6, 100)
    sums = summed_window(trains, teacher, example.RULE, example.DT).reshape(2, 100, 6)
    assert abs(change).max() > 1e-3
    for unit, row in enumerate(change):
        assert np.allclose(row, sums[unit // 3, :, unit], rtol=0, atol=1e-12)


def test_drift_follows_the_correlations_of_the_inputs(example):
    """Synapses drift by a (R w*)_i - b with a, b > 0, whatever the target."""
    rng = np.random.default_rng(15)
    targets = random_targets(example, rng, 8)
    trains = example.make_input(rng, 200.0, 1)
    drift = summed_window(trains, example.fire(targets, trains), example.RULE, example.DT)
    for target, found in zip(targets[0], drift.T, strict=True):
        heights = example.CORRELATION @ target
        slope, offset = np.polyfit(heights, found, 1)
        assert slope > 0 > offset
        assert np.corrcoef(heights, found)[0, 1] > 0.95


@pytest.mark.long
def test_separable_targets_are_learnt(example):
    """After 90 s the criterion tells small angles and like firing from the others."""
    rng = np.random.default_rng(16)
    targets = example.make_targets([[20, 0, 0, 0, 0], [4, 4, 4, 4, 4], [8, 3, 3, 3, 3], [10, 3, 3, 2, 2]], 2)
    learnable = np.array([example.separation(target) > 0 for target in targets[0]])
    weights = example.learn(targets, rng, n_pieces=6)[-1]
    angles, alike = example.angles(weights, targets), example.correlations(weights, targets, rng)
    assert np.array_equal(learnable, [True, True, False, False])
    assert angles[:, learnable].max() < 0.55
    assert angles[:, ~learnable].min() > 0.75
    assert alike[:, learnable].min() > alike[:, ~learnable].max()


@pytest.mark.long
@pytest.mark.parametrize("seed", [17, 18])
def test_all_targets_of_the_example(example, seed):
    """Every learnable target is learnt better than every other, and a threshold of R w* tells where weights end."""
    rng = np.random.default_rng(seed)
    targets = example.make_targets(example.COUNTS, 2)
    gaps = np.array([example.separation(target) for target in targets[0]])
    weights = example.learn(targets, rng)[-1]
    angles, alike = example.angles(weights, targets), example.correlations(weights, targets, rng)
    assert angles[:, gaps > 0].max() < 0.55 < angles[:, gaps < 0].min()
    assert angles[:, gaps > 0.5].max() < 0.3
    assert alike[:, gaps > 0.5].min() > 0.85
    heights = targets @ example.CORRELATION
    assert (weights[heights > 2.3] > 0.8).all()
    assert (weights[heights < 1.0] < 0.2).all()
