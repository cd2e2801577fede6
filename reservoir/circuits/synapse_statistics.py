"""What synapses are like: their means by the kinds of the two units, and the draw around these means.

"EI" means from an excitatory to an inhibitory unit. Around the means of a `PairStatistics`:

    weight ~ mean Gamma, with standard deviation `weight_variation` |mean|
    U, D, F ~ normal, with standard deviation `variation` mean

Values of the latter at or below 0 are drawn again, evenly from (0, 2 mean], and U is at most 1.

References
----------
Maass, Natschläger, Markram 2002, Real-time computing without stable states: a new framework for neural computation
based on perturbations, Neural Computation 14(11):2531-2560, doi:10.1162/089976602760407955.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.circuits.projection import weight_unit
from reservoir.circuits.synaptic_numbers import BOUNDS, OPTIONAL
from reservoir.circuits.time_course import is_delta, seconds_of
from reservoir.distributions import is_distribution
from reservoir.parts import SpikingUnit
from reservoir.validation import Parameters

KINDS = ("EE", "EI", "IE", "II")
_LIF = 3e-8, 1.5e-3  # farads of LIF(), and volts from where it rests to its threshold
_DEEPEST = 0.01  # volts
DYNAMICS = ("U", "D", "F")
DRAWN = tuple(name for name in OPTIONAL if name != "dendritic_delay")
"""The numbers that a `PairStatistics` may have besides those of all synapses."""


_CLOSED = {(False, False): "both", (False, True): "both", (True, False): "neither", (True, True): "right"}


class _Measured:
    """A frozen record whose quantities become SI numbers when it is made; distributions stay what they are."""

    def _read(self, name: str, unit: str, *bounds: float | None, closed: str = "both") -> None:
        if not is_distribution(getattr(self, name)):
            object.__setattr__(self, name, Parameters(self).real(name, *bounds, closed=closed, unit=unit))

    def _read_bounded(self, name: str, known: str) -> None:
        """Read what may be as the number `known` of a synapse, where it is given."""
        if getattr(self, name) is not None:
            low, high, above, unit = BOUNDS[known]
            least, most = None if low == -np.inf else low, None if high == np.inf else high
            self._read(name, unit or "", least, most, closed=_CLOSED[above, most is not None])

    def _check_course(self, name: str, rise: Any, decay: Any) -> None:
        """Refuse a rise that is slower than the decay."""
        if rise is not None and not is_distribution(rise) and not is_distribution(decay) and rise > decay:
            raise Parameters(self).error(name, "at most the time constant, and None for delta synapses")


@dataclass(frozen=True)
class PairStatistics(_Measured):
    """Means of the synapses from one kind of unit to another.

    In the place of each number of the synapses may stand a frozen distribution of ``scipy.stats``, from which every
    synapse draws its own; then the variations play no part.

    Parameters
    ----------
    probability : float in [0, 1]
        Probability C that two units at one place are connected. Only `MaassColumn` uses it.
    weight : float or distribution
        Mean weight in amperes, with sign; with `reversal` in siemens, below 0 for inhibitory synapses; in volts with
        the `time_constant` 0.
    delay : float >= 0 or distribution
        Seconds, the same for all.
    time_constant : float >= 0 or distribution
        Seconds, decay of the current, the same for all; 0 for delta synapses.
    U : float in (0, 1], distribution or None, default None
        Mean utilisation at rest. None, with D and F: static synapses.
    D, F : float > 0, distribution or None, default None
        Mean time constants in seconds of recovery from depression and of the decay of facilitation.
    variation : float >= 0, default 0.5
        Standard deviation of U, D and F divided by their means, before negative values are drawn again.
    weight_variation : float >= 0, default 1.0
        Standard deviation of the weight divided by its mean.
    reversal : float, distribution or None, default None
        Volts, reversal potential of conductances, the same for all. None: the synapses are currents.
    velocity : float > 0 or None, default None
        Length per second, for circuits whose units have positions, in grid steps for `MaassColumn`: every delay grows
        by distance / velocity. None: no time on the way.
    rise_time, magnesium, release_probability : float, distribution or None, default None
        As in `Projection`, the same for all.

    Raises
    ------
    ValueError
        For a value out of range.

    Examples
    --------
    >>> from reservoir.circuits import PairStatistics
    >>> PairStatistics(0.3, weight=3e-8, delay=1.5e-3, time_constant=3e-3, U=0.5, D=1.1, F=0.05).variation
    0.5
    """

    probability: float
    weight: float
    delay: float
    time_constant: float
    U: float | None = None
    D: float | None = None
    F: float | None = None
    variation: float = 0.5
    weight_variation: float = 1.0
    reversal: float | None = None
    velocity: float | None = None
    rise_time: float | None = None
    magnesium: float | None = None
    release_probability: float | None = None

    def __post_init__(self) -> None:
        p = Parameters(self)
        p.real("probability", 0, 1)
        self._read("weight", weight_unit(self.reversal, self.time_constant))
        if self.velocity is not None:
            p.real("velocity", 0, closed="neither")
        p.real("variation", 0)
        p.real("weight_variation", 0)
        for name in ("delay", "time_constant", *DRAWN):
            self._read_bounded(name, name)
        dynamic = [name for name in DYNAMICS if getattr(self, name) is not None]
        if len(dynamic) not in (0, 3):
            raise p.error(next(name for name in DYNAMICS if name not in dynamic), "given together with U, D and F")
        self._check_course("rise_time", self.rise_time, self.time_constant)

    @property
    def jumps(self) -> bool:
        """Whether a spike moves the voltage itself."""
        return weight_unit(self.reversal, self.time_constant) == "volt"

    @property
    def charge(self) -> float:
        """What a spike after a long pause carries on average: coulombs, or of delta synapses volts."""
        weight, U, decay, rise = map(_mean, (self.weight, self.U, self.time_constant, self.rise_time))
        seconds = 1.0 if self.jumps else seconds_of(decay, None if self.rise_time is None else rise)
        return float(weight * (1.0 if self.U is None else U) * seconds)


@dataclass(frozen=True)
class SynapseStatistics(_Measured):
    """Means of all synapses of a circuit, by the kinds of the sending and the receiving unit.

    Input synapses are static and all alike but for the kind of unit that they reach; a frozen distribution of
    ``scipy.stats`` in the place of one of their numbers makes them differ.

    Parameters
    ----------
    EE, EI, IE, II : PairStatistics
        Synapses from an excitatory (E) or inhibitory (I) unit, first letter, to another, second letter; all of one
        kind: currents, conductances or jumps, with or without each of the numbers that may be None.
    input_to_excitatory, input_to_inhibitory : float or distribution
        Weights of the input synapses in amperes, with sign; with `input_reversal` in siemens; in volts with the
        `input_time_constant` 0.
    input_time_constant : float >= 0 or distribution
        Seconds, decay of the current of input synapses; 0 for delta synapses.
    input_delay : float >= 0 or distribution, default 0.0
        Seconds.
    input_reversal : float, distribution or None, default None
        Volts, reversal potential of input conductances. None: input synapses are currents.
    input_rise_time : float > 0, distribution or None, default None
        Seconds of the rise of the current, at most `input_time_constant`. None: it jumps.

    Raises
    ------
    ValueError
        For a value out of range, and where the four are of different kinds.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.circuits.synapse_statistics import PRESETS
    >>> strong = replace(PRESETS["maass2002"], input_to_inhibitory=18e-9)
    >>> column = MaassColumn(preset=strong)
    """

    EE: PairStatistics
    EI: PairStatistics
    IE: PairStatistics
    II: PairStatistics
    input_to_excitatory: float
    input_to_inhibitory: float
    input_time_constant: float
    input_delay: float = 0.0
    input_reversal: float | None = None
    input_rise_time: float | None = None

    def __post_init__(self) -> None:
        for kind in KINDS:
            if not isinstance(getattr(self, kind), PairStatistics):
                raise Parameters(self).error(kind, "a PairStatistics")
            for name in DRAWN:
                if (getattr(getattr(self, kind), name) is None) != (getattr(self.EE, name) is None):
                    what = "a reversal potential" if name == "reversal" else name
                    raise Parameters(self).error(kind, f"with {what} like EE, or like it without")
            if getattr(self, kind).jumps != self.EE.jumps:
                raise Parameters(self).error(kind, "of delta synapses, whose time constant is 0, like EE, or of others")
        for name in ("input_to_excitatory", "input_to_inhibitory"):
            self._read(name, weight_unit(self.input_reversal, self.input_time_constant))
        for name in ("time_constant", "delay", "reversal", "rise_time"):
            self._read_bounded(f"input_{name}", name)
        self._check_course("input_rise_time", self.input_rise_time, self.input_time_constant)

    def suited_to(self, neuron: SpikingUnit | Mapping[str, SpikingUnit]) -> SynapseStatistics:
        """The same with currents that are to other units what these are to ``LIF()``, which "maass2002" is made for.

        Weights grow with the charge that brings a receiver from rest to its threshold, its capacitance times these
        volts, and those of delta synapses with the volts alone; those of inhibition with at most 10 mV, since no
        reversal potential ends what a current does.
        Conductances stay, and so do all weights for a record that does not say its `scales`. In a dict, "E" and "I" are
        the records of the excitatory and the inhibitory units.

        Examples
        --------
        >>> from reservoir.circuits import MaassColumn
        >>> from reservoir.circuits.synapse_statistics import PRESETS
        >>> from reservoir.neurons import AdaptiveExponential
        >>> statistics = PRESETS["maass2002"].suited_to(AdaptiveExponential())
        >>> round(1e9 * statistics.EE.weight, 2)
        3.78
        >>> column = MaassColumn(preset=statistics)
        """
        scales = scales_by_kind(neuron)
        if scales is None:
            return self
        for name, one in {**{kind: getattr(self, kind).weight for kind in KINDS}, **vars(self)}.items():
            if is_distribution(one) and (name in KINDS or name.startswith("input_to")):
                raise Parameters(self).error(name, "with numbers as weights: distributions are not scaled")
        factors = _factors(*scales, self.EE.jumps)
        changed: dict[str, Any] = {
            kind: replace(pair, weight=float(pair.weight * factors[kind]))
            for kind in KINDS
            if (pair := getattr(self, kind)).reversal is None
        }
        if self.input_reversal is None:
            factors = _factors(*scales, is_delta(self.input_time_constant))
            for name, kind in (("input_to_excitatory", "EE"), ("input_to_inhibitory", "EI")):
                changed[name] = float(getattr(self, name) * factors[kind])
        return replace(self, **changed)


def _mean(number: Any) -> np.ndarray:
    """The number, or the mean of the distribution, as an array (); NaN for None."""
    return np.array(number.mean() if is_distribution(number) else number, dtype=np.float64)


def _factors(farads: np.ndarray, volts: np.ndarray, jumps: bool) -> dict[str, float]:
    """By how much more than ``LIF()`` units must be moved, by the kinds of the two units."""
    reached = {"E": volts, "I": np.minimum(volts, _DEEPEST)}
    sizes = {sender: (far / _LIF[1]) * (1.0 if jumps else farads / _LIF[0]) for sender, far in reached.items()}
    return {kind: float(sizes[kind[0]][int(kind[1] == "I")]) for kind in KINDS}


def scales_by_kind(neuron: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Farads, and volts from rest to threshold, of typical excitatory and inhibitory units; None: nobody says them."""
    records = [neuron.get(kind) for kind in "EI"] if isinstance(neuron, Mapping) else [neuron, neuron]
    if not any(hasattr(record, "scales") for record in records):
        return None
    farads, volts = np.transpose([_scales(record)[:, kind] for kind, record in enumerate(records)])
    return farads, volts


