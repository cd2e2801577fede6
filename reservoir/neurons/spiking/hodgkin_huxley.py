"""The unit of Hodgkin and Huxley."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking.equations import EquationText
from reservoir.neurons.spiking.membrane import Membrane, initial_voltages, refractory_steps, unit
from reservoir.quantities import magnitude
from reservoir.validation import Parameters


@kernel(exponential.__file__, forceinline=True)
def _linear_over_exponential(x):
    """x / (1 - exp(-x)), 1 at x = 0."""
    return x / -expm1(-x) if x != 0.0 else 1.0


@kernel(exponential.__file__, forceinline=True)
def open_sodium(v):
    """Rates at which m opens and closes at the voltage v in millivolts, 1 / second."""
    return 1e3 * _linear_over_exponential(0.1 * (v + 40.0)), 4e3 * (expm1(-(v + 65.0) / 18.0) + 1.0)


@kernel(exponential.__file__, forceinline=True)
def inactivate_sodium(v):
    """Rates of h."""
    return 70.0 * (expm1(-(v + 65.0) / 20.0) + 1.0), 1e3 / (expm1(-0.1 * (v + 35.0)) + 2.0)


@kernel(exponential.__file__, forceinline=True)
def open_potassium(v):
    """Rates of n."""
    return 100.0 * _linear_over_exponential(0.1 * (v + 55.0)), 125.0 * (expm1(-(v + 65.0) / 80.0) + 1.0)


@kernel(exponential.__file__, forceinline=True)
def _relax(opening, closing, gate, dt):
    total = opening + closing
    return gate - (opening / total - gate) * expm1(-dt * total)


@kernel(exponential.__file__)
def _move_gates(dt, voltage, m, h, n):
    """A whole step of the gates at a fixed voltage."""
    for i in range(voltage.size):
        opening, closing = open_sodium(voltage[i])
        m[i] = _relax(opening, closing, m[i], dt)
    for i in range(voltage.size):
        opening, closing = inactivate_sodium(voltage[i])
        h[i] = _relax(opening, closing, h[i], dt)
    for i in range(voltage.size):
        opening, closing = open_potassium(voltage[i])
        n[i] = _relax(opening, closing, n[i], dt)


@kernel(exponential.__file__)
def _move_voltage(cells, m, h, n, drive, voltage):
    """Half a step of the voltage at fixed gates, under the current `drive`, amperes."""
    sodium, potassium, leak = cells.sodium, cells.potassium, cells.leak
    for i in range(drive.size):
        drive[i] += leak * cells.reversal_leak
    for i in range(drive.size):
        squared = n[i] * n[i]
        open_n, open_m = potassium * squared * squared, sodium * m[i] * m[i] * m[i] * h[i]
        total = open_m + open_n + leak
        final = (open_m * cells.reversal_sodium + open_n * cells.reversal_potassium + drive[i]) / total
        voltage[i] -= (final - voltage[i]) * expm1(-cells.half * total)


@kernel()
def _drive(cells, weights, external, currents, out):
    """Mean current in half a step, amperes."""
    for i in range(out.size):
        out[i] = cells.background + external[i]
    for r in range(len(currents)):
        current, weight = currents[r], weights[r]
        for i in range(out.size):
            out[i] += weight * current[i]


class HodgkinHuxleyCells(NamedTuple):
    """Coefficients of one step."""

    dt: float
    half: float  # seconds per farad, of half a step
    sodium: float
    potassium: float
    leak: float
    reversal_sodium: float
    reversal_potassium: float
    reversal_leak: float
    background: float
    weights_first: np.ndarray  # (n_currents,), mean of a current in the first half of a step
    weights_second: np.ndarray
    threshold: float
    noise: float  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(exponential.__file__)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        v, ready, n_units = state.variables[0], state.ready, state.ready.size
        m, h, n = state.variables[1], state.variables[2], state.variables[3]
        drive, new, bounded = np.empty(n_units), np.empty(n_units), np.empty(n_units)
        for i in range(n_units):
            new[i] = v[i]
        _drive(cells, cells.weights_first, external, currents, drive)
        _move_voltage(cells, m, h, n, drive, new)
        for i in range(n_units):
            bounded[i] = min(max(1e3 * new[i], -200.0), 200.0)
        _move_gates(cells.dt, bounded, m, h, n)
        _drive(cells, cells.weights_second, external, currents, drive)
        _move_voltage(cells, m, h, n, drive, new)
        for i in range(noise.size):
            new[i] += cells.noise * noise[i]
        above, threshold = 0, cells.threshold
        for i in range(n_units):
            above += (new[i] > threshold) & (v[i] <= threshold)
        n_fired = 0
        if above:
            for i in range(n_units):
                if new[i] > threshold and v[i] <= threshold and step >= ready[i]:
                    ready[i] = step + cells.refractory[i]
                    fired[n_fired] = i
                    n_fired += 1
        for i in range(n_units):
            v[i] = new[i]
        return n_fired


@unit
class HodgkinHuxley(Membrane):
    """Units of Hodgkin and Huxley, a patch of the giant axon of the squid.

    The voltage v and the gates m, h, n follow

        capacitance dv/dt = sodium_conductance m^3 h (sodium_reversal - v)
                            + potassium_conductance n^4 (potassium_reversal - v)
                            + leak_conductance (leak_reversal - v) + background + I(t)
        dx/dt = opening_x(v) (1 - x) - closing_x(v) x,    x = m, h, n

    and noise xi(t) is added to dv/dt; I is the sum of the synaptic and injected currents. In today's sign, with the
    rest at -65 mV, the rates per millisecond, for v in millivolts, are

        m:  0.1 (v + 40) / (1 - exp(-(v + 40) / 10)),    4 exp(-(v + 65) / 18)
        h:  0.07 exp(-(v + 65) / 20),                    1 / (1 + exp(-(v + 35) / 10))
        n:  0.01 (v + 55) / (1 - exp(-(v + 55) / 10)),   0.125 exp(-(v + 65) / 80)

    Beyond plus or minus 200 mV they are those of that bound. A unit fires when v rises above `threshold`; v is neither
    reset nor held.

    The step is of order 2 and stable for any length (Strang splitting): the voltage moves for half a step while the
    gates stand, the gates for a whole one, the voltage for the other half, each by its exact solution. Currents enter
    by their means over the halves. With a step of 0.1 ms the first four spikes under 1 nA come
    at most 0.3 ms late and 0.8 mV too low.

    The defaults are those of Hodgkin and Huxley for a patch of 1e-4 square centimetres; that area, `threshold` and
    `refractory` are the library's own choice.

    Parameters
    ----------
    capacitance : float > 0, default 1e-10
        Of the membrane, farads.
    sodium_conductance : float >= 0, default 12e-6
        When all gates are open, siemens.
    potassium_conductance : float >= 0, default 3.6e-6
        When all gates are open, siemens.
    leak_conductance : float > 0, default 30e-9
        Siemens.
    sodium_reversal : float, default 0.05
        Volts.
    potassium_reversal : float, default -0.077
        Volts.
    leak_reversal : float, default -0.054387
        Volts.
    threshold : float, default 0.0
        Volts; a unit fires when it rises above it.
    refractory : float or (float, float), default 0.0
        Seconds in which a unit does not fire again: excitatory and inhibitory units. Truncated to whole steps.
    initial : float or (float, float), default -0.065
        Initial voltages are uniform between two numbers, volts; the gates begin where they would settle.

    References
    ----------
    Hodgkin and Huxley 1952, A quantitative description of membrane current and its application to conduction and
    excitation in nerve, Journal of Physiology 117:500-544, doi:10.1113/jphysiol.1952.sp004764.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.neurons import HodgkinHuxley
    >>> HodgkinHuxley().initial_state(1, np.random.default_rng(0)).ravel().round(3)
    array([-0.065,  0.053,  0.596,  0.318])
    """

    capacitance: float = 1e-10
    sodium_conductance: float = 12e-6
    potassium_conductance: float = 3.6e-6
    leak_conductance: float = 30e-9
    sodium_reversal: float = 0.05
    potassium_reversal: float = -0.077
    leak_reversal: float = -0.054387
    threshold: float = 0.0
    refractory: float | Sequence[float] = 0.0
    background: float = 0.0
    initial: float | Sequence[float] = -0.065
    noise: float = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (4, n_units) of units that begin: v in volts, m, h, n."""
        voltages = initial_voltages(self, n_units, rng)
        state = np.stack([voltages, *np.zeros((3, n_units))])
        _move_gates(np.inf, np.clip(1e3 * voltages, -200.0, 200.0), *state[1:])
        return state

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> HodgkinHuxleyCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = Parameters(self)
        half = 0.5 * dt / np.asarray(time_constants, dtype=np.float64)
        first = -np.expm1(-half) / half
        return HodgkinHuxleyCells(
            dt=float(dt),
            half=0.5 * dt / p.real("capacitance", 0, closed="neither", unit="farad"),
            sodium=p.real("sodium_conductance", 0, unit="siemens"),
            potassium=p.real("potassium_conductance", 0, unit="siemens"),
            leak=p.real("leak_conductance", 0, closed="neither", unit="siemens"),
            reversal_sodium=p.real("sodium_reversal", unit="volt"),
            reversal_potassium=p.real("potassium_reversal", unit="volt"),
            reversal_leak=p.real("leak_reversal", unit="volt"),
            background=p.real("background", unit="amp"),
            weights_first=first,
            weights_second=first * np.exp(-half),
            threshold=p.real("threshold", unit="volt"),
            noise=p.real("noise", 0, unit="volt * second**-0.5") * float(np.sqrt(dt)),
            refractory=refractory_steps(p.owner, self.refractory, excitatory, dt),
        )

    def equations(self) -> EquationText:
        """The same for Brian2."""
        names = {"capacitance": "farad", "threshold": "volt", "background": "amp", "noise": "volt * second**-0.5"}
        names |= dict.fromkeys(("sodium_conductance", "potassium_conductance", "leak_conductance"), "siemens")
        names |= dict.fromkeys(("sodium_reversal", "potassium_reversal", "leak_reversal"), "volt")
        return EquationText(
            """
            x = v / volt * 1000 : 1
            dv/dt = (sodium_conductance * m**3 * h * (sodium_reversal - v) + potassium_conductance * n**4
                     * (potassium_reversal - v) + leak_conductance * (leak_reversal - v) + background + {current})
                    / capacitance{noise} : volt
            dm/dt = (1000 / exprel(-0.1 * (x + 40)) * (1 - m) - 4000 * exp(-(x + 65) / 18) * m) / second : 1
            dh/dt = (70 * exp(-(x + 65) / 20) * (1 - h) - 1000 / (exp(-0.1 * (x + 35)) + 1) * h) / second : 1
            dn/dt = (100 / exprel(-0.1 * (x + 55)) * (1 - n) - 125 * exp(-(x + 65) / 80) * n) / second : 1
            """,
            threshold="v > threshold and before <= threshold",
            reset="",
            variables={"v": "volt", "m": "1", "h": "1", "n": "1"},
            parameters={name: (getattr(self, name), unit) for name, unit in names.items()},
            refractory=self.refractory,
            method="rk4",
            noise=" + noise * xi" if magnitude(self.noise) else "",
            before="before",
        )
