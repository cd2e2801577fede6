"""Equation text for the unit models of `reservoir.neurons`, whose records hold the parameters.

A new model is one function that turns its record into `Equations`, and one entry of ``_MODELS``. Nothing here imports
Brian2. In the text, ``{current}`` stands for the sum of the currents of a unit, and ``{noise}`` for white noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from reservoir.neurons import LIF, AdaptiveExponential, AdaptiveThreshold, HodgkinHuxley, Izhikevich
from reservoir.quantities import magnitude
from reservoir.validation import parameter_error


class Equations(NamedTuple):
    """One unit model as Brian2 reads it."""

    text: str
    threshold: str
    reset: str
    method: str  # without noise; Euler with it
    noise: str
    variables: tuple[tuple[str, str], ...]  # name and unit, in the order of the record's `initial_state`
    parameters: dict[str, tuple[Any, str]]  # SI value, or one for excitatory and one for inhibitory units; and unit
    kept: tuple[str, ...] = ()  # variables that stay as learning has left them


def equations_of(owner: str, neuron: Any) -> Equations:
    """The equations of a record."""
    if type(neuron) not in _MODELS:
        known = ", ".join(kind.__name__ for kind in _MODELS)
        raise parameter_error(owner, "neuron", f"None or one of {known}", neuron)
    equations = _MODELS[type(neuron)](neuron)
    return equations._replace(
        parameters={name: (_number(value), unit) for name, (value, unit) in equations.parameters.items()}
    )


def _number(value: Any) -> Any:
    """A number or two, without their unit; the record checks them when it is used."""
    value = magnitude(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


def _lif(neuron: LIF) -> Equations:
    return Equations(
        "dv/dt = (rest - v + resistance * (background + {current})) / tau{noise} : volt (unless refractory)",
        "v > threshold",
        "v = reset",
        "exact",
        " + noise * sqrt(2 / tau) * xi",
        (("v", "volt"),),
        {
            "rest": (neuron.rest, "volt"),
            "resistance": (neuron.resistance, "ohm"),
            "background": (neuron.background, "amp"),
            "tau": (neuron.time_constant, "second"),
            "threshold": (neuron.threshold, "volt"),
            "reset": (neuron.reset, "volt"),
            "noise": (neuron.noise, "volt"),
        },
    )


def _adaptive_threshold(neuron: AdaptiveThreshold) -> Equations:
    membrane = _lif(neuron)
    return membrane._replace(
        text=membrane.text + "\ndtheta/dt = -theta / tau_theta : volt",
        threshold="v > threshold + theta",
        reset="v = reset; theta += increment",
        variables=(*membrane.variables, ("theta", "volt")),
        parameters=membrane.parameters
        | {"tau_theta": (neuron.threshold_time_constant, "second"), "increment": (neuron.increment, "volt")},
        kept=("theta",),
    )


def _adaptive_exponential(neuron: AdaptiveExponential) -> Equations:
    text = """
    upswing = g * slope * exp((clip(v, -1 * volt, cutoff) - threshold) / slope) : amp
    dv/dt = (g * (rest - v) + upswing - adaptation + background + {current}) / capacitance{noise}
            : volt (unless refractory)
    dadaptation/dt = (a * (clip(v, -1 * volt, cutoff) - rest) - adaptation) / tau_w : amp
    """
    names = {"rest": "volt", "threshold": "volt", "slope": "volt", "cutoff": "volt", "reset": "volt"}
    names |= {"capacitance": "farad", "a": "siemens", "b": "amp", "background": "amp"}
    other = {
        "g": (neuron.leak_conductance, "siemens"),
        "tau_w": (neuron.time_constant_w, "second"),
        "noise": (neuron.noise, "volt * second**-0.5"),
    }
    return Equations(
        text,
        "v > cutoff",
        "v = reset; adaptation += b",
        "rk2",
        " + noise * xi",
        (("v", "volt"), ("adaptation", "amp")),
        {name: (getattr(neuron, name), unit) for name, unit in names.items()} | other,
    )


def _izhikevich(neuron: Izhikevich) -> Equations:
    text = """
    dv/dt = 4e4 / (volt * second) * v**2 + 5e3 / second * v + 140 * volt / second - recovery
            + (background + {current}) / capacitance{noise} : volt (unless refractory)
    drecovery/dt = a * (b * v - recovery) : volt / second
    """
    names = {"a": "hertz", "b": "hertz", "c": "volt", "d": "volt / second", "peak": "volt"}
    names |= {"capacitance": "farad", "background": "amp", "noise": "volt * second**-0.5"}
    return Equations(
        text,
        "v > peak",
        "v = c; recovery += d",
        "rk2",
        " + noise * xi",
        (("v", "volt"), ("recovery", "volt / second")),
        {name: (getattr(neuron, name), unit) for name, unit in names.items()},
    )


def _hodgkin_huxley(neuron: HodgkinHuxley) -> Equations:
    text = """
    x = v / volt * 1000 : 1
    dv/dt = (sodium_conductance * m**3 * h * (sodium_reversal - v) + potassium_conductance * n**4
             * (potassium_reversal - v) + leak_conductance * (leak_reversal - v) + background + {current})
            / capacitance{noise} : volt
    dm/dt = (1000 / exprel(-0.1 * (x + 40)) * (1 - m) - 4000 * exp(-(x + 65) / 18) * m) / second : 1
    dh/dt = (70 * exp(-(x + 65) / 20) * (1 - h) - 1000 / (exp(-0.1 * (x + 35)) + 1) * h) / second : 1
    dn/dt = (100 / exprel(-0.1 * (x + 55)) * (1 - n) - 125 * exp(-(x + 65) / 80) * n) / second : 1
    """
    names = {"capacitance": "farad", "threshold": "volt", "background": "amp", "noise": "volt * second**-0.5"}
    names |= dict.fromkeys(("sodium_conductance", "potassium_conductance", "leak_conductance"), "siemens")
    names |= dict.fromkeys(("sodium_reversal", "potassium_reversal", "leak_reversal"), "volt")
    return Equations(
        text,
        "v > threshold and before <= threshold",
        "",
        "rk4",
        " + noise * xi",
        (("v", "volt"), ("m", "1"), ("h", "1"), ("n", "1")),
        {name: (getattr(neuron, name), unit) for name, unit in names.items()},
    )


_MODELS: dict[type, Callable[[Any], Equations]] = {
    LIF: _lif,
    AdaptiveThreshold: _adaptive_threshold,
    AdaptiveExponential: _adaptive_exponential,
    Izhikevich: _izhikevich,
    HodgkinHuxley: _hodgkin_huxley,
}
