"""What a plasticity rule says of itself to an engine, and what rules share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.estimators import BaseEstimator
from reservoir.parts import Numbers
from reservoir.plasticity.kernel import Kernel
from reservoir.validation import Parameters, check_real, parameter_error, real_array, without_unit

_ROUNDING = 1e-9  # share by which a weight may exceed its bound


class Scaling(NamedTuple):
    """Weights that are scaled from time to time, so that those of a receiver keep their sum."""

    total: float | None  # amperes; None: the sum at the beginning, of every receiver
    every: float  # seconds


class Feedback(NamedTuple):
    """A number that comes from the simulation itself, as a reward does: a third factor."""

    name: str  # of the variable of every synapse that holds it, 0 at first, without unit
    value: Callable[[float, Any], float]
    """Of the seconds, and how many spikes each unit (n_units,) has had since the last call. An object that remembers is
    copied for each trial, so that it begins each as it was given."""
    every: float = 1e-3  # seconds
    told: Sequence[str] = ()
    """What synapses do when they are told."""
    exact: bool = False
    """Whether spikes are handed over as the `SpikeTrains` of the last stretch, where there is one: not at 0 s."""
    said_by: tuple[str, str] = ("Feedback", "value")  # the part and its parameter, for errors


class Later(NamedTuple):
    """What a spike does once more after it has arrived."""

    seconds: float  # behind its arrival, rounded to whole steps
    text: Sequence[str]


class UnitVariables(NamedTuple):
    """Variables that a rule gives to the units, such as a low-passed voltage; it reads them as ``name_post``."""

    model: tuple[str, ...]  # differential equations, which may use the variables of the unit and the rule's numbers
    reset: tuple[str, ...] = ()  # what a spike of the unit does to them
    start: Mapping[str, str] = MappingProxyType({})  # text of their first values; 0 without it


class Rule(NamedTuple):
    """The text of a rule for one set of synapses, in the words of Brian2.

    The text may use `w`, amperes >= 0, and for dynamic synapses `U`, `D`, `F`, `u` and `R`, variables of the two units,
    as ``v_post``, and `t` and `dt`. It must not define these, nor `direction`, `last`, names that end in ``_pre`` or
    ``_post``, names of functions, or `I`, `hold`, `listening` and others of the engine. The `w` of a conductance is the
    current at a driving force of one volt.

    Traces cost nothing between spikes, but are known at spikes only: what `on_step` or a clock-driven equation reads is
    a clock-driven variable of `model`. In a step, these and the variables of units move first, then comes `on_step`;
    then units fire, spikes arrive (`before`, what the synapse passes on, `on_pre`), and `on_post` comes last.
    """

    traces: dict[str, str]  # variables that decay, and the names of their time constants
    on_pre: list[str]  # what a spike does that arrives, after it has been passed on
    on_post: list[str]  # what a spike of the receiver does
    parameters: dict[str, tuple[float, str]]  # SI value and unit
    model: tuple[str, ...] = ()  # lines of other variables of a synapse
    read: tuple[str, ...] = ("w",)  # variables that are read in the end
    signals: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = ()  # name(t), t in seconds; without unit
    finish: Callable[[dict[str, np.ndarray], float], dict[str, np.ndarray]] | None = None
    """What was learned, "w" or "U", from the variables read and the duration in seconds. None: the variables."""
    scaling: Scaling | None = None
    before: Sequence[str] = ()
    """What a spike does that arrives, before it is passed on."""
    on_step: Sequence[str] = ()
    """What is done in every step, as ``w = clip(w + dt * rate, 0 * amp, w_max)``."""
    start: Mapping[str, str] = MappingProxyType({})
    """Text of the first values of variables of `model`, as ``{"rho": "w / w_max"}``; 0 without it."""
    method: str = ""
    """How clock-driven variables are integrated: a method of Brian2 by its name; "" takes the exact step where there is
    one, otherwise exponential Euler, otherwise Euler."""
    units: UnitVariables | None = None
    feedback: Feedback | None = None
    """It runs in Python, so that no C++ program can be built."""
    later: Later | None = None
    silent_below: tuple[str, float] | None = None
    """A number of the rule by its name, and volts: units that begin above let synapses change without a spike of
    theirs, and are doubted."""
    kernel: Kernel | None = None
    """The same as compiled functions, by which `reservoir.simulate` learns too. None: the rule runs in Brian2 alone."""

    @property
    def in_python(self) -> bool:
        """Whether Python is needed while a simulation runs."""
        return self.scaling is not None or self.feedback is not None


def settled(
    rule: Rule, found: Mapping[str, np.ndarray], seconds: float, weight: np.ndarray
) -> dict[str, np.ndarray]:  # fmt: skip
    """What was learned up to a time, from the variables that are read, with the signs of these weights."""
    read = {name: found[name] for name in rule.read}
    learned = dict(read if rule.finish is None else rule.finish(read, seconds))
    if "w" in learned:
        learned["w"] = np.copysign(learned["w"], weight)
    return learned


@dataclass(eq=False, repr=False, kw_only=True)
class PlasticityRule(BaseEstimator):
    """Rule of excitatory synapses; a subclass has `rule`, which gives the `Rule` for a projection.

    Where a lone pair of spikes has an effect that does not depend on others, it also has `window`, and `reach`, the
    seconds of lag after which the window is all but zero.

    Parameters
    ----------
    between : (str, str) or None, default None
        Populations of the circuit whose synapses learn, senders and receivers, ``("E", "I")``; "inputs" stands for the
        channels. None: all that the rule acts on.

    Raises
    ------
    ValueError
        For a parameter out of range, when it is used.
    """

    between: tuple[str, str] | None = None

    def acts_on(self, projection: Projection) -> np.ndarray:
        """Which synapses learn (n_synapses,): the excitatory ones."""
        return ~inhibits(projection)


@dataclass(eq=False, repr=False, kw_only=True)
class PairRule(PlasticityRule):
    """Rule with an exponential window of pairs of spikes: A_plus and tau_plus where the arrival is first."""

    A_plus: float = 0.01
    A_minus: float = 0.0105
    tau_plus: float = 0.02
    tau_minus: float = 0.02

    @property
    def reach(self) -> float:
        """Seconds of lag after which a pair hardly counts: five of the longer time constant."""
        numbers = self._pair_numbers()
        return 5 * max(numbers["tau_plus"][0], numbers["tau_minus"][0])

    def window(self, lags: float | Numbers, share: float = 0.5) -> np.ndarray:
        """Change by a lone pair of spikes.

        Parameters
        ----------
        lags : array (n_lags,) or float
            Seconds from the arrival to the spike of the receiver.
        share : float in [0, 1], default 0.5
            Weight before the pair, a share of w_max, where the change depends on it.

        Returns
        -------
        array (n_lags,), a share of w_max, or what else the rule changes
        """
        check_real(type(self).__name__, "share", share, 0, 1)
        return self._pair_window(lags)

    def _pair_window(self, lags: float | Numbers, plus: float = 1.0, minus: float = 1.0) -> np.ndarray:
        """The window with its sides scaled by these."""
        size = {name: number for name, (number, _) in self._pair_numbers().items()}
        sides = size["A_plus"] * plus, size["tau_plus"], size["A_minus"] * minus, size["tau_minus"]
        return two_sided(read_lags(self, lags), *sides)

    def _pair_numbers(self) -> dict[str, tuple[float, str]]:
        return read_numbers(self, A_plus="1", A_minus="1", tau_plus="second", tau_minus="second")


def two_sided(lags: np.ndarray, plus: float, tau_plus: float, minus: float, tau_minus: float) -> np.ndarray:
    """Window of exponentials: plus exp(-lag / tau_plus) for lag >= 0, -minus exp(lag / tau_minus) for lag < 0."""
    distance = np.abs(lags)
    return np.where(lags >= 0, plus * np.exp(-distance / tau_plus), -minus * np.exp(-distance / tau_minus))


def inhibits(projection: Projection) -> np.ndarray:
    """Which synapses are inhibitory (n_synapses,): those with a negative weight, or -0.0, where learning has ended."""
    return np.signbit(projection.weight)


def read_lags(part: Any, lags: float | Numbers) -> np.ndarray:
    """Lags in seconds; NaN may be among them."""
    owner = type(part).__name__
    array = real_array(without_unit(owner, "lags", lags, "second"))
    if array is None:
        raise parameter_error(owner, "lags", "numbers", lags)
    return array


def read_numbers(part: Any, **units: str) -> dict[str, tuple[float, str]]:
    """Numbers that a rule stores, with their units: any finite number, and more than 0 for those in seconds."""
    p, read = Parameters(part), {}
    for name, unit in units.items():
        low, measured = 0 if unit == "second" else None, "" if unit == "1" else unit
        read[name] = p.real(name, low, closed="neither", unit=measured), unit
    return read


def read_bound(part: Any, projection: Projection, times: float) -> dict[str, tuple[float, str]]:
    """The largest weight, amperes: `w_max` of a rule, or where that is None so many times the mean initial weight.

    It is at least the largest initial weight, so that no weight is moved by the bound alone.
    """
    unit, sizes = projection.weight_unit, np.abs(projection.weight)
    largest = float(sizes.max(initial=0.0))
    if part.w_max is None:
        bound = max(times * float(sizes.mean()), largest)
        if bound == 0:
            raise Parameters(part).error("w_max", "given where all weights that learn are 0")
        return {"w_max": (bound, "amp")}
    bound = Parameters(part).real("w_max", 0, closed="neither", unit=unit)
    if bound < largest * (1 - _ROUNDING):
        raise Parameters(part).error("w_max", f"None or at least {largest:g} {unit}, the largest weight that learns")
    return {"w_max": (max(bound, largest), "amp")}


def read_pairing(part: Any) -> str:
    """How a trace takes a spike: it grows by 1, or is set to 1 where the nearest spike alone counts."""
    return {"all": "+=", "nearest": "="}[Parameters(part).choice("pairing", ["all", "nearest"])]
