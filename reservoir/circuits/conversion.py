"""Circuits made from matrices, from synapses of Brian2, from graphs, and from other circuits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from reservoir.circuits.projection import Projection, weight_unit
from reservoir.circuits.synaptic_numbers import BOUNDS
from reservoir.parts import Matrix, Numbers
from reservoir.quantities import is_quantity
from reservoir.validation import parameter_error, real_array, without_unit

if TYPE_CHECKING:
    from reservoir.circuits.circuit import Circuit


def from_matrix(
    cls: type[Circuit],
    W: Matrix | Numbers,
    delays: float | Numbers = 0.0,
    *,
    time_constant: float | Numbers,
    excitatory: np.ndarray | None = None,
    inputs: Projection | None = None,
    n_inputs: int | None = None,
    **numbers: float | Numbers,
) -> Circuit:
    """A circuit with a synapse for each weight that is not 0, and for each 0 that a sparse matrix stores.

    Parameters
    ----------
    W : array or sparse matrix (n_units, n_units)
        Weights in the unit of those of `Projection`, row = receiver: W[i, j] is that of the synapse from j to i.
    delays : float >= 0 or array (n_units, n_units), default 0.0
        Seconds; of a matrix the places of the weights count.
    time_constant : float >= 0 or array (n_units, n_units)
        Seconds; 0 for delta synapses.
    excitatory : bool array (n_units,) or None, default None
        None: units none of whose weights is below 0. Given where units send both signs, and for conductances, whose
        signs say nothing.
    inputs : Projection or None, default None
        Synapses from input channels. None: no input.
    n_inputs : int or None, default None
        Input channels. None: as many as `inputs` has.
    **numbers : U, D, F, reversal, rise_time, magnesium, release_probability, dendritic_delay
        As in `Projection`, each a number or an array (n_units, n_units).

    Returns
    -------
    Circuit

    Examples
    --------
    >>> from reservoir.circuits import Circuit
    >>> circuit = Circuit.from_matrix([[0, -2e-9], [1e-9, 0]], delays=1e-3, time_constant=5e-3)
    >>> circuit.excitatory.tolist(), circuit.recurrent.pre.tolist(), circuit.recurrent.post.tolist()
    ([True, False], [0, 1], [1, 0])
    """
    owner = f"{cls.__name__}.from_matrix"
    unit = weight_unit(numbers.get("reversal"), time_constant)
    pre, post, weight, n_units = _entries(owner, without_unit(owner, "W", W, unit))
    named: dict[str, Any] = {"delays": delays, "time_constant": time_constant, **numbers}
    read = {name: _at(owner, name, value, pre, post, n_units) for name, value in named.items()}
    recurrent = Projection(pre, post, weight, read.pop("delays"), **read)
    kinds = _kinds(owner, n_units, [recurrent]) if excitatory is None else excitatory
    channels = Projection(*_NOTHING) if inputs is None else inputs
    return cls(kinds, recurrent, channels, _n_channels([channels]) if n_inputs is None else n_inputs)


def from_networkx(
    cls: type[Circuit],
    graph: Any,
    *,
    time_constant: float | str,
    weight: float | str = "weight",
    delay: float | str = "delay",
    excitatory: str | np.ndarray | None = None,
    **numbers: float | str,
) -> Circuit:
    """A circuit with a synapse for each edge of a graph of networkx, from its first node to the second.

    Units are the nodes, in their order; an edge without a direction is a synapse each way. The circuit has no input.

    Parameters
    ----------
    graph : Graph, DiGraph, MultiGraph or MultiDiGraph of networkx
    time_constant, weight, delay : float or str
        The number of all synapses, or the name of an attribute that every edge has: seconds, the unit of the weights
        of `Projection`, seconds.
    excitatory : str, bool array (n_units,) or None, default None
        Name of an attribute of the nodes, or the array. None: as in `from_matrix`.
    **numbers : U, D, F, reversal, rise_time, magnesium, release_probability, dendritic_delay
        As in `Projection`, each a number or the name of an attribute.

    Returns
    -------
    Circuit

    Examples
    --------
    >>> import networkx
    >>> from reservoir.circuits import Circuit
    >>> ring = networkx.cycle_graph(4, create_using=networkx.DiGraph)
    >>> Circuit.from_networkx(ring, weight=1e-9, delay=1e-3, time_constant=5e-3).recurrent.post.tolist()
    [1, 2, 3, 0]
    """
    owner, places = f"{cls.__name__}.from_networkx", {node: place for place, node in enumerate(graph.nodes)}
    edges = [(places[one], places[other], found) for one, other, found in graph.edges(data=True)]
    if not graph.is_directed():
        edges += [(other, one, found) for one, other, found in edges if one != other]
    read: dict[str, Any] = {"time_constant": time_constant, "weight": weight, "delay": delay, **numbers}
    for name, value in read.items():
        if isinstance(value, str):
            read[name] = np.array([found.get(value, np.nan) for *_, found in edges], dtype=np.float64)
            if np.isnan(read[name]).any():
                raise parameter_error(owner, name, "a number, or an attribute that every edge has", value)
    pre, post = (np.array([edge[end] for edge in edges], dtype=np.int64) for end in (0, 1))
    recurrent = Projection(pre, post, **read)
    kinds: Any = excitatory
    if isinstance(excitatory, str):
        found = [graph.nodes[node].get(excitatory) for node in graph.nodes]
        if not all(isinstance(one, bool | np.bool_) for one in found):
            raise parameter_error(owner, "excitatory", "None, or an attribute of every node, True or False", excitatory)
        kinds = np.array(found, dtype=bool)
    kinds = _kinds(owner, len(places), [recurrent]) if kinds is None else kinds
    return cls(kinds, recurrent, Projection(*_NOTHING), 0)


def from_synapses(
    cls: type[Circuit],
    synapses: Any,
    *,
    time_constant: Any,
    weight: Any = "w",
    delay: Any = None,
    excitatory: np.ndarray | None = None,
    inputs: Iterable[str] = (),
    **numbers: Any,
) -> Circuit:
    """A circuit with the synapses of a network of Brian2: their two ends, weights and delays, as they stand.

    The units of all groups stand one group after the other, in the order in which the synapses name them, and each
    group is a population by its name; parts of a group are units of the whole. Nothing is read of what the text of
    the synapses does.

    Parameters
    ----------
    synapses : Synapses of Brian2, connected, or dict of them by name
        One alone is "recurrent"; each of several is a projection by its name.
    time_constant : float >= 0, array (S,), str or dict of these by projection
        Seconds, or the name of a variable of the synapses. 0, where a spike moves the voltage itself, ``v_post += w``.
    weight : float, array (S,), str or dict of these, default "w"
        In the unit of the weights of `Projection`, or the name of a variable in it.
    delay : float, array (S,), str, dict of these or None, default None
        Seconds. None: the delay of the synapses.
    excitatory : bool array (n_units,) or None, default None
        None: as in `from_matrix`.
    inputs : names, default ()
        Projections whose sources are input channels and no units.
    **numbers : U, D, F, reversal, rise_time, magnesium, release_probability, dendritic_delay
        As in `Projection`, each as `weight`.

    Returns
    -------
    Circuit

    Raises
    ------
    ValueError
        For variables without a unit, or with another one, such as the volts of a current: divide these by the
        resistance.

    Examples
    --------
    >>> from types import SimpleNamespace  # stands for a group and its Synapses
    >>> from reservoir.circuits import Circuit
    >>> cells = SimpleNamespace(name="cells", N=3)
    >>> ring = SimpleNamespace(source=cells, target=cells, i=[0, 1, 2], j=[1, 2, 0], delay=1e-3)
    >>> Circuit.from_synapses(ring, weight=1e-9, time_constant=5e-3)
    Circuit(3 units, 3 synapses, 0 inputs)
    """
    owner, channels = f"{cls.__name__}.from_synapses", set(inputs)
    named = dict(synapses) if isinstance(synapses, Mapping) else {"recurrent": synapses}
    units, sources = _Groups(), _Groups()
    for name, one in named.items():
        (sources if name in channels else units).add(one.source)
        units.add(one.target)
    given = {"time_constant": time_constant, "weight": weight, "delay": delay, **numbers}
    found: dict[bool, dict[str, Projection]] = {False: {}, True: {}}
    for name, one in named.items():
        pre = np.asarray(one.i[:], dtype=np.int64) + (sources if name in channels else units).first(one.source)
        post = np.asarray(one.j[:], dtype=np.int64) + units.first(one.target)
        values = {key: value.get(name) if isinstance(value, Mapping) else value for key, value in given.items()}
        values["delay"] = one.delay if values["delay"] is None else values["delay"]
        read = {key: _variable(owner, key, one, value) for key, value in values.items() if value is not None}
        found[name in channels][name] = Projection(pre, post, **read)
    between, outside = found[False], found[True]
    kinds = _kinds(owner, units.size, list(between.values())) if excitatory is None else excitatory
    nothing = Projection(*_NOTHING)
    return cls(
        kinds, between.pop("recurrent", nothing), outside.pop("inputs", nothing), sources.size,
        populations=units.masks(), projections=between, input_projections=outside,
    )  # fmt: skip


class _Groups:
    """Groups of Brian2, one after the other."""

    def __init__(self) -> None:
        self.firsts: dict[str, tuple[int, int]] = {}
        self.size = 0

    def add(self, group: Any) -> None:
        """Find room for a group, or for the whole of which it is a part."""
        whole = _whole(group)
        if whole.name not in self.firsts:
            self.firsts[whole.name] = self.size, int(whole.N)
            self.size += int(whole.N)

    def first(self, group: Any) -> int:
        """The number of its first unit."""
        return self.firsts[_whole(group).name][0] + (int(group.start) if _whole(group) is not group else 0)

    def masks(self) -> dict[str, np.ndarray]:
        """Which units each group has."""
        numbers = np.arange(self.size)
        return {name: (numbers >= first) & (numbers < first + size) for name, (first, size) in self.firsts.items()}


def _whole(group: Any) -> Any:
    """The group that a part of one belongs to."""
    return group.source if hasattr(group, "source") else group


def _variable(owner: str, name: str, synapses: Any, value: Any) -> Any:
    """Numbers as they are, or the variable of the synapses with this name, which must have a unit where one is due."""
    if not isinstance(value, str):
        return value
    if not hasattr(synapses, value):
        raise parameter_error(owner, name, "numbers, or the name of a variable of the synapses", value)
    found = getattr(synapses, value)[:]
    if (name == "weight" or BOUNDS[name][3] is not None) and not is_quantity(found):
        raise parameter_error(owner, name, "numbers, or the name of a variable with a unit", value)
    return found


_NOTHING = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0)


def _entries(owner: str, W: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Senders, receivers and weights (n_synapses,) of a square matrix, in the order of senders, and its size."""
    if hasattr(W, "tocsr"):
        table = W.tocoo() if hasattr(W, "tocoo") else W.tocsr().tocoo()
        shape, post, pre, weight = table.shape, table.row, table.col, table.data
    else:
        numbers = real_array(W)
        shape = (0, 0) if numbers is None else numbers.shape
        post, pre = np.nonzero(numbers) if numbers is not None and len(shape) == 2 else (np.zeros(0, int),) * 2
        weight = np.zeros(0) if numbers is None or len(shape) != 2 else numbers[post, pre]
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        raise parameter_error(owner, "W", "a real matrix (n_units, n_units)", W)
    order = np.lexsort((post, pre))
    return pre[order].astype(np.int64), post[order].astype(np.int64), weight[order], int(shape[0])


