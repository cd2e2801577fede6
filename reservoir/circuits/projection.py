"""Synapses as plain arrays."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from reservoir.circuits.array_record import ArrayRecord, n_entries, sealed
from reservoir.circuits.synaptic_numbers import BOUNDS, OPTIONAL
from reservoir.circuits.time_course import is_delta
from reservoir.parts import Numbers
from reservoir.quantities import PlausibilityWarning
from reservoir.validation import is_masked, parameter_error

_LEAST_JUMP = 1e-7  # volts; a spike that moves the voltage by less is one of a current that is written otherwise


@dataclass(frozen=True, eq=False, repr=False)
class Projection(ArrayRecord):
    """S synapses: the arrays have one entry per synapse.

    A spike of `pre` reaches `post` after the delay and moves it by A, with the `release_probability` where that is
    given:

        A = weight,   or   A = weight u R   for dynamic synapses

    where u and R, both in (0, 1], are the utilisation and the share of recovered resources at this spike. With
    `time` since the last one, u <- U + u (1 - U) exp(-time / F) and R <- 1 + (R - u R - 1) exp(-time / D), the latter
    with the old u; the first spike finds u = U and R = 1. They change at every spike, released or not. What A moves:

    ===========================  ========================================================================
    a current                    grows by A, and decays with `time_constant`
    one with `rise_time`         gets A peak (exp(-t / time_constant) - exp(-t / rise_time)), at most A;
                                 A t / time_constant exp(1 - t / time_constant) where both are equal
    a conductance, `reversal` E  the same of a conductance G by ``|A|``, whose current is G (E - v)
    one with `magnesium` Mg      the same of G (E - v) / (1 + Mg / 3.57 exp(-v / 16.1 mV)), of NMDA receptors
    the voltage,                 grows by A at once where the unit is not held in its refractory time; there
    `time_constant` 0            the jump is lost
    ===========================  ========================================================================

    In a step of the simulation G has its mean and the voltage v moves towards E as an exponential does: of the second
    order of the step, and stable for any G in all units of `reservoir.neurons`; the magnesium block has its mean of
    before and after the step, which is taken twice for that. A voltage jumps before the units move by the next step.
    The arrays are read-only copies; a scalar is one value for all synapses. The order of synapses is kept; two units
    may share several. A static synapse takes up to 32 bytes: `pre` and `post` are 32-bit integers, numbers that are all
    the same take the memory of one, and weights that are given in single precision stay so, with the spikes of the same
    numbers in double precision. Arrays that are read-only, and own their memory, are kept without a copy.

    Parameters
    ----------
    pre : integers (S,) >= 0
        Sending units, or input channels.
    post : integers (S,) >= 0
        Receiving units.
    weight : float array (S,) or float
        Amperes at the peak of the current, with sign; for dynamic synapses the largest possible peak. Siemens with
        `reversal`, where the sign only tells inhibitory synapses (below 0) from excitatory ones. Volts with the
        `time_constant` 0.
    delay : float array (S,) or float >= 0
        Seconds from the spike to the receiver, all in all.
    time_constant : float array (S,) or float >= 0
        Seconds in which the current of one spike decays to 1/e. 0, for all synapses: delta synapses.
    U : float array (S,) or float in (0, 1], or None
        Utilisation at rest. None, with D and F: static synapses.
    D : float array (S,) or float > 0, or None
        Seconds, recovery from depression.
    F : float array (S,) or float > 0, or None
        Seconds, decay of facilitation.
    reversal : float array (S,) or float, or None, default None
        Volts at which the current of a conductance is 0. None: the synapses are currents.
    rise_time : float array (S,) or float > 0, or None, default None
        Seconds of the rise, at most `time_constant`. None: currents jump.
    magnesium : float array (S,) or float >= 0, or None, default None
        Outside the cells, millimolar. None: no voltage blocks a conductance.
    release_probability : float array (S,) or float in (0, 1], or None, default None
        Probability that a spike is passed on. Each is decided by a number of the trial, the step in which it was sent,
        and the synapse; rules of plasticity hear all of them. None: all.
    dendritic_delay : float array (S,) or float >= 0, or None, default None
        Seconds, that part of `delay` which lies behind the synapse. Rules of plasticity hear the sender after the rest,
        and the receiver so much later. None: 0, all of the delay lies before the synapse.

    Raises
    ------
    ValueError
        For arrays of different lengths, values that are not finite or out of range, U, D, F given in part, and numbers
        of conductances given for others.

    References
    ----------
    Markram, Wang, Tsodyks 1998, Differential signaling via the same axon of neocortical pyramidal neurons,
    PNAS 95(9):5323-5328, doi:10.1073/pnas.95.9.5323.
    Jahr, Stevens 1990, Voltage dependence of NMDA-activated macroscopic conductances predicted by single-channel
    kinetics, Journal of Neuroscience 10(9):3178-3182, doi:10.1523/JNEUROSCI.10-09-03178.1990.

    Examples
    --------
    >>> from reservoir.circuits import Projection
    >>> pair = Projection(pre=[0, 1], post=[1, 0], weight=[3e-8, -2e-8], delay=1e-3, time_constant=3e-3)
    >>> len(pair), len(pair.select(pair.weight > 0))
    (2, 1)
    >>> Projection([0], [1], 1e-9, 1e-3, 0.1, reversal=0.0, rise_time=2e-3, magnesium=1.0)
    Projection(1 static NMDA conductance)
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
    rise_time: np.ndarray | None = None
    magnesium: np.ndarray | None = None
    release_probability: np.ndarray | None = None
    dendritic_delay: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = n_entries(self.pre, self.post)
        dynamic = [name for name in ("U", "D", "F") if getattr(self, name) is not None]
        if len(dynamic) not in (0, 3):
            raise parameter_error(type(self).__name__, dynamic[0], "given together with U, D and F, or None", dynamic)
        self._read_indices("pre", size)
        self._read_indices("post", size)
        self._read_numbers("weight", size, unit=self.weight_unit, single=True)
        for name in ("delay", "time_constant", *OPTIONAL):
            if getattr(self, name) is not None:
                low, high, above, unit = BOUNDS[name]
                self._read_numbers(name, size, low, high, above=above, unit=unit)
        check_course(self)
        if self.dendritic_delay is not None and (self.dendritic_delay > self.delay).any():
            raise self._refuse("dendritic_delay", "at most the delay, of which it is a part")

    def __len__(self) -> int:
        return len(self.pre)

    def __repr__(self) -> str:
        kind = "dynamic" if self.dynamic else "static"
        what = {"volt": "delta synapse", "amp": "synapse", "siemens": "conductance"}[self.weight_unit]
        what = f"NMDA {what}" if self.magnesium is not None else what
        return f"Projection({len(self)} {kind} {what}{'' if len(self) == 1 else 's'})"

    @property
    def weight_unit(self) -> str:
        """The unit of the weights, by its name in `reservoir.quantities`: "amp", "siemens" or "volt"."""
        return weight_unit(self.reversal, self.time_constant)

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
        return replace(self, **{name: sealed(value[chosen]) for name, value in values.items() if value is not None})

    @classmethod
    def joined(cls, projections: list[Projection]) -> Projection:
        """One projection of all synapses of the list, in its order; all of one kind, empty ones aside."""
        parts = [part for part in projections if len(part)] or list(projections[:1])
        if not parts or len(set(map(kind_of, parts))) > 1:
            requirement = (
                "a list of projections, all dynamic or all static, all currents or all conductances or all jumps, and "
                f"all with or all without each of {', '.join(OPTIONAL[4:])}"
            )
            raise parameter_error(f"{cls.__name__}.joined", "projections", requirement, projections)
        names = [field.name for field in fields(cls) if getattr(parts[0], field.name) is not None]
        return cls(**{name: sealed(np.concatenate([getattr(part, name) for part in parts])) for name in names})


