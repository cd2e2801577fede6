"""The leaky integrate-and-fire unit."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking import coefficients
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.membrane import (
    Membrane,
    UnitNumbers,
    initial_voltages,
    least_reach,
    refractory_steps,
    unit,
)
from reservoir.neurons.spiking.statements import Statements


@kernel(coefficients.__file__, fastmath=REASSOCIATE, forceinline=True)
def gather(cells, external, currents, noise, injected):
    """Injected current (n_units,) that stands for `external`, the noise and the currents after the first two kinds."""
    for i in range(injected.size):
        injected[i] = external[i]
    for i in range(noise.size):
        injected[i] += at(cells.noise, i) / at(cells.gain, i) * noise[i]
    for r in range(2, currents.shape[0]):
        weights = cells.weights[r]
        for i in range(injected.size):
            injected[i] += at(weights, i) / at(cells.gain, i) * currents[r, i]


@kernel(coefficients.__file__, fastmath=REASSOCIATE, forceinline=True)
def move(cells, step, injected, currents, v, ready):
    """New voltages, and how many lie above the threshold. All in one loop: three of them take three times as long."""
    rest, keep, gain, threshold = cells.rest, cells.keep, cells.gain, cells.threshold
    first, second = cells.weights[0], cells.weights[1]
    above = 0
    for i in range(ready.size):
        heard = at(gain, i) * injected[i] + at(first, i) * currents[0, i] + at(second, i) * currents[1, i]
        drive = rest[i] + at(keep, i) * v[0, i] + heard
        new = drive if step >= ready[i] else v[0, i]
        v[0, i] = new
        above += new > at(threshold, i)
    return above


@kernel(coefficients.__file__, exponential.__file__, fastmath=REASSOCIATE, forceinline=True)
def relax(cells, step, external, currents, conductance, noise, injected, v, ready):
    """The same where conductances stand open: exact for what is constant during the step."""
    for i in range(injected.size):
        injected[i] = external[i]
    for r in range(currents.shape[0]):
        for i in range(injected.size):
            injected[i] += cells.means[r] * currents[r, i]
    above = 0
    for i in range(ready.size):
        resistance = at(cells.resistance, i)
        total = 1.0 + resistance * conductance[i]
        change = expm1(-at(cells.time_constants, i) * total)
        new = v[0, i] + (v[0, i] - (at(cells.level, i) + resistance * injected[i]) / total) * change
        if noise.size:
            new += at(cells.spread, i) * math.sqrt(-change * (2.0 + change) / total) * noise[i]
        new = new if step >= ready[i] else v[0, i]
        v[0, i] = new
        above += new > at(cells.threshold, i)
    return above


@kernel(coefficients.__file__, forceinline=True)
def fire(cells, step, v, ready, fired):
    """Reset the units above the threshold: their number."""
    n_fired = 0
    for i in range(ready.size):
        if v[0, i] > at(cells.threshold, i) and step >= ready[i]:
            v[0, i] = at(cells.reset, i)
            ready[i] = step + cells.refractory[i]
            fired[n_fired] = i
            n_fired += 1
    return n_fired


_FILES = coefficients.__file__, exponential.__file__


class LIFCells(NamedTuple):
    """Coefficients of one step; all but `means`, `rest` and `refractory` are one number, or one for each unit."""

    rest: np.ndarray  # (n_units,), volts, what the leak and the background add in a step
    keep: Numbers  # share of the voltage that is kept
    gain: Numbers  # volts per ampere that is constant during the step
    weights: np.ndarray  # (n_currents,) or (n_currents, n_units), volts per ampere that decays during the step
    noise: Numbers  # volts
    threshold: Numbers
    reset: Numbers
    refractory: np.ndarray  # (n_units,), steps
    # where conductances stand open
    level: Numbers  # volts, where leak and background alone hold the voltage
    resistance: Numbers
    time_constants: Numbers  # that a step lasts
    spread: Numbers  # volts, standard deviation that noise gives in the long run
    means: np.ndarray  # (n_currents,), mean of a current during the step over its value before

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        gather(cells, external, currents, noise, state.scratch)
        above = move(cells, step, state.scratch, currents, state.variables, state.ready)
        return fire(cells, step, state.variables, state.ready, fired) if above else 0

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, ready = state.variables, state.ready
        above = relax(cells, step, external, currents, conductance, noise, state.scratch, v, ready)
        return fire(cells, step, v, ready, fired) if above else 0

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return Statements(
            "v = rest + keep * v + gain * external + {weights} + noise * normal",
            conducting="""
            total = 1 + resistance * conductance
            change = exp(-time_constants * total) - 1
            goal = (level + resistance * (external + {means})) / total
            v = v + (v - goal) * change + spread * sqrt(-change * (2 + change) / total) * normal
            """,
            threshold="v > threshold",
            reset="v = reset",
            variables={"v": "volt"},
            units={"threshold": "volt", "reset": "volt"},
        )


@unit
class LIF(Membrane):
    """Leaky integrate-and-fire units.

    Below the threshold the voltage v follows

        time_constant dv/dt = rest - v + resistance (background + I(t)) + noise sqrt(2 time_constant) xi(t)

    where I is the sum of the synaptic and injected currents; a unit whose voltage exceeds `threshold` fires, is set
    to `reset` and held there for the refractory time. The step is exact for currents that decay exponentially and for
    injected currents that are constant during it; where synapses are conductances it is exact for the means of currents
    and conductances over the step, which is of order 2.

    The defaults are those of Maass, Natschlaeger and Markram.

    Parameters
    ----------
    time_constant : float > 0, default 0.03
        Of the membrane, seconds.
    resistance : float > 0, default 1e6
        Of the membrane, ohms.
    rest : float, default 0.0
        Voltage without any current, volts.
    threshold : float, default 0.015
        Volts; a unit fires above it.
    reset : float, default 0.0135
        Volts; at most the threshold.
    refractory : float >= 0, default (0.003, 0.002)
        Seconds during which a unit is held after a spike: of excitatory and of inhibitory units. Truncated to whole
        steps.
    background : float, default 13.5e-9
        Constant current into every unit, amperes.
    initial : (float, float), default (0.0135, 0.015)
        Initial voltages are uniform between these, volts.
    noise : float >= 0, default 0.0
        Standard deviation that white noise alone gives the voltage in the long run, volts.

    References
    ----------
    Maass, Natschlaeger, Markram 2002, Real-time computing without stable states, Neural Computation 14(11):2531-2560,
    doi:10.1162/089976602760407955.
    Rotter and Diesmann 1999, Exact digital simulation of time-invariant linear systems with applications to neuronal
    modeling, Biological Cybernetics 81:381-402, doi:10.1007/s004220050570.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.neurons import LIF
    >>> LIF().initial_state(3, np.random.default_rng(0)).shape
    (1, 3)
    """

    time_constant: UnitNumbers = 0.03
    resistance: UnitNumbers = 1e6
    rest: UnitNumbers = 0.0
    threshold: UnitNumbers = 0.015
    reset: UnitNumbers = 0.0135
    refractory: UnitNumbers = (0.003, 0.002)
    background: UnitNumbers = 13.5e-9
    initial: UnitNumbers = (0.0135, 0.015)
    noise: UnitNumbers = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (1, n_units) of units that begin: the voltages."""
        return initial_voltages(self, n_units, rng)[None]

    def scales(self, excitatory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Capacitances, farads, and volts from rest to threshold, (n_units,) each: what synapses must suit."""
        p = UnitParameters(self, excitatory)
        resistance = p.each("resistance", 0, closed="neither", unit="ohm")
        level = p.each("rest", unit="volt") + resistance * p.each("background", unit="amp")
        farads = p.each("time_constant", 0, closed="neither", unit="second") / resistance
        return farads, least_reach(p.each("threshold", unit="volt") - level)

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> Any:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        tau = p.of_units("time_constant", 0, closed="neither", unit="second")
        resistance = p.of_units("resistance", 0, closed="neither", unit="ohm")
        reset = p.of_units("reset", None, p.of_units("threshold", unit="volt"), unit="volt")
        return p.record(LIFCells, **leaky_step(p, tau, resistance, reset, time_constants, dt))


def leaky_step(
    p: UnitParameters, tau: Numbers, resistance: Numbers, reset: Numbers, time_constants: np.ndarray, dt: float
) -> dict[str, Any]:
    """The fields of `LIFCells`, for a membrane with this time constant."""
    background, spread = p.of_units("background", unit="amp"), p.of_units("noise", 0, unit="volt")
    gain = -np.expm1(-dt / tau)
    level = p.of_units("rest", unit="volt") + resistance * background
    return {
        "rest": np.full(len(p.excitatory), level * gain),
        "keep": np.exp(-dt / tau),
        "gain": resistance * gain,
        "weights": resistance / tau * decaying_gain(tau + 0.0 * resistance, time_constants, dt),
        "noise": spread * np.sqrt(-np.expm1(-2 * dt / tau)),
        "threshold": p.of_units("threshold", unit="volt"),
        "reset": reset,
        "refractory": refractory_steps(p.owner, p.part.refractory, p.excitatory, dt),
        "level": level,
        "resistance": resistance,
        "time_constants": dt / tau,
        "spread": spread,
        "means": mean_decay(time_constants, dt),
    }


def mean_decay(time_constants: Numbers, seconds: float) -> np.ndarray:
    """Mean of exp(-s / tau) over so many seconds."""
    x = seconds / np.asarray(time_constants, dtype=np.float64)
    return np.asarray(-np.expm1(-x) / x)


def decaying_gain(tau: Numbers, time_constants: np.ndarray, dt: float) -> np.ndarray:
    """Seconds of `decayed_together` for each of these currents: (n_currents,), or (n_currents, n_units)."""
    others = np.asarray(time_constants, dtype=np.float64)
    return decayed_together(tau, others[:, None] if np.ndim(tau) else others, dt)


def decayed_together(tau: Numbers, others: Numbers, dt: float) -> np.ndarray:
    """Seconds: integral over a step of exp(-(dt - s) / tau) exp(-s / others) ds, also where both are equal."""
    x = np.asarray(dt * (1 / tau - 1 / others))
    usual = np.minimum(x, 700.0)
    ratio = np.divide(np.expm1(usual), usual, out=np.ones_like(x), where=usual != 0)
    follows = dt * np.exp(-dt / others) / np.maximum(x, 700.0)  # a unit that forgets at once, where expm1 overflows
    return np.where(x > 700.0, follows, np.exp(-dt / tau) * dt * ratio)
