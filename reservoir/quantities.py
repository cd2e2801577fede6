"""Quantities, numbers with a unit as Brian2 has them, recognised by what they can do: nothing here imports Brian2.

A quantity has ``dim``, which answers ``get_dimension("length")`` and so on; its number, or those of its array, are in
SI base units already.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

_BASE = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
_NUMBERS = frozenset((float, int, bool, np.float64))  # looked at no further: long lists are of these

# By its name in Brian2: the words for it, and the powers of those of _BASE, as many as it takes.
UNITS: dict[str, tuple[str, tuple[float, ...]]] = {
    "metre": ("metres", (1, 0, 0, 0)),
    "second": ("seconds", (0, 0, 1, 0)),
    "hertz": ("hertz", (0, 0, -1, 0)),
    "amp": ("amperes", (0, 0, 0, 1)),
    "volt": ("volts", (2, 1, -3, -1)),
    "ohm": ("ohms", (2, 1, -3, -2)),
    "siemens": ("siemens", (-2, -1, 3, 2)),
    "farad": ("farads", (-2, -1, 4, 2)),
    "volt / second": ("volts per second", (2, 1, -4, -1)),
    "volt * second**-0.5": ("volts per square root of a second", (2, 1, -3.5, -1)),
    "mmolar": ("millimolar", (-3, 0, 0, 0, 0, 1)),
}


def powers_of(unit: str) -> tuple[float, ...]:
    """The powers (7,) of a unit of `UNITS`."""
    powers = tuple(map(float, UNITS[unit][1]))
    return powers + (0.0,) * (len(_BASE) - len(powers))


class PlausibilityWarning(UserWarning):
    """A number that is implausible in SI units, as one that a paper prints in millivolts or milliseconds."""


class Plausible(NamedTuple):
    """Sizes that numbers of a unit have in models of neurons, and what is meant where they do not."""

    least: float  # of a number other than 0
    most: float
    symbol: str
    printed: str  # the unit in which papers print it, which is so many
    factor: float


_PLAUSIBLE = {
    "volt": Plausible(0.0, 1.0, "V", "mV", 1e-3),
    "volt * second**-0.5": Plausible(0.0, 10.0, "V per root of a second", "mV", 1e-3),
    "amp": Plausible(0.0, 0.01, "A", "nA", 1e-9),
    "farad": Plausible(0.0, 1e-4, "F", "pF", 1e-12),
    "siemens": Plausible(0.0, 0.1, "S", "nS", 1e-9),
    "ohm": Plausible(1e3, np.inf, "ohm", "Mohm", 1e6),
    "mmolar": Plausible(0.01, 100.0, "mM", "M", 1e3),
}
# Of seconds and hertz it is the name that tells.
_LONGEST = {"dt": 0.01, "step": 5.0, "duration": 1e5, "learning_time": 1e5, "D": 10.0, "F": 10.0}
_LONGEST |= dict.fromkeys(("refractory", "delay", "input_delay", "time_constant", "input_time_constant"), 1.0)
_LONGEST |= dict.fromkeys(("rise_time", "input_rise_time", "dendritic_delay"), 1.0)
_LONGEST |= dict.fromkeys(("tau_plus", "tau_minus"), 2.0)
_LONGEST |= dict.fromkeys(("time_constant_w", "tau", "tau_x", "tau_y", "tau_c", "tau_d", "tau_slow"), 10.0)
_LONGEST |= dict.fromkeys(("tau_sfa_1", "tau_sfa_2", "tau_stc_1", "tau_stc_2", "tau_arriving", "tau_receiver"), 10.0)
_LONGEST |= {"time_scale": 0.5, "tau_calcium": 10.0, "tau_square": 100.0, "tau_rho": 1e4}
_LONGEST |= {"threshold_time_constant": 1e6}
_RATES = {"a": 1.0, "b": 1.0}


def _plausible(owner: str, name: str, unit: str) -> Plausible | None:
    if owner == "SpikeTrains.steps":  # steps of any length, not those of a simulation
        return None
    if unit == "second" and name in _LONGEST:
        return Plausible(0.0, _LONGEST[name], "s", "ms", 1e-3)
    if unit == "hertz" and name in _RATES:
        return Plausible(_RATES[name], np.inf, "1 / s", "1 / ms", 1e3)
    return _PLAUSIBLE.get(unit)


def doubt(owner: str, name: str, value: Any, unit: str | None) -> None:
    """Warn of a parameter whose numbers are implausible in SI units; of quantities, and of no numbers, say nothing.

    Warns
    -----
    PlausibilityWarning
        Names the parameter, its value in SI units and what was probably meant.
    """
    bounds = None if unit is None or value is None or isinstance(value, str) else _plausible(owner, name, unit)
    if bounds is None or (type(value) is float and (bounds.least <= abs(value) <= bounds.most or not value)):
        return
    if is_quantity(value):
        return
    try:
        sizes = np.abs(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        return
    odd = np.isfinite(sizes) & ((sizes > bounds.most) | ((sizes < bounds.least) & (sizes > 0)))
    if odd.any():
        number = float(np.ravel(np.asarray(value, dtype=np.float64))[np.flatnonzero(odd)[0]])
        warnings.warn(
            f"The '{name}' parameter of {owner} is {number:g} {bounds.symbol} in SI units. Was "
            f"{number * bounds.factor:g} {bounds.symbol} meant, {number:g} {bounds.printed}?",
            PlausibilityWarning,
            stacklevel=4,
        )


def is_quantity(value: Any) -> bool:
    """Whether this is a quantity, or a list or tuple that holds one."""
    if isinstance(value, list | tuple):
        return any(is_quantity(one) for one in value if type(one) not in _NUMBERS)
    return hasattr(getattr(value, "dim", None), "get_dimension")


def measured_in(value: Any, unit: str) -> bool:
    """Whether a quantity has this unit or a multiple of it; a list must hold no other ones, and no plain numbers."""
    if isinstance(value, list | tuple):
        return all(measured_in(one, unit) for one in value)
    if unit not in UNITS:
        raise KeyError(f"{unit!r} is no unit of reservoir.quantities.UNITS, add it to those: {', '.join(UNITS)}")
    return is_quantity(value) and tuple(value.dim.get_dimension(base) for base in _BASE) == powers_of(unit)


def magnitude(value: Any) -> Any:
    """A quantity as a number or plain array, in SI units; anything else as it is."""
    if not is_quantity(value):
        return value
    if isinstance(value, list | tuple):
        return type(value)(map(magnitude, value))
    number = np.array(value, dtype=np.float64, subok=False)  # a view of a clock has no float()
    return float(number) if number.ndim == 0 else number
