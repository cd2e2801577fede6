"""Quantities, numbers with a unit as Brian2 has them, recognised by what they can do: nothing here imports Brian2.

A quantity has ``dim``, which answers ``get_dimension("length")`` and so on; its number, or those of its array, are in
SI base units already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_BASE = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
_NUMBERS = frozenset((float, int, bool, np.float64))  # looked at no further: long lists are of these

# By its name in Brian2: the words for it, and the powers of length, mass, time and current.
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
}


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
    return is_quantity(value) and [value.dim.get_dimension(base) for base in _BASE] == [*UNITS[unit][1], 0, 0, 0]


def magnitude(value: Any) -> Any:
    """A quantity as a number or plain array, in SI units; anything else as it is."""
    if not is_quantity(value):
        return value
    if isinstance(value, list | tuple):
        return type(value)(map(magnitude, value))
    numbers = np.array(value, dtype=np.float64, subok=False)  # a view of a Brian2 variable tells its shape only here
    return numbers if numbers.ndim else float(numbers)
