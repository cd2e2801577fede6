"""The adaptive exponential integrate-and-fire unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking.equations import EquationText
from reservoir.neurons.spiking.lif import decaying_gain
from reservoir.neurons.spiking.membrane import Membrane, initial_voltages, refractory_steps, unit
from reservoir.quantities import magnitude
from reservoir.validation import Parameters


@kernel(exponential.__file__, forceinline=True)
def _rise(cells, v, out):
    """The current of the upswing, amperes; above the cut-off it grows no more."""
    size, cutoff, threshold, scale = cells.upswing, cells.cutoff, cells.threshold, 1.0 / cells.slope
    for i in range(v.size):
        out[i] = size * (expm1((min(v[i], cutoff) - threshold) * scale) + 1.0)


@kernel(fastmath=REASSOCIATE, forceinline=True)
def _drive(part, external, currents, out):
    """What the leak and the currents add to the voltage in a part of a step, volts."""
    for i in range(out.size):
        out[i] = part.rest + part.gain * external[i]
    for r in range(len(currents)):
        current, weight = currents[r], part.weights[r]
        for i in range(out.size):
            out[i] += weight * current[i]


@kernel(exponential.__file__, fastmath=REASSOCIATE, forceinline=True)
def _move(cells, step, v, w, ready, middle, new, rise):
    """One exponential midpoint step; `middle` and `new` come in as the drive of half a step and of a whole one."""
    half, whole, cutoff, rest = cells.half, cells.whole, cells.cutoff, cells.rest
    _rise(cells, v, rise)
    for i in range(v.size):
        moved = half.keep * v[i] + middle[i] + half.gain * (rise[i] - w[i])
        middle[i] = min(moved if step >= ready[i] else v[i], cutoff)
    _rise(cells, middle, rise)
    for i in range(v.size):
        w_middle = half.keep_w * w[i] + half.gain_w * (min(v[i], cutoff) - rest)
        moved = whole.keep * v[i] + new[i] + whole.gain * (rise[i] - w_middle)
        v[i] = moved if step >= ready[i] else v[i]
    for i in range(v.size):
        w[i] = whole.keep_w * w[i] + whole.gain_w * (middle[i] - rest)


class Part(NamedTuple):
    """Coefficients of the linear equations over a part of a step."""

    keep: float  # share of the voltage that is kept
    rest: float  # volts, what the leak and the background add
    gain: float  # volts per ampere that is constant
    weights: np.ndarray  # (n_currents,), volts per ampere that decays
    keep_w: float  # share of the adaptation that is kept
    gain_w: float  # siemens, what a volt above rest adds to the adaptation


class AdaptiveExponentialCells(NamedTuple):
    """Coefficients of one step."""

    half: Part
    whole: Part
    upswing: float  # amperes at the threshold
    slope: float
    threshold: float
    rest: float
    cutoff: float
    reset: float
    b: float
    noise: float  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(exponential.__file__, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        v, w, ready, n_units = state.variables[0], state.variables[1], state.ready, state.ready.size
        middle, new, rise = np.empty(n_units), np.empty(n_units), np.empty(n_units)
        _drive(cells.half, external, currents, middle)
        _drive(cells.whole, external, currents, new)
        for i in range(noise.size):
            new[i] += cells.noise * noise[i]
        _move(cells, step, v, w, ready, middle, new, rise)
        above = 0
        for i in range(n_units):
            above += v[i] > cells.cutoff
        n_fired = 0
        if above:
            for i in range(n_units):
                if v[i] > cells.cutoff and step >= ready[i]:
                    v[i] = cells.reset
                    w[i] += cells.b
                    ready[i] = step + cells.refractory[i]
                    fired[n_fired] = i
                    n_fired += 1
        return n_fired


@unit
class AdaptiveExponential(Membrane):
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
    >>> import numpy as np
    >>> from reservoir.neurons import AdaptiveExponential
    >>> AdaptiveExponential().initial_state(3, np.random.default_rng(0)).shape
    (2, 3)
    """

    capacitance: float = 281e-12
    leak_conductance: float = 30e-9
    rest: float = -0.0706
    threshold: float = -0.0504
    slope: float = 0.002
    time_constant_w: float = 0.144
    a: float = 4e-9
    b: float = 80.5e-12
    cutoff: float = 0.0
    reset: float = -0.0706
    refractory: float | Sequence[float] = 0.0
    background: float = 0.0
    initial: float | Sequence[float] = -0.0706
    noise: float = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: v in volts, w in amperes."""
        return np.stack([initial_voltages(self, n_units, rng), np.zeros(n_units)])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> AdaptiveExponentialCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = Parameters(self)
        threshold = p.real("threshold", unit="volt")
        cutoff = p.real("cutoff", threshold, closed="neither", unit="volt")
        slope = p.real("slope", 0, closed="neither", unit="volt")
        return AdaptiveExponentialCells(
            half=self._part(time_constants, dt / 2),
            whole=self._part(time_constants, dt),
            upswing=self._conductance() * slope,
            slope=slope,
            threshold=threshold,
            rest=p.real("rest", unit="volt"),
            cutoff=cutoff,
            reset=p.real("reset", None, cutoff, unit="volt"),
            b=p.real("b", unit="amp"),
            noise=p.real("noise", 0, unit="volt * second**-0.5") * float(np.sqrt(dt)),
            refractory=refractory_steps(p.owner, self.refractory, excitatory, dt),
        )

    def equations(self) -> EquationText:
        """The same for Brian2."""
        names = {"rest": "volt", "threshold": "volt", "slope": "volt", "cutoff": "volt", "reset": "volt"}
        names |= {"capacitance": "farad", "a": "siemens", "b": "amp", "background": "amp"}
        names |= {"noise": "volt * second**-0.5"}
        other = {"g": (self.leak_conductance, "siemens"), "tau_w": (self.time_constant_w, "second")}
        return EquationText(
            """
            upswing = g * slope * exp((clip(v, -1 * volt, cutoff) - threshold) / slope) : amp
            dv/dt = (g * (rest - v) + upswing - adaptation + background + {current}) / capacitance{noise}
                    : volt (unless refractory)
            dadaptation/dt = (a * (clip(v, -1 * volt, cutoff) - rest) - adaptation) / tau_w : amp
            """,
            threshold="v > cutoff",
            reset="v = reset; adaptation += b",
            variables={"v": "volt", "adaptation": "amp"},
            parameters={name: (getattr(self, name), unit) for name, unit in names.items()} | other,
            refractory=self.refractory,
            noise=" + noise * xi" if magnitude(self.noise) else "",
        )

    def _conductance(self) -> float:
        return Parameters(self).real("leak_conductance", 0, closed="neither", unit="siemens")

    def _part(self, time_constants: np.ndarray, seconds: float) -> Part:
        p = Parameters(self)
        capacitance = p.real("capacitance", 0, closed="neither", unit="farad")
        conductance = self._conductance()
        tau_w = p.real("time_constant_w", 0, closed="neither", unit="second")
        background = p.real("background", unit="amp")
        tau, share = capacitance / conductance, -np.expm1(-seconds * conductance / capacitance)
        return Part(
            keep=float(np.exp(-seconds / tau)),
            rest=float(share * (p.real("rest", unit="volt") + background / conductance)),
            gain=float(share / conductance),
            weights=decaying_gain(tau, time_constants, seconds) / capacitance,
            keep_w=float(np.exp(-seconds / tau_w)),
            gain_w=float(-np.expm1(-seconds / tau_w)) * p.real("a", unit="siemens"),
        )
