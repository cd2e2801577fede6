"""Capacities: what is drawn is what was given."""

from types import SimpleNamespace

import numpy as np
import pytest

from reservoir.plotting import (
    CapacityDisplay,
)
from tests.plotting.displays import MAKERS, TABLE, lines

RNG = np.random.default_rng(1)


def test_bars_are_the_table():
    display = MAKERS["CapacityDisplay"]()
    delays, total = display.axes_
    for degree, container in enumerate(delays.containers):
        np.testing.assert_allclose([bar.get_height() for bar in container], TABLE[degree])
        np.testing.assert_allclose([bar.get_y() for bar in container], TABLE[:degree].sum(axis=0))
        assert total.containers[degree][0].get_height() == pytest.approx(TABLE[degree].sum())
    assert delays.get_legend_handles_labels()[1] == ["degree 1", "degree 2", "degree 3"]
    assert lines(total)[0].get_ydata()[0] == 9 and display.total == pytest.approx(TABLE.sum())


def test_one_capacity_per_delay_and_an_empty_tail():
    display = CapacityDisplay.from_capacity(SimpleNamespace(per_delay=np.array([1.0, 0.5, 0, 0.1, 0, 0])))
    (bars,) = display.ax_.containers
    assert [bar.get_height() for bar in bars] == [1.0, 0.5, 0, 0.1] and display.ax_.get_legend() is None
    assert len(display.plot(n_delays=2).ax_.containers[0]) == 2 and display.total == pytest.approx(1.6)
    assert CapacityDisplay.from_capacity(SimpleNamespace(per_delay=np.zeros(3))).total == 0
