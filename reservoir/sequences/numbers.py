"""What numbers may come in: none that are masked, none that are missing, none that are too large."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.validation import LARGEST, is_masked


def refuse_masked(data: Any, name: str, owner: str) -> None:
    """Refuse masked values, whose numbers NumPy would use all the same."""
    if is_masked(data):
        raise ValueError(f"{name} of {owner} has masked values: fill them or leave them out.")


def check_magnitude(rows: np.ndarray, name: str, owner: str, *, gaps: bool = False) -> np.ndarray:
    """Refuse numbers beyond the stated bound, whose squares would overflow, and NaN unless there may be `gaps`."""
    largest = magnitude_of(rows, gaps=gaps)
    if np.isnan(largest):
        raise ValueError(f"{name} of {owner} contains NaN or None.")
    if largest > LARGEST:
        raise ValueError(f"{name} of {owner} must lie within [-1e+100, 1e+100]. Got a value of magnitude {largest:g}.")
    return rows


def magnitude_of(rows: np.ndarray, *, gaps: bool = False) -> float:
    """The largest magnitude, NaN where a number is NaN, unless there may be `gaps`."""
    largest = max(rows.max(initial=0.0), -rows.min(initial=0.0))
    return float(np.nanmax(np.abs(rows), initial=0.0) if gaps and np.isnan(largest) else largest)


def first_gap(
    values: Any, columns: Any = None, n_rows: int | None = None, *, infinity_only: bool = False
) -> str | None:
    """Where the first NaN, None or infinity stands in rows (n_rows,) or (n_rows, n_columns), in words; None without.

    `columns` are the names of the columns; of sequences of `n_rows` rows one below the other the sequence is named.
    """
    numbers = numbers_with_gaps(values)
    if numbers is None or numbers.ndim not in (1, 2):
        return None
    gaps = np.isinf(numbers) if infinity_only else ~np.isfinite(numbers)
    if not gaps.any():
        return None
    place = tuple(int(index) for index in np.argwhere(gaps)[0])
    what = "NaN" if np.isnan(numbers[place]) else "infinity"
    row = place[0] if n_rows is None else place[0] % n_rows
    column = "" if len(place) == 1 else f", column {place[1] if columns is None else columns[place[1]]!r}"
    sequence = "" if n_rows is None else f" of sequence {place[0] // n_rows}"
    more = f" ({gaps.sum()} such values in all)" if gaps.sum() > 1 else ""
    return f"{what} at row {row}{column}{sequence}{more}"


def numbers_with_gaps(values: Any) -> np.ndarray | None:
    """Real numbers as float64, NaN where a value is NaN, None, NA or masked; None where they are no real numbers."""
    if isinstance(values, np.ma.MaskedArray):
        real = values.dtype.kind in "fiub"
        return np.ma.filled(values.astype(np.float64), np.nan) if real else None
    if hasattr(values, "to_numpy") and hasattr(values, "iloc"):  # NA becomes NaN
        try:
            if values.to_numpy().dtype.kind in "mM":  # dates would become numbers
                return None
            values = values.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            return None
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "fiubO":
            return None
        return array.astype(np.float64)
    except (TypeError, ValueError):
        return None