def _at(owner: str, name: str, value: Any, pre: np.ndarray, post: np.ndarray, n_units: int) -> Any:
    """One number for all synapses, or those of a matrix at the places of the weights."""
    if hasattr(value, "tocsr") and value.shape == (n_units, n_units):
        return np.asarray(value.tocsr()[post, pre], dtype=np.float64).reshape(-1)
    numbers = real_array(without_unit(owner, name, value, BOUNDS["delay" if name == "delays" else name][3]))
    if numbers is None or numbers.shape not in ((), (n_units, n_units)):
        raise parameter_error(owner, name, f"a number or an array ({n_units}, {n_units})", value)
    return numbers if numbers.ndim == 0 else numbers[post, pre]


def _n_channels(projections: list[Projection]) -> int:
    return 1 + max((int(part.pre.max(initial=-1)) for part in projections), default=-1)


def _kinds(owner: str, n_units: int, projections: list[Projection]) -> np.ndarray:
    """Which units are excitatory: those that send no weight below 0; ValueError where a unit sends both signs."""
    signs = np.zeros((2, n_units), dtype=bool)
    if any(part.reversal is not None for part in projections):
        raise parameter_error(owner, "excitatory", "given with conductances, whose signs tell nothing", None)
    for part in projections:
        signs[0, part.pre[part.weight > 0]] = True
        signs[1, part.pre[part.weight < 0]] = True
    both = np.flatnonzero(signs.all(axis=0))
    if both.size:
        wanted = f"given where units send weights of both signs, as unit {both[0]} does"
        raise parameter_error(owner, "excitatory", wanted, None)
    return ~signs[1]
