"""The unit of Hodgkin and Huxley."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking import coefficients, firing
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import drive, fire_rising
from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.membrane import FullSpike, UnitNumbers, initial_voltages, noise_and_hold, unit
from reservoir.neurons.spiking.statements import Statements, full_spike

_FILES = coefficients.__file__, firing.__file__, exponential.__file__


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
def _move_gates(seconds, voltage, m, h, n):
    """A whole step of the gates at a fixed voltage."""
    for i in range(voltage.size):
        opening, closing = open_sodium(voltage[i])
        m[i] = _relax(opening, closing, m[i], seconds)
    for i in range(voltage.size):
        opening, closing = inactivate_sodium(voltage[i])
        h[i] = _relax(opening, closing, h[i], seconds)
    for i in range(voltage.size):
        opening, closing = open_potassium(voltage[i])
        n[i] = _relax(opening, closing, n[i], seconds)


@kernel(*_FILES)
def _move_voltage(cells, m, h, n, current, conductance, voltage):
    """Half a step of the voltage at fixed gates, under a current, amperes."""
    for i in range(current.size):
        current[i] += at(cells.leak, i) * at(cells.reversal_leak, i)
    for i in range(current.size):
        squared = n[i] * n[i]
        open_n = at(cells.potassium, i) * squared * squared
        open_m = at(cells.sodium, i) * m[i] * m[i] * m[i] * h[i]
        total = open_m + open_n + at(cells.leak, i) + conductance[i]
        inward = open_m * at(cells.reversal_sodium, i) + open_n * at(cells.reversal_potassium, i) + current[i]
        voltage[i] -= (inward / total - voltage[i]) * expm1(-at(cells.half, i) * total)


class HodgkinHuxleyCells(NamedTuple):
    """Coefficients of one step."""

    seconds: Numbers
    half: Numbers  # seconds per farad, of half a step
    sodium: Numbers
    potassium: Numbers
    leak: Numbers
    reversal_sodium: Numbers
    reversal_potassium: Numbers
    reversal_leak: Numbers
    background: Numbers
    threshold: Numbers
    noise: Numbers  # volts
    means_first: np.ndarray  # (n_currents,), mean of a current in the first half of a step over its value before
    means_second: np.ndarray
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(*_FILES)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, m, h, n = state.variables[0], state.variables[1], state.variables[2], state.variables[3]
        inward, bounded, new = np.empty(v.size), np.empty(v.size), v.copy()
        drive(cells.background, 1.0, cells.means_first, external, currents, inward)
        _move_voltage(cells, m, h, n, inward, conductance, new)
        for i in range(v.size):
            bounded[i] = min(max(1e3 * new[i], -200.0), 200.0)
        _move_gates(at(cells.seconds, 0), bounded, m, h, n)
        drive(cells.background, 1.0, cells.means_second, external, currents, inward)
        _move_voltage(cells, m, h, n, inward, conductance, new)
        return fire_rising(cells, step, new, noise, v, state.ready, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return full_spike(
            """
            open_m = sodium * m * m * m * h
            open_n = potassium * n * n * n * n
            total = open_m + open_n + leak + conductance
            leaking = leak * reversal_leak + background + external
            inward = open_m * reversal_sodium + open_n * reversal_potassium + leaking
            middle = v + (v - (inward + {means_first}) / total) * (exp(-half * total) - 1)
            x = clip(1000 * middle, -200, 200)
            x_m = 0.05 * (x + 40)
            opening = 1000 * ((x_m + int(x_m == 0)) / (tanh(x_m) + int(x_m == 0)) + x_m)
            closing = 4000 * exp(-(x + 65) / 18)
            m = m + (m - opening / (opening + closing)) * (exp(-seconds * (opening + closing)) - 1)
            opening_h = 70 * exp(-(x + 65) / 20)
            closing_h = 1000 / (exp(-0.1 * (x + 35)) + 1)
            h = h + (h - opening_h / (opening_h + closing_h)) * (exp(-seconds * (opening_h + closing_h)) - 1)
            x_n = 0.05 * (x + 55)
            opening_n = 100 * ((x_n + int(x_n == 0)) / (tanh(x_n) + int(x_n == 0)) + x_n)
            closing_n = 125 * exp(-(x + 65) / 80)
            n = n + (n - opening_n / (opening_n + closing_n)) * (exp(-seconds * (opening_n + closing_n)) - 1)
            open_m2 = sodium * m * m * m * h
            open_n2 = potassium * n * n * n * n
            total2 = open_m2 + open_n2 + leak + conductance
            inward2 = open_m2 * reversal_sodium + open_n2 * reversal_potassium + leaking
            moved = middle + (middle - (inward2 + {means_second}) / total2) * (exp(-half * total2) - 1)
            v = moved + noise * normal
            """,
            {"v": "volt", "m": "1", "h": "1", "n": "1"},
        )


@unit
class HodgkinHuxley(FullSpike):
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
    by their means over the halves, conductances by those over the step. With a step of 0.1 ms the first four spikes
    under 1 nA come at most 0.3 ms late and 0.8 mV too low.

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

    capacitance: UnitNumbers = 1e-10
    sodium_conductance: UnitNumbers = 12e-6
    potassium_conductance: UnitNumbers = 3.6e-6
    leak_conductance: UnitNumbers = 30e-9
    sodium_reversal: UnitNumbers = 0.05
    potassium_reversal: UnitNumbers = -0.077
    leak_reversal: UnitNumbers = -0.054387
    threshold: UnitNumbers = 0.0
    refractory: UnitNumbers = 0.0
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.065
    noise: UnitNumbers = 0.0

    _reach: ClassVar[float] = 7e-3

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (4, n_units) of units that begin: v in volts, m, h, n."""
        voltages = initial_voltages(self, n_units, rng)
        state = np.stack([voltages, *np.zeros((3, n_units))])
        _move_gates(np.inf, np.clip(1e3 * voltages, -200.0, 200.0), *state[1:])
        return state

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> HodgkinHuxleyCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        first = mean_decay(time_constants, 0.5 * dt)
        return p.record(
            HodgkinHuxleyCells,
            seconds=dt,
            half=0.5 * dt / p.of_units("capacitance", 0, closed="neither", unit="farad"),
            sodium=p.of_units("sodium_conductance", 0, unit="siemens"),
            potassium=p.of_units("potassium_conductance", 0, unit="siemens"),
            leak=p.of_units("leak_conductance", 0, closed="neither", unit="siemens"),
            reversal_sodium=p.of_units("sodium_reversal", unit="volt"),
            reversal_potassium=p.of_units("potassium_reversal", unit="volt"),
            reversal_leak=p.of_units("leak_reversal", unit="volt"),
            background=p.of_units("background", unit="amp"),
            threshold=p.of_units("threshold", unit="volt"),
            means_first=first,
            means_second=first * np.exp(-0.5 * dt / np.asarray(time_constants, dtype=np.float64)),
            **noise_and_hold(p, dt),
        )
