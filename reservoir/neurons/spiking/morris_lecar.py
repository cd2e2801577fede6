"""The unit of Morris and Lecar."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking import coefficients, firing
from reservoir.neurons.spiking.cell_types import MORRIS_LECAR, parameters_of
from reservoir.neurons.spiking.coefficients import Numbers, UnitParameters, at
from reservoir.neurons.spiking.firing import drive, fire_rising, relaxed
from reservoir.neurons.spiking.lif import mean_decay
from reservoir.neurons.spiking.membrane import (
    FullSpike,
    UnitNumbers,
    initial_voltages,
    noise_and_hold,
    numbers_at_start,
    unit,
)
from reservoir.neurons.spiking.statements import Statements, full_spike

_FILES = coefficients.__file__, firing.__file__, exponential.__file__


@kernel(exponential.__file__, forceinline=True)
def _open(v, middle, width):
    """(1 + tanh((v - middle) / width)) / 2"""
    return 1.0 / (expm1(-2.0 * (v - middle) / width) + 2.0)


@kernel(*_FILES, forceinline=True)
def _flow(cells, i, v, w, conductance):
    """All that stands open, siemens, and what it drives to its reversals, amperes."""
    calcium = at(cells.calcium, i) * _open(v, at(cells.V1, i), at(cells.V2, i))
    potassium = at(cells.potassium, i) * w
    inward = calcium * at(cells.reversal_calcium, i) + potassium * at(cells.reversal_potassium, i)
    inward += at(cells.leak, i) * at(cells.reversal_leak, i)
    return calcium + potassium + at(cells.leak, i) + conductance, inward


@kernel(*_FILES, forceinline=True)
def _recover(cells, i, v, w, seconds):
    """Where w has come at a voltage that stands still."""
    away = min(max(0.5 * (v - at(cells.V3, i)) / at(cells.V4, i), -300.0), 300.0)
    rate = at(cells.phi, i) * 0.5 * (expm1(away) + expm1(-away) + 2.0)
    return relaxed(w, _open(v, at(cells.V3, i), at(cells.V4, i)), rate, seconds)


class MorrisLecarCells(NamedTuple):
    """Coefficients of one step."""

    seconds: Numbers
    half: Numbers  # seconds per farad, of half a step
    calcium: Numbers  # siemens
    potassium: Numbers
    leak: Numbers
    reversal_calcium: Numbers  # volts
    reversal_potassium: Numbers
    reversal_leak: Numbers
    V1: Numbers
    V2: Numbers
    V3: Numbers
    V4: Numbers
    phi: Numbers  # 1 / second
    background: Numbers
    threshold: Numbers
    noise: Numbers  # volts
    means_half: np.ndarray  # (n_currents,), mean of a current in the first half of a step over its value before
    means: np.ndarray
    refractory: np.ndarray  # (n_units,), steps

    @staticmethod
    @kernel(*_FILES)
    def conduct(cells, step, external, currents, conductance, noise, state, fired):
        """One step, see `conduct_units`."""
        v, w = state.variables[0], state.variables[1]
        first, current, new = np.empty((3, v.size))
        drive(cells.background, 1.0, cells.means_half, external, currents, first)
        drive(cells.background, 1.0, cells.means, external, currents, current)
        for i in range(v.size):
            total, inward = _flow(cells, i, v[i], w[i], conductance[i])
            middle = relaxed(v[i], (inward + first[i]) / total, total, at(cells.half, i))
            w_middle = _recover(cells, i, v[i], w[i], 0.5 * at(cells.seconds, i))
            total, inward = _flow(cells, i, middle, w_middle, conductance[i])
            new[i] = relaxed(v[i], (inward + current[i]) / total, total, 2.0 * at(cells.half, i))
            w[i] = _recover(cells, i, middle, w[i], at(cells.seconds, i))
        return fire_rising(cells, step, new, noise, v, state.ready, fired)

    @staticmethod
    def statements() -> Statements:
        """The step in words."""
        gate = "(0.5 + 0.5 * tanh(({v} - {middle}) / {width}))"
        rate = "phi * cosh(clip(0.5 * ({v} - V3) / V4, -300, 300))"
        at_first = {"v": "v", "middle": "V3", "width": "V4"}
        then = at_first | {"v": "middle"}
        return full_spike(
            f"""
            open = calcium * {gate.format(v="v", middle="V1", width="V2")}
            total = open + potassium * recovery + leak + conductance
            inward = open * reversal_calcium + potassium * recovery * reversal_potassium + leak * reversal_leak
            goal = (inward + background + external + {{means_half}}) / total
            middle = v + (v - goal) * (exp(-half * total) - 1)
            settled = {gate.format(**at_first)}
            shrunk = exp(-0.5 * seconds * {rate.format(v="v")}) - 1
            recovery_middle = recovery + (recovery - settled) * shrunk
            open2 = calcium * {gate.format(v="middle", middle="V1", width="V2")}
            total2 = open2 + potassium * recovery_middle + leak + conductance
            inward2 = open2 * reversal_calcium + potassium * recovery_middle * reversal_potassium
            goal2 = (inward2 + leak * reversal_leak + background + external + {{means}}) / total2
            settled2 = {gate.format(**then)}
            recovery = recovery + (recovery - settled2) * (exp(-seconds * {rate.format(v="middle")}) - 1)
            v = v + (v - goal2) * (exp(-2 * half * total2) - 1) + noise * normal
            """,
            {"v": "volt", "recovery": "1"},
        )


@unit
class MorrisLecar(FullSpike):
    """Units of Morris and Lecar, a muscle fibre of the barnacle: the plainest membrane with channels.

    The voltage v and the share w of open potassium channels follow

        capacitance dv/dt = calcium_conductance m(v) (calcium_reversal - v)
                            + potassium_conductance w (potassium_reversal - v)
                            + leak_conductance (leak_reversal - v) + background + I(t)
        dw/dt = phi cosh((v - V3) / (2 V4)) ((1 + tanh((v - V3) / V4)) / 2 - w)
        m(v) = (1 + tanh((v - V1) / V2)) / 2

    and noise xi(t) is added to dv/dt; I is the sum of the synaptic and injected currents. A unit fires when v rises
    above `threshold`; v is neither reset nor held.

    The step is the exponential midpoint method, of order 2: voltage and w move by their exact exponential with what
    stands open in the middle of the step, so that no conductance makes it unstable. Currents enter by their means.

    The defaults are the common ones of type II, which begins to fire at once at some 10 Hz (Hopf), for a patch of 1e-5
    square centimetres: 1e-9 A are the 100 uA per square centimetre of papers. ``of_type("I")`` are those that fire at
    any low rate. That area, `threshold` and `refractory` are the library's own choice.

    Parameters
    ----------
    capacitance : float > 0, default 2e-10
        Of the membrane, farads.
    calcium_conductance : float >= 0, default 44e-9
        When all channels are open, siemens.
    potassium_conductance : float >= 0, default 80e-9
        When all channels are open, siemens.
    leak_conductance : float > 0, default 20e-9
        Siemens.
    calcium_reversal : float, default 0.12
        Volts.
    potassium_reversal : float, default -0.084
        Volts.
    leak_reversal : float, default -0.06
        Volts.
    V1, V3 : float, default -0.0012 and 0.002
        Volts at which half of the calcium and of the potassium channels are open.
    V2, V4 : float > 0, default 0.018 and 0.03
        Volts over which they open.
    phi : float > 0, default 40.0
        Rate of the potassium channels, 1 / second.
    initial : float or (float, float), default -0.0609
        Initial voltages are uniform between two numbers, volts; w begins where it would settle.

    References
    ----------
    Morris and Lecar 1981, Voltage oscillations in the barnacle giant muscle fiber, Biophysical Journal 35(1):193-213,
    doi:10.1016/S0006-3495(81)84782-0.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.neurons import MorrisLecar
    >>> MorrisLecar().initial_state(1, np.random.default_rng(0)).ravel().round(3)
    array([-0.061,  0.015])
    """

    capacitance: UnitNumbers = 2e-10
    calcium_conductance: UnitNumbers = 44e-9
    potassium_conductance: UnitNumbers = 80e-9
    leak_conductance: UnitNumbers = 20e-9
    calcium_reversal: UnitNumbers = 0.12
    potassium_reversal: UnitNumbers = -0.084
    leak_reversal: UnitNumbers = -0.06
    V1: UnitNumbers = -0.0012
    V2: UnitNumbers = 0.018
    V3: UnitNumbers = 0.002
    V4: UnitNumbers = 0.03
    phi: UnitNumbers = 40.0
    threshold: UnitNumbers = 0.0
    refractory: UnitNumbers = 0.0
    background: UnitNumbers = 0.0
    initial: UnitNumbers = -0.0609
    noise: UnitNumbers = 0.0

    _reach: ClassVar[float] = 0.02  # a short pulse must move a resting unit twice as far
    begins_with: ClassVar[dict[str, str | None]] = {"V3": "volt", "V4": "volt"}

    @classmethod
    def of_type(cls, cell_type: str, **parameters: Any) -> Self:
        """Units of one type of excitability, with other parameters as given.

        Parameters
        ----------
        cell_type : {"I", "II"}
            Which begin to fire at any low rate, at 0.4 nA, or at once at some 10 Hz, at 0.9 nA.
        **parameters
            As of the record.
        """
        return cls(**{**parameters_of(cls.__name__, cell_type, MORRIS_LECAR), **parameters})

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (2, n_units) of units that begin: v in volts, w."""
        v = initial_voltages(self, n_units, rng)
        V3, V4 = (numbers_at_start(self, name, n_units) for name in self.begins_with)
        return np.stack([v, 0.5 + 0.5 * np.tanh((v - V3) / V4)])

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> MorrisLecarCells:
        """Coefficients of a step of `dt` seconds, for currents of these time constants (n_currents,), seconds."""
        p = UnitParameters(self, excitatory)
        return p.record(
            MorrisLecarCells,
            seconds=dt,
            half=0.5 * dt / p.of_units("capacitance", 0, closed="neither", unit="farad"),
            calcium=p.of_units("calcium_conductance", 0, unit="siemens"),
            potassium=p.of_units("potassium_conductance", 0, unit="siemens"),
            leak=p.of_units("leak_conductance", 0, closed="neither", unit="siemens"),
            reversal_calcium=p.of_units("calcium_reversal", unit="volt"),
            reversal_potassium=p.of_units("potassium_reversal", unit="volt"),
            reversal_leak=p.of_units("leak_reversal", unit="volt"),
            V1=p.of_units("V1", unit="volt"),
            V2=p.of_units("V2", 0, closed="neither", unit="volt"),
            V3=p.of_units("V3", unit="volt"),
            V4=p.of_units("V4", 0, closed="neither", unit="volt"),
            phi=p.of_units("phi", 0, closed="neither", unit="hertz"),
            background=p.of_units("background", unit="amp"),
            threshold=p.of_units("threshold", unit="volt"),
            means_half=mean_decay(time_constants, 0.5 * dt),
            means=mean_decay(time_constants, dt),
            **noise_and_hold(p, dt),
        )
