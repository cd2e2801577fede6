"""Every connection by itself."""

import numpy as np
import pytest

from reservoir.topologies import Bernoulli
from tests.topologies.families import generator


@pytest.mark.parametrize("density", [0.001, 0.1, 0.9, 1.0])
def test_bernoulli_connections(density):
    W = Bernoulli(density).draw(600, generator())
    spread = 5 * np.sqrt(density * (1 - density))
    assert abs(W.nnz - density * 600**2) <= spread * 600
    for axis in (0, 1):
        counts = np.count_nonzero(W.toarray(), axis=axis)
        assert np.abs(counts - density * 600).max() <= spread * np.sqrt(600) + 5
        assert counts.var() == pytest.approx(600 * density * (1 - density), rel=0.3, abs=1e-12)
