"""Records of arrays that never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np

from reservoir.quantities import doubt
from reservoir.validation import bare, parameter_error, real_array

_LARGEST = 2**31 - 1  # of 32 bits


@dataclass(frozen=True, eq=False, repr=False)
class ArrayRecord:
    """Base of records that hold read-only copies of arrays.

    They are pickled and copied through the constructor, so that copies are read-only as well.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(plain_dict(getattr(self, field.name)) for field in fields(self))

    @property
    def frozen(self) -> bool:
        """Whether nobody has made an array writeable again, so that what was made of them still holds."""
        return all(_is_frozen(getattr(self, field.name)) for field in fields(self))

    def equals(self, other: Any) -> bool:
        """True if `other` is of the same type and holds the same values, bit for bit."""
        if type(other) is not type(self):
            return False
        return all(_same(getattr(self, field.name), getattr(other, field.name)) for field in fields(self))

    def _store(self, **values: Any) -> None:
        for name, value in values.items():
            for array in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
            object.__setattr__(self, name, MappingProxyType(value) if isinstance(value, dict) else value)

    def _refuse(self, name: str, requirement: str) -> Exception:
        return parameter_error(type(self).__name__, name, requirement, getattr(self, name))

    def _read_indices(self, name: str, size: int) -> None:
        """Store integers >= 0 (size,), of 32 bits where they fit; one number stands for all."""
        value = getattr(self, name)
        numbers = value if _are_integers(value) else real_array(value)
        if numbers is None:
            raise self._refuse(name, f"integers >= 0 of shape ({size},)")
        array = np.asarray(value) if numbers.size else np.zeros(numbers.shape, dtype=np.int64)
        array = np.full(size, array) if array.ndim == 0 else array
        if not _are_integers(array) or array.shape != (size,) or (array.size and array.min() < 0):
            raise self._refuse(name, f"integers >= 0 of shape ({size},)")
        wanted = np.int32 if not array.size or array.max() <= _LARGEST else np.int64
        self._store(**{name: value if _is_sealed(value, wanted) else array.astype(wanted)})

    def _read_numbers(
        self,
        name: str,
        size: int,
        low: float = -np.inf,
        high: float = np.inf,
        *,
        above: bool = False,
        unit: str | None = None,
        single: bool = False,
    ) -> None:
        """Store the numbers of `numbers_in`; those that are all the same take the memory of one.

        With `single`, an array of single precision stays one.
        """
        value = getattr(self, name)
        numbers = numbers_in(type(self).__name__, name, value, size, low, high, above=above, unit=unit)
        if single and isinstance(value, np.ndarray) and value.dtype == np.float32:
            numbers = value if _is_sealed(value, np.float32) else numbers.astype(np.float32)
        self._store(**{name: compact(numbers)})

    def _read_flags(self, name: str, size: int) -> None:
        """Store booleans (size,)."""
        flags = flags_of(getattr(self, name), size)
        if flags is None:
            raise self._refuse(name, f"booleans of shape ({size or 'n_units'},)")
        self._store(**{name: flags})

    def _read_named(self, name: str) -> dict[str, Any]:
        """A copy of a mapping whose keys can stand in the names of parameters; empty for None."""
        value = getattr(self, name)
        found = {} if value is None else dict(value) if isinstance(value, Mapping) else None
        if found is None or not all(is_name(key) for key in found):
            raise self._refuse(name, "None or a dict by names, identifiers without '__'")
        return found


def n_entries(*values: Any) -> int:
    """Number of entries of the first 1-D array; 1 where there is none."""
    arrays = (real_array(value) for value in values)
    return next((len(array) for array in arrays if array is not None and array.ndim == 1), 1)


def numbers_in(
    owner: str,
    name: str,
    value: Any,
    size: int,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    above: bool = False,
    unit: str | None = None,
) -> np.ndarray:
    """Finite numbers (size,) in [low, high], or `above` low, as a new array or a read-only one; a number is for all."""
    array = value if _is_sealed(value, np.float64) else real_array(bare(owner, name, value, unit))
    array = np.full(size, array) if array is not None and array.ndim == 0 else array
    if array is None or array.shape != (size,) or not _within(array, low, high, above):
        bounds = "" if low == -np.inf else f" {'>' if above else '>='} {low:g}"
        bounds += "" if high == np.inf else f" and <= {high:g}"
        raise parameter_error(owner, name, f"finite numbers{bounds} of shape ({size},)", value)
    doubt(owner, name, value, unit)
    return array


def sealed(array: np.ndarray) -> np.ndarray:
    """The array, made read-only, so that records hold it as it is: whoever made it does not write to it any more."""
    array.flags.writeable = False
    return array


def _is_sealed(value: Any, dtype: Any) -> bool:
    """Whether an array is one that records hold as it is: of this type, read-only, and so is the memory behind it."""
    if type(value) is not np.ndarray or value.dtype != dtype or not _cannot_change(value):
        return False
    return bool(value.flags.owndata or value.strides == (0,))


def _cannot_change(value: np.ndarray) -> bool:
    return not value.flags.writeable and not (isinstance(value.base, np.ndarray) and value.base.flags.writeable)


def compact(values: np.ndarray) -> np.ndarray:
    """The same values (n,), in the memory of one where all have its bits."""
    first = values[:1]
    if len(values) < 2 or is_constant(values) or values[-1] != first or not (values == first).all():
        return values
    if first == 0 and not (np.signbit(values) == np.signbit(first)).all():
        return values
    return np.broadcast_to(sealed(first.copy()), values.shape)


def is_constant(values: np.ndarray) -> bool:
    """Whether values (n,) are known to be the same, without a look at them."""
    return values.strides == (0,)


def flags_of(value: Any, size: int) -> np.ndarray | None:
    """A copy of booleans (size,); None for anything else."""
    array = np.empty(0) if real_array(value) is None else np.asarray(value)
    return array.copy() if array.dtype == bool and array.shape == (size,) and size else None


def is_name(key: Any) -> bool:
    """Whether a key can stand in the name of a parameter, as in ``plasticity__key__A_plus``."""
    return isinstance(key, str) and key.isidentifier() and "__" not in key


def _are_integers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray) and value.dtype.kind in "iu"


def plain_dict(value: Any) -> Any:
    """A dict of its own for a mapping, which cannot be pickled; anything else as it is."""
    return dict(value) if isinstance(value, MappingProxyType) else value


def _is_frozen(value: Any) -> bool:
    if isinstance(value, ArrayRecord):
        return value.frozen
    if isinstance(value, Mapping):
        return all(map(_is_frozen, value.values()))
    return not isinstance(value, np.ndarray) or _cannot_change(value)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, ArrayRecord):
        return one.equals(other)
    if isinstance(one, Mapping):
        alike = isinstance(other, Mapping) and list(one) == list(other)
        return alike and all(_same(one[key], other[key]) for key in one)
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _within(array: np.ndarray, low: float, high: float, above: bool) -> bool:
    low_enough = np.isfinite(array).all() and (array <= high).all()
    return bool(low_enough and ((array > low) if above else (array >= low)).all())
