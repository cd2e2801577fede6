"""Small-world circuits lie between the lattice and the random circuit."""

import networkx as nx
import numpy as np
import pytest

from reservoir.circuits import SmallWorldCircuit
from tests.circuits.generators import degrees, generator


def graph_of(circuit):
    graph = nx.Graph()
    graph.add_nodes_from(range(circuit.n_units))
    graph.add_edges_from(zip(circuit.recurrent.pre.tolist(), circuit.recurrent.post.tolist(), strict=True))
    return graph


def test_small_world_circuit():
    """Clustered as the lattice, yet with short paths as the random circuit."""
    lattice, small_world, scattered = (
        graph_of(SmallWorldCircuit(300, 8, rewiring=rewiring).draw(generator())) for rewiring in (0.0, 0.1, 1.0)
    )
    clustering = [nx.average_clustering(graph) for graph in (lattice, small_world, scattered)]
    lengths = [nx.average_shortest_path_length(graph) for graph in (lattice, small_world, scattered)]
    assert clustering[0] == pytest.approx(3 * (8 - 2) / (4 * (8 - 1)), rel=1e-12)
    assert clustering[1] > 5 * clustering[2] and lengths[1] < 0.3 * lengths[0]
    heard, _ = degrees(SmallWorldCircuit(300, 8.25).draw(generator()))
    np.testing.assert_array_equal(np.bincount(heard)[8:], [225, 75])
    ring = SmallWorldCircuit(900, 2.5, rewiring=0.0).draw(generator()).recurrent  # neighbours are left out evenly
    counts = np.unique((ring.pre - ring.post) % 900, return_counts=True)[1]
    assert len(counts) == 3 and np.abs(counts - 750).max() < 5 * np.sqrt(450 * 2 / 9)


def test_parameters_out_of_range():
    with pytest.raises(ValueError, match="The 'rewiring' parameter of SmallWorldCircuit must be"):
        SmallWorldCircuit(rewiring=2).draw(generator())
