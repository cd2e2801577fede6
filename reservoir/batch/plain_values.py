"""What parameters and results are made of: values whose type says all that they are.

A subclass may hold more than its numbers, such as a mask or a unit, which neither a key nor a file would keep.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

SUBCLASSES = "of a subclass, such as a masked array or a quantity, give plain arrays of all that it holds"
KINDS = "biufcSUmM"
"""Kinds of arrays: booleans, numbers, bytes and texts of fixed length, dates."""
_OWN = frozenset({type(None), bool, int, float, str})


def is_scalar(value: Any) -> bool:
    """Whether this is None, a number or a text: Python's, NumPy's, or a member of an enumeration of such."""
    kind = type(value)
    if kind in _OWN or kind is np.str_:
        return True
    if isinstance(value, np.bool_ | np.integer | np.floating):
        return kind.__module__ == "numpy" and not isinstance(value, np.longdouble | np.timedelta64)
    return isinstance(value, Enum) and isinstance(value, int | float | str)


def scalar(value: Any) -> Any:
    """A scalar as Python's own."""
    if type(value) in _OWN:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    return value.item() if isinstance(value, np.generic) else scalar(value.value)


def is_array(value: Any) -> bool:
    """Whether this is an array of such a kind, and of no subclass."""
    return type(value) is np.ndarray and value.dtype.kind in KINDS and value.dtype.metadata is None


def own_copy(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The same parameters, which share nothing that can be changed."""
    known: dict[int, Any] = {}
    return {name: value if type(value) in _OWN else copy.deepcopy(value, known) for name, value in parameters.items()}
