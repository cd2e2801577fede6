"""Numbers of units: one for all of them, one for each kind, one for each unit, or a distribution to draw them from."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import numpy as np
from numba import types
from numba.extending import overload

from reservoir.distributions import is_distribution
from reservoir.quantities import doubt, is_quantity, magnitude
from reservoir.validation import Parameters, bare, check_real, parameter_error, real_array

_Record = TypeVar("_Record")

Numbers: TypeAlias = float | np.ndarray
"""One number that all units share, or (n_units,), one for each."""


def at(numbers: Any, i: int) -> Any:
    """The number of unit i, of one that is shared or of one for each; kernels are compiled for either."""
    return numbers if np.ndim(numbers) == 0 else numbers[i]


@overload(at, jit_options={"forceinline": True})
def _typed_at(numbers, i):
    if isinstance(numbers, types.Array):
        return lambda numbers, i: numbers[i]
    return lambda numbers, i: numbers


def is_single(value: Any) -> bool:
    """Whether a parameter is no collection of numbers; a view of one number is none, whatever its shape says."""
    return not isinstance(value, tuple | list) and np.ndim(magnitude(value)) == 0


def per_unit(
    owner: str,
    name: str,
    value: Any,
    excitatory: np.ndarray,
    low: float | np.ndarray | None = None,
    high: float | np.ndarray | None = None,
    *,
    closed: str = "both",
    unit: str | None = None,
) -> np.ndarray:
    """Numbers (n_units,) of a parameter that is a number, two for both kinds, or one for each unit.

    Raises ValueError for other shapes, and for numbers outside the interval, whose ends may be one for each unit.
    """
    n_units = len(excitatory)
    if is_distribution(value):
        raise parameter_error(owner, name, "drawn first, by `drawn(excitatory, rng)` of the record", value)
    one = is_single(value)
    if one and not isinstance(low, np.ndarray) and not isinstance(high, np.ndarray):
        return np.full(n_units, check_real(owner, name, value, low, high, closed=closed, unit=unit))
    if one:
        numbers = np.full(n_units, check_real(owner, name, value, unit=unit))
    else:
        numbers = _one_each(owner, name, value, excitatory, unit)
    least, most = -np.inf if low is None else np.asarray(low), np.inf if high is None else np.asarray(high)
    below = numbers <= least if closed in ("neither", "right") else numbers < least
    above = numbers >= most if closed in ("neither", "left") else numbers > most
    for i in np.flatnonzero(below | above | ~np.isfinite(numbers))[:1]:
        ends = (None if end is None else float(np.broadcast_to(end, n_units)[i]) for end in (low, high))
        check_real(owner, name, float(numbers[i]), *ends, closed=closed)
    doubt(owner, name, None if one else value, unit)
    return numbers


def _one_each(owner: str, name: str, value: Any, excitatory: np.ndarray, unit: str | None) -> np.ndarray:
    """Numbers (n_units,), finite or not."""
    n_units, pair = len(excitatory), isinstance(value, tuple | list) and len(value) == 2
    wanted = f"a number, two numbers (excitatory, inhibitory), an array of {n_units} or a distribution"
    array = real_array(bare(owner, name, value, unit))
    if array is None or array.ndim > 1:
        raise parameter_error(owner, name, wanted, value)
    if array.ndim == 0:
        return np.full(n_units, array)
    if array.size == 2 and is_quantity(value) and not pair:  # an array of Brian2, in which pairs come too
        if n_units == 2 and excitatory.tolist() != [True, False]:
            raise parameter_error(owner, name, "a tuple of two for both kinds, or a list of arrays", value)
        pair = True
    if not pair and array.size != n_units:
        raise parameter_error(owner, name, wanted, value)
    return np.where(excitatory, array[0], array[1]) if pair else array


class UnitParameters(Parameters):
    """The parameters of a record of units: floats, or arrays (n_units,) of what is not shared by all units."""

    def __init__(self, part: Any, excitatory: np.ndarray):
        super().__init__(part)
        self.excitatory = excitatory
        self.shared = True

    def of_units(
        self,
        name: str,
        low: Any = None,
        high: Any = None,
        *,
        closed: str = "both",
        unit: str | None = None,
    ) -> Any:
        """A parameter as float, or as array (n_units,) where it is not one number."""
        value = getattr(self.part, name)
        if is_single(value) and not is_distribution(value) and not np.ndim(low) and not np.ndim(high):
            return check_real(self.owner, name, value, low, high, closed=closed, unit=unit)
        self.shared = False
        return per_unit(self.owner, name, value, self.excitatory, low, high, closed=closed, unit=unit)

    def each(
        self, name: str, low: float | None = None, high: Any = None, *, closed: str = "both", unit: str | None = None
    ) -> np.ndarray:
        """A parameter as array (n_units,)."""
        return per_unit(
            self.owner, name, getattr(self.part, name), self.excitatory, low, high, closed=closed, unit=unit
        )

    def record(self, kind: type[_Record], **numbers: Any) -> _Record:
        """A record of coefficients that are all shared, or all of the units: loops are compiled for these two.

        Coefficients that come by current, (n_currents,) or (n_currents, n_units), have names that begin with "weights";
        "refractory" is of the units and "means..." of the currents always.
        """
        n_units = len(self.excitatory)
        for name, value in numbers.items():
            if isinstance(value, tuple) or name == "refractory" or name.startswith("means"):
                continue
            size = (len(value), n_units) if name.startswith("weights") else (n_units,)
            if self.shared or (np.ndim(value) == len(size)):
                numbers[name] = value if np.ndim(value) else float(value)
            else:
                value = np.asarray(value)
                numbers[name] = np.array(np.broadcast_to(value[..., None] if value.ndim else value, size))
        return kind(**numbers)
