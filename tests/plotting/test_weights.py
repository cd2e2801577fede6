"""Weights: what is drawn is what was given."""

import numpy as np
import pytest

from reservoir.circuits import Projection
from reservoir.plotting import (
    WeightsDisplay,
)
from tests.plotting.displays import MAKERS, WEIGHTS, lines

RNG = np.random.default_rng(1)


def test_histograms_and_course_are_the_data():
    display = MAKERS["WeightsDisplay"]()
    course, bars = display.axes_
    for stairs, snapshot in zip(bars.patches, WEIGHTS[[0, -1]], strict=True):
        values, edges, _ = stairs.get_data()
        np.testing.assert_array_equal(values, np.histogram(snapshot * 1e9, edges)[0])
        assert values.sum() == 40
    np.testing.assert_allclose(lines(course, "median")[0].get_ydata(), np.median(WEIGHTS * 1e9, axis=1))
    for one in lines(course)[:-1]:
        assert np.isclose(one.get_ydata(), 1e9 * WEIGHTS.T).all(axis=1).any()
    assert course.get_ylabel() == bars.get_xlabel() == "weight (nA)"


@pytest.mark.parametrize(("reversal", "label"), [(None, "weight (pA)"), (0.0, "weight (pS)")])
def test_projections_bring_their_unit(reversal, label):
    ends = np.zeros(4, int)
    before, after = (Projection(ends, ends, k * 1e-11, 0.0, 1e-3, reversal=reversal) for k in (1, 3))
    display = WeightsDisplay.from_snapshots([before, after])
    assert len(display.axes_) == 1 and display.ax_.get_xlabel() == label
    assert WeightsDisplay.from_snapshots([[0.5, 0.2], [0.1, 0.1]]).ax_.get_xlabel() == "weight"
