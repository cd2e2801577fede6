"""The generalised integrate-and-fire unit."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import exponential
from reservoir.neurons.spiking import coefficients, firing, lif
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.escape_lif import BY_CHANCE
from reservoir.neurons.spiking.firing import fire_by_chance
from reservoir.neurons.spiking.lif import LIFCells, decayed_together, gather, leaky_step, mean_decay, move, relax
from reservoir.neurons.spiking.membrane import ThresholdMembrane, UnitNumbers, initial_voltages, unit
from reservoir.neurons.spiking.statements import Statements

_FILES = lif.__file__, coefficients.__file__, firing.__file__, exponential.__file__


@kernel(coefficients.__file__, forceinline=True)
def _decay(cells, variables):
    """Let what earlier spikes have left decay for a step."""
    for i in range(variables.shape[1]):
        variables[1, i] *= at(cells.keep_stc_1, i)
        variables[2, i] *= at(cells.keep_stc_2, i)
        variables[3, i] *= at(cells.keep_sfa_1, i)
        variables[4, i] *= at(cells.keep_sfa_2, i)


@kernel(*_FILES, forceinline=True)
def _fire(cells, step, chance, state, fired):
    """Reset the units that escape, and add what a spike leaves behind: their number."""
    membrane, variables, above = cells.membrane, state.variables, state.scratch
    for i in range(above.size):
        above[i] = variables[0, i] - at(membrane.threshold, i) - variables[3, i] - variables[4, i]
    n_fired = fire_by_chance(
        cells.hazard, cells.width, membrane.reset, membrane.refractory, above, chance, step, variables[0], state.ready,
        fired,
    )  # fmt: skip
    for j in range(n_fired):
        i = fired[j]
        variables[1, i] += at(cells.q_stc_1, i)
        variables[2, i] += at(cells.q_stc_2, i)
        variables[3, i] += at(cells.q_sfa_1, i)
        variables[4, i] += at(cells.q_sfa_2, i)
    return n_fired


_AFTER = """
stc_1 = keep_stc_1 * stc_1
stc_2 = keep_stc_2 * stc_2
sfa_1 = keep_sfa_1 * sfa_1
sfa_2 = keep_sfa_2 * sfa_2
"""


class GIFCells(NamedTuple):
    """Coefficients of one step."""

    membrane: LIFCells
    hazard: Numbers  # spikes expected in a step at the threshold
    width: Numbers  # volts
    pull_1: Numbers  # volts per ampere of the spike-triggered current, in a step
    pull_2: Numbers
    mean_1: Numbers  # its mean during the step over its value before
    mean_2: Numbers
    keep_stc_1: Numbers  # share that is kept
    keep_stc_2: Numbers
    keep_sfa_1: Numbers
    keep_sfa_2: Numbers
    q_stc_1: Numbers  # amperes
    q_stc_2: Numbers
    q_sfa_1: Numbers  # volts
    q_sfa_2: Numbers

    @staticmethod
    def hears_chance() -> bool:
        """Whether `noise` holds uniform numbers behind the normal ones."""
        return True

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`; behind the normal numbers `noise` has the uniform ones."""
        variables, injected, half = state.variables, state.scratch, noise.size // 2
        gather(cells.membrane, external, currents, noise[:half], injected)
        for i in range(injected.size):
            pulled = at(cells.pull_1, i) * variables[1, i] + at(cells.pull_2, i) * variables[2, i]
            injected[i] -= pulled / at(cells.membrane.gain, i)
        move(cells.membrane, step, injected, currents, variables, state.ready)
        _decay(cells, variables)
        return _fire(cells, step, noise[half:], state, fired)

    @staticmethod
    @kernel(*_FILES, fastmath=REASSOCIATE, forceinline=True)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, half, driven = state.variables, noise.size // 2, np.empty(external.size)
        for i in range(driven.size):
            driven[i] = external[i] - at(cells.mean_1, i) * v[1, i] - at(cells.mean_2, i) * v[2, i]
        relax(cells.membrane, step, driven, currents, conductance, noise[:half], state.scratch, v, state.ready)
        _decay(cells, v)
        return _fire(cells, step, noise[half:], state, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        leaky = LIFCells.statements()
        heard = "external - mean_1 * stc_1 - mean_2 * stc_2"
        return leaky._replace(
            step=f"{leaky.step} - pull_1 * stc_1 - pull_2 * stc_2{_AFTER}",
            conducting=leaky.conducting.replace("external", heard) + _AFTER,
            threshold=BY_CHANCE.format(above="v - threshold - sfa_1 - sfa_2"),
            reset="v = reset; stc_1 += q_stc_1; stc_2 += q_stc_2; sfa_1 += q_sfa_1; sfa_2 += q_sfa_2",
            variables={"v": "volt", "stc_1": "amp", "stc_2": "amp", "sfa_1": "volt", "sfa_2": "volt"},
            units=leaky.units
            | {"width": "volt", "q_stc_1": "amp", "q_stc_2": "amp", "q_sfa_1": "volt", "q_sfa_2": "volt"},
        )


@unit
class GIF(ThresholdMembrane):
    """Generalised integrate-and-fire units: what a spike leaves behind is a current and a threshold, which decay.

    The voltage v follows

        capacitance dv/dt = leak_conductance (rest - v) - stc_1 - stc_2 + background + I(t)

    where I is the sum of the synaptic and injected currents, and a unit that is not held fires at the rate

        rho = escape_rate exp((v - threshold - sfa_1 - sfa_2) / escape_width),

    so that in a step of dt it does with probability 1 - exp(-rho dt), of what it reaches at the end of the step. Then v
    is set to `reset` and held there for the refractory time, the spike-triggered currents stc grow by `q_stc` and the
    threshold's parts sfa (spike-frequency adaptation) by `q_sfa`; each decays exponentially, whether v is held or not.
    The names are those that NEST uses in its gif_psc_exp.

    Under currents the step is exact; where synapses are conductances it is for the means of currents and conductances
    over the step, which is of order 2. The chance is a uniform number of the seed, the trial, the step and the unit,
    `ESCAPE` of `reservoir.random_numbers`.

    The defaults are the numbers that Mensi et al. fitted to pyramidal cells, as NEST's example of a population prints
    them; `initial` is where the cell rests.

    Parameters
    ----------
    capacitance : float > 0, default 83.1e-12
        Of the membrane, farads.
    leak_conductance : float > 0, default 3.7e-9
        Siemens.
    rest : float, default -0.067
        Reversal potential of the leak, volts.
    threshold : float, default -0.0396
        Volts, of a unit that has not fired.
    reset : float, default -0.0367
        Voltage after a spike, volts; it may lie above the threshold.
    escape_rate : float > 0, default 1.0
        Spikes per second at the threshold, hertz.
    escape_width : float > 0, default 0.0014
        Volts over which the rate grows by a factor of e.
    q_stc_1, q_stc_2 : float, default 56.7e-12 and -6.9e-12
        Amperes by which the two spike-triggered currents grow at a spike.
    tau_stc_1, tau_stc_2 : float > 0, default 0.0578 and 0.2182
        Seconds in which these decay to 1/e.
    q_sfa_1, q_sfa_2 : float, default 0.0117 and 0.0018
        Volts by which the two parts of the threshold grow at a spike.
    tau_sfa_1, tau_sfa_2 : float > 0, default 0.0538 and 0.64
        Seconds in which these decay to 1/e.
    refractory : float >= 0, default 0.004
        Seconds during which v is held after a spike. Truncated to whole steps.
    noise : float >= 0, default 0.0
        Standard deviation that white noise alone gives the voltage in the long run, volts.
    initial : float or (float, float), default -0.067
        Initial voltages are uniform between two numbers, volts; the rest begins at 0.

    References
    ----------
    Mensi, Naud, Pozzorini, Avermann, Petersen, Gerstner 2012, Parameter extraction and classification of three cortical
    neuron types reveals two distinct adaptation mechanisms, Journal of Neurophysiology 107(6):1756-1775,
    doi:10.1152/jn.00408.2011.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.neurons import GIF
    >>> farads, volts = GIF().scales(np.ones(2, bool))
    >>> volts.round(4)  # from rest to the threshold of units that have not fired
    array([0.0274, 0.0274])
    """

    escapes: ClassVar[bool] = True

    capacitance: UnitNumbers = 83.1e-12
    leak_conductance: UnitNumbers = 3.7e-9
    rest: UnitNumbers = -0.067
    threshold: UnitNumbers = -0.0396
    reset: UnitNumbers = -0.0367
    escape_rate: UnitNumbers = 1.0
    escape_width: UnitNumbers = 0.0014
    q_stc_1: UnitNumbers = 56.7e-12
    tau_stc_1: UnitNumbers = 0.0578
    q_stc_2: UnitNumbers = -6.9e-12
    tau_stc_2: UnitNumbers = 0.2182
    q_sfa_1: UnitNumbers = 0.0117
    tau_sfa_1: UnitNumbers = 0.0538
    q_sfa_2: UnitNumbers = 0.0018
    tau_sfa_2: UnitNumbers = 0.64
    refractory: UnitNumbers = 0.004
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.067
    noise: UnitNumbers = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (5, n_units) of units that begin: v in volts, two currents in amperes, two voltages."""
        return np.concatenate([initial_voltages(self, n_units, rng)[None], np.zeros((4, n_units))])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> GIFCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        capacitance = p.of_units("capacitance", 0, closed="neither", unit="farad")
        leak = p.of_units("leak_conductance", 0, closed="neither", unit="siemens")
        hazard = dt * p.of_units("escape_rate", 0, closed="neither", unit="hertz")
        width = p.of_units("escape_width", 0, closed="neither", unit="volt")
        tau, reset = capacitance / leak, p.of_units("reset", unit="volt")
        after: dict[str, Any] = {}
        for k in (1, 2):
            current, rise = (p.of_units(f"tau_{kind}_{k}", 0, closed="neither", unit="second") for kind in _KINDS)
            after |= {
                f"pull_{k}": decayed_together(tau, current, dt) / capacitance,
                f"mean_{k}": mean_decay(current, dt),
                f"keep_stc_{k}": np.exp(-dt / current),
                f"keep_sfa_{k}": np.exp(-dt / rise),
                f"q_stc_{k}": p.of_units(f"q_stc_{k}", unit="amp"),
                f"q_sfa_{k}": p.of_units(f"q_sfa_{k}", unit="volt"),
            }
        leaky: dict[str, Any] = leaky_step(p, tau, 1 / leak, reset, time_constants, dt)
        return p.record(GIFCells, membrane=p.record(LIFCells, **leaky), hazard=hazard, width=width, **after)


_KINDS = "stc", "sfa"
