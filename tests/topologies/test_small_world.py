"""Small worlds lie between the lattice and the random graph."""

import numpy as np
import pytest

from reservoir.topologies import SmallWorld
from tests.topologies.families import generator


def test_small_world_between_lattice_and_random_graph():
    lattice = SmallWorld(4, rewiring=0.0).draw(50, generator()).toarray() != 0
    expected = sum(np.roll(np.eye(50, dtype=bool), step, axis=1) for step in (-2, -1, 1, 2))
    np.testing.assert_array_equal(lattice, expected)
    for rewiring in (0.2, 1.0):
        W = SmallWorld(10, rewiring).draw(2000, generator())
        far = ((W.tocoo().col - W.tocoo().row + 5) % 2000) > 10
        assert far.mean() == pytest.approx(rewiring, abs=0.02)
        assert not W.diagonal().any() and W.nnz == 20_000
    full = SmallWorld(49, rewiring=1.0).draw(50, generator()).toarray()
    np.testing.assert_array_equal(full != 0, ~np.eye(50, dtype=bool))
