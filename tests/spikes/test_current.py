"""Values as currents."""

import numpy as np
import pytest
from scipy import stats

from reservoir.spikes import Current
from tests.spikes.parts import generator


def test_currents():
    assert not hasattr(Current, "encode") and Current().n_channels(3) == 0
    rows = np.array([[0.0, 3.0], [1.0, 3.0], [0.5, 3.0]])
    np.testing.assert_array_equal(Current().fit(rows).normalised(rows), [[-1, 0], [1, 0], [0, 0]])
    drawn = Current(scaling=2e-9, probability=0.3).weights(50, 400, generator())
    assert drawn.shape == (400, 50) and np.abs(drawn).max() <= 2e-9
    assert np.mean(drawn != 0) == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 20_000))
    assert stats.kstest(drawn[drawn != 0] / 2e-9, "uniform", args=(-1, 2)).pvalue > 1e-3
    np.testing.assert_array_equal(drawn, Current(2e-9, 0.3).weights(50, 400, generator()))
    assert not Current(probability=0).weights(2, 3, generator()).any() and Current().weights(2, 3, generator()).all()
    for bad in ({"scaling": -1}, {"probability": 1.1}):
        with pytest.raises(ValueError, match="parameter of Current must be"):
            Current(**bad).weights(2, 3, generator())
