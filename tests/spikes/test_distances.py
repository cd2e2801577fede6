"""Distances between spike trains: naive twins from the definitions, closed forms, and the axioms of a metric."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.spikes import SpikeTrains, spike_distance, van_rossum_distance, victor_purpura_distance
from tests.spikes.parts import generator, trains

DISTANCES = (spike_distance, van_rossum_distance, victor_purpura_distance)
METRICS = DISTANCES[1:]


def naive_van_rossum(a, b, duration, tau=10e-3):
    """All pairs: the integral of the product of two decays from s and t on is exp(-|s - t| / tau) tau / 2."""
    both = [(time, 1) for time in a] + [(time, -1) for time in b]
    return math.sqrt(max(0.0, sum(u * v * math.exp(-abs(s - t) / tau) for s, u in both for t, v in both) / 2))


def naive_victor_purpura(a, b, duration, cost=100.0):
    """The least of the three ways to deal with the last spikes, from the end."""
    known = {}

    def least(i, j):
        if i == 0 or j == 0:
            return i + j
        if (i, j) not in known:
            moved = least(i - 1, j - 1) + cost * abs(a[i - 1] - b[j - 1])
            known[i, j] = min(moved, least(i - 1, j) + 1, least(i, j - 1) + 1)
        return known[i, j]

    return least(len(a), len(b))


def naive_spike(a, b, duration):
    """The mean of S at the middles of all intervals between spikes, in which it is a straight line."""

    def around(train):
        found = sorted(train) or [0.0, duration]
        first = found[1] - found[0] if len(train) > 1 else 0.0
        last = found[-1] - found[-2] if len(train) > 1 else 0.0
        ends = (0.0, duration) if not train else (min(0.0, found[0] - first), max(duration, found[-1] + last))
        return found, [ends[0], *found, ends[1]]

    def share(own, ends, others, time):
        far = [min(abs(spike - other) for other in others) for spike in own]
        far = [far[0], *far, far[-1]]
        k = max(k for k in range(len(ends) - 1) if ends[k] <= time and ends[k + 1] > time)
        length = ends[k + 1] - ends[k]
        return (far[k] * (ends[k + 1] - time) + far[k + 1] * (time - ends[k])) / length, length

    (own_a, ends_a), (own_b, ends_b) = around(a), around(b)
    cuts, total = sorted({0.0, duration, *own_a, *own_b}), 0.0
    for start, stop in itertools.pairwise(cuts):
        middle = (start + stop) / 2
        (s_a, long), (s_b, short) = share(own_a, ends_a, ends_b, middle), share(own_b, ends_b, ends_a, middle)
        total += (stop - start) * 2 * (s_a * short + s_b * long) / (long + short) ** 2
    return total / duration


TWINS = {
    spike_distance: naive_spike,
    van_rossum_distance: naive_van_rossum,
    victor_purpura_distance: naive_victor_purpura,
}


@pytest.mark.parametrize("distance", DISTANCES)
@given(record=trains())
def test_distances_against_naive_twins(distance, record):
    found, lists = distance(record), [times.tolist() for times in record.to_lists()]
    for i, a in enumerate(lists):
        for j, b in enumerate(lists):
            known = TWINS[distance](a, b, record.duration) if i != j else 0.0
            assert found[i, j] == pytest.approx(known, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("distance", METRICS)
@given(record=trains(), constant=st.sampled_from([1e-4, 3e-2, 1.0]))
def test_metric_axioms(distance, record, constant):
    name = "time_constant" if distance is van_rossum_distance else "cost"
    found = distance(record, **{name: constant if name == "time_constant" else 1 / constant})
    np.testing.assert_array_equal(found, found.T)
    lists = [times.tolist() for times in record.to_lists()]
    for i, j, k in [(0, 1, 2), (1, 2, 0), (2, 0, 1)]:
        assert found[i, j] <= found[i, k] + found[k, j] + 1e-9
        assert found[i, i] == 0 and (found[i, j] > 0) == (lists[i] != lists[j])


@given(record=trains())
def test_spike_distance_lies_between_0_and_1(record):
    found = spike_distance(record)
    assert (found == found.T).all() and ((found >= 0) & (found <= 1)).all() and not found.diagonal().any()


def test_closed_forms():
    one_more = SpikeTrains([0.1, 0.1, 0.4], [0, 1, 1], 2, 1.0)
    for tau in (1e-4, 0.01, 0.9):
        assert van_rossum_distance(one_more, time_constant=tau)[0, 1] == pytest.approx(math.sqrt(0.5), abs=1e-12)
    moved = SpikeTrains([0.1, 0.107], [0, 1], 2, 1.0)
    expected = math.sqrt(1 - math.exp(-0.007 / 0.01))
    assert van_rossum_distance(moved, time_constant=0.01)[0, 1] == pytest.approx(expected, rel=1e-12)
    rng = generator(1)
    a, b = np.unique(rng.integers(0, 1000, 40)) * 1e-3, np.unique(rng.integers(0, 1000, 60)) * 1e-3
    both = SpikeTrains.of_lists([a, b], 1.0)
    assert victor_purpura_distance(both, cost=0)[0, 1] == abs(len(a) - len(b))
    coincident = len(np.intersect1d(a, b))
    assert victor_purpura_distance(both, cost=1e9)[0, 1] == len(a) + len(b) - 2 * coincident
    assert victor_purpura_distance(moved, cost=100)[0, 1] == pytest.approx(0.7, rel=1e-12)
    assert victor_purpura_distance(moved, cost=1000)[0, 1] == 2
    # of two clocks, one late by a tenth of its interval, every spike has the other train as near as that
    clocks = SpikeTrains.of_lists([np.arange(0.5, 100), np.arange(0.6, 100)], 100.0)
    assert spike_distance(clocks)[0, 1] == pytest.approx(0.1, rel=2e-3)


def test_values_of_another_program():
    """As PySpike 0.9 and Elephant 1.2 give them; Elephant's van Rossum distance has a factor of 2 in the square."""
    pair = SpikeTrains.of_lists([[0.1, 0.25, 0.26, 0.7], [0.12, 0.3, 0.65, 0.66, 0.9]], 1.0)
    assert spike_distance(pair)[0, 1] == pytest.approx(0.1968620289898501, rel=1e-9)
    assert victor_purpura_distance(pair, cost=50)[0, 1] == pytest.approx(8.0, rel=1e-9)
    assert van_rossum_distance(pair, time_constant=0.02)[0, 1] == pytest.approx(
        3.133323172333709 / math.sqrt(2), rel=1e-9
    )


