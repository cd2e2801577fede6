"""The unit of Izhikevich's simple model."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.spiking import coefficients, firing
from reservoir.neurons.spiking.cell_types import IZHIKEVICH, parameters_of
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import drive, fire_above, stretched
from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.membrane import (
    Membrane,
    UnitNumbers,
    initial_voltages,
    least_reach,
    noise_and_hold,
    numbers_at_start,
    unit,
)
from reservoir.neurons.spiking.statements import Statements

# dv/dt = SQUARE v^2 + LINEAR v + CONSTANT - u + ...: 0.04, 5 and 140 of the paper, in volts and seconds.
_SQUARE, _LINEAR, _CONSTANT = 4e4, 5e3, 140.0
_FILES = coefficients.__file__, firing.__file__, exponential.__file__


@kernel(coefficients.__file__, forceinline=True)
def _move(cells, step, stretch, open_, v, u, ready, new):
    """One step of Kahan's method, where u' = keep u + share (v + v'); `new` comes in as the drive, v is left.

    The voltage moves for `stretch` of a step, and `open_` is the share that conductances take from it in half of one.
    """
    for i in range(v.size):
        new[i] = at(stretch, i) * (new[i] - at(cells.half, i) * (1.0 + at(cells.keep, i)) * u[i])
    for i in range(v.size):
        slope = at(stretch, i) * (at(cells.linear, i) - at(cells.half, i) * at(cells.share, i)) - at(open_, i)
        below = 1.0 - slope - at(stretch, i) * at(cells.square, i) * v[i]
        moved = (v[i] * (1.0 + slope) + new[i]) / below if below > 0.0 else at(cells.peak, i) + 1.0
        new[i] = moved if step >= ready[i] else v[i]
    for i in range(v.size):
        u[i] = at(cells.keep, i) * u[i] + at(cells.share, i) * (v[i] + min(new[i], at(cells.peak, i)))


@kernel(*_FILES, forceinline=True)
def _fire(cells, step, new, noise, v, u, ready, fired):
    """The voltages `new` with noise; reset the units above the peak: their number."""
    for i in range(noise.size):
        new[i] += at(cells.noise, i) * noise[i] if step >= ready[i] else 0.0
    for i in range(v.size):
        v[i] = new[i]
    n_fired = fire_above(cells.peak, cells.c, cells.refractory, step, v, ready, fired)
    for j in range(n_fired):
        u[fired[j]] += at(cells.d, fired[j])
    return n_fired


_STEP = """
drive = {stretch}constant + gain * external + {weights} - half * (1 + keep) * recovery)
slope = {stretch}linear - half * share){closed}
below = 1 - slope - {stretch}square * v)
over = int(below <= 0)
moved = (1 - over) * (v * (1 + slope) + drive) / (below + over * (1 - below)) + over * (peak + 1)
moved = free * moved + (1 - free) * v
recovery = keep * recovery + share * (v + clip(moved, -1e9, peak))
v = moved + noise * normal
"""
_CONDUCTING = """
half_open = 0.5 * gain * conductance
share_open = tanh(half_open)
stretch = (share_open + int(half_open == 0)) / (half_open + int(half_open == 0))
"""


class IzhikevichCells(NamedTuple):
    """Coefficients of one step."""

    square: Numbers  # a volt
    linear: Numbers
    half: Numbers  # seconds, half a step
    constant: Numbers  # volts
    gain: Numbers  # volts per ampere that is constant during the step
    weights: np.ndarray  # (n_currents,) or (n_currents, n_units), volts per ampere that decays during the step
    keep: Numbers  # share of u that is kept
    share: Numbers  # a second, what v adds to u
    peak: Numbers
    c: Numbers
    d: Numbers
    noise: Numbers  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(*_FILES, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        v, u, ready = state.variables[0], state.variables[1], state.ready
        new = np.empty(ready.size)
        drive(cells.constant, cells.gain, cells.weights, external, currents, new)
        _move(cells, step, 1.0, 0.0, v, u, ready, new)
        return _fire(cells, step, new, noise, v, u, ready, fired)

    @staticmethod
    @kernel(*_FILES, forceinline=True)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`: the voltage decays through conductances as exactly as an exponential does."""
        v, u, ready, n_units = state.variables[0], state.variables[1], state.ready, state.ready.size
        new, stretch, open_ = np.empty(n_units), np.empty(n_units), np.empty(n_units)
        drive(cells.constant, cells.gain, cells.weights, external, currents, new)
        for i in range(n_units):
            open_[i], stretch[i] = stretched(0.5 * at(cells.gain, i) * conductance[i])
        _move(cells, step, stretch, open_, v, u, ready, new)
        return _fire(cells, step, new, noise, v, u, ready, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return Statements(
            _STEP.format(stretch="(", closed="", weights="{weights}"),
            conducting=_CONDUCTING + _STEP.format(stretch="stretch * (", closed=" - share_open", weights="{weights}"),
            threshold="v > peak",
            reset="v = c; recovery += d",
            variables={"v": "volt", "recovery": "volt / second"},
            units={"peak": "volt", "c": "volt", "d": "volt / second"},
        )


@unit
class Izhikevich(Membrane):
    """Units of Izhikevich's simple model.

    The voltage v, in volts, and the recovery u, in volts per second, follow

        dv/dt = 4e4 v^2 + 5e3 v + 140 - u + (background + I(t)) / capacitance
        du/dt = a (b v - u)

    and noise xi(t) is added to dv/dt; I is the sum of the synaptic and injected currents. A unit whose voltage
    exceeds `peak` fires: v is set to `c` and held there for the refractory time, u grows by `d` and goes on.

    This is the model of the paper, dv/dt = 0.04 v^2 + 5 v + 140 - u + I in millivolts and milliseconds: v is 1000 times
    smaller and a, b are 1000 times larger in number, u and d keep theirs, and I = 10 of the paper is a current of
    10 V/s times `capacitance`, 1 nA by default. The paper moves v by half steps of 0.5 ms; here Kahan's method of order
    2 does: products are taken half at the beginning and half at the end of a step, so that v is found by one division
    and strong inhibition does not make it unstable. Currents and conductances enter by their means over the step; what
    flows through conductances decays by its exact exponential, whatever the step.

    The defaults are the regular spiking units of the paper and, for inhibitory units, its fast spiking ones;
    `capacitance` and `refractory` are the library's own choice.

    Parameters
    ----------
    a : float >= 0, default (20.0, 100.0)
        Rate of the recovery, 1 / second: of excitatory and of inhibitory units.
    b : float, default 200.0
        What the recovery takes from the voltage, 1 / second.
    c : float <= peak, default -0.065
        Voltage after a spike, volts.
    d : float, default (8.0, 2.0)
        What a spike adds to u, volts per second.
    peak : float, default 0.03
        Volts; a unit fires above it.
    capacitance : float > 0, default 1e-10
        Scale of the currents, farads.
    initial : float or (float, float), default -0.065
        Initial voltages are uniform between two numbers, volts; u begins at b v.

    References
    ----------
    Izhikevich 2003, Simple model of spiking neurons, IEEE Transactions on Neural Networks 14(6):1569-1572,
    doi:10.1109/TNN.2003.820440.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.neurons import Izhikevich
    >>> Izhikevich().initial_state(2, np.random.default_rng(0))
    array([[ -0.065,  -0.065],
           [-13.   , -13.   ]])
    """

    a: UnitNumbers = (20.0, 100.0)
    b: UnitNumbers = 200.0
    c: UnitNumbers = -0.065
    d: UnitNumbers = (8.0, 2.0)
    peak: UnitNumbers = 0.03
    capacitance: UnitNumbers = 1e-10
    refractory: UnitNumbers = 0.0
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.065
    noise: UnitNumbers = 0.0

    @classmethod
    def of_type(cls, cell_type: str, **parameters: Any) -> Self:
        """Units of one type of cell, with other parameters as given.

        Parameters
        ----------
        cell_type : {"RS", "IB", "CH", "FS", "LTS", "TC", "RZ"}
            Regular spiking, intrinsically bursting, chattering, fast spiking, low-threshold spiking, thalamo-cortical,
            resonator: a to d as they are commonly given for this model.
        **parameters
            As of the record.
        """
        return cls(**{**parameters_of(cls.__name__, cell_type, IZHIKEVICH), **parameters})

    begins_with: ClassVar[dict[str, str | None]] = {"b": "hertz"}

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: v in volts, u in volts per second."""
        v = initial_voltages(self, n_units, rng)
        return np.stack([v, numbers_at_start(self, "b", n_units) * v])

    def scales(self, excitatory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Capacitances, farads, and volts from rest to threshold, (n_units,) each: what synapses must suit."""
        p = UnitParameters(self, excitatory)
        linear = _LINEAR - p.each("b", unit="hertz")  # where u has settled, v rests at the lower root
        within = np.maximum(linear**2 - 4 * _SQUARE * _CONSTANT, 0.0)
        rest = (-linear - np.sqrt(within)) / (2 * _SQUARE)
        return p.each("capacitance", 0, closed="neither", unit="farad"), least_reach(
            -_LINEAR / _SQUARE - 2 * rest
        )  # to the upper root while u stands

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> IzhikevichCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        peak = p.of_units("peak", unit="volt")
        capacitance = p.of_units("capacitance", 0, closed="neither", unit="farad")
        half_turn = 0.5 * dt * p.of_units("a", 0, unit="hertz")
        return p.record(
            IzhikevichCells,
            square=_SQUARE * dt,
            linear=0.5 * _LINEAR * dt,
            half=0.5 * dt,
            constant=(_CONSTANT + p.of_units("background", unit="amp") / capacitance) * dt,
            gain=dt / capacitance,
            weights=dt * mean_decay(time_constants, dt)[(...,) + (None,) * np.ndim(capacitance)] / capacitance,
            keep=(1.0 - half_turn) / (1.0 + half_turn),
            share=half_turn * p.of_units("b", unit="hertz") / (1.0 + half_turn),
            peak=peak,
            c=p.of_units("c", None, peak, unit="volt"),
            d=p.of_units("d", unit="volt / second"),
            **noise_and_hold(p, dt),
        )
