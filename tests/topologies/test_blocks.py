"""Densities within and between blocks."""

import numpy as np
import pytest

from reservoir.topologies import Blocks
from tests.topologies.families import generator


def test_blocks():
    W = Blocks(3, density_within=0.5, density_between=0.05).draw(1000, generator()).toarray() != 0
    block = np.arange(1000) * 3 // 1000
    together = block[:, None] == block
    assert W[together].mean() == pytest.approx(0.5, abs=0.01)
    assert W[~together].mean() == pytest.approx(0.05, abs=0.003)
    assert not Blocks(3, density_between=0.0).draw(90, generator()).toarray()[:30, 30:].any()