def _scales(record: Any) -> np.ndarray:
    """Farads and volts (2, 2) of an excitatory and of an inhibitory unit; those of LIF() where they are not said."""
    if not hasattr(record, "scales"):
        return np.transpose([_LIF, _LIF])
    return np.array(_typical(record).scales(np.array([True, False])))


def _typical(neuron: Any) -> Any:
    """A record of units with the means of what differs from unit to unit."""
    changes: dict[str, Any] = {}
    for name, value in neuron.get_params(deep=False).items():
        pair = isinstance(value, tuple | list) and len(value) == 2
        if pair and any(map(is_distribution, value)):
            changes[name] = tuple(one.mean() if is_distribution(one) else one for one in value)
        elif is_distribution(value) or (np.ndim(value) == 1 and not pair and np.size(value) != 2):
            changes[name] = float(np.mean(value)) if isinstance(value, tuple | list) else value.mean()
    return clone(neuron).set_params(**changes) if changes else neuron


def _static(weight: float, **numbers: float) -> PairStatistics:
    """Static synapses that are all alike, of two in a hundred pairs, or as many as `probability` says."""
    return PairStatistics(**{"probability": 0.02, "weight": weight, "weight_variation": 0.0, **numbers})


def _balanced(excites: PairStatistics, inhibits: PairStatistics) -> SynapseStatistics:
    """Synapses by the sender alone, and inputs like those of excitatory units."""
    heard = excites.weight, excites.weight, excites.time_constant, excites.delay
    return SynapseStatistics(excites, excites, inhibits, inhibits, *heard, input_reversal=excites.reversal)


PRESETS = {
    "maass2002": SynapseStatistics(
        EE=PairStatistics(0.3, weight=30e-9, delay=1.5e-3, time_constant=3e-3, U=0.5, D=1.1, F=0.05),
        EI=PairStatistics(0.2, weight=60e-9, delay=0.8e-3, time_constant=3e-3, U=0.05, D=0.125, F=1.2),
        IE=PairStatistics(0.4, weight=-19e-9, delay=0.8e-3, time_constant=6e-3, U=0.25, D=0.7, F=0.02),
        II=PairStatistics(0.1, weight=-19e-9, delay=0.8e-3, time_constant=6e-3, U=0.32, D=0.144, F=0.06),
        input_to_excitatory=18e-9,
        input_to_inhibitory=9e-9,
        input_time_constant=3e-3,
    ),
    "brunel2000": _balanced(
        _static(1e-4, delay=1.5e-3, time_constant=0.0, probability=0.1),
        _static(-5e-4, delay=1.5e-3, time_constant=0.0, probability=0.1),
    ),
    "vogels2005_currents": _balanced(
        _static(16.2e-12, delay=0.0, time_constant=5e-3), _static(-90e-12, delay=0.0, time_constant=10e-3)
    ),
    "vogels2005_conductances": _balanced(
        _static(6e-9, delay=0.0, time_constant=5e-3, reversal=0.0),
        _static(-67e-9, delay=0.0, time_constant=10e-3, reversal=-0.08),
    ),
}
"""Synapses of published circuits, by the names of generators' `preset`, and the units that they were made for:

=======================  ==========================================================================================
"maass2002"              dynamic currents for ``LIF()``; `suited_to` makes them fit others
"brunel2000"             delta synapses of 0.1 mV, g = 5, for ``LIF(time_constant=0.02, threshold=0.02, reset=0.01,
                         refractory=2e-3, background=0)``; jumps need no resistance, and suit all units that fire
                         some 20 mV above rest
"vogels2005_currents"    CUBA of the benchmark of Brette and colleagues, at 100 Mohm, for ``LIF(time_constant=0.02,
                         resistance=1e8, rest=-0.049, threshold=-0.05, reset=-0.06, refractory=5e-3, background=0)``
"vogels2005_conductances"  COBA of the same, for the same units with ``rest=-0.06``; conductances suit all
                         units that rest near -60 mV and have some 10 nS
=======================  ==========================================================================================

Inputs are not of these papers, but like the synapses of excitatory units. Brunel 2000, doi:10.1023/A:1008925309027.
Vogels, Abbott 2005, doi:10.1523/JNEUROSCI.3508-05.2005; numbers of the benchmarks: Brette and others 2007,
doi:10.1007/s10827-007-0038-6."""

RECEPTORS = {
    "AMPA": {"time_constant": 2e-3, "reversal": 0.0},
    "NMDA": {"time_constant": 0.1, "rise_time": 2e-3, "reversal": 0.0, "magnesium": 1.0},
    "GABA_A": {"time_constant": 10e-3, "reversal": -0.07},
}
"""Conductances of units that rest near -70 mV: ``Connection("E", "E", weight=1e-10, **RECEPTORS["AMPA"])``.

Time courses, reversals and the block are those of Brunel, Wang 2001, Journal of Computational Neuroscience 11:63-85,
doi:10.1023/A:1011204814320; there the NMDA receptors of a synapse saturate, here they add up.
"""
