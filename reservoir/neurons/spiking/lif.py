"""The leaky integrate-and-fire unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons.spiking.equations import EquationText
from reservoir.neurons.spiking.membrane import Membrane, initial_voltages, refractory_steps, unit
from reservoir.quantities import magnitude
from reservoir.validation import Parameters


@kernel(fastmath=REASSOCIATE, forceinline=True)
def gather(cells, external, currents, noise, injected):
    """Injected current (n_units,) that stands for `external`, the noise and the currents after the first two kinds."""
    for i in range(injected.size):
        injected[i] = external[i]
    for i in range(noise.size):
        injected[i] += cells.noise / cells.gain * noise[i]
    for r in range(2, currents.shape[0]):
        weight = cells.weights[r] / cells.gain
        for i in range(injected.size):
            injected[i] += weight * currents[r, i]


@kernel(fastmath=REASSOCIATE, forceinline=True)
def move(cells, step, injected, currents, v, ready):
    """New voltages, and how many lie above the threshold. All in one loop: three of them take three times as long."""
    rest, keep, gain, threshold = cells.rest, cells.keep, cells.gain, cells.threshold
    first, second = cells.weights[0], cells.weights[1]
    above = 0
    for i in range(ready.size):
        drive = rest[i] + keep * v[0, i] + gain * injected[i] + first * currents[0, i] + second * currents[1, i]
        new = drive if step >= ready[i] else v[0, i]
        v[0, i] = new
        above += new > threshold
    return above


class LIFCells(NamedTuple):
    """Coefficients of one step."""

    rest: np.ndarray  # (n_units,), volts, what the leak and the background add in a step
    keep: float  # share of the voltage that is kept
    gain: float  # volts per ampere that is constant during the step
    weights: np.ndarray  # (n_currents,), volts per ampere that decays during the step
    noise: float  # volts
    threshold: float
    reset: float
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(fastmath=REASSOCIATE, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        v, ready = state.variables, state.ready
        gather(cells, external, currents, noise, state.scratch)
        above = move(cells, step, state.scratch, currents, v, ready)
        n_fired = 0
        if above:
            for i in range(ready.size):
                if v[0, i] > cells.threshold and step >= ready[i]:
                    v[0, i] = cells.reset
                    ready[i] = step + cells.refractory[i]
                    fired[n_fired] = i
                    n_fired += 1
        return n_fired


@unit
class LIF(Membrane):
    """Leaky integrate-and-fire units.

    Below the threshold the voltage v follows

        time_constant dv/dt = rest - v + resistance (background + I(t)) + noise sqrt(2 time_constant) xi(t)

    where I is the sum of the synaptic and injected currents; a unit whose voltage exceeds `threshold` fires, is set
    to `reset` and held there for the refractory time. The step is exact for currents that decay exponentially and for
    injected currents that are constant during it.

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
    refractory : float or (float, float), default (0.003, 0.002)
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

    time_constant: float = 0.03
    resistance: float = 1e6
    rest: float = 0.0
    threshold: float = 0.015
    reset: float = 0.0135
    refractory: float | Sequence[float] = (0.003, 0.002)
    background: float = 13.5e-9
    initial: float | Sequence[float] = (0.0135, 0.015)
    noise: float = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (1, n_units) of units that begin: the voltages."""
        return initial_voltages(self, n_units, rng)[None]

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> Any:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = Parameters(self)
        tau = p.real("time_constant", 0, closed="neither", unit="second")
        resistance = p.real("resistance", 0, closed="neither", unit="ohm")
        threshold = p.real("threshold", unit="volt")
        reset = p.real("reset", None, threshold, unit="volt")
        background = p.real("background", unit="amp")
        gain = -np.expm1(-dt / tau)
        held = p.real("rest", unit="volt") + resistance * background
        return LIFCells(
            rest=np.full(len(excitatory), held * gain),
            keep=float(np.exp(-dt / tau)),
            gain=resistance * gain,
            weights=resistance / tau * decaying_gain(tau, time_constants, dt),
            noise=p.real("noise", 0, unit="volt") * float(np.sqrt(-np.expm1(-2 * dt / tau))),
            threshold=threshold,
            reset=reset,
            refractory=refractory_steps(p.owner, self.refractory, excitatory, dt),
        )

    def equations(self) -> EquationText:
        """The same for Brian2."""
        return EquationText(
            "dv/dt = (rest - v + resistance * (background + {current})) / tau{noise} : volt (unless refractory)",
            threshold="v > threshold",
            reset="v = reset",
            variables={"v": "volt"},
            parameters={
                "rest": (self.rest, "volt"),
                "resistance": (self.resistance, "ohm"),
                "background": (self.background, "amp"),
                "tau": (self.time_constant, "second"),
                "threshold": (self.threshold, "volt"),
                "reset": (self.reset, "volt"),
                "noise": (self.noise, "volt"),
            },
            refractory=self.refractory,
            method="exact",
            noise=" + noise * sqrt(2 / tau) * xi" if magnitude(self.noise) else "",
            membrane="tau",
        )


def decaying_gain(tau: float, time_constants: np.ndarray, dt: float) -> np.ndarray:
    """Seconds: integral over a step of exp(-(dt - s) / tau) exp(-s / tau_s) ds, also where both are equal."""
    others = np.asarray(time_constants, dtype=np.float64)
    x = dt * (1 / tau - 1 / others)
    usual = np.minimum(x, 700.0)
    ratio = np.divide(np.expm1(usual), usual, out=np.ones_like(x), where=usual != 0)
    follows = dt * np.exp(-dt / others) / np.maximum(x, 700.0)  # a unit that forgets at once, where expm1 overflows
    return np.where(x > 700.0, follows, np.exp(-dt / tau) * dt * ratio)
