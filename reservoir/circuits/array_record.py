"""Records of arrays that never change."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from reservoir.quantities import doubt
from reservoir.validation import bare, parameter_error, real_array


@dataclass(frozen=True, eq=False, repr=False)
class ArrayRecord:
    """Base of records that hold read-only copies of arrays.

    They are pickled and copied through the constructor, so that copies are read-only as well.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    def equals(self, other: Any) -> bool:
        """True if `other` is of the same type and holds the same values, bit for bit."""
        if type(other) is not type(self):
            return False
        return all(_same(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))

    def _store(self, **values: Any) -> None:
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    def _refuse(self, name: str, requirement: str) -> Exception:
        return parameter_error(type(self).__name__, name, requirement, getattr(self, name))

    def _read_indices(self, name: str, size: int) -> None:
        """Store integers >= 0 (size,); one number stands for all."""
        value, numbers = getattr(self, name), real_array(getattr(self, name))
        if numbers is None:
            raise self._refuse(name, f"integers >= 0 of shape ({size},)")
        array = np.asarray(value) if numbers.size else np.zeros(numbers.shape, dtype=np.int64)
        array = np.full(size, array) if array.ndim == 0 else array
        if array.dtype.kind not in "iu" or array.shape != (size,) or (array.size and array.min() < 0):
            raise self._refuse(name, f"integers >= 0 of shape ({size},)")
        self._store(**{name: array.astype(np.int64)})

    def _read_numbers(
        self,
        name: str,
        size: int,
        low: float = -np.inf,
        high: float = np.inf,
        *,
        above: bool = False,
        unit: str | None = None,
    ) -> None:
        """Store finite numbers (size,) in [low, high], or `above` low; one number stands for all."""
        array = real_array(bare(type(self).__name__, name, getattr(self, name), unit))
        array = np.full(size, array) if array is not None and array.ndim == 0 else array
        if array is None or array.shape != (size,) or not _within(array, low, high, above):
            bounds = "" if low == -np.inf else f" {'>' if above else '>='} {low:g}"
            bounds += "" if high == np.inf else f" and <= {high:g}"
            raise self._refuse(name, f"finite numbers{bounds} of shape ({size},)")
        doubt(type(self).__name__, name, getattr(self, name), unit)
        self._store(**{name: array})

    def _read_flags(self, name: str, size: int) -> None:
        """Store booleans (size,)."""
        value = getattr(self, name)
        array = np.empty(0) if real_array(value) is None else np.asarray(value)
        if array.dtype != bool or array.shape != (size,) or not size:
            raise self._refuse(name, f"booleans of shape ({size or 'n_units'},)")
        self._store(**{name: array.copy()})


def n_entries(*values: Any) -> int:
    """Number of entries of the first 1-D array; 1 where there is none."""
    arrays = (real_array(value) for value in values)
    return next((len(array) for array in arrays if array is not None and array.ndim == 1), 1)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, ArrayRecord):
        return one.equals(other)
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _within(array: np.ndarray, low: float, high: float, above: bool) -> bool:
    low_enough = np.isfinite(array).all() and (array <= high).all()
    return bool(low_enough and ((array > low) if above else (array >= low)).all())
