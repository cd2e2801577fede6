"""Spikes where the signal has moved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.spikes import SendOnDelta
from tests.spikes.parts import generator


def signal_at(times, position, step):
    """The line of send-on-delta, in plain NumPy: at the value of a row from 0.99 of it on."""
    knots = np.arange(len(position))[:, None] + [0, 0.99]
    values = np.column_stack([np.append(position[0], position[:-1]), position])
    return np.interp(times, knots.ravel() * step, values.ravel())


@given(seed=st.integers(0, 2**32), threshold=st.sampled_from([0.01, 0.1, 1 / 3, 0.5]), grid=st.booleans())
def test_send_on_delta_follows_the_signal(seed, threshold, grid):
    rows = generator(seed).random((30, 2))
    rows = np.round(rows, 1) if grid else rows
    record = SendOnDelta(threshold, low=0.0, high=1.0).fit(rows).encode(rows, 0.01, None)
    probes = np.sort(np.concatenate([np.linspace(0, 0.2999, 500), record.times + 1e-12]))
    for feature, first in enumerate(rows[0]):
        up, down = record.to_lists()[2 * feature : 2 * feature + 2]
        followed = first + threshold * (np.searchsorted(up, probes) - np.searchsorted(down, probes))
        assert np.abs(followed - signal_at(probes, rows[:, feature], 0.01)).max() < threshold + 1e-8
        for times, sign in ((up, 1), (down, -1)):
            reached = first + threshold * (np.searchsorted(up, times) - np.searchsorted(down, times) + sign)
            np.testing.assert_allclose(signal_at(times, rows[:, feature], 0.01), reached, atol=1e-8)
    assert not (record.times < 0.01).any()


def test_send_on_delta_counts_levels_in_spite_of_rounding():
    rows = np.array([[0.0], [0.3], [1.0], [0.9], [0.0]])
    up, down = SendOnDelta(0.1).fit(rows).encode(rows, 0.01, None).to_lists()
    assert len(up) == len(down) == 10
    np.testing.assert_allclose(up[:3], 0.01 + 0.0099 * np.array([1, 2, 3]) / 3, rtol=1e-12)
    assert (np.diff(up) > 0).all() and down[0] == pytest.approx(0.0399) and down[-1] < 0.05
    rows = np.array([[0.0], [1.0], [0.56]])
    assert 0.3 / 0.1 < 3 and 0.56 / 0.02 > 28  # roundings to either side
    assert SendOnDelta(0.02).fit(rows).encode(rows, 0.01, None).counts().tolist() == [50, 22]
