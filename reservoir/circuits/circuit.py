"""Spiking wiring as plain arrays: projections of synapses, what comes from outside, and the circuit they form."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from reservoir.validation import check_integer, parameter_error, real_array, without_unit


@dataclass(frozen=True, eq=False, repr=False)
class _Record:
    """Arrays that never change: pickled and copied through the constructor, so that copies are read-only as well."""

    def __reduce__(self) -> tuple:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def equals(self, other: Any) -> bool:
        """True if `other` is of the same type and holds the same values, bit for bit."""
        if type(other) is not type(self):
            return False
        return all(_same(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))

    def _store(self, **values: Any) -> None:
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False, repr=False)
class Projection(_Record):
    """S synapses: each array has one entry per synapse.

    A spike of `pre` reaches `post` after the delay and adds A to its current of that time constant:

        A = weight,   or   A = weight u R   for dynamic synapses

    where u and R, both in (0, 1], are the utilisation and the share of recovered resources at this spike. With
    `time` since the last one, u <- U + u (1 - U) exp(-time / F) and R <- 1 + (R - u R - 1) exp(-time / D), the latter
    with the old u; the first spike finds u = U and R = 1. With `reversal` E the synapses are conductances: the spike
    adds ``|A|`` to a conductance G of the receiver, whose current in a step is G (E - v), with G and the voltage v
    as they are when the step begins: exact to the first order of the step dt, and stable while G dt stays well below
    the capacitance. The arrays are read-only copies; a scalar is one value for all synapses. The order of synapses is
    kept; two units may share several.

    Parameters
    ----------
    pre : integers (S,) >= 0
        Sending units, or input channels.
    post : integers (S,) >= 0
        Receiving units.
    weight : float array (S,) or float
        Amperes at the peak of the current, with sign; for dynamic synapses the largest possible peak. Siemens with
        `reversal`, where the sign only tells inhibitory synapses (below 0) from excitatory ones.
    delay : float array (S,) or float >= 0
        Seconds.
    time_constant : float array (S,) or float > 0
        Seconds in which the current of one spike decays to 1/e.
    U : float array (S,) or float in (0, 1], or None
        Utilisation at rest. None, with D and F: static synapses.
    D : float array (S,) or float > 0, or None
        Seconds, recovery from depression.
    F : float array (S,) or float > 0, or None
        Seconds, decay of facilitation.
    reversal : float array (S,) or float, or None, default None
        Volts at which the current of a conductance is 0. None: the synapses are currents.

    Raises
    ------
    ValueError
        For arrays of different lengths, values that are not finite or out of range, and U, D, F given in part.

    References
    ----------
    Markram, Wang, Tsodyks 1998, Differential signaling via the same axon of neocortical pyramidal neurons,
    PNAS 95(9):5323-5328, doi:10.1073/pnas.95.9.5323.

    Examples
    --------
    >>> from reservoir.circuits import Projection
    >>> pair = Projection(pre=[0, 1], post=[1, 0], weight=[3e-8, -2e-8], delay=1e-3, time_constant=3e-3)
    >>> len(pair), len(pair.select(pair.weight > 0))
    (2, 1)
    """

    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    time_constant: np.ndarray
    U: np.ndarray | None = None
    D: np.ndarray | None = None
    F: np.ndarray | None = None
    reversal: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = _n_entries(self.pre, self.post)
        dynamic = [name for name in ("U", "D", "F") if getattr(self, name) is not None]
        if len(dynamic) not in (0, 3):
            raise parameter_error("Projection", dynamic[0], "given together with U, D and F, or None", dynamic)
        self._store(
            pre=_indices("Projection", "pre", self.pre, size),
            post=_indices("Projection", "post", self.post, size),
            weight=_numbers("Projection", "weight", self.weight, size, -np.inf, unit=weight_unit(self.reversal)),
            delay=_numbers("Projection", "delay", self.delay, size, 0.0, unit="second"),
            time_constant=_numbers(
                "Projection", "time_constant", self.time_constant, size, 0.0, open_=True, unit="second"
            ),
        )
        if dynamic:
            self._store(
                U=_numbers("Projection", "U", self.U, size, 0.0, 1.0, open_=True),
                D=_numbers("Projection", "D", self.D, size, 0.0, open_=True, unit="second"),
                F=_numbers("Projection", "F", self.F, size, 0.0, open_=True, unit="second"),
            )
        if self.reversal is not None:
            self._store(reversal=_numbers("Projection", "reversal", self.reversal, size, -np.inf, unit="volt"))

    def __len__(self) -> int:
        return len(self.pre)

    def __repr__(self) -> str:
        kind = "dynamic" if self.dynamic else "static"
        return f"Projection({len(self)} {kind} {'synapses' if self.reversal is None else 'conductances'})"

    @property
    def dynamic(self) -> bool:
        """True if the synapses depress and facilitate, False if they are static."""
        return self.U is not None

    def select(self, chosen: Any) -> Projection:
        """The synapses of a mask (S,) or of indices in [0, S), in the order of the indices."""
        chosen = np.asarray(chosen)
        if not chosen.size and chosen.dtype != bool:  # an empty list
            chosen = chosen.astype(np.int64)
        mask = chosen.dtype == bool and chosen.shape == (len(self),)
        places = chosen.dtype.kind in "iu" and chosen.ndim == 1
        if not mask and not (places and ((chosen >= 0) & (chosen < len(self))).all()):
            requirement = f"a mask of shape ({len(self)},) or indices in [0, {len(self)})"
            raise parameter_error("Projection.select", "chosen", requirement, chosen)
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value[chosen] for name, value in values.items() if value is not None})

    @classmethod
    def joined(cls, projections: list[Projection]) -> Projection:
        """One projection of all synapses of the list, in its order; all of one kind, empty ones aside."""
        parts = [part for part in projections if len(part)] or list(projections[:1])
        if not parts or len({(part.dynamic, part.reversal is None) for part in parts}) > 1:
            requirement = "a list of projections, all dynamic or all static, all currents or all conductances"
            raise parameter_error("Projection.joined", "projections", requirement, projections)
        names = [field.name for field in fields(cls) if getattr(parts[0], field.name) is not None]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True, eq=False, repr=False)
class PoissonBackground(_Record):
    """What N units hear from outside the circuit: a Poisson train each, and a constant current.

    In each step of dt seconds, when spikes are delivered, the current of unit i with this time constant gets

        n_i weight_i,   n_i ~ Poisson(rate_i dt)

    drawn anew for every unit and step, so that the input of K independent sources of one weight is one train of K times
    their rate, thousands of hertz. On average it is rate weight time_constant + current amperes. The arrays are
    read-only copies; but for `rate`, a scalar is one value for all units. Like noise, the counts come from the random
    numbers of the engine: Numba and Brian2 draw others.

    Parameters
    ----------
    rate : float array (N,) >= 0
        Hertz.
    weight : float array (N,) or float
        Amperes at the peak of the current of one spike, with sign.
    time_constant : float array (N,) or float > 0
        Seconds in which the current of one spike decays to 1/e.
    current : float array (N,) or float, default 0.0
        Constant current, amperes.

    Raises
    ------
    ValueError
        For arrays of different lengths, and values that are not finite or out of range.

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

    def __post_init__(self) -> None:
        size = _n_entries(self.rate)
        bounds = {"rate": (0.0, "hertz"), "weight": (-np.inf, "amp"), "time_constant": (0.0, "second")}
        for name, (low, unit) in {**bounds, "current": (-np.inf, "amp")}.items():
            value, open_ = getattr(self, name), name == "time_constant"
            self._store(**{name: _numbers("PoissonBackground", name, value, size, low, open_=open_, unit=unit)})

    def __len__(self) -> int:
        return len(self.rate)

    def __repr__(self) -> str:
        return f"PoissonBackground({len(self)} units)"

    @property
    def mean(self) -> np.ndarray:
        """Mean current (N,) of each unit, amperes."""
        return self.rate * self.weight * self.time_constant + self.current


@dataclass(frozen=True, eq=False, repr=False)
class Circuit(_Record):
    """Units, the synapses between them and those of the input.

    The arrays are read-only copies. Where a generator of circuits is asked for, a circuit stands for itself: `draw`
    returns it. Signs are free: a unit marked excitatory may send weights of either sign.

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

    Raises
    ------
    ValueError
        For wrong shapes, and for synapses whose units or channels do not exist.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import Circuit, Projection
    >>> ring = Projection(pre=[0, 1, 2], post=[1, 2, 0], weight=3e-8, delay=1e-3, time_constant=3e-3)
    >>> inputs = Projection(pre=0, post=[0], weight=1.8e-8, delay=0.0, time_constant=3e-3)
    >>> circuit = Circuit(np.ones(3, dtype=bool), ring, inputs, n_inputs=1)
    >>> circuit.n_units, circuit.draw(np.random.default_rng(0)) is circuit
    (3, True)
    """

    excitatory: np.ndarray
    recurrent: Projection
    inputs: Projection
    n_inputs: int
    positions: np.ndarray | None = None
    dead: np.ndarray | None = None
    spontaneous_rate: np.ndarray | None = None
    background: PoissonBackground | None = None

    def __post_init__(self) -> None:
        size = _n_entries(self.excitatory)
        check_integer("Circuit", "n_inputs", self.n_inputs, 0)
        self._store(excitatory=_flags("excitatory", self.excitatory, size), n_inputs=int(self.n_inputs))
        for name, sources in (("recurrent", size), ("inputs", self.n_inputs)):
            _check_ends(name, getattr(self, name), sources, size)
        if self.positions is not None:
            self._store(positions=_places(self.positions, size))
        if self.dead is not None:
            self._store(dead=_flags("dead", self.dead, size))
        if self.spontaneous_rate is not None:
            rates = _numbers("Circuit", "spontaneous_rate", self.spontaneous_rate, size, 0.0, unit="hertz")
            self._store(spontaneous_rate=rates)
        if self.background is not None:
            _check_background(self.background, size)

    def __repr__(self) -> str:
        return f"Circuit({self.n_units} units, {len(self.recurrent)} synapses, {self.n_inputs} inputs)"

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.excitatory)

    def draw(self, rng: np.random.Generator | None = None, n_inputs: int = 1) -> Circuit:
        """This circuit itself; nothing is drawn. ValueError if it has another number of input channels."""
        if n_inputs != self.n_inputs:
            raise parameter_error("Circuit", "n_inputs", f"{self.n_inputs}, as in the given circuit", n_inputs)
        return self


def weight_unit(reversal: Any) -> str:
    """The unit of the weights of currents, or with a reversal potential of conductances."""
    return "amp" if reversal is None else "siemens"


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, _Record):
        return one.equals(other)
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _indices(owner: str, name: str, value: Any, size: int) -> np.ndarray:
    numbers = real_array(value)
    if numbers is None:
        raise parameter_error(owner, name, f"integers >= 0 of shape ({size},)", value)
    array = np.asarray(value) if numbers.size else np.zeros(numbers.shape, dtype=np.int64)
    array = np.full(size, array) if array.ndim == 0 else array
    if array.dtype.kind not in "iu" or array.shape != (size,) or (array.size and array.min() < 0):
        raise parameter_error(owner, name, f"integers >= 0 of shape ({size},)", value)
    return array.astype(np.int64)


def _n_entries(*values: Any) -> int:
    """How many entries the first 1-D array has; 1 where there is none."""
    arrays = (real_array(value) for value in values)
    return next((len(array) for array in arrays if array is not None and array.ndim == 1), 1)


def _numbers(
    owner: str,
    name: str,
    value: Any,
    size: int,
    low: float,
    high: float = np.inf,
    *,
    open_: bool = False,
    unit: str | None = None,
) -> np.ndarray:
    array = real_array(without_unit(owner, name, value, unit))
    array = np.full(size, array) if array is not None and array.ndim == 0 else array
    if array is None or array.shape != (size,) or not np.isfinite(array).all() or not _within(array, low, high, open_):
        bounds = "" if low == -np.inf else f" {'>' if open_ else '>='} {low:g}"
        bounds += "" if high == np.inf else f" and <= {high:g}"
        raise parameter_error(owner, name, f"finite numbers{bounds} of shape ({size},)", value)
    return array


def _within(array: np.ndarray, low: float, high: float, open_: bool) -> bool:
    return bool(((array > low) if open_ else (array >= low)).all() and (array <= high).all())


def _flags(name: str, value: Any, size: int) -> np.ndarray:
    array = np.empty(0) if real_array(value) is None else np.asarray(value)
    if array.dtype != bool or array.shape != (size,) or not size:
        raise parameter_error("Circuit", name, f"booleans of shape ({size or 'n_units'},)", value)
    return array.copy()


def _places(value: Any, size: int) -> np.ndarray:
    array = real_array(without_unit("Circuit", "positions", value, "metre"))
    if array is None or array.shape != (size, 3) or not np.isfinite(array).all():
        raise parameter_error("Circuit", "positions", f"a finite real array of shape ({size}, 3)", value)
    return array


def _check_background(background: Any, size: int) -> None:
    if not isinstance(background, PoissonBackground) or len(background) != size:
        raise parameter_error("Circuit", "background", f"None or a PoissonBackground of {size} units", background)


def _check_ends(name: str, projection: Any, n_sources: int, n_units: int) -> None:
    if not isinstance(projection, Projection):
        raise parameter_error("Circuit", name, "a Projection", projection)
    for end, limit in (("pre", n_sources), ("post", n_units)):
        indices = getattr(projection, end)
        if len(indices) and indices.max() >= limit:
            raise parameter_error("Circuit", name, f"a Projection with `{end}` in [0, {limit})", int(indices.max()))
