"""Arrays of truths and predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.sequences import refuse_masked
from reservoir.validation import parameter_error, real_array


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


def refuse_masked_values(owner: str, **values: Any) -> None:
    """Refuse masked values, in whatever container."""
    for name, value in values.items():
        for part in value if isinstance(value, list | tuple) else [value]:
            refuse_masked(part, name, owner)
