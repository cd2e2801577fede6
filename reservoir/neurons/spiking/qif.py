"""The quadratic integrate-and-fire unit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.spiking import coefficients, firing
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import drive, fire_above, stretched
from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.membrane import ThresholdMembrane, UnitNumbers, initial_voltages, noise_and_hold, unit
from reservoir.neurons.spiking.statements import Statements

_FILES = coefficients.__file__, firing.__file__, exponential.__file__


class QIFCells(NamedTuple):
    """Coefficients of one step."""

    square: Numbers  # a volt
    linear: Numbers
    constant: Numbers  # volts
    gain: Numbers  # volts per ampere that is constant during the step
    weights: np.ndarray  # (n_currents,) or (n_currents, n_units), volts per ampere that decays during the step
    peak: Numbers
    reset: Numbers
    noise: Numbers  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(*_FILES)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`: Kahan's, in which the voltage moves for `stretch` of a step."""
        v, ready, new = state.variables[0], state.ready, np.empty(state.ready.size)
        drive(cells.constant, cells.gain, cells.weights, external, currents, new)
        for i in range(v.size):
            share, stretch = stretched(0.5 * at(cells.gain, i) * conductance[i])
            slope = stretch * at(cells.linear, i) - share
            below = 1.0 - slope - stretch * at(cells.square, i) * v[i]
            new[i] = (v[i] * (1.0 + slope) + stretch * new[i]) / below if below > 0.0 else at(cells.peak, i) + 1.0
        for i in range(noise.size):
            new[i] += at(cells.noise, i) * noise[i]
        for i in range(v.size):
            v[i] = new[i] if step >= ready[i] else v[i]
        return fire_above(cells.peak, cells.reset, cells.refractory, step, v, ready, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return Statements(
            """
            drive = constant + gain * external + {weights}
            half = 0.5 * gain * conductance
            share = tanh(half)
            stretch = (share + int(half == 0)) / (half + int(half == 0))
            slope = stretch * linear - share
            below = 1 - slope - stretch * square * v
            over = int(below <= 0)
            moved = (1 - over) * (v * (1 + slope) + stretch * drive) / (below + over * (1 - below)) + over * (peak + 1)
            v = moved + noise * normal
            """,
            threshold="v > peak",
            reset="v = reset",
            variables={"v": "volt"},
            units={"peak": "volt", "reset": "volt"},
        )


@unit
class QIF(ThresholdMembrane):
    """Quadratic integrate-and-fire units, the normal form of units that begin to fire at any low rate.

    The voltage v follows

        capacitance dv/dt = g (v - rest) (v - threshold) / (threshold - rest) + background + I(t)

    with g = leak_conductance, and noise xi(t) is added to dv/dt; I is the sum of the synaptic and injected currents. A
    unit whose voltage exceeds `peak` fires, is set to `reset` and held there for the refractory time. From `threshold`
    on v runs away by itself; under a constant current above g (threshold - rest) / 4 it fires for ever, at a rate that
    grows from 0 as the root of what is above. With peak and reset at plus and minus infinity this is the theta neuron,
    whose phase is 2 arctan of v on a scale of its own.

    The step is Kahan's method of order 2: products are taken half at the beginning and half at the end of a step, so
    that v is found by one division. Currents and conductances enter by their means over the step; what flows through
    conductances decays by its exact exponential, whatever the step.

    The defaults are the library's own choice: a membrane of 10 ms.

    Parameters
    ----------
    capacitance : float > 0, default 1e-10
        Of the membrane, farads.
    leak_conductance : float > 0, default 1e-8
        Slope of the current at rest, siemens.
    rest : float < threshold, default -0.065
        Voltage without any current, volts.
    threshold : float, default -0.05
        Volts, from which on v runs away without any current.
    peak : float > threshold, default 0.03
        Volts; a unit fires above it.
    reset : float <= peak, default -0.065
        Voltage after a spike, volts.
    initial : float or (float, float), default -0.065
        Initial voltages are uniform between two numbers, volts.

    References
    ----------
    Ermentrout and Kopell 1986, Parabolic bursting in an excitable system coupled with a slow oscillation, SIAM Journal
    on Applied Mathematics 46(2):233-253, doi:10.1137/0146017.
    Latham, Richmond, Nelson, Nirenberg 2000, Intrinsic dynamics in neuronal networks I, Journal of Neurophysiology
    83(2):808-827, doi:10.1152/jn.2000.83.2.808.

    Examples
    --------
    >>> from reservoir.neurons import QIF
    >>> QIF(background=40e-12)  # fires for ever, as above g (threshold - rest) / 4, which is 37.5 pA
    QIF(background=4e-11)
    """

    capacitance: UnitNumbers = 1e-10
    leak_conductance: UnitNumbers = 1e-8
    rest: UnitNumbers = -0.065
    threshold: UnitNumbers = -0.05
    peak: UnitNumbers = 0.03
    reset: UnitNumbers = -0.065
    refractory: UnitNumbers = 0.0
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.065
    noise: UnitNumbers = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (1, n_units) of units that begin: the voltages."""
        return initial_voltages(self, n_units, rng)[None]

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> QIFCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        threshold = p.of_units("threshold", unit="volt")
        rest = p.of_units("rest", None, threshold, closed="left", unit="volt")
        peak = p.of_units("peak", threshold, closed="neither", unit="volt")
        capacitance = p.of_units("capacitance", 0, closed="neither", unit="farad")
        leak = p.of_units("leak_conductance", 0, closed="neither", unit="siemens")
        square = dt * leak / (threshold - rest) / capacitance
        heard = dt * mean_decay(time_constants, dt)
        return p.record(
            QIFCells,
            square=square,
            linear=-0.5 * square * (rest + threshold),
            constant=square * rest * threshold + dt * p.of_units("background", unit="amp") / capacitance,
            gain=dt / capacitance,
            weights=heard[(...,) + (None,) * np.ndim(capacitance)] / capacitance,
            peak=peak,
            reset=p.of_units("reset", None, peak, unit="volt"),
            **noise_and_hold(p, dt),
        )
