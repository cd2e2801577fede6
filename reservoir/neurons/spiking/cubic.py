"""The step of units without dimensions whose voltage follows a cubic, as FitzHugh and Nagumo's, Hindmarsh and Rose's.

    dx/dt = line x + square x^2 - cube x^3 + pull + I

where `pull` is what the other variables of a unit add, in volts, seconds and amperes: v = centre + scale x, a unit of
time lasts `time_scale`, and a unit of current is capacitance scale / time_scale, so that a current moves v as it moves
a membrane of that capacitance.

The step is the exponential midpoint method, of order 2: half a step is made with what flows at the beginning, a whole
one with what flows in the middle. In both the slope of the cubic and of the conductances is solved exactly, where it is
one that decays, so that no current makes the step unstable.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking import coefficients, firing
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import drive
from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.membrane import FullSpike, UnitNumbers

_FILES = coefficients.__file__, firing.__file__, exponential.__file__


class CubicUnit(FullSpike):
    """A record of such units."""

    scale: UnitNumbers

    _reach: ClassVar[float]
    """The same in scales."""

    def scales(self, excitatory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Capacitances, farads, and volts from rest to threshold, (n_units,) each: what synapses must suit."""
        farads, scales = super().scales(excitatory)
        return farads, scales * UnitParameters(self, excitatory).each("scale", 0, closed="neither", unit="volt")


class Cubic(NamedTuple):
    """Coefficients of one step of the voltage."""

    cube: Numbers
    square: Numbers
    line: Numbers
    centre: Numbers  # volts
    scale: Numbers  # volts
    single: Numbers  # siemens, capacitance over the unit of time
    half: Numbers  # seconds per farad, of half a step
    background: Numbers  # amperes
    means_half: np.ndarray  # (n_currents,), mean of a current in the first half of a step over its value before
    means: np.ndarray


def cubic_of(
    p: UnitParameters, cube: Numbers, square: Numbers, line: Numbers, time_constants: np.ndarray, dt: float
) -> dict[str, object]:
    """The fields of `Cubic` for a record with `centre`, `scale`, `time_scale`, `capacitance` and `background`."""
    capacitance = p.of_units("capacitance", 0, closed="neither", unit="farad")
    return {
        "cube": cube,
        "square": square,
        "line": line,
        "centre": p.of_units("centre", unit="volt"),
        "scale": p.of_units("scale", 0, closed="neither", unit="volt"),
        "single": capacitance / p.of_units("time_scale", 0, closed="neither", unit="second"),
        "half": 0.5 * dt / capacitance,
        "background": p.of_units("background", unit="amp"),
        "means_half": mean_decay(time_constants, 0.5 * dt),
        "means": mean_decay(time_constants, dt),
    }


@kernel(coefficients.__file__, forceinline=True)
def _flow(cubic, i, x, pull, current, conductance):
    """What flows at x, amperes, and the siemens by which the slope of the cubic and of conductances decays there."""
    curve = x * (at(cubic.line, i) + x * (at(cubic.square, i) - at(cubic.cube, i) * x))
    falls = max(x * (3.0 * at(cubic.cube, i) * x - 2.0 * at(cubic.square, i)) - at(cubic.line, i), 0.0)
    volts = at(cubic.centre, i) + at(cubic.scale, i) * x
    flow = at(cubic.single, i) * at(cubic.scale, i) * (curve + pull) + current - conductance * volts
    return flow, at(cubic.single, i) * (falls + 1.0) + conductance


@kernel(*_FILES, forceinline=True)
def to_the_middle(cubic, external, currents, conductance, v, pull, middle):
    """Half a step with what flows at its beginning: the voltages `middle`."""
    drive(cubic.background, 1.0, cubic.means_half, external, currents, middle)
    for i in range(v.size):
        x = (v[i] - at(cubic.centre, i)) / at(cubic.scale, i)
        flow, rate = _flow(cubic, i, x, pull[i], middle[i], conductance[i])
        middle[i] = v[i] - flow / rate * expm1(-at(cubic.half, i) * rate)


@kernel(*_FILES, forceinline=True)
def to_the_end(cubic, external, currents, conductance, v, pull, middle, new):
    """A whole step with what flows in its middle: the voltages `new`."""
    drive(cubic.background, 1.0, cubic.means, external, currents, new)
    for i in range(v.size):
        x = (middle[i] - at(cubic.centre, i)) / at(cubic.scale, i)
        flow, rate = _flow(cubic, i, x, pull[i], new[i], conductance[i])
        goal = middle[i] + flow / rate
        new[i] = v[i] + (v[i] - goal) * expm1(-2.0 * at(cubic.half, i) * rate)


def step_in_words(pull: str, to_middle: str, pull_middle: str, to_end: str) -> str:
    """The step for Brian2, with what the other variables pull at its beginning and in its middle, and how they move."""
    flow = "single * scale * ({x} * (line + {x} * (square - cube * {x})) + {pull}) + background + external + {means}"
    rate = "single * (clip({x} * (3 * cube * {x} - 2 * square) - line, 0, 1e300) + 1) + conductance"
    return f"""
    x = (v - centre) / scale
    rate = {rate.format(x="x")}
    flow = {flow.format(x="x", pull=pull, means="{means_half}")} - conductance * v
    middle = v - flow / rate * (exp(-half * rate) - 1)
    x_middle = (middle - centre) / scale
    {to_middle}
    rate_middle = {rate.format(x="x_middle")}
    flow_middle = {flow.format(x="x_middle", pull=pull_middle, means="{means}")} - conductance * middle
    {to_end}
    v = v + (v - middle - flow_middle / rate_middle) * (exp(-2 * half * rate_middle) - 1) + noise * normal
    """
