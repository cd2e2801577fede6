"""One sign per sender, and balanced rows."""

import numpy as np
import pytest

from reservoir.topologies import ExcitatoryInhibitory
from tests.topologies.families import generator


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.8, 1.0])
def test_dales_law(fraction):
    W = ExcitatoryInhibitory(fraction, density=0.2).draw(300, generator()).toarray()
    excitatory = round(fraction * 300)
    assert (W[:, :excitatory] >= 0).all() and (W[:, excitatory:] <= 0).all()
    assert np.count_nonzero(W) / 300**2 == pytest.approx(0.2, abs=0.01)
    both = W.any(axis=1) & (W > 0).any(axis=1) & (W < 0).any(axis=1)
    assert both.all() == (0 < fraction < 1)
    np.testing.assert_allclose(W[both].sum(axis=1), 0, atol=1e-12)
