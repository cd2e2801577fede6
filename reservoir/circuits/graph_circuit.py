"""Circuits wired by a topology."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reservoir.circuits.circuit import Circuit
from reservoir.circuits.synapses import Connections, Synapses, draw_circuit
from reservoir.estimators import BaseEstimator
from reservoir.parts import Topology, check_part
from reservoir.sizes import check_fits
from reservoir.topologies import Random
from reservoir.topologies.spectrum import as_sparse
from reservoir.validation import Parameters, check_integer, default_parts_first

_PARTS: dict[str, Callable[[], Any]] = {"graph": partial(Random, in_degree=5), "synapses": Synapses}


class GraphCircuit(BaseEstimator):
    """Circuit wired by any topology: who hears whom is drawn as for a rate reservoir, the synapses are drawn besides.

        synapse j -> i   where W_ij is not 0,   W = graph.draw(n_units, rng)

    Of the matrix only the places of its weights count. Their sizes and signs do not: `synapses` draws which units are
    excitatory, whatever the graph, and a synapse has the sign of its sender. A weight of a unit for itself, W_ii, is
    left out, unless `allow_self`. One matrix thus gives one synapse for a pair of units, or none.

    Parameters
    ----------
    n_units : int >= 1, default 135
        Units; some topologies want more than one.
    graph : None or a part of `reservoir.topologies`, default None
        Anything with ``draw(n_units, rng)`` that returns a matrix, row = receiver. None is ``Random(in_degree=5)``,
        about as many synapses as `MaassColumn` has.
    synapses : None or Synapses, default None
        What units and synapses are like. None is ``Synapses()``.
    allow_self : bool, default False
        Whether a unit that hears itself in the graph has a synapse onto itself.

    Raises
    ------
    ValueError
        For a parameter out of range, and for a graph whose matrix is not (n_units, n_units).

    References
    ----------
    Hazan and Manevitz 2012, Topological constraints and robustness in liquid state machines, Expert Systems with
    Applications 39(2):1597-1606, doi:10.1016/j.eswa.2011.06.052, compare such circuits.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import GraphCircuit, Synapses
    >>> from reservoir.topologies import CycleWithJumps
    >>> ring = GraphCircuit(12, graph=CycleWithJumps(jump=4), synapses=Synapses(weight_scale=2.0))
    >>> circuit = ring.draw(np.random.default_rng(0), n_inputs=2)
    >>> len(circuit.recurrent), circuit.recurrent.pre[circuit.recurrent.post == 0].tolist()  # 12 + 2 * 3 in all
    (18, [4, 8, 11])
    """

    def __init__(
        self,
        n_units: int = 135,
        *,
        graph: Topology | None = None,
        synapses: Synapses | None = None,
        allow_self: bool = False,
    ):
        self.n_units = n_units
        self.graph = graph
        self.synapses = synapses
        self.allow_self = allow_self

    def set_params(self, **params: Any) -> GraphCircuit:
        """Set parameters; naming one of a part that is None, ``graph__in_degree``, makes the default part first."""
        return super().set_params(**default_parts_first(self, params, _PARTS))

    def draw(self, rng: np.random.Generator, n_inputs: int = 1) -> Circuit:
        """A circuit with this many input channels."""
        p = Parameters(self)
        n_units = p.integer("n_units", 1)
        check_integer(p.owner, "n_inputs", n_inputs, 0)
        check_fits(p.owner, "n_units", n_units, 24.0 * n_units, "the units")
        synapses = Synapses() if self.synapses is None else self.synapses
        if not isinstance(synapses, Synapses):
            raise p.error("synapses", "None or Synapses")
        return draw_circuit(synapses, n_units, lambda _: self._connect(n_units, rng), rng, n_inputs)

    def _connect(self, n_units: int, rng: np.random.Generator) -> Connections:
        p, graph = Parameters(self), _PARTS["graph"]() if self.graph is None else self.graph
        check_part(p.owner, "graph", graph, Topology, optional=True)
        heard = as_sparse(graph.draw(n_units, rng)).tocoo()
        if heard.shape != (n_units, n_units):
            raise p.error("graph", f"a topology of {n_units} units")
        receivers, senders = (ends.astype(np.int64) for ends in (heard.row, heard.col))
        kept = (receivers != senders) | p.flag("allow_self")
        return senders[kept], receivers[kept]