def weight_unit(reversal: Any, time_constant: Any = None) -> str:
    """The unit of the weights of currents, of conductances, which have a reversal, or of jumps of the voltage."""
    if reversal is not None:
        return "siemens"
    return "volt" if time_constant is not None and is_delta(time_constant) else "amp"


def kind_of(synapses: Any) -> tuple[Any, ...]:
    """What synapses must have in common to stand in one record: their unit, and which of their numbers are given."""
    given = (getattr(synapses, name, None) is not None for name in OPTIONAL)
    return weight_unit(synapses.reversal, synapses.time_constant), *given


def check_course(part: Any) -> None:
    """Refuse numbers of synapses that do not belong together; the others have been read."""
    wanted = {}
    delta = bool((part.time_constant == 0).any())
    if delta:
        if (part.time_constant > 0).any():
            wanted["time_constant"] = "> 0 in all places, or 0 in all, which makes delta synapses"
        for name in ("reversal", "rise_time"):
            wanted[name] = "None where the time constant is 0, as that of delta synapses"
    elif part.rise_time is not None and (part.rise_time > part.time_constant).any():
        wanted["rise_time"] = "at most the time constant"
    if part.reversal is None:
        wanted["magnesium"] = "None without a reversal, since it blocks conductances"
    for name, requirement in wanted.items():
        if getattr(part, name) is not None:
            raise parameter_error(type(part).__name__, name, requirement, getattr(part, name))
    largest = np.abs(part.weight).max(initial=0.0)
    if delta and 0 < largest < _LEAST_JUMP:
        text = (
            f"The 'weight' parameter of {type(part).__name__} is {largest:g} V at most, since the time constant is 0 "
            "and spikes move the voltage itself. Were currents meant?"
        )
        warnings.warn(text, PlausibilityWarning, stacklevel=4)
