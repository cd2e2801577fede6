"""Arrays of truths and predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.sequences import refuse_masked
from reservoir.validation import parameter_error, real_array

_LARGEST = 1e100  # distance in deviations that is not told from larger ones


def read_pair(owner: str, y_true: Any, y_pred: Any, name: str = "y_pred") -> tuple[np.ndarray, np.ndarray]:
    """Truth and predictions as (T, K), the truth finite; `name` is that of the predictions."""
    refuse_masked_values(owner, **{"y_true": y_true, name: y_pred})
    true, predicted = real_array(y_true), real_array(y_pred)
    if true is None or not true.size or true.ndim not in (1, 2) or not np.isfinite(true).all():
        raise parameter_error(owner, "y_true", "a finite array (T,) or (T, K)", y_true)
    if predicted is None or predicted.shape != true.shape:
        raise parameter_error(owner, name, f"an array of shape {true.shape}", y_pred)
    return true.reshape(len(true), -1), predicted.reshape(len(true), -1)


def finite_pair(owner: str, y_true: Any, y_pred: Any, name: str = "y_pred") -> tuple[np.ndarray, np.ndarray]:
    """The same where both are finite."""
    true, predicted = read_pair(owner, y_true, y_pred, name)
    if not np.isfinite(predicted).all():
        raise parameter_error(owner, name, "finite", y_pred)
    return true, predicted


def read_rows(owner: str, name: str, value: Any) -> np.ndarray:
    """Finite rows (T, K)."""
    refuse_masked_values(owner, **{name: value})
    rows = real_array(value)
    if rows is None or not rows.size or rows.ndim not in (1, 2) or not np.isfinite(rows).all():
        raise parameter_error(owner, name, "a finite array (T,) or (T, K)", value)
    return rows.reshape(len(rows), -1)


def read_clouds(owner: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rows (T, K) and (S, K), both less the means of the first, and over its deviations."""
    true, predicted = read_rows(owner, "y_true", y_true), read_rows(owner, "y_pred", y_pred)
    if predicted.shape[1] != true.shape[1]:
        raise parameter_error(owner, "y_pred", f"an array of {true.shape[1]} column(s), as y_true", y_pred)
    with np.errstate(over="ignore", invalid="ignore"):
        means, deviations = true.mean(axis=0), true.std(axis=0)
    if not ((deviations > 1e-12 * np.abs(means)) & np.isfinite(deviations)).all():
        raise parameter_error(owner, "y_true", "not constant in any column, nor too large to be squared", y_true)
    with np.errstate(over="ignore"):
        moved = (predicted - means) / deviations
    return (true - means) / deviations, np.clip(moved, -_LARGEST, _LARGEST)


def refuse_masked_values(owner: str, **values: Any) -> None:
    """Refuse masked values, in whatever container."""
    for name, value in values.items():
        for part in value if isinstance(value, list | tuple) else [value]:
            refuse_masked(part, name, owner)
