"""The leaky integrate-and-fire unit whose threshold rises with its spikes."""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.docstrings import documented_with
from reservoir.neurons import exponential
from reservoir.neurons.spiking import coefficients, lif
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.lif import LIF, LIFCells, gather, move, relax
from reservoir.neurons.spiking.membrane import Membrane, UnitNumbers
from reservoir.neurons.spiking.statements import Statements


@kernel(coefficients.__file__, forceinline=True)
def _decay(cells, theta):
    for i in range(theta.size):
        theta[i] *= at(cells.keep_theta, i)


@kernel(coefficients.__file__, forceinline=True)
def _fire(cells, step, v, ready, fired):
    """Reset the units above their thresholds: their number."""
    membrane, n_fired = cells.membrane, 0
    for i in range(ready.size):
        if v[0, i] > at(membrane.threshold, i) + v[1, i] and step >= ready[i]:
            v[0, i] = at(membrane.reset, i)
            v[1, i] += at(cells.increment, i)
            ready[i] = step + membrane.refractory[i]
            fired[n_fired] = i
            n_fired += 1
    return n_fired


_FILES = lif.__file__, coefficients.__file__, exponential.__file__


class AdaptiveThresholdCells(NamedTuple):
    """Coefficients of one step."""

    membrane: LIFCells
    keep_theta: Numbers  # share of theta that is kept
    increment: Numbers  # volts

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        _decay(cells, state.variables[1])
        gather(cells.membrane, external, currents, noise, state.scratch)
        above = move(cells.membrane, step, state.scratch, currents, state.variables, state.ready)
        return _fire(cells, step, state.variables, state.ready, fired) if above else 0

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, ready = state.variables, state.ready
        _decay(cells, v[1])
        above = relax(cells.membrane, step, external, currents, conductance, noise, state.scratch, v, ready)
        return _fire(cells, step, v, ready, fired) if above else 0

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        return LIFCells.statements()._replace(
            step="theta = keep_theta * theta\n" + LIFCells.statements().step,
            conducting="theta = keep_theta * theta\n" + LIFCells.statements().conducting,
            threshold="v > threshold + theta",
            reset="v = reset; theta += increment",
            variables={"v": "volt", "theta": "volt"},
            units=LIFCells.statements().units | {"increment": "volt"},
            kept=("theta",),
        )


@documented_with(Membrane)
class AdaptiveThreshold(LIF):
    """Leaky integrate-and-fire units with a threshold that rises at every spike and decays.

    The voltage v follows the equation of `LIF`; a unit fires where v exceeds threshold + theta, and then

        theta <- theta + increment,   between spikes   dtheta/dt = -theta / threshold_time_constant

    so that busy units become harder to excite. With a time constant of hours this is a homeostasis that gives all
    units their share of the spikes while a system learns; afterwards theta stands still where learning has left
    it, so that no run changes the thresholds of the next or, in a long one, silences the units. In `simulate`, and
    in systems without `plasticity`, theta moves on from 0.

    Parameters
    ----------
    increment : float >= 0, default 0.05e-3
        Volts by which theta grows at a spike.
    threshold_time_constant : float > 0, default 1e4
        Seconds in which theta decays to 1/e.
    still_after_learning : bool, default True
        Whether theta stands still once a system with `plasticity` is fitted. False: theta moves on in each of
        its runs, from what learning has left; for thresholds that are a short memory.
    time_constant, resistance, rest, threshold, reset, refractory, background, initial, noise : as in `LIF`
        theta begins at 0.

    Notes
    -----
    Thresholds of excitatory units alone: ``increment=(0.05e-3, 0.0)``, or a dict of records,
    ``{"E": AdaptiveThreshold(), "I": LIF()}``.

    References
    ----------
    Diehl and Cook 2015, Unsupervised learning of digit recognition using spike-timing-dependent plasticity, Frontiers
    in Computational Neuroscience 9:99, doi:10.3389/fncom.2015.00099; increment and time constant are those of the
    program that its authors distribute.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import simulate
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.neurons import LIF, AdaptiveThreshold
    >>> from reservoir.spikes import SpikeTrains
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 1, 0.02), np.zeros(50, int), n_units=1, duration=1.0)
    >>> neurons = LIF(), AdaptiveThreshold(increment=1e-3)
    >>> fixed, adaptive = (simulate(column, regular, neuron=neuron, random_state=0) for neuron in neurons)
    >>> len(adaptive.spikes) < len(fixed.spikes)
    True
    """

    def __init__(
        self,
        *,
        increment: UnitNumbers = 0.05e-3,
        threshold_time_constant: UnitNumbers = 1e4,
        still_after_learning: bool = True,
        time_constant: UnitNumbers = 0.03,
        resistance: UnitNumbers = 1e6,
        rest: UnitNumbers = 0.0,
        threshold: UnitNumbers = 0.015,
        reset: UnitNumbers = 0.0135,
        refractory: UnitNumbers = (0.003, 0.002),
        background: UnitNumbers = 13.5e-9,
        initial: UnitNumbers = (0.0135, 0.015),
        noise: UnitNumbers = 0.0,
    ):
        super().__init__(
            time_constant=time_constant, resistance=resistance, rest=rest, threshold=threshold, reset=reset,
            refractory=refractory, background=background, initial=initial, noise=noise,
        )  # fmt: skip
        self.increment = increment
        self.threshold_time_constant = threshold_time_constant
        self.still_after_learning = still_after_learning

    _stands_still = False

    def after_learning(self) -> AdaptiveThreshold:
        """The record that a circuit runs with once it has learned."""
        record = copy(self)
        record._stands_still = self.still_after_learning
        return record

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: the voltages, and theta."""
        return np.concatenate([super().initial_state(n_units, rng), np.zeros((1, n_units))])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> Any:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        tau = p.of_units("threshold_time_constant", 0, closed="neither", unit="second")
        increment = p.of_units("increment", 0, unit="volt")
        membrane, keep = super().cells(excitatory, time_constants, dt), np.exp(-dt / tau)
        p.flag("still_after_learning")
        if self._stands_still:
            keep, increment = 0 * keep + 1, 0 * increment
        return p.record(AdaptiveThresholdCells, membrane=membrane, keep_theta=keep, increment=increment)
