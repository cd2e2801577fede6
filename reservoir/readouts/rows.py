"""How readouts read their data: rows to predict, rows to learn from with their targets, and what came before."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from reservoir.sequences import check_magnitude, refuse_masked
from reservoir.sequences.plain import are_plain_rows
from reservoir.validation import is_plain, parameter_error, real_array


def read_rows(readout: Any, X: Any) -> np.ndarray:
    """Rows (n_rows, n_features) to predict, checked against those of `fit`."""
    if hasattr(readout, "coef_") and are_plain_rows(X, readout, reset=False):
        return X
    owner = type(readout).__name__
    check_is_fitted(readout, "coef_")
    refuse_masked(X, "X", owner)
    return check_magnitude(validate_data(readout, X, reset=False, dtype=np.float64, order="C"), "X", owner)


def read_labelled(readout: Any, X: Any, y: Any, *, reset: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n_rows, n_features) to learn from and their labels (n_rows,)."""
    owner = type(readout).__name__
    refuse_masked(X, "X", owner)
    refuse_masked(y, "y", owner)
    X, y = validate_data(readout, X, y, reset=reset, dtype=np.float64, order="C")
    return check_magnitude(X, "X", owner), y


def read_pairs(readout: Any, X: Any, y: Any, *, reset: bool) -> tuple[np.ndarray, np.ndarray, bool]:
    """Rows (n_rows, n_features) to learn from, targets (n_rows, n_outputs), and whether y was 1-D.

    The magnitude of the rows is left to the caller, who may check them where they are in the cache.
    """
    owner = type(readout).__name__
    if _has_plain_targets(X, y) and are_plain_rows(X, readout, reset=reset):
        return X, y.reshape(len(y), -1), y.ndim == 1
    refuse_masked(X, "X", owner)
    refuse_masked(y, "y", owner)
    X, y = validate_data(readout, X, y, reset=reset, dtype=np.float64, multi_output=True, y_numeric=True, order="C")
    targets = y.astype(np.float64, copy=False).reshape(len(y), -1)
    return X, check_magnitude(targets, "y", owner), y.ndim == 1


def _has_plain_targets(X: Any, y: Any) -> bool:
    """Whether there are as many plain targets as rows."""
    alike = isinstance(X, np.ndarray) and isinstance(y, np.ndarray) and X.shape[:1] == y.shape[:1]
    return alike and y.ndim in (1, 2) and y.size > 0 and is_plain(y)


def check_outputs(readout: Any, n_outputs: int, targets: np.ndarray, one_output: bool) -> None:
    """Refuse targets (n_rows, n_outputs) of another number or shape than those of the rows before."""
    if targets.shape[1] != n_outputs or one_output != readout._one_output:
        shape = targets.shape[:1] if one_output else targets.shape
        owner = type(readout).__name__
        raise ValueError(f"y of {owner} must have the outputs of the rows before, {n_outputs}. Got shape {shape}.")


def check_widths(readout: Any, X: np.ndarray, y: np.ndarray, *, first: bool) -> None:
    """Refuse float arrays that are no rows with as many targets, or rows of other features than those before."""
    owner = type(readout).__name__
    if X.ndim != 2 or y.ndim not in (1, 2) or len(X) != len(y):
        raise ValueError(f"X and y of {owner} must be rows with a target each. Got shapes {X.shape} and {y.shape}.")
    if not first and X.shape[1] != readout.n_features_in_:
        raise ValueError(
            f"X has {X.shape[1]} features, but {owner} is expecting {readout.n_features_in_} features as input."
        )


def changed_since(readout: Any, *names: str) -> ValueError:
    """Error about parameters that were settled with the first rows, to be raised by the caller."""
    listed = ", ".join(names[:-1]) + " or " * (len(names) > 1) + names[-1]
    return ValueError(f"{listed} of {type(readout).__name__} was changed after the first rows; call fit to start anew.")


def _of_every_row(value: Any, n_rows: int) -> np.ndarray | None:
    """One number or one per row as an array (n_rows,); None where it is neither."""
    numbers = real_array(value)
    if numbers is not None and numbers.ndim == 0:
        return np.full(n_rows, numbers)
    return numbers if numbers is not None and numbers.shape == (n_rows,) else None


def read_weights(owner: str, sample_weight: Any, n_rows: int) -> np.ndarray | None:
    """Weights (n_rows,) >= 0 from one number or one per row; None where all weigh alike."""
    if sample_weight is None:
        return None
    weights = _of_every_row(sample_weight, n_rows)
    if weights is None or not (np.isfinite(weights) & (weights >= 0)).all():
        requirement = f"a finite number >= 0 or such an array of shape ({n_rows},)"
        raise parameter_error(owner, "sample_weight", requirement, sample_weight)
    return weights


def read_sequence(owner: str, sequence: Any, n_rows: int) -> np.ndarray | None:
    """The number (n_rows,) of the sequence of every row; None where all are of one series."""
    if sequence is None:
        return None
    numbers = _of_every_row(sequence, n_rows)
    if numbers is None or not ((numbers >= 0) & (numbers % 1 == 0)).all():
        requirement = f"None, an integer >= 0 or such an array of shape ({n_rows},)"
        raise parameter_error(owner, "sequence", requirement, sequence)
    return numbers.astype(np.int64)
