"""How the units of one population are connected to those of another."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.circuits.projection import Projection, weight_unit
from reservoir.circuits.synaptic_numbers import OPTIONAL, synaptic_numbers, with_way
from reservoir.distributions import is_distribution
from reservoir.estimators import BaseEstimator
from reservoir.parts import Numbers, Topology, check_part
from reservoir.sizes import check_fits
from reservoir.topologies.drawing import bernoulli_positions, distinct_senders
from reservoir.topologies.spectrum import as_sparse
from reservoir.validation import Parameters

Ends = tuple[np.ndarray, np.ndarray]
_RULES = "probability", "in_degree", "graph"
_BYTES_OF_A_SYNAPSE = 24.0


@dataclass(eq=False, repr=False)
class Connection(BaseEstimator):
    """Synapses from one population to another: who is connected by one rule, and what the synapses are like.

        probability p      every pair of units by itself, P(a -> b) = p
        in_degree k        every unit of the target hears k units of the source, each set alike likely
        "all_to_all"       every pair of units
        "one_to_one"       unit by unit, in two populations of one size
        topology           a synapse j -> i where W_ij is not 0, W = graph.draw(n, rng), in two of size n

    A number of the synapses is one for all, an array with one for each, in the order of senders, then receivers, or a
    frozen distribution of ``scipy.stats``, from which each synapse draws its own.

    Parameters
    ----------
    source : str
        Name of a population, or "inputs", the input channels.
    target : str
        Name of a population.
    probability : float in [0, 1] or None, default None
        One of these three rules is given.
    in_degree : int >= 0 or None, default None
    graph : {"all_to_all", "one_to_one"}, topology or None, default None
    weight : float, array (S,) or distribution
        Amperes, with `reversal` siemens, with the time constant 0 volts. A synapse has the sign of its sender:
        magnitudes, or for an inhibitory population numbers <= 0. Weights of channels keep their signs.
    delay : float >= 0, array (S,) or distribution
        Seconds.
    time_constant : float >= 0, array (S,) or distribution
        Seconds; 0 for delta synapses. The units have one variable for each constant, so that continuous distributions
        are expensive.
    U : float in (0, 1], array (S,), distribution or None, default None
        Utilisation at rest. None, with D and F: static synapses; see `Projection`.
    D, F : float > 0, array (S,), distribution or None, default None
        Seconds of recovery from depression, and of the decay of facilitation.
    reversal : float, array (S,), distribution or None, default None
        Volts, reversal potential of conductances. None: currents.
    rise_time, magnesium, release_probability, dendritic_delay : float, array (S,), distribution or None, default None
        As in `Projection`.
    velocity : float > 0 or None, default None
        Length per second, in the length of the positions: a delay is then `delay` + distance / velocity. None: no
        time on the way.
    allow_self : bool, default False
        Whether a unit may be connected to itself, in a population that is connected to itself; "one_to_one" asks for
        that alone.

    Raises
    ------
    ValueError
        For a parameter out of range, more rules than one, drawn numbers out of range, and populations of other sizes
        than a graph can connect.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from reservoir.circuits import Connection
    >>> lateral = Connection("E", "I", in_degree=3, weight=1e-9, delay=uniform(1e-3, 2e-3), time_constant=5e-3)
    >>> projection = lateral.connect(np.arange(10), np.arange(10, 14), np.random.default_rng(0))
    >>> projection, bool((projection.delay >= 1e-3).all())
    (Projection(12 static synapses), True)
    """

    source: str
    target: str
    _: KW_ONLY
    probability: float | None = None
    in_degree: int | None = None
    graph: str | Topology | None = None
    weight: float | Numbers
    delay: float | Numbers
    time_constant: float | Numbers
    U: float | Numbers | None = None
    D: float | Numbers | None = None
    F: float | Numbers | None = None
    reversal: float | Numbers | None = None
    rise_time: float | Numbers | None = None
    magnesium: float | Numbers | None = None
    release_probability: float | Numbers | None = None
    dendritic_delay: float | Numbers | None = None
    velocity: float | None = None
    allow_self: bool = False

    def connect(
        self,
        sources: np.ndarray,
        targets: np.ndarray,
        rng: np.random.Generator,
        *,
        excitatory: np.ndarray | None = None,
        positions: np.ndarray | None = None,
    ) -> Projection:
        """Synapses from units or channels `sources` to units `targets`, by their numbers.

        Parameters
        ----------
        sources, targets : integers (n_sources,), (n_targets,)
        rng : numpy.random.Generator
        excitatory : bool array (n_units,) or None, default None
            Which units are; None where the sources are channels, whose synapses keep their signs.
        positions : array (n_units, 3) or None, default None
            Where units are, for `velocity`.

        Returns
        -------
        Projection
        """
        p = Parameters(self)
        units = excitatory is not None
        senders, receivers = self._ends(sources, targets, units and not p.flag("allow_self"), rng)
        order = np.lexsort((receivers, senders))
        pre, post = sources[senders[order]], targets[receivers[order]]
        unit = weight_unit(self.reversal, self.time_constant)
        weight = synaptic_numbers(p.owner, "weight", self.weight, len(pre), rng, unit)
        if excitatory is not None:
            weight = self._signed(weight, excitatory[pre])

        def numbers(name: str) -> np.ndarray:
            return synaptic_numbers(p.owner, name, getattr(self, name), len(pre), rng)

        places = (None, None) if positions is None or not units else (positions[pre], positions[post])
        delay = with_way(p.owner, numbers("delay"), self.velocity, *places)
        more = {name: numbers(name) for name in OPTIONAL if getattr(self, name) is not None}
        return Projection(pre, post, weight, delay, numbers("time_constant"), **more)

    def _ends(self, sources: np.ndarray, targets: np.ndarray, apart: bool, rng: np.random.Generator) -> Ends:
        """Places of senders and receivers (n_synapses,) among the sources and the targets."""
        p, n_sources, n_targets = Parameters(self), len(sources), len(targets)
        given = [name for name in _RULES if getattr(self, name) is not None]
        if len(given) != 1:
            raise p.error(given[1] if given else _RULES[0], f"one of {', '.join(_RULES)}, and the others None")
        if self.graph is not None and not (isinstance(self.graph, str) and self.graph == "all_to_all"):
            senders, receivers = self._graph(n_sources, n_targets, rng)
            apart = apart and not isinstance(self.graph, str)
        elif self.in_degree is not None:
            senders, receivers = self._fixed(sources, targets, apart, rng)
        else:
            share = 1.0 if self.graph is not None else p.real("probability", 0, 1)
            n_bytes = _BYTES_OF_A_SYNAPSE * share * n_sources * n_targets
            check_fits(p.owner, "probability", self.probability, n_bytes, "the synapses")
            senders, receivers = np.divmod(bernoulli_positions(n_sources * n_targets, share, rng), max(1, n_targets))
        kept = sources[senders] != targets[receivers] if apart else np.ones(len(senders), dtype=bool)
        return senders[kept], receivers[kept]

    def _graph(self, n_sources: int, n_targets: int, rng: np.random.Generator) -> Ends:
        p, graph = Parameters(self), self.graph
        if isinstance(graph, str):
            p.choice("graph", ("all_to_all", "one_to_one"))
        else:
            check_part(p.owner, "graph", graph, Topology)
        if n_sources != n_targets:
            wanted = f"one that connects {n_sources} with {n_targets}: only two of one size are connected so"
            raise p.error("graph", wanted)
        if isinstance(graph, str) or graph is None:
            return (np.arange(n_sources),) * 2
        heard = as_sparse(graph.draw(n_sources, rng)).tocoo()
        if heard.shape != (n_sources, n_sources):
            raise p.error("graph", f"a topology of {n_sources} units")
        return heard.col.astype(np.int64), heard.row.astype(np.int64)

    def _fixed(self, sources: np.ndarray, targets: np.ndarray, apart: bool, rng: np.random.Generator) -> Ends:
        """The same number of senders for every receiver, which is not among them if they are to be apart."""
        p, n_sources = Parameters(self), len(sources)
        own = np.full(len(targets), n_sources)
        if apart:
            found = np.searchsorted(sources, targets)
            inside = (found < n_sources) & (sources[np.minimum(found, n_sources - 1)] == targets)
            own = np.where(inside, found, n_sources)
        k = p.integer("in_degree", 0, n_sources - bool((own < n_sources).any()))
        check_fits(p.owner, "in_degree", k, _BYTES_OF_A_SYNAPSE * k * len(targets), "the synapses")
        senders = np.empty((len(targets), k), dtype=np.int64)
        for alone in (False, True):
            rows = np.flatnonzero((own < n_sources) == alone)
            if rows.size:
                senders[rows] = distinct_senders(n_sources - alone, k, rng, len(rows))
        senders += senders >= own[:, None]
        return senders.ravel(), np.repeat(np.arange(len(targets)), k)

    def _signed(self, weight: np.ndarray, excitatory: np.ndarray) -> np.ndarray:
        """Weights with the signs of their senders."""
        if ((weight > 0).any() and (weight < 0).any()) or (weight[excitatory] < 0).any():
            wanted = "magnitudes, whose signs are those of the senders, or numbers <= 0 for inhibitory units"
            kind = "a distribution of " if is_distribution(self.weight) else ""
            raise Parameters(self).error("weight", kind + wanted)
        return np.where(excitatory, 1.0, -1.0) * np.abs(weight)
