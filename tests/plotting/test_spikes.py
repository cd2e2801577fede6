"""Spikes and rates: what is drawn is what was given."""

from itertools import pairwise

import numpy as np
import pytest

from reservoir.plotting import (
    RasterDisplay,
)
from reservoir.spikes import SpikeTrains
from reservoir.systems import Recording
from tests.plotting.displays import GROUPS, MAKERS, TRAINS, lines

RNG = np.random.default_rng(1)


def test_every_spike_of_a_group_is_a_mark_in_the_row_of_its_unit():
    display = MAKERS["RasterDisplay"]()
    rows, marks = {}, lines(display.ax_)
    for start, units in ((0, range(8)), (8, [9, 8, 11])):
        rows |= {unit: start + place for place, unit in enumerate(units)}
    drawn = np.concatenate([line.get_xydata() for line in marks])
    wanted = [(t, rows[unit]) for t, unit in zip(TRAINS.times, TRAINS.units, strict=True) if unit in rows]
    assert sorted(map(tuple, drawn)) == sorted(wanted) and 10 not in rows
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == list(GROUPS)


def test_rates_count_the_spikes_of_a_bin():
    display = MAKERS["RasterDisplay"]()
    for stairs, units in zip(display.axes_[1].patches, ([*range(8)], [9, 8, 11]), strict=True):
        values, edges, _ = stairs.get_data()
        counts = np.histogram(TRAINS.times[np.isin(TRAINS.units, units)], edges)[0]
        np.testing.assert_allclose(values, counts / len(units) / 0.05)
    assert edges[-1] == pytest.approx(2.0)


def test_groups_as_names_and_a_recording():
    names = np.where(np.arange(12) < 8, "E", "I")
    display = RasterDisplay.from_spikes(Recording(TRAINS), groups=names)
    assert {name: units.tolist() for name, units in display.groups.items()} == {
        "E": [*range(8)],
        "I": [8, 9, 10, 11],
    }
    assert len(display.rates["E"]) == 100
    quiet = RasterDisplay.from_spikes(SpikeTrains([], np.zeros(0, int), 3, 1.0))
    assert not quiet.rates["all units"].any()


def test_a_list_of_trials_is_another_display():
    with pytest.raises(ValueError, match="'spikes' parameter of RasterDisplay must be one record; TrialsDisplay draws"):
        RasterDisplay.from_spikes([TRAINS, TRAINS])


def test_names_of_small_groups_stay_apart():
    display = RasterDisplay.from_spikes(TRAINS, groups={"a": [0], "b": [1], "c": [2], "d": slice(3, 12)})
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in pairwise(boxes))
