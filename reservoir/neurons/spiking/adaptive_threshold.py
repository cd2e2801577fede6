"""The leaky integrate-and-fire unit whose threshold rises with its spikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.docstrings import documented_with
from reservoir.neurons.spiking import lif
from reservoir.neurons.spiking.equations import EquationText
from reservoir.neurons.spiking.lif import LIF, LIFCells, gather, move
from reservoir.neurons.spiking.membrane import Membrane
from reservoir.validation import Parameters


class AdaptiveThresholdCells(NamedTuple):
    """Coefficients of one step."""

    membrane: LIFCells
    keep: float  # share of theta that is kept
    increment: float  # volts

    @staticmethod
    @kernel(lif.__file__, fastmath=REASSOCIATE, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        membrane, v, ready = cells.membrane, state.variables, state.ready
        for i in range(ready.size):
            v[1, i] *= cells.keep
        gather(membrane, external, currents, noise, state.scratch)
        n_fired = 0
        if move(membrane, step, state.scratch, currents, v, ready):
            for i in range(ready.size):
                if v[0, i] > membrane.threshold + v[1, i] and step >= ready[i]:
                    v[0, i] = membrane.reset
                    v[1, i] += cells.increment
                    ready[i] = step + membrane.refractory[i]
                    fired[n_fired] = i
                    n_fired += 1
        return n_fired


@documented_with(Membrane)
class AdaptiveThreshold(LIF):
    """Leaky integrate-and-fire units with a threshold that rises at every spike and decays.

    The voltage v follows the equation of `LIF`; a unit fires where v exceeds threshold + theta, and then

        theta <- theta + increment,   between spikes   dtheta/dt = -theta / threshold_time_constant

    so that busy units become harder to excite. With a time constant of hours this is a homeostasis that gives all
    units their share of the spikes: what theta has reached when a `Microcircuit` has learned is where each of its
    later runs begins.

    Parameters
    ----------
    increment : float >= 0, default 0.05e-3
        Volts by which theta grows at a spike.
    threshold_time_constant : float > 0, default 1e4
        Seconds in which theta decays to 1/e.
    time_constant, resistance, rest, threshold, reset, refractory, background, initial, noise : as in `LIF`
        theta begins at 0.

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
        increment: float = 0.05e-3,
        threshold_time_constant: float = 1e4,
        time_constant: float = 0.03,
        resistance: float = 1e6,
        rest: float = 0.0,
        threshold: float = 0.015,
        reset: float = 0.0135,
        refractory: float | Sequence[float] = (0.003, 0.002),
        background: float = 13.5e-9,
        initial: float | Sequence[float] = (0.0135, 0.015),
        noise: float = 0.0,
    ):
        super().__init__(
            time_constant=time_constant, resistance=resistance, rest=rest, threshold=threshold, reset=reset,
            refractory=refractory, background=background, initial=initial, noise=noise,
        )  # fmt: skip
        self.increment = increment
        self.threshold_time_constant = threshold_time_constant

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: the voltages, and theta."""
        return np.concatenate([super().initial_state(n_units, rng), np.zeros((1, n_units))])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> Any:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = Parameters(self)
        tau = p.real("threshold_time_constant", 0, closed="neither", unit="second")
        increment = p.real("increment", 0, unit="volt")
        membrane = super().cells(excitatory, time_constants, dt)
        return AdaptiveThresholdCells(membrane, float(np.exp(-dt / tau)), increment)

    def equations(self) -> EquationText:
        """The same for Brian2."""
        membrane = super().equations()
        own = {"tau_theta": (self.threshold_time_constant, "second"), "increment": (self.increment, "volt")}
        return membrane._replace(
            text=membrane.text + "\ndtheta/dt = -theta / tau_theta : volt",
            threshold="v > threshold + theta",
            reset="v = reset; theta += increment",
            variables=membrane.variables | {"theta": "volt"},
            parameters=membrane.parameters | own,
            kept=("theta",),
        )
