"""The degrees of a growing graph."""

import numpy as np
import pytest

from reservoir.topologies import ScaleFree
from tests.topologies.families import generator


def test_scale_free_degrees():
    n_units, m = 4000, 3
    W = ScaleFree(m).draw(n_units, generator())
    heard = W.toarray() != 0
    degrees = heard.sum(axis=1)
    np.testing.assert_array_equal(heard, heard.T)
    assert W.nnz == m * (m + 1) + 2 * m * (n_units - m - 1) and degrees.min() == m and not W.diagonal().any()
    for k in (3, 4, 5, 8):
        expected = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
        assert (degrees == k).mean() == pytest.approx(expected, abs=5 * np.sqrt(expected / n_units))
    assert degrees.max() > 10 * degrees.mean()
    np.testing.assert_array_equal(ScaleFree(9).draw(5, generator()).toarray() != 0, ~np.eye(5, dtype=bool))
