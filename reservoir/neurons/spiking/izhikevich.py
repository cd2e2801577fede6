"""The unit of Izhikevich's simple model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons.spiking.equations import EquationText
from reservoir.neurons.spiking.membrane import Membrane, initial_voltages, pair_of, refractory_steps, unit
from reservoir.quantities import magnitude
from reservoir.validation import Parameters, check_real

# dv/dt = SQUARE v^2 + LINEAR v + CONSTANT - u + ...: 0.04, 5 and 140 of the paper, in volts and seconds.
_SQUARE, _LINEAR, _CONSTANT = 4e4, 5e3, 140.0


@kernel(forceinline=True)
def _drive(cells, external, currents, out):
    """What the constants and the currents add to the voltage in a step, volts."""
    for i in range(out.size):
        out[i] = cells.constant + cells.gain * external[i]
    for r in range(len(currents)):
        current, weight = currents[r], cells.weights[r]
        for i in range(out.size):
            out[i] += weight * current[i]


@kernel(forceinline=True)
def _move(cells, step, v, u, ready, new):
    """One step of Kahan's method, where u' = keep u + share (v + v'); `new` comes in as the drive, v is left."""
    square, linear, half, peak = cells.square, cells.linear, cells.half, cells.peak
    keep, share = cells.keep, cells.share
    for i in range(v.size):
        new[i] -= half * (1.0 + keep[i]) * u[i]
    for i in range(v.size):
        slope = linear - half * share[i]
        below = 1.0 - slope - square * v[i]
        moved = (v[i] * (1.0 + slope) + new[i]) / below if below > 0.0 else np.inf
        new[i] = moved if step >= ready[i] else v[i]
    for i in range(v.size):
        u[i] = keep[i] * u[i] + share[i] * (v[i] + min(new[i], peak))


class IzhikevichCells(NamedTuple):
    """Coefficients of one step."""

    square: float  # a volt
    linear: float
    constant: float  # volts
    half: float  # seconds, half a step
    gain: float  # volts per ampere that is constant during the step
    weights: np.ndarray  # (n_currents,), volts per ampere that decays during the step
    keep: np.ndarray  # (n_units,), share of u that is kept
    share: np.ndarray  # (n_units,), a second, what v adds to u
    peak: float
    c: np.ndarray  # (n_units,)
    d: np.ndarray  # (n_units,)
    noise: float  # volts
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        v, u, ready, n_units = state.variables[0], state.variables[1], state.ready, state.ready.size
        new = np.empty(n_units)
        _drive(cells, external, currents, new)
        _move(cells, step, v, u, ready, new)
        for i in range(noise.size):
            new[i] += cells.noise * noise[i] if step >= ready[i] else 0.0
        above = 0
        for i in range(n_units):
            v[i] = new[i]
            above += new[i] > cells.peak
        n_fired = 0
        if above:
            for i in range(n_units):
                if v[i] > cells.peak and step >= ready[i]:
                    v[i] = cells.c[i]
                    u[i] += cells.d[i]
                    ready[i] = step + cells.refractory[i]
                    fired[n_fired] = i
                    n_fired += 1
        return n_fired


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
    and strong inhibition does not make it unstable. Currents enter by their mean over the step.

    The defaults are the regular spiking units of the paper and, for inhibitory units, its fast spiking ones;
    `capacitance` and `refractory` are the library's own choice.

    Parameters
    ----------
    a : float >= 0 or (float, float), default (20.0, 100.0)
        Rate of the recovery, 1 / second: of excitatory and of inhibitory units.
    b : float, default 200.0
        What the recovery takes from the voltage, 1 / second.
    c : float <= peak or (float, float), default -0.065
        Voltage after a spike, volts.
    d : float or (float, float), default (8.0, 2.0)
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

    a: float | Sequence[float] = (20.0, 100.0)
    b: float = 200.0
    c: float | Sequence[float] = -0.065
    d: float | Sequence[float] = (8.0, 2.0)
    peak: float = 0.03
    capacitance: float = 1e-10
    refractory: float | Sequence[float] = 0.0
    background: float = 0.0
    initial: float | Sequence[float] = -0.065
    noise: float = 0.0

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: v in volts, u in volts per second."""
        v = initial_voltages(self, n_units, rng)
        return np.stack([v, Parameters(self).real("b", unit="hertz") * v])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> IzhikevichCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = Parameters(self)
        peak = p.real("peak", unit="volt")
        capacitance = p.real("capacitance", 0, closed="neither", unit="farad")
        background = p.real("background", unit="amp")
        half_turn = 0.5 * dt * self._of_units("a", "hertz", excitatory, 0)
        return IzhikevichCells(
            square=_SQUARE * dt,
            linear=0.5 * _LINEAR * dt,
            constant=(_CONSTANT + background / capacitance) * dt,
            half=0.5 * dt,
            gain=dt / capacitance,
            weights=np.asarray(-np.expm1(-dt / time_constants) * time_constants / capacitance),
            keep=(1.0 - half_turn) / (1.0 + half_turn),
            share=half_turn * p.real("b", unit="hertz") / (1.0 + half_turn),
            peak=peak,
            c=self._of_units("c", "volt", excitatory, None, peak),
            d=self._of_units("d", "volt / second", excitatory),
            noise=p.real("noise", 0, unit="volt * second**-0.5") * float(np.sqrt(dt)),
            refractory=refractory_steps(p.owner, self.refractory, excitatory, dt),
        )

    def equations(self) -> EquationText:
        """The same for Brian2."""
        names = {"a": "hertz", "b": "hertz", "c": "volt", "d": "volt / second", "peak": "volt"}
        names |= {"capacitance": "farad", "background": "amp", "noise": "volt * second**-0.5"}
        return EquationText(
            """
            dv/dt = 4e4 / (volt * second) * v**2 + 5e3 / second * v + 140 * volt / second - recovery
                    + (background + {current}) / capacitance{noise} : volt (unless refractory)
            drecovery/dt = a * (b * v - recovery) : volt / second
            """,
            threshold="v > peak",
            reset="v = c; recovery += d",
            variables={"v": "volt", "recovery": "volt / second"},
            parameters={name: (getattr(self, name), unit) for name, unit in names.items()},
            refractory=self.refractory,
            noise=" + noise * xi" if magnitude(self.noise) else "",
        )

    def _of_units(
        self, name: str, unit: str, excitatory: np.ndarray, low: float | None = None, high: float | None = None
    ) -> np.ndarray:
        """One number per unit, of one or two numbers in [low, high]."""
        owner = type(self).__name__
        pair = pair_of(owner, name, getattr(self, name), unit=unit)
        first, second = (check_real(owner, name, x, low, high) for x in pair)
        return np.where(excitatory, first, second)