@pytest.mark.parametrize("distance", DISTANCES)
def test_units_of_records_and_units_in_trials(distance):
    rng = generator(2)
    first, second, third = (SpikeTrains.of_lists([np.sort(rng.random(n)) for n in (5, 0, 9)], 1.0) for _ in range(3))
    between = distance(first, second)
    assert between.shape == (3, 3) and distance(first).shape == (3, 3)
    by_unit = distance([first, second, third])
    assert by_unit.shape == (3, 3, 3) and distance([first], [second, third]).shape == (3, 1, 2)
    for unit in range(3):
        assert by_unit[unit, 0, 1] == between[unit, unit] == distance([first], [second, third])[unit, 0, 0]
        np.testing.assert_array_equal(by_unit[unit], by_unit[unit].T)


@pytest.mark.parametrize("distance", DISTANCES)
def test_what_is_refused(distance):
    record, other = SpikeTrains([0.1], [0], 2, 1.0), SpikeTrains([0.1], [0], 3, 1.0)
    for name, arguments in [
        ("trains", (np.zeros((3, 2)),)),
        ("trains", ([],)),
        ("trains", ([record, other],)),
        ("others", (record, [record])),
        ("others", ([record], [other])),
        ("others", (record, 3.0)),
    ]:
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of {distance.__name__} must be"):
            distance(*arguments)
    for name, bad in (("time_constant", 0.0), ("cost", -1.0)):
        if name in (distance.__kwdefaults__ or {}):
            with pytest.raises(ValueError, match=rf"The '{name}' parameter of {distance.__name__} must be"):
                distance(record, **{name: bad})
