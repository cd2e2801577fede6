"""The ranges that channels have spanned, and what lies beyond them.

Ranges are arrays (n_channels, 2) of lowest and highest values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.validation import parameter_error, real_array


def ranges_of(rows: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The ranges (n_series, n_channels, 2) of joined series, of which series i is rows[offsets[i]:offsets[i + 1]]."""
    starts = offsets[:-1]
    return np.stack([np.minimum.reduceat(rows, starts), np.maximum.reduceat(rows, starts)], axis=-1)


def covering(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The smallest ranges that hold both."""
    lowest, highest = np.minimum(first[..., 0], second[..., 0]), np.maximum(first[..., 1], second[..., 1])
    return np.stack([lowest, highest], axis=-1)


def widths_of(ranges: np.ndarray) -> np.ndarray:
    """The width of every range, above 0.

    A channel that is constant up to a millionth of its size has its size as width, or 1 where that is 0.
    """
    size = np.abs(ranges).max(axis=-1)
    width = ranges[..., 1] - ranges[..., 0]
    return np.where(width > 1e-6 * size, width, np.where(size > 0, size, 1.0))


def widened(ranges: np.ndarray, n_widths: float | np.ndarray) -> np.ndarray:
    """The ranges (..., n_channels, 2) by so many of their widths wider on both sides, (..., n_rows, n_channels, 2).

    `n_widths` is one number, or one for every row.
    """
    margins = np.reshape(n_widths, (-1, 1)) * widths_of(ranges)[..., None, :]
    return np.stack([ranges[..., None, :, 0] - margins, ranges[..., None, :, 1] + margins], axis=-1)


def first_beyond(rows: np.ndarray, ranges: np.ndarray, n_widths: float | np.ndarray) -> tuple[int, ...] | None:
    """Where the first value stands that is farther from its range than so many of its widths, or NaN.

    For rows (n_rows, n_channels), or (n_series, n_rows, n_channels) and as many ranges; `n_widths` is one number, or
    one for every row.
    """
    limits = widened(ranges, n_widths)
    within = (rows >= limits[..., 0]) & (rows <= limits[..., 1])
    return None if within.all() else tuple(map(int, np.unravel_index(within.argmin(), within.shape)))


def read_bounds(owner: str, bounds: Any, n_channels: int, training: np.ndarray | None = None) -> np.ndarray:
    """Ranges from a parameter: None, one pair, a pair per channel, or "training" where such ranges are given.

    "auto", which goes with "training", is None here.
    """
    if training is not None and isinstance(bounds, str) and bounds in ("training", "auto"):
        if bounds == "training":
            return training
        bounds = None
    if bounds is None:
        return np.array([[-np.inf, np.inf]] * n_channels)
    given = real_array(bounds)
    if given is None or given.shape not in ((2,), (n_channels, 2)) or not (given[..., 0] < given[..., 1]).all():
        word = "" if training is None else " 'auto', 'training',"
        wanted = f"None,{word} a pair (low, high) with low < high, or {n_channels} such pairs"
        raise parameter_error(owner, "bounds", wanted, bounds)
    return np.ascontiguousarray(np.broadcast_to(given, (n_channels, 2)))
