"""The ranges that channels have spanned, and what lies beyond them.

Ranges are arrays (n_channels, 2) of lowest and highest values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.validation import parameter_error, real_array


def range_of(rows: np.ndarray) -> np.ndarray:
    """The range of every channel of rows (n_rows, n_channels)."""
    return np.column_stack([rows.min(axis=0), rows.max(axis=0)])


def covering(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The smallest ranges that hold both."""
    return np.column_stack([np.minimum(first[:, 0], second[:, 0]), np.maximum(first[:, 1], second[:, 1])])


def widths_of(ranges: np.ndarray) -> np.ndarray:
    """The width of every range, above 0.

    A channel that is constant up to a millionth of its size has its size as width, or 1 where that is 0.
    """
    low, high = ranges.T
    size = np.maximum(np.abs(low), np.abs(high))
    return np.where(high - low > 1e-6 * size, high - low, np.where(size > 0, size, 1.0))


def first_beyond(rows: np.ndarray, ranges: np.ndarray, n_widths: float | np.ndarray) -> tuple[int, int] | None:
    """Row and channel of the first value that is farther from its range than so many of its widths, or NaN.

    `n_widths` is one number, or one for every row.
    """
    margin = np.outer(n_widths, widths_of(ranges))
    beyond = ~((rows >= ranges[:, 0] - margin) & (rows <= ranges[:, 1] + margin))
    at = np.flatnonzero(beyond.any(axis=1))
    return (int(at[0]), int(np.argmax(beyond[at[0]]))) if at.size else None


def read_bounds(owner: str, bounds: Any, n_channels: int, training: np.ndarray | None = None) -> np.ndarray:
    """Ranges from a parameter: None, one pair, a pair per channel, or "training" where such ranges are given."""
    if training is not None and isinstance(bounds, str) and bounds == "training":
        return training
    given = np.array([-np.inf, np.inf]) if bounds is None else real_array(bounds)
    if given is None or given.shape not in ((2,), (n_channels, 2)) or not (given[..., 0] < given[..., 1]).all():
        word = "" if training is None else " 'training',"
        wanted = f"None,{word} a pair (low, high) with low < high, or {n_channels} such pairs"
        raise parameter_error(owner, "bounds", wanted, bounds)
    return np.ascontiguousarray(np.broadcast_to(given, (n_channels, 2)))
