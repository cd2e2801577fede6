"""A networkx graph as a topology."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.parts import check_part
from reservoir.topologies.drawing import random_weights, rows_of
from reservoir.validation import Parameters


class NetworkxGraph(Protocol):
    """What is read of a graph."""

    @property
    def nodes(self) -> Any: ...

    @property
    def edges(self) -> Any: ...

    def is_directed(self) -> bool: ...


@dataclass(eq=False, repr=False)
class Graph(BaseEstimator):
    """The connections of a given networkx graph: an edge from u to v means that v hears u.

        W_vu = weight of the edge (u, v), or w ~ distribution

    Units stand in the order of ``graph.nodes``. An undirected edge is heard both ways, with weights of their own where
    they are drawn. Parallel edges add. The radius is computed by `spectral_radius`.

    Parameters
    ----------
    graph : networkx graph of any kind, with as many nodes as the reservoir has units
        Only its methods are used; networkx itself is not imported.
    weight : None or str, default None
        Name of the edge attribute that holds the weight. None draws the weights. An `EchoState` scales either to its
        `spectral_radius`, unless that is None.
    distribution : {"uniform", "normal", "signs"}, default "uniform"
        Of weights that are drawn: U[-1, 1), N(0, 1), or 1 and -1, alike often.

    Raises
    ------
    ValueError
        For an object that is no graph, a wrong number of nodes, and an edge without a finite weight of this name.

    Examples
    --------
    >>> import networkx as nx
    >>> from reservoir.topologies import Graph
    >>> graph = nx.DiGraph()
    >>> graph.add_edge("a", "b", strength=0.5)
    >>> Graph(graph, weight="strength").draw(2, rng=None).toarray()
    array([[0. , 0. ],
           [0.5, 0. ]])
    """

    graph: NetworkxGraph
    weight: str | None = None
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator | None) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver. `rng` may be None where the weights are given."""
        p = Parameters(self)
        if self.weight is not None and not isinstance(self.weight, str):
            raise p.error("weight", "None or the name of an edge attribute")
        check_part(p.owner, "graph", self.graph, NetworkxGraph)
        places = {node: i for i, node in enumerate(self.graph.nodes)}
        if len(places) != n_units:
            raise p.error("graph", f"a graph of {n_units} nodes, one per unit")
        edges = list(self.graph.edges(data=self.weight if self.weight is not None else True))
        senders = np.array([places[u] for u, _, _ in edges], dtype=np.int32)
        receivers = np.array([places[v] for _, v, _ in edges], dtype=np.int32)
        given = None if self.weight is None else self._weights([weight for _, _, weight in edges])
        if not self.graph.is_directed():
            back = senders != receivers  # a loop is heard once
            ends = (receivers, senders)
            receivers, senders = np.append(receivers, ends[1][back]), np.append(senders, ends[0][back])
            given = None if given is None else np.append(given, given[back])
        if given is None:
            if rng is None:
                raise p.error("weight", "the name of an edge attribute where rng is None")
            given = random_weights(self, len(senders), rng)
        return rows_of(receivers, senders, given, n_units)

    def _weights(self, values: list[Any]) -> np.ndarray:
        try:
            weights = np.array(values, dtype=np.float64)
        except (TypeError, ValueError):
            weights = np.full(len(values), np.nan)
        if not np.isfinite(weights).all() or None in values:
            raise Parameters(self).error("weight", "None or an edge attribute, a number on every edge")
        return weights
