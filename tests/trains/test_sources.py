"""Spikes of other programs: events, spike trains of neo, recordings and monitors come in by one door."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reservoir.systems import Recording
from reservoir.trains import SpikeTrains, are_spikes, read_records, read_trains
from tests.spikes.parts import some_trains


class Quantity:
    """What the package quantities gives: a number, or an array of them, in a unit."""

    def __init__(self, numbers, per_second):
        self.numbers, self.per_second = np.asarray(numbers, dtype=float), per_second

    def rescale(self, unit):
        assert unit == "s"
        return SimpleNamespace(magnitude=self.numbers / self.per_second)


class NeoTrain(Quantity):
    """A spike train of neo, which is a quantity with a beginning and an end."""

    def __init__(self, times, t_stop, t_start=0.0, per_second=1e3):
        super().__init__(times, per_second)
        self.t_start, self.t_stop = Quantity(t_start, per_second), Quantity(t_stop, per_second)


def test_events_in_any_order_unit_and_naming():
    known = SpikeTrains([0.001, 0.002, 0.004], [1, 0, 1], 2, 0.01)
    assert SpikeTrains.from_events([0.004, 0.001, 0.002], [1, 1, 0], duration=0.01) == known
    assert SpikeTrains.from_events([4, 1, 2], [1, 1, 0], duration=0.01, tick=1e-3) == known
    assert SpikeTrains.from_events([4, 1, 2], [7, 7, 3], ids=[3, 7], duration=0.01, tick=1e-3) == known
    assert SpikeTrains.from_events([4, 1, 2], list("bba"), ids=np.array(["a", "b"]), duration=0.01, tick=1e-3) == known
    assert SpikeTrains.from_events([4, 1, 2], [1, 1, 0], n_units=5, duration=0.01, tick=1e-3).n_units == 5
    alone = SpikeTrains.from_events([0.5, 0.25])
    assert alone.n_units == 1 and len(alone) == 2 and 0.5 < alone.duration < 0.5 + 1e-9


def test_a_window_of_events_is_a_trial():
    events = dict(times=[1.0, 2.5, 2.75, 3.5], units=[0, 0, 1, 1])
    trial = SpikeTrains.from_events(**events, start=2.0, duration=1.0)
    np.testing.assert_array_equal(trial.times, [0.5, 0.75])
    assert trial.n_units == 2 and trial.duration == 1.0
    before = SpikeTrains.from_events([-0.5, 0.25], start=-1.0, duration=2.0)
    np.testing.assert_array_equal(before.times, [0.5, 1.25])


@pytest.mark.parametrize(
    "name, events",
    [
        ("times", dict(times=[0.1, 3.0], duration=1.0)),  # outside, and nobody asked for a window
        ("times", dict(times=[-0.1], duration=1.0)),
        ("times", dict(times=[np.nan])),
        ("times", dict(times=[[0.1]])),
        ("units", dict(times=[0.1], units=[0, 1])),
        ("units", dict(times=[0.1], units=[0.5])),
        ("units", dict(times=[0.1], units=["c"], ids=["a", "b"])),
        ("units", dict(times=[0.1], units=[-1], n_units=3)),
        ("units", dict(times=[0.1], units=[3], n_units=3)),
        ("ids", dict(times=[0.1], units=[1], ids=[1, 1])),
        ("tick", dict(times=[0.1], tick=0.0)),
        ("duration", dict(times=[])),
    ],
)
def test_events_that_are_refused(name, events):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of SpikeTrains(\.from_events)? must be"):
        SpikeTrains.from_events(**events)


def test_spike_trains_of_neo():
    trains = [NeoTrain([100, 400, 50], 1000), NeoTrain([], 1000), NeoTrain([1000.0], 1000)]
    record = SpikeTrains.from_neo(trains)
    assert record.n_units == 3 and record.duration == 1.0
    np.testing.assert_allclose(record.to_lists()[0], [0.05, 0.1, 0.4])
    assert record.times[-1] < 1.0  # a spike may lie on the end of a train of neo
    later = SpikeTrains.from_neo([NeoTrain([2.5], 3.0, 2.0, 1.0), NeoTrain([2.25, 3.5], 4.0, 1.0, 1.0)])
    assert later.duration == 1.0 and later.times.tolist() == [0.25, 0.5]
    part = SpikeTrains.from_neo(trains, start=0.075, stop=0.5)
    np.testing.assert_allclose(part.times, [0.025, 0.325])
    segment = SimpleNamespace(spiketrains=trains)
    assert read_trains("f", "X", segment) == record and read_records("f", "X", [segment] * 2)[0] == [record] * 2
    for bad in ([], [record], trains[0].numbers):
        with pytest.raises(ValueError, match=r"The 'spiketrains' parameter of SpikeTrains\.from_neo must be"):
            SpikeTrains.from_neo(bad)
    with pytest.raises(ValueError, match="recorded at the same time"):
        SpikeTrains.from_neo([NeoTrain([], 1.0), NeoTrain([], 9.0, 5.0)])
    with pytest.raises(ValueError, match=r"The 'stop' parameter of SpikeTrains\.from_neo must be"):
        SpikeTrains.from_neo(trains, stop=2.0)
    with pytest.raises(ValueError, match=r"one record, SpikeTrains.from_neo\(list\)"):
        read_records("f", "X", trains)


def test_the_one_door():
    record = some_trains()
    clock = SimpleNamespace(t=record.duration)
    monitor = SimpleNamespace(i=record.units, t=record.times, source=range(record.n_units), clock=clock)
    bare = SimpleNamespace(i=record.units, t=record.times)
    for one in (record, Recording(record), monitor):
        assert are_spikes(one) and are_spikes([one]) and read_trains("f", "X", one) == record
        assert read_records("f", "X", one) == ([record], False) and read_records("f", "X", (one,)) == ([record], True)
    found = read_trains("f", "X", bare)
    np.testing.assert_array_equal(found.times, record.times)
    table = pd.DataFrame({"i": [0], "t": [0.1], "spikes": [1], "spiketrains": [2]})
    for other in (table, np.zeros((3, 2)), [], [[0.1, 0.2]], "text", None, 3.0, SpikeTrains):
        assert not are_spikes(other)
        with pytest.raises(ValueError, match="The 'X' parameter of f must be SpikeTrains, a Recording"):
            read_records("f", "X", other)
    with pytest.raises(ValueError, match="trials of the same units"):
        read_records("f", "X", [record, some_trains(n_units=4)])
