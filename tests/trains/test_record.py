"""The record of spike trains: what it keeps, joins and refuses."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.trains import SpikeTrains
from tests.spikes.parts import some_trains, trains


def test_spikes_are_sorted_copies():
    times, units = np.array([0.3, 0.1, 0.3, 0.0]), np.array([2, 1, 0, 2])
    record = SpikeTrains(times, units, 3, 0.5)
    times[:] = units[:] = 0
    np.testing.assert_array_equal(record.times, [0, 0.1, 0.3, 0.3])
    np.testing.assert_array_equal(record.units, [2, 1, 0, 2])
    assert record.times.dtype == np.float64 and record.units.dtype == np.int64 and len(record) == 4
    np.testing.assert_array_equal(record.counts(), [1, 1, 2])
    np.testing.assert_allclose(record.rates(), [2, 2, 4], rtol=1e-15)
    for array in (record.times, record.units, pickle.loads(pickle.dumps(record)).times):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        record.n_units = 4
    assert not np.signbit(SpikeTrains([-0.0], [0], 1, 1.0).times).any()


@given(record=trains())
def test_round_trips(record):
    assert SpikeTrains.of_lists(record.to_lists(), record.duration) == record
    assert SpikeTrains(record.times[::-1], record.units[::-1], 3, record.duration) == record
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == record
    assert sum(map(len, record.to_lists())) == record.counts().sum() == len(record)


@given(record=trains(), share=st.floats(0.01, 0.99))
def test_windows_joined_are_the_whole(record, share):
    cut = share * record.duration
    parts = [record.window(0, cut), record.window(cut, record.duration)]
    joined = SpikeTrains.concatenated(parts)
    assert [len(part) for part in parts] == [np.sum(record.times < cut), np.sum(record.times >= cut)]
    assert joined.duration == pytest.approx(record.duration, rel=1e-15)
    for mine, own in zip(joined.to_lists(), record.to_lists(), strict=True):
        np.testing.assert_allclose(mine, own, rtol=0, atol=1e-15)


def test_records_are_equal_where_all_fields_are():
    record = SpikeTrains([0.1], [0], 2, 1.0)
    others = [
        SpikeTrains([0.2], [0], 2, 1.0),
        SpikeTrains([0.1], [1], 2, 1.0),
        SpikeTrains([0.1], [0], 3, 1.0),
        SpikeTrains([0.1], [0], 2, 2.0),
        SpikeTrains([], [], 2, 1.0),
        "record",
    ]
    assert SpikeTrains.__hash__ is None and record == copy.copy(record) and all(record != other for other in others)


def test_times_are_truncated_to_the_grid():
    record = SpikeTrains([0, 0.19e-3, 0.1999e-3, 0.2e-3, 0.2001e-3], [0] * 5, 1, 1e-3)
    np.testing.assert_array_equal(record.steps(1e-4), [0, 1, 2, 2, 2])
    steps = np.arange(100_000)
    for dt in (1e-4, 2.5e-5, 1e-3, 0.1):
        np.testing.assert_array_equal(SpikeTrains(steps * dt, steps * 0, 1, len(steps) * dt).steps(dt), steps)


def test_records_without_units_or_spikes():
    empty = SpikeTrains([], [], 0, 0.5)
    assert len(empty) == 0 and empty.to_lists() == [] and empty.rates().shape == (0,)
    assert SpikeTrains.of_lists([], 0.5) == empty == SpikeTrains.concatenated([SpikeTrains([], [], 0, 0.25)] * 2)
    last = np.nextafter(1, 0)  # one second after another, it rounds to the end
    assert SpikeTrains.concatenated([SpikeTrains([last], [0], 1, 1.0)] * 2).times[1] == np.nextafter(2, 0)


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("times", ([0.5], [0], 1, 0.5)),
        ("times", ([-1e-9], [0], 1, 0.5)),
        ("times", ([np.nan], [0], 1, 0.5)),
        ("times", ([[0.1]], [0], 1, 0.5)),
        ("times", (["a"], [0], 1, 0.5)),
        ("times", ([[0.1], []], [0], 1, 0.5)),
        ("units", ([0.1], [1], 1, 0.5)),
        ("units", ([0.1], [-1], 1, 0.5)),
        ("units", ([0.1], [0.0], 1, 0.5)),
        ("units", ([0.1], [True], 2, 0.5)),
        ("units", ([0.1], [[0]], 1, 0.5)),
        ("n_units", ([], [], -1, 0.5)),
        ("n_units", ([], [], 1.0, 0.5)),
        ("duration", ([], [], 1, 0)),
        ("duration", ([], [], 1, np.inf)),
    ],
)
def test_bad_records(name, arguments):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of SpikeTrains must be .*\\. Got "):
        SpikeTrains(*arguments)


def test_times_by_unit():
    """A dict, as the monitors of Brian2 give one, is its times, not its units."""
    record = some_trains()
    lists = record.to_lists()
    by_unit = {unit: lists[unit] for unit in reversed(range(len(lists)))}
    assert SpikeTrains.of_lists(by_unit, record.duration) == record
    assert SpikeTrains.of_lists({}, 0.5) == SpikeTrains([], [], 0, 0.5)


@pytest.mark.parametrize("lists", [{1: [0.1]}, {"a": [0.1]}, {0.1, 0.2}, None, "ab", [0.1, 0.2], 0.1], ids=str)
def test_no_lists_of_times(lists):
    with pytest.raises(ValueError, match=r"'lists' parameter of SpikeTrains.of_lists must be a list .* or a dict"):
        SpikeTrains.of_lists(lists, 0.5)


def test_bad_use_of_records():
    record = some_trains()
    uses = [(record.window, bounds) for bounds in [(-0.1, 0.5), (0.5, 0.5), (0.5, 1.1), (1.0, 1.0)]]
    uses += [(SpikeTrains.concatenated, (parts,)) for parts in ([], [record, SpikeTrains([], [], 1, 1.0)], [record, 0])]
    for use, arguments in [*uses, (record.steps, (0,)), (SpikeTrains.of_lists, ([[0.1]], "long"))]:
        with pytest.raises(ValueError, match=r"The '\w+' parameter of SpikeTrains.* must be "):
            use(*arguments)
    with pytest.raises(ValueError, match="Got 1 times and 2 units"):
        SpikeTrains([0.1], [0, 0], 1, 0.5)
