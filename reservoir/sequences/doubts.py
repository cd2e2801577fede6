"""A word about data that can be read, and are probably not meant so."""

from __future__ import annotations

import inspect
import warnings

_INSIDE = ("reservoir", "spiking", "sklearn", "joblib")


class SequenceWarning(UserWarning):
    """Data that are probably not what they are read as: holes in time, rows out of order, axes the other way round."""


def warn_of_data(text: str) -> None:
    """A `SequenceWarning` that points to the line outside the library from which the data came."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _INSIDE:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, SequenceWarning, stacklevel=level)
