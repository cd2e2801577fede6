"""Spiking wiring as plain arrays: projections of synapses, what comes from outside, and the circuit they form."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from reservoir.circuits.array_record import ArrayRecord, n_entries
from reservoir.parts import Numbers
from reservoir.validation import Parameters, is_masked, parameter_error, real_array, without_unit


@dataclass(frozen=True, eq=False, repr=False)
class Projection(ArrayRecord):
    """S synapses: the arrays have one entry per synapse.

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
        size = n_entries(self.pre, self.post)
        dynamic = [name for name in ("U", "D", "F") if getattr(self, name) is not None]
        if len(dynamic) not in (0, 3):
            raise parameter_error(type(self).__name__, dynamic[0], "given together with U, D and F, or None", dynamic)
        self._read_indices("pre", size)
        self._read_indices("post", size)
        self._read_numbers("weight", size, unit=weight_unit(self.reversal))
        self._read_numbers("delay", size, 0, unit="second")
        self._read_numbers("time_constant", size, 0, above=True, unit="second")
        if dynamic:
            self._read_numbers("U", size, 0, 1, above=True)
            self._read_numbers("D", size, 0, above=True, unit="second")
            self._read_numbers("F", size, 0, above=True, unit="second")
        if self.reversal is not None:
            self._read_numbers("reversal", size, unit="volt")

    def __len__(self) -> int:
        return len(self.pre)

    def __repr__(self) -> str:
        kind = "dynamic" if self.dynamic else "static"
        return f"Projection({len(self)} {kind} {'synapses' if self.reversal is None else 'conductances'})"

    @property
    def dynamic(self) -> bool:
        """True if the synapses depress and facilitate, False if they are static."""
        return self.U is not None

    def select(self, chosen: Numbers) -> Projection:
        """The synapses of a mask (S,) or of indices in [0, S), in the order of the indices."""
        given, chosen = chosen, np.asarray(chosen)
        if not chosen.size and chosen.dtype != bool:  # an empty list
            chosen = chosen.astype(np.int64)
        mask = chosen.dtype == bool and chosen.shape == (len(self),)
        places = chosen.dtype.kind in "iu" and chosen.ndim == 1
        if is_masked(given) or (not mask and not (places and ((chosen >= 0) & (chosen < len(self))).all())):
            requirement = f"a mask of shape ({len(self)},) or indices in [0, {len(self)})"
            raise parameter_error(f"{type(self).__name__}.select", "chosen", requirement, given)
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value[chosen] for name, value in values.items() if value is not None})

    @classmethod
    def joined(cls, projections: list[Projection]) -> Projection:
        """One projection of all synapses of the list, in its order; all of one kind, empty ones aside."""
        parts = [part for part in projections if len(part)] or list(projections[:1])
        if not parts or len({(part.dynamic, part.reversal is None) for part in parts}) > 1:
            requirement = "a list of projections, all dynamic or all static, all currents or all conductances"
            raise parameter_error(f"{cls.__name__}.joined", "projections", requirement, projections)
        names = [field.name for field in fields(cls) if getattr(parts[0], field.name) is not None]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True, eq=False, repr=False)
class PoissonBackground(ArrayRecord):
    """What N units hear from outside the circuit: a Poisson train each, and a constant current.

    In each step of dt seconds, when spikes are delivered, the current of unit i with this time constant gets

        n_i weight_i,   n_i ~ Poisson(rate_i dt)

    drawn for every trial, unit and step, so that the input of K independent sources of one weight is one train of K
    times their rate, thousands of hertz. On average it is rate weight time_constant + current amperes. The arrays are
    read-only copies; but for `rate`, a scalar is one value for all units. Numba and Brian2 hear the same counts, the
    inverse of their distribution at the uniform numbers of `reservoir.random_numbers`.

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
        size = n_entries(self.rate)
        self._read_numbers("rate", size, 0, unit="hertz")
        self._read_numbers("weight", size, unit="amp")
        self._read_numbers("time_constant", size, 0, above=True, unit="second")
        self._read_numbers("current", size, unit="amp")

    def __len__(self) -> int:
        return len(self.rate)

    def __repr__(self) -> str:
        return f"PoissonBackground({len(self)} units)"

    @property
    def mean(self) -> np.ndarray:
        """Mean current (N,) of each unit, amperes."""
        return self.rate * self.weight * self.time_constant + self.current


@dataclass(frozen=True, eq=False, repr=False)
class Circuit(ArrayRecord):
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
        size = n_entries(self.excitatory)
        self._store(n_inputs=Parameters(self).integer("n_inputs", 0))
        self._read_flags("excitatory", size)
        self._check_ends("recurrent", size)
        self._check_ends("inputs", self.n_inputs)
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
        return f"Circuit({self.n_units} units, {len(self.recurrent)} synapses, {self.n_inputs} inputs)"

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.excitatory)

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

    def _check_ends(self, name: str, n_sources: int) -> None:
        projection = getattr(self, name)
        if not isinstance(projection, Projection):
            raise self._refuse(name, "a Projection")
        for end, limit in (("pre", n_sources), ("post", self.n_units)):
            indices = getattr(projection, end)
            if len(indices) and indices.max() >= limit:
                requirement = f"a Projection with `{end}` in [0, {limit})"
                raise parameter_error(type(self).__name__, name, requirement, int(indices.max()))


def weight_unit(reversal: np.ndarray | float | None) -> str:
    """The unit of the weights of currents, or with a reversal potential of conductances."""
    return "amp" if reversal is None else "siemens"
