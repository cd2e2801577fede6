"""Random graphs: the in-degrees, and how senders are drawn."""

import numpy as np
import pytest

from reservoir.topologies import CirculantGraph, Random, SmallWorld
from tests.topologies.families import generator


@pytest.mark.parametrize("graph", [CirculantGraph(in_degree=4), Random(in_degree=4), SmallWorld(4, 0.5)])
def test_in_degree(graph):
    W = graph.draw(30, generator()).toarray()
    assert (np.count_nonzero(W, axis=1) == 4).all()
    assert (np.count_nonzero(graph.draw(3, generator()).toarray(), axis=1) <= 3).all()


@pytest.mark.parametrize("in_degree", [1, 3, 5, 6])
def test_all_senders_are_equally_likely(in_degree):
    counts = sum(Random(in_degree).draw(6, generator(seed)).toarray() != 0 for seed in range(2000))
    assert (np.count_nonzero(Random(in_degree).draw(500, generator()).toarray(), axis=1) == in_degree).all()
    share = in_degree / 6
    assert np.abs(counts / 2000 - share).max() <= 5 * np.sqrt(share * (1 - share) / 2000)
