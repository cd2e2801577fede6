"""The unit of Hindmarsh and Rose."""

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


@kernel(coefficients.__file__, forceinline=True)
def _recover(cells, i, x, share_y, share_z, y, z):
    """Where y and z have come, of a part of a step with such shares, at a voltage x that stands still."""
    goal_y = at(cells.c, i) - at(cells.d, i) * x * x
    goal_z = at(cells.s, i) * (x - at(cells.x_rest, i))
    return y + share_y * (goal_y - y), z + share_z * (goal_z - z)


class HindmarshRoseCells(NamedTuple):
    """Coefficients of one step."""

    cubic: Cubic
    c: Numbers
    d: Numbers
    s: Numbers
    x_rest: Numbers
    share_y_half: Numbers  # of the way to its goal that y goes in half a step
    share_z_half: Numbers
    share_y: Numbers
    share_z: Numbers
    threshold: Numbers
    noise: Numbers  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(*_FILES)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, y, z, curve = state.variables[0], state.variables[1], state.variables[2], cells.cubic
        pull, middle, new = np.empty((3, v.size))
        for i in range(v.size):
            pull[i] = y[i] - z[i]
        to_the_middle(curve, external, currents, conductance, v, pull, middle)
        for i in range(v.size):
            x = (v[i] - at(curve.centre, i)) / at(curve.scale, i)
            y_middle, z_middle = _recover(cells, i, x, at(cells.share_y_half, i), at(cells.share_z_half, i), y[i], z[i])
            pull[i] = y_middle - z_middle
        to_the_end(curve, external, currents, conductance, v, pull, middle, new)
        for i in range(v.size):
            x = (middle[i] - at(curve.centre, i)) / at(curve.scale, i)
            y[i], z[i] = _recover(cells, i, x, at(cells.share_y, i), at(cells.share_z, i), y[i], z[i])
        return fire_rising(cells, step, new, noise, v, state.ready, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return full_spike(
            step_in_words(
                "y - z",
                "y_middle = y + share_y_half * (c - d * x * x - y)\n"
                "    z_middle = z + share_z_half * (s * (x - x_rest) - z)",
                "y_middle - z_middle",
                "y = y + share_y * (c - d * x_middle * x_middle - y)\n"
                "    z = z + share_z * (s * (x_middle - x_rest) - z)",
            ),
            {"v": "volt", "y": "1", "z": "1"},
        )


@unit
class HindmarshRose(CubicUnit):
    """Units of Hindmarsh and Rose, whose slow adaptation makes bursts.

    With x = (v - centre) / scale and time in units of `time_scale`, x, the recovery y and the adaptation z follow

        dx/dt = y - a x^3 + b x^2 - z + (background + I(t)) / unit of current
        dy/dt = c - d x^2 - y
        dz/dt = r (s (x - x_rest) - z)

    and noise xi(t) is added to dv/dt; I is the sum of the synaptic and injected currents. The equations have no
    dimensions. Here x becomes a voltage by `centre` and `scale`, and the unit of current is capacitance scale /
    time_scale, 3 nA by default: a current moves v as it moves a membrane of that capacitance, and a conductance
    pulls v to its reversal. With the defaults a unit rests at -68 mV, its spikes reach some 40 mV; it is silent under
    a constant current of 1 unit, fires evenly under 1.5, in bursts under 2 and 3, and evenly again under 4. A unit
    fires when v rises above `threshold`; v is neither reset nor held.

    The step is the exponential midpoint method, of order 2, see `reservoir.neurons.spiking.cubic`. Near its rest a
    unit is much faster than a unit of time: with a step of 0.1 ms intervals are up to 3 % short.

    The defaults of a to x_rest are the common ones; `centre`, `scale`, `time_scale`, `capacitance` and `threshold` are
    the library's own choice.

    Parameters
    ----------
    a, b : float, default 1.0 and 3.0
        Of the cubic; a > 0.
    c, d : float, default 1.0 and 5.0
        Of the recovery.
    r : float > 0, default 0.006
        How slow the adaptation is.
    s : float, default 4.0
        Strength of the adaptation.
    x_rest : float, default -1.6
        Where it begins.
    centre : float, default -0.02
        Where x is 0, volts.
    scale, time_scale, capacitance, threshold, refractory : as in `FitzHughNagumo`
    initial : float or (float, float), default -0.068
        Initial voltages are uniform between two numbers, volts; y and z begin where they would settle.

    References
    ----------
    Hindmarsh and Rose 1984, A model of neuronal bursting using three coupled first order differential equations,
    Proceedings of the Royal Society of London B 221:87-102, doi:10.1098/rspb.1984.0024.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.neurons import HindmarshRose
    >>> HindmarshRose().initial_state(1, np.random.default_rng(0)).ravel().round(3)
    array([ -0.068, -11.8  ,   0.   ])
    """

    a: UnitNumbers = 1.0
    b: UnitNumbers = 3.0
    c: UnitNumbers = 1.0
    d: UnitNumbers = 5.0
    r: UnitNumbers = 0.006
    s: UnitNumbers = 4.0
    x_rest: UnitNumbers = -1.6
    centre: UnitNumbers = -0.02
    scale: UnitNumbers = 0.03
    time_scale: UnitNumbers = 1e-3
    capacitance: UnitNumbers = 1e-10
    threshold: UnitNumbers = 0.0
    refractory: UnitNumbers = 0.0
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.068
    noise: UnitNumbers = 0.0

    _reach: ClassVar[float] = 1.35  # a resting unit wants more than any single synapse gives, and for some milliseconds
    begins_with: ClassVar[dict[str, str | None]] = {
        **dict.fromkeys(("c", "d", "s", "x_rest")),
        "centre": "volt",
        "scale": "volt",
    }

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (3, n_units) of units that begin: v in volts, y, z."""
        v = initial_voltages(self, n_units, rng)
        c, d, s, x_rest, centre, scale = (numbers_at_start(self, name, n_units) for name in self.begins_with)
        x = (v - centre) / scale
        return np.stack([v, c - d * x**2, s * (x - x_rest)])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> HindmarshRoseCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        turns = dt / p.of_units("time_scale", 0, closed="neither", unit="second")
        slow = turns * p.of_units("r", 0, closed="neither")
        cube, square = p.of_units("a", 0, closed="neither"), p.of_units("b")
        numbers: dict[str, Any] = {name: p.of_units(name) for name in ("c", "d", "s", "x_rest")}
        numbers |= {"share_y_half": -np.expm1(-0.5 * turns), "share_z_half": -np.expm1(-0.5 * slow)}
        numbers |= {"share_y": -np.expm1(-turns), "share_z": -np.expm1(-slow)}
        numbers["threshold"] = p.of_units("threshold", unit="volt")
        curve = cubic_of(p, cube, square, 0.0, time_constants, dt)
        return p.record(HindmarshRoseCells, cubic=p.record(Cubic, **curve), **numbers, **noise_and_hold(p, dt))
