"""Spiking wiring as plain arrays: units, their projections, and what comes from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits.array_record import ArrayRecord, flags_of, n_entries, sealed
from reservoir.circuits.conversion import from_matrix, from_networkx, from_synapses
from reservoir.circuits.joining import joined
from reservoir.circuits.projection import Projection, check_course, weight_unit
from reservoir.circuits.synaptic_numbers import BOUNDS
from reservoir.circuits.time_course import is_delta, seconds_of
from reservoir.validation import Parameters, parameter_error, real_array, without_unit

_ALWAYS = "recurrent", "inputs"


@dataclass(frozen=True, eq=False, repr=False)
class PoissonBackground(ArrayRecord):
    """What N units hear from outside the circuit: a Poisson train each, and a constant current.

    In each step of dt seconds, when spikes are delivered, unit i gets what n_i spikes at once of a synapse of this
    weight give it, as those of `Projection` do:

        n_i weight_i,   n_i ~ Poisson(rate_i dt)

    drawn for every trial, unit and step, so that the input of K independent sources of one weight is one train of K
    times their rate, thousands of hertz. The arrays are read-only copies; but for `rate`, a scalar is one value for all
    units. Numba and Brian2 hear the same counts, the inverse of their distribution at the uniform numbers of
    `reservoir.random_numbers`.

    Parameters
    ----------
    rate : float array (N,) >= 0
        Hertz.
    weight : float array (N,) or float
        Amperes at the peak of the current of one spike, with sign; siemens >= 0 with `reversal`; volts, by which the
        voltage jumps, with the `time_constant` 0.
    time_constant : float array (N,) or float >= 0
        Seconds in which the current of one spike decays to 1/e. 0, for all units: a spike is a jump of the voltage.
    current : float array (N,) or float, default 0.0
        Constant current, amperes.
    reversal : float array (N,) or float, or None, default None
        Volts at which the current of a conductance is 0. None: spikes are currents.
    rise_time : float array (N,) or float > 0, or None, default None
        Seconds of the rise, at most `time_constant`. None: currents jump.
    magnesium : float array (N,) or float >= 0, or None, default None
        Outside the cells, millimolar, as in `Projection`. None: no voltage blocks a conductance.

    Raises
    ------
    ValueError
        For arrays of different lengths, values that are not finite or out of range, and numbers of conductances given
        for others.

    Examples
    --------
    >>> from reservoir.circuits import PoissonBackground
    >>> background = PoissonBackground(rate=[8000.0, 16000.0], weight=9e-11, time_constant=5e-4)
    >>> len(background), background.mean.round(11).tolist()
    (2, [3.6e-10, 7.2e-10])
    """

    rate: np.ndarray
    weight: np.ndarray
    time_constant: np.ndarray
    current: np.ndarray = 0.0  # type: ignore[assignment]
    reversal: np.ndarray | None = None
    rise_time: np.ndarray | None = None
    magnesium: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = n_entries(self.rate)
        self._read_numbers("rate", size, 0, unit="hertz")
        unit = weight_unit(self.reversal, self.time_constant)
        self._read_numbers("weight", size, *([] if self.reversal is None else [0]), unit=unit)
        for name in ("time_constant", "reversal", "rise_time", "magnesium"):
            if getattr(self, name) is not None:
                low, high, above, known = BOUNDS[name]
                self._read_numbers(name, size, low, high, above=above, unit=known)
        self._read_numbers("current", size, unit="amp")
        check_course(self)

    def __len__(self) -> int:
        return len(self.rate)

    def __repr__(self) -> str:
        return f"PoissonBackground({len(self)} units)"

    @property
    def mean(self) -> np.ndarray:
        """Mean current (N,) of each unit, amperes; where spikes are none, siemens, or volts a second, without it."""
        if is_delta(self.time_constant):
            return self.rate * self.weight
        mean = self.rate * self.weight * seconds_of(self.time_constant, self.rise_time)
        return mean + self.current if self.reversal is None else mean


class Pathway(NamedTuple):
    """One projection of a circuit: its name, where its spikes come from, and its synapses."""

    name: str
    source: str  # "units" or "inputs"
    projection: Projection


@dataclass(frozen=True, eq=False, repr=False)
class Circuit(ArrayRecord):
    """Units, the synapses between them and those of the input.

    The arrays are read-only copies. Where a generator of circuits is asked for, a circuit stands for itself: `draw`
    returns it.

    Who is inhibitory is a property of the unit. A synapse of weight 0, which may learn, and any conductance, whose sign
    says nothing else, is of the kind of its sender, and its weight gets that sign; -0.0 stands for an inhibitory one at
    0. A current keeps the sign that it is given: where it contradicts `excitatory`, in a circuit without Dale's law,
    the sign tells what the synapse does, and which rules of plasticity act on it. Channels have no kind: of their
    synapses, the sign always tells.

    Parameters
    ----------
    excitatory : bool array (N,)
        Which units are excitatory; the neuron may use it, e.g. for refractory times by kind.
    recurrent : Projection
        Synapses between units.
    inputs : Projection
        Synapses from input channels (`pre`) to units.
    n_inputs : int >= 0
        Input channels; some may reach no unit.
    positions : float array (N, 3) or None, default None
        Places of the units, in grid steps or any other unit of length.
    dead : bool array (N,) or None, default None
        Units that never spike, whatever they hear. None: none.
    spontaneous_rate : float array (N,) or float >= 0, or None, default None
        Hertz. A unit with a rate above 0 fires as a Poisson process of this rate and does not listen; 0, and None for
        all, leaves a unit its own dynamics. `dead` wins.
    background : PoissonBackground of N units or None, default None
        What each unit hears besides its synapses. None: nothing.
    populations : dict of bool arrays (N,) by name, or None, default None
        Which units belong to each; they may overlap. "E" and "I", the excitatory and the inhibitory units, are always
        known, see `population`. Names are identifiers without "__".
    projections : dict of Projection by name, or None, default None
        More synapses between units, each projection of a kind of its own, see `Projection`: they mix in one circuit.
    input_projections : dict of Projection by name, or None, default None
        The same from input channels. Each name is a `pathways` of its own, by which synapses learn.

    Raises
    ------
    ValueError
        For wrong shapes, for synapses whose units or channels do not exist, and for names that stand twice.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import Circuit, Projection
    >>> ring = Projection(pre=[0, 1, 2], post=[1, 2, 0], weight=3e-8, delay=1e-3, time_constant=3e-3)
    >>> inputs = Projection(pre=0, post=[0], weight=1.8e-8, delay=0.0, time_constant=3e-3)
    >>> circuit = Circuit(np.ones(3, dtype=bool), ring, inputs, n_inputs=1)
    >>> circuit.n_units, circuit.draw(np.random.default_rng(0)) is circuit
    (3, True)
    >>> slow = Projection(pre=[2], post=[0], weight=1e-9, delay=1e-3, time_constant=0.1, reversal=0.0)
    >>> more = Circuit(np.array([True, False, True]), ring, inputs, 1, projections={"slow": slow})
    >>> [pathway.name for pathway in more.pathways()], more.population("I").tolist()
    (['recurrent', 'inputs', 'slow'], [False, True, False])
    """

    excitatory: np.ndarray
    recurrent: Projection
    inputs: Projection
    n_inputs: int
    positions: np.ndarray | None = None
    dead: np.ndarray | None = None
    spontaneous_rate: np.ndarray | None = None
    background: PoissonBackground | None = None
    populations: Mapping[str, np.ndarray] = None  # type: ignore[assignment]
    projections: Mapping[str, Projection] = None  # type: ignore[assignment]
    input_projections: Mapping[str, Projection] = None  # type: ignore[assignment]

    from_matrix = classmethod(from_matrix)
    from_networkx = classmethod(from_networkx)
    from_synapses = classmethod(from_synapses)
    joined = classmethod(joined)

    def __post_init__(self) -> None:
        size = n_entries(self.excitatory)
        self._store(n_inputs=Parameters(self).integer("n_inputs", 0))
        self._read_flags("excitatory", size)
        self._store(recurrent=self._read_projection("recurrent", self.recurrent, size))
        self._store(inputs=self._read_projection("inputs", self.inputs, self.n_inputs))
        for name, n_sources in (("projections", size), ("input_projections", self.n_inputs)):
            given = self._read_named(name).items()
            self._store(**{name: {key: self._read_projection(name, part, n_sources) for key, part in given}})
        names = [*_ALWAYS, *self.projections, *self.input_projections]
        if len(set(names)) < len(names):
            field = (
                "input_projections" if set(self.input_projections) & {*_ALWAYS, *self.projections} else "projections"
            )
            raise self._refuse(field, f"a dict with other names than {', '.join(names)}")
        self._read_populations(size)
        if self.positions is not None:
            self._read_positions(size)
        if self.dead is not None:
            self._read_flags("dead", size)
        if self.spontaneous_rate is not None:
            self._read_numbers("spontaneous_rate", size, 0, unit="hertz")
        background = self.background
        if background is not None and (not isinstance(background, PoissonBackground) or len(background) != size):
            raise self._refuse("background", f"None or a PoissonBackground of {size} units")

    def __repr__(self) -> str:
        n_synapses = len(self.recurrent) + sum(map(len, self.projections.values()))
        more = f" in {', '.join(self.projections)}" if self.projections else ""
        return f"Circuit({self.n_units} units, {n_synapses} synapses{more}, {self.n_inputs} inputs)"

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.excitatory)

    def pathways(self) -> list[Pathway]:
        """All projections, "recurrent" and "inputs" first: name, source, "units" or "inputs", and synapses of each."""
        return [
            Pathway("recurrent", "units", self.recurrent),
            Pathway("inputs", "inputs", self.inputs),
            *(Pathway(name, "units", part) for name, part in self.projections.items()),
            *(Pathway(name, "inputs", part) for name, part in self.input_projections.items()),
        ]

    def projection(self, name: str) -> Projection:
        """The projection of this name; ValueError where there is none."""
        found = {pathway.name: pathway.projection for pathway in self.pathways()}
        if not isinstance(name, str) or name not in found:
            raise parameter_error(f"{type(self).__name__}.projection", "name", f"one of {', '.join(found)}", name)
        return found[name]

    def population(self, name: str) -> np.ndarray:
        """Which units (N,) belong to a population; "E" and "I" are the excitatory and the inhibitory ones."""
        found = {"E": self.excitatory, "I": ~self.excitatory, **self.populations}
        if not isinstance(name, str) or name not in found:
            raise parameter_error(f"{type(self).__name__}.population", "name", f"one of {', '.join(found)}", name)
        return found[name]

    def replaced(self, name: str, projection: Projection) -> Circuit:
        """A copy with another projection in the place of the one of this name."""
        self.projection(name)
        changed: dict[str, Any] = {name: projection}
        for field in ("projections", "input_projections"):
            if name in getattr(self, field):
                changed = {field: {**getattr(self, field), name: projection}}
        return replace(self, **changed)

    def draw(self, rng: np.random.Generator | None = None, n_inputs: int = 1) -> Circuit:
        """This circuit itself; nothing is drawn. ValueError if it has another number of input channels."""
        if n_inputs != self.n_inputs:
            requirement = f"{self.n_inputs}, as in the given circuit"
            raise parameter_error(type(self).__name__, "n_inputs", requirement, n_inputs)
        return self

    def _read_positions(self, size: int) -> None:
        array = real_array(without_unit(type(self).__name__, "positions", self.positions, "metre"))
        if array is None or array.shape != (size, 3) or not np.isfinite(array).all():
            raise self._refuse("positions", f"a finite real array of shape ({size}, 3)")
        self._store(positions=array)

    def _read_populations(self, size: int) -> None:
        read = {name: flags_of(units, size) for name, units in self._read_named("populations").items()}
        known = {"E": self.excitatory, "I": ~self.excitatory}
        found = {name: units for name, units in read.items() if units is not None}
        if len(found) < len(read):
            raise self._refuse("populations", f"a dict of booleans of shape ({size},)")
        if not all(np.array_equal(found[name], known[name]) for name in known.keys() & found.keys()):
            raise self._refuse("populations", "a dict whose 'E' and 'I', if any, are those of `excitatory`")
        self._store(populations=found)

    def _read_projection(self, name: str, projection: Projection, n_sources: int) -> Projection:
        """The projection, with the signs of its senders where it has none of its own."""
        if not isinstance(projection, Projection):
            raise self._refuse(name, "a Projection" if name in _ALWAYS else "a dict of Projection")
        for end, limit in (("pre", n_sources), ("post", self.n_units)):
            indices = getattr(projection, end)
            if len(indices) and indices.max() >= limit:
                requirement = f"a Projection with `{end}` in [0, {limit})"
                raise parameter_error(type(self).__name__, name, requirement, int(indices.max()))
        return projection if name.startswith("input") else _of_its_senders(projection, self.excitatory)


def _of_its_senders(projection: Projection, excitatory: np.ndarray) -> Projection:
    """The projection with the signs of its senders at synapses of weight 0, and at all conductances."""
    weight = projection.weight
    free = np.flatnonzero(weight == 0) if projection.reversal is None else np.arange(len(weight))
    inhibits = ~excitatory[projection.pre[free]]
    wrong = free[inhibits != np.signbit(weight[free])]
    if not wrong.size:
        return projection
    signed = weight.copy()
    signed[wrong] *= -1
    return replace(projection, weight=sealed(signed))
