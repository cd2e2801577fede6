"""Topologies, found by walking the exports, and how their tests make and read them."""

import inspect

import networkx as nx
import numpy as np

from reservoir import topologies
from reservoir.topologies import Graph

FAMILIES = [part for part in vars(topologies).values() if inspect.isclass(part) and hasattr(part, "draw")]


def make(family, n_units):
    """A topology of the family for this many units."""
    return Graph(nx.gnp_random_graph(n_units, 0.3, seed=1, directed=True)) if family is Graph else family()


def generator(seed=0):
    return np.random.default_rng(seed)


def dense(matrix):
    """A drawn matrix as an array."""
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix
