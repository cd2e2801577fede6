"""The adaptive exponential integrate-and-fire unit."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking import coefficients, firing
from reservoir.neurons.spiking.cell_types import ADEX, parameters_of
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import drive, fire_above
from reservoir.neurons.spiking.lif import decaying_gain, mean_decay
from reservoir.neurons.spiking.membrane import ThresholdMembrane, UnitNumbers, initial_voltages, noise_and_hold, unit
from reservoir.neurons.spiking.statements import Statements

_FILES = coefficients.__file__, firing.__file__, exponential.__file__


@kernel(*_FILES, forceinline=True)
def _rise(cells, v, out):
    """The current of the upswing, amperes; above the cut-off it grows no more."""
    for i in range(v.size):
        above = min(v[i], at(cells.cutoff, i)) - at(cells.threshold, i)
        out[i] = at(cells.upswing, i) * (expm1(above * (1.0 / at(cells.slope, i))) + 1.0)


@kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
def _move(cells, step, half_keep, half_gain, keep, gain, v, w, ready, middle, new, rise):
    """One exponential midpoint step; `middle` and `new` come in as the drive of half a step and of a whole one."""
    _rise(cells, v, rise)
    for i in range(v.size):
        moved = at(half_keep, i) * v[i] + middle[i] + at(half_gain, i) * (rise[i] - w[i])
        middle[i] = min(moved if step >= ready[i] else v[i], at(cells.cutoff, i))
    _rise(cells, middle, rise)
    for i in range(v.size):
        above = min(v[i], at(cells.cutoff, i)) - at(cells.level, i)
        w_middle = at(cells.half_keep_w, i) * w[i] + at(cells.half_gain_w, i) * above
        moved = at(keep, i) * v[i] + new[i] + at(gain, i) * (rise[i] - w_middle)
        v[i] = moved if step >= ready[i] else v[i]
    for i in range(v.size):
        w[i] = at(cells.keep_w, i) * w[i] + at(cells.gain_w, i) * (middle[i] - at(cells.level, i))


@kernel(*_FILES, forceinline=True)
def _fire(cells, step, v, w, ready, fired):
    """Reset the units above the cut-off: their number."""
    n_fired = fire_above(cells.cutoff, cells.reset, cells.refractory, step, v, ready, fired)
    for j in range(n_fired):
        w[fired[j]] += at(cells.b, fired[j])
    return n_fired


_STEP = """
middle = clip({moved_half}, -1e9, cutoff)
middle = free * middle + (1 - free) * clip(v, -1e9, cutoff)
rise = upswing * exp(clip((middle - threshold) / slope, -700, 700))
w_middle = half_keep_w * adaptation + half_gain_w * (clip(v, -1e9, cutoff) - level)
adaptation = keep_w * adaptation + gain_w * (middle - level)
v = {moved} + noise * normal
"""
_RISE = "rise = upswing * exp(clip((clip(v, -1e9, cutoff) - threshold) / slope, -700, 700))"
_CONDUCTING = """
total = leak + conductance
half_change = exp(-half_seconds * total) - 1
change = exp(-2 * half_seconds * total) - 1
first = held + external + {means_half} + rise - adaptation
"""


class AdaptiveExponentialCells(NamedTuple):
    """Coefficients of one step and of its first half; all but the last are one number, or one for each unit."""

    half_keep: Numbers  # share of the voltage that is kept
    half_rest: Numbers  # volts, what the leak and the background add
    half_gain: Numbers  # volts per ampere that is constant
    weights_half: np.ndarray  # (n_currents,) or (n_currents, n_units), volts per ampere that decays
    half_keep_w: Numbers  # share of the adaptation that is kept
    half_gain_w: Numbers  # siemens, what a volt above rest adds to the adaptation
    keep: Numbers
    rest: Numbers
    gain: Numbers
    weights: np.ndarray
    keep_w: Numbers
    gain_w: Numbers
    upswing: Numbers  # amperes at the threshold
    slope: Numbers
    threshold: Numbers
    level: Numbers  # volts, where the adaptation rests
    cutoff: Numbers
    reset: Numbers
    b: Numbers
    noise: Numbers  # volts
    # where conductances stand open
    leak: Numbers  # siemens
    held: Numbers  # amperes of leak and background at 0 volts
    half_seconds: Numbers  # of half a step, per farad
    refractory: np.ndarray  # (n_units,), steps
    means_half: np.ndarray  # (n_currents,), mean of a current in the first half of a step over its value before
    means: np.ndarray

    @staticmethod
    @kernel(*_FILES, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        v, w, ready, n_units = state.variables[0], state.variables[1], state.ready, state.ready.size
        middle, new, rise = np.empty(n_units), np.empty(n_units), np.empty(n_units)
        drive(cells.half_rest, cells.half_gain, cells.weights_half, external, currents, middle)
        drive(cells.rest, cells.gain, cells.weights, external, currents, new)
        for i in range(noise.size):
            new[i] += at(cells.noise, i) * noise[i]
        _move(cells, step, cells.half_keep, cells.half_gain, cells.keep, cells.gain, v, w, ready, middle, new, rise)
        return _fire(cells, step, v, w, ready, fired)

    @staticmethod
    @kernel(*_FILES, forceinline=True)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, w, ready, n_units = state.variables[0], state.variables[1], state.ready, state.ready.size
        middle, new, rise = np.empty(n_units), np.empty(n_units), np.empty(n_units)
        half_keep, half_gain, keep, gain = np.empty((4, n_units))
        for i in range(n_units):
            total = at(cells.leak, i) + conductance[i]
            half_change = expm1(-at(cells.half_seconds, i) * total)
            half_keep[i], half_gain[i] = 1.0 + half_change, -half_change / total
            change = expm1(-2.0 * at(cells.half_seconds, i) * total)
            keep[i], gain[i] = 1.0 + change, -change / total
        drive(cells.held, 1.0, cells.means_half, external, currents, middle)
        drive(cells.held, 1.0, cells.means, external, currents, new)
        for i in range(n_units):
            middle[i] *= half_gain[i]
            new[i] *= gain[i]
        for i in range(noise.size):
            new[i] += at(cells.noise, i) * noise[i]
        _move(cells, step, half_keep, half_gain, keep, gain, v, w, ready, middle, new, rise)
        return _fire(cells, step, v, w, ready, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return Statements(
            _RISE + _STEP.format(
                moved_half="half_keep * v + half_rest + half_gain * (external + rise - adaptation) + {weights_half}",
                moved="keep * v + rest + gain * (external + rise - w_middle) + {weights}",
            ),
            conducting=_RISE + _CONDUCTING + _STEP.format(
                moved_half="v + (v - first / total) * half_change",
                moved="v + (v - (held + external + {means} + rise - w_middle) / total) * change",
            ),
            threshold="v > cutoff",
            reset="v = reset; adaptation += b",
            variables={"v": "volt", "adaptation": "amp"},
            units={"cutoff": "volt", "reset": "volt", "b": "amp"},
        )  # fmt: skip


@unit
class AdaptiveExponential(ThresholdMembrane):
    """Adaptive exponential integrate-and-fire units (AdEx).

    The voltage v and the adaptation w follow

        capacitance dv/dt = g (rest - v) + g slope exp((v - threshold) / slope) - w + background + I(t)
        time_constant_w dw/dt = a (v - rest) - w,        g = leak_conductance

    and noise xi(t) is added to dv/dt; I is the sum of the synaptic and injected currents. A unit whose voltage
    exceeds `cutoff` fires: v is set to `reset` and held there for the refractory time, w grows by `b` and goes on.

    The step is the exponential midpoint method, of order 2: leak, currents and the decay of w are exact, the
    exponential and the w that v feels are those of the middle of the step. The exponential grows no more
    above the cut-off.

    The defaults are those of Brette and Gerstner; `cutoff`, `reset`, `refractory` and `initial` are the library's own.

    Parameters
    ----------
    capacitance : float > 0, default 281e-12
        Of the membrane, farads.
    leak_conductance : float > 0, default 30e-9
        Siemens.
    rest : float, default -0.0706
        Reversal potential of the leak, volts.
    threshold : float, default -0.0504
        Volts; above it the exponential wins.
    slope : float > 0, default 0.002
        Volts; the smaller, the sharper the threshold.
    time_constant_w : float > 0, default 0.144
        Of the adaptation, seconds.
    a : float, default 4e-9
        Adaptation to the voltage, siemens.
    b : float, default 80.5e-12
        Adaptation to a spike, amperes.
    cutoff : float > threshold, default 0.0
        Volts; a unit fires above it.
    reset : float <= cutoff, default -0.0706
        Volts.
    initial : float or (float, float), default -0.0706
        Initial voltages are uniform between two numbers, volts; w begins at 0.

    References
    ----------
    Brette and Gerstner 2005, Adaptive exponential integrate-and-fire model as an effective description of neuronal
    activity, Journal of Neurophysiology 94:3637-3642, doi:10.1152/jn.00686.2005.

    Examples
    --------
    >>> from reservoir.neurons import AdaptiveExponential
    >>> bursting = AdaptiveExponential.of_type("bursting")
    >>> bursting.reset > bursting.threshold
    True
    """

    capacitance: UnitNumbers = 281e-12
    leak_conductance: UnitNumbers = 30e-9
    rest: UnitNumbers = -0.0706
    threshold: UnitNumbers = -0.0504
    slope: UnitNumbers = 0.002
    time_constant_w: UnitNumbers = 0.144
    a: UnitNumbers = 4e-9
    b: UnitNumbers = 80.5e-12
    cutoff: UnitNumbers = 0.0
    reset: UnitNumbers = -0.0706
    refractory: UnitNumbers = 0.0
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.0706
    noise: UnitNumbers = 0.0

    @classmethod
    def of_type(cls, cell_type: str, **parameters: Any) -> Self:
        """Units of one firing pattern under a step of current, 65 pA say, with other parameters as given.

        Parameters
        ----------
        cell_type : {"tonic", "adapting", "initial burst", "bursting"}
            The parameters that are commonly given for these patterns, for a leak of 2 nS and a rest of -70 mV.
        **parameters
            As of the record.
        """
        return cls(**{**parameters_of(cls.__name__, cell_type, ADEX), **parameters})

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: v in volts, w in amperes."""
        return np.stack([initial_voltages(self, n_units, rng), np.zeros(n_units)])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> AdaptiveExponentialCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        threshold = p.of_units("threshold", unit="volt")
        cutoff = p.of_units("cutoff", threshold, closed="neither", unit="volt")
        slope = p.of_units("slope", 0, closed="neither", unit="volt")
        capacitance = p.of_units("capacitance", 0, closed="neither", unit="farad")
        leak = p.of_units("leak_conductance", 0, closed="neither", unit="siemens")
        rest, background = p.of_units("rest", unit="volt"), p.of_units("background", unit="amp")
        a, tau_w = p.of_units("a", unit="siemens"), p.of_units("time_constant_w", 0, closed="neither", unit="second")
        halves: dict[str, Any] = {}
        for prefix, suffix, seconds in (("half_", "_half", dt / 2), ("", "", dt)):
            share = -np.expm1(-seconds * leak / capacitance)
            halves |= {
                f"{prefix}keep": np.exp(-seconds * leak / capacitance),
                f"{prefix}rest": share * (rest + background / leak),
                f"{prefix}gain": share / leak,
                f"weights{suffix}": decaying_gain(capacitance / leak, time_constants, seconds) / capacitance,
                f"means{suffix}": mean_decay(time_constants, seconds),
                f"{prefix}keep_w": np.exp(-seconds / tau_w),
                f"{prefix}gain_w": -np.expm1(-seconds / tau_w) * a,
            }
        return p.record(
            AdaptiveExponentialCells,
            **halves,
            upswing=leak * slope,
            slope=slope,
            threshold=threshold,
            level=rest,
            cutoff=cutoff,
            reset=p.of_units("reset", None, cutoff, unit="volt"),
            b=p.of_units("b", unit="amp"),
            leak=leak,
            held=leak * rest + background,
            half_seconds=dt / 2 / capacitance,
            **noise_and_hold(p, dt),
        )
