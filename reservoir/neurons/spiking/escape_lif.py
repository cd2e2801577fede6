"""The leaky integrate-and-fire unit that fires by chance near its threshold."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import exponential
from reservoir.neurons.spiking import coefficients, firing, lif
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import fire_by_chance
from reservoir.neurons.spiking.lif import LIF, LIFCells, gather, leaky_step, move, relax
from reservoir.neurons.spiking.membrane import UnitNumbers, unit
from reservoir.neurons.spiking.statements import Statements

_FILES = lif.__file__, coefficients.__file__, firing.__file__, exponential.__file__

BY_CHANCE = "uniform < 1 - exp(-hazard * exp(clip(({above}) / width, -700, 700)))"
"""The condition under which a unit fires whose voltage lies so many volts above its threshold, in words."""


@kernel(*_FILES, forceinline=True)
def _fire(cells, step, chance, state, fired):
    """Reset the units that escape: their number."""
    membrane, v, above = cells.membrane, state.variables[0], state.scratch
    for i in range(v.size):
        above[i] = v[i] - at(membrane.threshold, i)
    return fire_by_chance(
        cells.hazard, cells.width, membrane.reset, membrane.refractory, above, chance, step, v, state.ready, fired
    )


class EscapeLIFCells(NamedTuple):
    """Coefficients of one step."""

    membrane: LIFCells
    hazard: Numbers  # spikes expected in a step at the threshold
    width: Numbers  # volts

    @staticmethod
    def hears_chance() -> bool:
        """Whether `noise` holds uniform numbers behind the normal ones."""
        return True

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`; behind the normal numbers `noise` has the uniform ones."""
        half = noise.size // 2
        gather(cells.membrane, external, currents, noise[:half], state.scratch)
        move(cells.membrane, step, state.scratch, currents, state.variables, state.ready)
        return _fire(cells, step, noise[half:], state, fired)

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, ready, half = state.variables, state.ready, noise.size // 2
        relax(cells.membrane, step, external, currents, conductance, noise[:half], state.scratch, v, ready)
        return _fire(cells, step, noise[half:], state, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        leaky = LIFCells.statements()
        return leaky._replace(threshold=BY_CHANCE.format(above="v - threshold"), units=leaky.units | {"width": "volt"})


@unit
class EscapeLIF(LIF):
    """Leaky integrate-and-fire units with escape noise: near the threshold they fire by chance.

    The voltage v follows the equation of `LIF`. A unit that is not held fires at the rate

        rho(v) = escape_rate exp((v - threshold) / escape_width),

    so that in a step of dt it does with probability 1 - exp(-rho dt), of the voltage at the end of the step. What a
    spike does is as in `LIF`. The narrower `escape_width`, the nearer they are to the units of `LIF`.

    The chance is a uniform number of the seed, the trial, the step and the unit, `ESCAPE` of
    `reservoir.random_numbers`: the same in both engines, another in every trial.

    The defaults are those of `LIF`; rate and width are the library's own choice: at rest, 1.5 mV below the threshold, a
    unit fires every other second.

    Parameters
    ----------
    escape_rate : float > 0, default 1000.0
        Spikes per second at the threshold, hertz.
    escape_width : float > 0, default 0.2e-3
        Volts over which the rate grows by a factor of e.
    reset : float, default 0.0135
        Volts; it may lie above the threshold.
    time_constant, resistance, rest, threshold, refractory, background, initial, noise : as in `LIF`

    References
    ----------
    Gerstner, Kistler, Naud, Paninski 2014, Neuronal Dynamics, Cambridge University Press, chapter 9,
    doi:10.1017/CBO9781107447615.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import simulate
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.neurons import EscapeLIF
    >>> from reservoir.spikes import SpikeTrains
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 1, 0.02), np.zeros(50, int), n_units=1, duration=1.0)
    >>> first, second = simulate(column, [regular, regular], neuron=EscapeLIF(), random_state=0)
    >>> first.spikes == second.spikes
    False
    """

    escapes: ClassVar[bool] = True

    escape_rate: UnitNumbers = 1000.0
    escape_width: UnitNumbers = 0.2e-3

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> Any:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        tau = p.of_units("time_constant", 0, closed="neither", unit="second")
        resistance = p.of_units("resistance", 0, closed="neither", unit="ohm")
        hazard = dt * p.of_units("escape_rate", 0, closed="neither", unit="hertz")
        width = p.of_units("escape_width", 0, closed="neither", unit="volt")
        leaky = leaky_step(p, tau, resistance, p.of_units("reset", unit="volt"), time_constants, dt)
        return p.record(EscapeLIFCells, membrane=p.record(LIFCells, **leaky), hazard=hazard, width=width)
