"""The unit of FitzHugh and Nagumo."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.spiking import coefficients, cubic, firing, lif
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.cubic import Cubic, CubicUnit, cubic_of, step_in_words, to_the_end, to_the_middle
from reservoir.neurons.spiking.firing import fire_rising
from reservoir.neurons.spiking.membrane import UnitNumbers, initial_voltages, noise_and_hold, numbers_at_start, unit
from reservoir.neurons.spiking.statements import Statements, full_spike

_FILES = coefficients.__file__, cubic.__file__, firing.__file__, lif.__file__, exponential.__file__


class FitzHughNagumoCells(NamedTuple):
    """Coefficients of one step."""

    cubic: Cubic
    a: Numbers
    keep_half: Numbers  # share of w that is kept in half a step
    gain_half: Numbers  # what x + a adds to it
    keep: Numbers
    gain: Numbers
    threshold: Numbers
    noise: Numbers  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(*_FILES)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, w, curve = state.variables[0], state.variables[1], cells.cubic
        pull, middle, new = np.empty((3, v.size))
        for i in range(v.size):
            pull[i] = -w[i]
        to_the_middle(curve, external, currents, conductance, v, pull, middle)
        for i in range(v.size):
            x = (v[i] - at(curve.centre, i)) / at(curve.scale, i)
            pull[i] = -at(cells.keep_half, i) * w[i] - at(cells.gain_half, i) * (x + at(cells.a, i))
        to_the_end(curve, external, currents, conductance, v, pull, middle, new)
        for i in range(v.size):
            x = (middle[i] - at(curve.centre, i)) / at(curve.scale, i)
            w[i] = at(cells.keep, i) * w[i] + at(cells.gain, i) * (x + at(cells.a, i))
        return fire_rising(cells, step, new, noise, v, state.ready, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return full_spike(
            step_in_words(
                "-recovery",
                "recovery_middle = keep_half * recovery + gain_half * (x + a)",
                "-recovery_middle",
                "recovery = keep * recovery + gain * (x_middle + a)",
            ),
            {"v": "volt", "recovery": "1"},
        )


@unit
class FitzHughNagumo(CubicUnit):
    """Units of FitzHugh and Nagumo, the plainest with a full spike.

    With x = (v - centre) / scale and time in units of `time_scale`, x and the recovery w follow

        dx/dt = x - x^3 / 3 - w + (background + I(t)) / unit of current
        dw/dt = epsilon (x + a - b w)

    and noise xi(t) is added to dv/dt; I is the sum of the synaptic and injected currents. The equations have no
    dimensions. Here x becomes a voltage by `centre` and `scale`, and the unit of current is capacitance scale /
    time_scale, 3 nA by default: a current moves v as it moves a membrane of that capacitance, and a conductance
    pulls v to its reversal. With the defaults a unit rests at -66 mV, its spikes reach about 30 mV, and under a
    constant current of 0.3313 to 1.4187 units, 0.99 to 4.26 nA, it fires for ever. A unit fires when v rises above
    `threshold`; v is neither reset nor held.

    The step is the exponential midpoint method, of order 2, see `reservoir.neurons.spiking.cubic`.

    The defaults of a, b and epsilon are the common ones; `centre`, `scale`, `time_scale`, `capacitance` and `threshold`
    are the library's own choice.

    Parameters
    ----------
    a : float, default 0.7
        Shift of the recovery.
    b : float > 0, default 0.8
        Decay of the recovery.
    epsilon : float > 0, default 0.08
        How slow the recovery is.
    centre : float, default -0.03
        Where x is 0, volts.
    scale : float > 0, default 0.03
        What x = 1 is above that, volts.
    time_scale : float > 0, default 0.001
        Seconds that a unit of time lasts.
    capacitance : float > 0, default 1e-10
        Scale of the currents, farads.
    initial : float or (float, float), default -0.066
        Initial voltages are uniform between two numbers, volts; w begins where it would settle.

    References
    ----------
    FitzHugh 1961, Impulses and physiological states in theoretical models of nerve membrane, Biophysical Journal
    1(6):445-466, doi:10.1016/S0006-3495(61)86902-6.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.neurons import FitzHughNagumo
    >>> FitzHughNagumo().initial_state(1, np.random.default_rng(0)).ravel().round(3)
    array([-0.066, -0.625])
    """

    a: UnitNumbers = 0.7
    b: UnitNumbers = 0.8
    epsilon: UnitNumbers = 0.08
    centre: UnitNumbers = -0.03
    scale: UnitNumbers = 0.03
    time_scale: UnitNumbers = 1e-3
    capacitance: UnitNumbers = 1e-10
    threshold: UnitNumbers = 0.0
    refractory: UnitNumbers = 0.0
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.066
    noise: UnitNumbers = 0.0

    _reach: ClassVar[float] = 0.6
    begins_with: ClassVar[dict[str, str | None]] = {"a": None, "b": None, "centre": "volt", "scale": "volt"}

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: v in volts, w."""
        v = initial_voltages(self, n_units, rng)
        a, b, centre, scale = (numbers_at_start(self, name, n_units) for name in self.begins_with)
        return np.stack([v, ((v - centre) / scale + a) / b])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> FitzHughNagumoCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        b = p.of_units("b", 0, closed="neither")
        seconds = p.of_units("time_scale", 0, closed="neither", unit="second")
        turns = dt * b * p.of_units("epsilon", 0, closed="neither") / seconds
        numbers: dict[str, Any] = {
            "a": p.of_units("a"),
            "keep_half": np.exp(-0.5 * turns),
            "gain_half": -np.expm1(-0.5 * turns) / b,
            "keep": np.exp(-turns),
            "gain": -np.expm1(-turns) / b,
            "threshold": p.of_units("threshold", unit="volt"),
        }
        curve = cubic_of(p, 1 / 3, 0.0, 1.0, time_constants, dt)
        return p.record(FitzHughNagumoCells, cubic=p.record(Cubic, **curve), **numbers, **noise_and_hold(p, dt))
