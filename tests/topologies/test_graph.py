"""Graphs of networkx, edge by edge."""

import networkx as nx
import numpy as np
import pytest

from reservoir.topologies import Graph
from tests.topologies.families import generator


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.Graph, nx.MultiDiGraph])
def test_graph(kind):
    graph = kind()
    graph.add_nodes_from("dcba")
    graph.add_weighted_edges_from([("a", "b", 2.0), ("b", "c", -1.0), ("d", "d", 0.5), ("a", "b", 3.0)])
    expected = np.zeros((4, 4))
    nodes = list(graph)
    for u, v, weight in graph.edges(data="weight"):
        expected[nodes.index(v), nodes.index(u)] += weight
        if not graph.is_directed() and u != v:
            expected[nodes.index(u), nodes.index(v)] += weight
    np.testing.assert_array_equal(Graph(graph, weight="weight").draw(4, None).toarray(), expected)
    np.testing.assert_array_equal(Graph(graph).draw(4, generator()).toarray() != 0, expected != 0)


def test_what_is_no_graph_is_refused():
    for topology, name in [
        (Graph(np.eye(3)), "graph"),
        (Graph(nx.Graph([(0, 1)])), "graph"),
        (Graph(nx.path_graph(3), weight="missing"), "weight"),
    ]:
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of Graph must be"):
            topology.draw(3, generator())
