"""The resonate-and-fire unit."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.spiking import coefficients, firing, lif
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import drive, fire_above
from reservoir.neurons.spiking.membrane import ThresholdMembrane, UnitNumbers, initial_voltages, noise_and_hold, unit
from reservoir.neurons.spiking.statements import Statements

_FILES = coefficients.__file__, firing.__file__, lif.__file__, exponential.__file__


class ResonateAndFireCells(NamedTuple):
    """Coefficients of one step."""

    keep: Numbers  # what v keeps of itself, and x of itself
    turn: Numbers  # what v takes from x, and x gives to v
    base: Numbers  # volts that rest and background add to v
    base_x: Numbers
    gain: Numbers  # volts per ampere that is constant during the step
    gain_x: Numbers
    weights: np.ndarray  # (n_currents,) or (n_currents, n_units), volts per ampere that decays during the step
    weights_x: np.ndarray
    threshold: Numbers
    reset: Numbers
    noise: Numbers  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(*_FILES)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        v, x, ready = state.variables[0], state.variables[1], state.ready
        new, new_x = np.empty((2, v.size))
        drive(cells.base, cells.gain, cells.weights, external, currents, new)
        drive(cells.base_x, cells.gain_x, cells.weights_x, external, currents, new_x)
        for i in range(noise.size):
            new[i] += at(cells.noise, i) * noise[i]
        for i in range(v.size):
            new[i] += at(cells.keep, i) * v[i] + at(cells.turn, i) * x[i]
            new_x[i] += at(cells.keep, i) * x[i] - at(cells.turn, i) * v[i]
            x[i] = new_x[i] if step >= ready[i] else x[i]
            v[i] = new[i] if step >= ready[i] else v[i]
        n_fired = fire_above(cells.threshold, cells.reset, cells.refractory, step, v, ready, fired)
        for j in range(n_fired):
            x[fired[j]] = 0.0
        return n_fired

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return Statements(
            """
            turned = base_x + keep * x - turn * v + gain_x * external + {weights_x}
            v = base + keep * v + turn * x + gain * external + {weights} + noise * normal
            x = free * turned + (1 - free) * x
            """,
            threshold="v > threshold",
            reset="v = reset; x = 0 * volt",
            variables={"v": "volt", "x": "volt"},
            units={"threshold": "volt", "reset": "volt"},
        )


@unit
class ResonateAndFire(ThresholdMembrane):
    """Resonate-and-fire units: below the threshold they swing, and hear best what comes at their own frequency.

    The voltage v and the variable x, which stands for its currents, follow

        dv/dt = -(v - rest) / time_constant + 2 pi frequency x
        dx/dt = -x / time_constant - 2 pi frequency (v - rest) + (background + I(t)) / capacitance

    which is z' = (-1 / time_constant + 2 pi i frequency) z + I / capacitance for z = x + i (v - rest), and noise xi(t)
    is added to dv/dt; I is the sum of the synaptic and injected currents. A unit whose voltage exceeds `threshold`
    fires: v is set to `reset`, x to 0, and both are held there for the refractory time.

    A pulse moves x, and v has its peak a quarter of a period later. Two pulses a period apart add up, half a period
    apart they cancel; inhibition alone can make a unit fire. Since currents do not reach v at once, a conductance has
    nothing to pull to its reversal: circuits of conductances refuse these units.

    The step is exact for currents that decay exponentially and for injected currents that are constant during it.

    The frequency times the time constant is that of the example of the paper, -1 + 10 i, which resets z to i, on its
    threshold; all else is the library's own choice.

    Parameters
    ----------
    frequency : float > 0, default 40.0
        Of the swing, hertz.
    time_constant : float > 0, default 0.04
        In which the swing decays to 1/e, seconds.
    capacitance : float > 0, default 1e-10
        Scale of the currents, farads.
    rest : float, default -0.065
        Voltage without any current, volts.
    threshold : float, default -0.05
        Volts; a unit fires above it.
    reset : float <= threshold, default -0.055
        Voltage after a spike, volts.
    refractory : float >= 0, default (0.003, 0.002)
        Seconds during which v and x are held after a spike: of excitatory and of inhibitory units. Truncated to whole
        steps.
    initial : float or (float, float), default -0.065
        Initial voltages are uniform between two numbers, volts; x begins at 0.

    References
    ----------
    Izhikevich 2001, Resonate-and-fire neurons, Neural Networks 14(6-7):883-894, doi:10.1016/S0893-6080(01)00078-8.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from reservoir.neurons import ResonateAndFire
    >>> units = ResonateAndFire(frequency=uniform(20, 40))  # each of its own, between 20 and 60 Hz
    >>> units.drawn(np.ones(3, bool), np.random.default_rng(0)).frequency.round(1)
    array([45.5, 30.8, 21.6])
    """

    hears_conductances: ClassVar[bool] = False

    frequency: UnitNumbers = 40.0
    time_constant: UnitNumbers = 0.04
    capacitance: UnitNumbers = 1e-10
    rest: UnitNumbers = -0.065
    threshold: UnitNumbers = -0.05
    reset: UnitNumbers = -0.055
    refractory: UnitNumbers = (0.003, 0.002)
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.065
    noise: UnitNumbers = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: v and x in volts."""
        return np.stack([initial_voltages(self, n_units, rng), np.zeros(n_units)])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> ResonateAndFireCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        rate = 2j * np.pi * p.of_units("frequency", 0, closed="neither", unit="hertz")
        rate = rate - 1 / p.of_units("time_constant", 0, closed="neither", unit="second")
        capacitance = p.of_units("capacitance", 0, closed="neither", unit="farad")
        rest, background = p.of_units("rest", unit="volt"), p.of_units("background", unit="amp")
        threshold = p.of_units("threshold", unit="volt")
        turned, gain = np.exp(rate * dt), np.expm1(rate * dt) / rate / capacitance
        others = np.asarray(time_constants, dtype=np.float64)
        others = others[:, None] if np.ndim(gain) else others
        weights = np.exp(-dt / others) * np.expm1((rate + 1 / others) * dt) / (rate + 1 / others) / capacitance
        begin = gain * background - 1j * rest * turned
        coefficients: dict[str, Any] = {
            "keep": turned.real,
            "turn": turned.imag,
            "base": rest + begin.imag,
            "base_x": begin.real,
            "gain": gain.imag,
            "gain_x": gain.real,
            "weights": weights.imag,
            "weights_x": weights.real,
            "threshold": threshold,
            "reset": p.of_units("reset", None, threshold, unit="volt"),
        }
        return p.record(ResonateAndFireCells, **coefficients, **noise_and_hold(p, dt))
