"""Monitors of Brian2 are spike trains: their source says how many units there are, their clock how long it was."""

import numpy as np
import pytest

from reservoir.spikes import SpikeTrains, firing_rates, van_rossum_distance
from reservoir.trains import read_trains
from spiking import _brian


@pytest.fixture(scope="module")
def monitors():
    B = _brian.engine()
    group = B.SpikeGeneratorGroup(5, [0, 1, 1, 4], [1, 2, 3, 7] * B.ms)
    units = B.NeuronGroup(4, "v : 1", threshold="i == 2 and t > 4*ms and t < 4.15*ms", reset="")
    whole, part = B.SpikeMonitor(group), B.SpikeMonitor(units[1:3])
    network = B.Network(group, units, whole, part)
    target, B.prefs.codegen.target = B.prefs.codegen.target, "numpy"
    try:
        network.run(10 * B.ms, namespace={})
    finally:
        B.prefs.codegen.target = target
    return whole, part


def test_monitors_are_read(monitors):
    whole, part = map(lambda one: read_trains("f", "X", one), monitors)
    assert whole.n_units == 5 and whole.duration == pytest.approx(0.01) and part.n_units == 2
    np.testing.assert_allclose(whole.times, [1e-3, 2e-3, 3e-3, 7e-3])
    assert whole.units.tolist() == [0, 1, 1, 4] and part.units.tolist() == [1]
    np.testing.assert_allclose(firing_rates(monitors[0]), [100, 200, 0, 0, 100])
    assert van_rossum_distance(list(monitors[:1]) * 2).shape == (5, 2, 2)
    assert SpikeTrains.of_lists(monitors[0].spike_trains(), 0.01) == whole
