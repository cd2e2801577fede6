"""Targets beside sequences: a value or a label for every step, or one for every sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array, column_or_1d

from reservoir.parts import Targets
from reservoir.sequences import Sequences, check_magnitude, n_dimensions, refuse_masked
from reservoir.sequences.axes import warn_of_axes
from reservoir.sequences.numbers import first_gap
from reservoir.sequences.time_index import check_index

_WAY_OUT = (
    "Leave out what has no target, sequences or rows at the ends of X and y, or give the pieces between gaps as lists. "
    "To learn from single rows, fit a readout on the states of these: readout.fit(states[known], y[known])."
)


def read_step_values(owner: str, y: Targets, sequences: Sequences) -> tuple[np.ndarray, bool]:
    """Numbers for every step, joined.

    Returns (n_rows, n_outputs) and whether each member of y was 1-D, so that predictions can follow it.
    """
    _require(owner, y)
    if sequences.kind == "series":
        joined = _numbers(owner, y, "y", sequences, 0)
        warn_of_axes(owner, sequences, per_step=True)
        return joined.reshape(len(joined), -1), joined.ndim == 1
    members = _one_per_sequence(owner, y, sequences)
    if _depth(members[0]) == 0:
        raise ValueError(_per_step_text(owner, "one number per sequence (that needs a pooling)"))
    checked = [
        _numbers(owner, member, f"Member {index} of y", sequences, index) for index, member in enumerate(members)
    ]
    shapes = {member.shape[1:] for member in checked}
    if len(shapes) > 1:
        odd = next(i for i, member in enumerate(checked) if member.shape[1:] != checked[0].shape[1:])
        raise ValueError(
            f"All members of y of {owner} must have the same number of outputs. Member 0 has shape "
            f"{checked[0].shape}, member {odd} {checked[odd].shape}."
        )
    joined = np.concatenate(checked)
    return joined.reshape(len(joined), -1), joined.ndim == 1


def read_sequence_values(owner: str, y: Targets, sequences: Sequences) -> tuple[np.ndarray, bool]:
    """One number or vector per sequence: (n_sequences, n_outputs), and whether y was 1-D."""
    _require(owner, y)
    _refuse_series(owner, sequences)
    values = _numbers(owner, y, "y", sequences)
    warn_of_axes(owner, sequences, per_step=False)
    return values.reshape(len(values), -1), values.ndim == 1


def read_labels(owner: str, y: Targets, sequences: Sequences) -> tuple[np.ndarray, bool]:
    """Labels, and whether there is one for every step.

    Returns (n_rows,) for labels per step, (n_sequences,) for labels per sequence. The depth of y decides.
    """
    _require(owner, y)
    if sequences.kind == "series":
        if n_dimensions(y) == 0:
            raise ValueError(f"y of {owner} is one label for one series: wrap both, fit([X], [y]).")
        labels = _labels(owner, y, "y", sequences, 0)
        warn_of_axes(owner, sequences, per_step=True)
        return labels, True
    members = _one_per_sequence(owner, y, sequences)
    shape: tuple[Any, ...] = getattr(y, "shape", ())
    if len(shape) == 2 and shape[1] > 1 and (sequences.lengths != shape[1]).all():
        raise ValueError(f"y of {owner} must hold labels, not indicators. Got shape {shape}.")
    if _depth(members[0]) == 0 or _is_column(y):
        warn_of_axes(owner, sequences, per_step=False)
        return _labels(owner, y if _is_column(y) else members, "y", sequences), False
    joined = [_labels(owner, member, f"Member {i} of y", sequences, i) for i, member in enumerate(members)]
    return np.concatenate(joined), True


def _require(owner: str, y: Targets) -> None:
    if y is None:
        raise ValueError(f"{owner} requires y to be passed, but the target y is None.")


def _refuse_series(owner: str, sequences: Sequences) -> None:
    if sequences.kind == "series":
        raise ValueError(
            f"{owner} with a pooling takes one target per sequence, but X is one series: wrap it, [X]. If it has one "
            "recording a row, give X[..., None]."
        )


def _one_per_sequence(owner: str, y: Targets, sequences: Sequences) -> list[Any]:
    refuse_masked(y, "y", owner)
    array = y if isinstance(y, (list, tuple)) else np.asarray(y)
    if not isinstance(array, (list, tuple)) and array.ndim == 0:
        raise ValueError(f"y of {owner} must be an array or list with one member per sequence. Got {y!r}.")
    members = list(array)
    if len(members) != len(sequences):
        raise ValueError(
            f"y of {owner} must have one member per sequence. Got {len(members)} for {len(sequences)} sequences."
        )
    return members


def _numbers(owner: str, y: Targets, name: str, sequences: Sequences, index: int | None = None) -> np.ndarray:
    """Numbers for the rows of the sequence of this index, or for all sequences."""
    refuse_masked(y, name, owner)
    if index is not None:
        check_index(y, name, owner)
    try:
        values = check_array(y, dtype=np.float64, ensure_2d=False, allow_nd=True, input_name="y", estimator=owner)
    except (ValueError, TypeError) as error:
        gap = first_gap(y, getattr(y, "columns", None))
        if gap is not None:
            raise ValueError(f"{name} of {owner} contains {gap}. {_WAY_OUT}") from error
        labels = ". Labels are for a classifier." if "could not convert string" in str(error) else ""
        raise type(error)(f"{name} of {owner}: {error}{labels}") from error
    if values.ndim not in (1, 2) or 0 in values.shape:
        raise ValueError(_per_step_text(owner, f"shape {values.shape}"))
    _check_length(owner, name, len(values), sequences, index)
    return check_magnitude(values, "y", owner)


def _labels(owner: str, y: Targets, name: str, sequences: Sequences, index: int | None = None) -> np.ndarray:
    """Labels for the rows of the sequence of this index, or for all sequences."""
    refuse_masked(y, name, owner)
    if index is not None:
        check_index(y, name, owner)
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise ValueError(f"{name} of {owner} must hold one label for every entry of X, not lists of labels.") from error
    if labels.ndim == 0 or (labels.ndim == 2 and labels.shape[1] > 1):
        raise ValueError(f"{name} of {owner} must hold labels, not indicators or a scalar. Got shape {labels.shape}.")
    labels = column_or_1d(labels, warn=True)
    _check_length(owner, name, len(labels), sequences, index)
    if labels.dtype == object and any(map(_is_missing, labels)):
        raise ValueError(f"{name} of {owner} contains NaN or None.")
    if labels.dtype.kind in "mM" and np.isnat(labels).any():
        raise ValueError(f"{name} of {owner} contains NaT.")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError(f"Input {name} of {owner} contains NaN or infinity.")
    if labels.dtype.kind in "US" and isinstance(y, list | tuple) and not all(isinstance(v, str | bytes) for v in y):
        raise ValueError(f"The labels {name} of {owner} must be of one type that sorts.")
    return labels


def _is_missing(label: Any) -> bool:
    """None, NaN, NaT or pandas' NA, none of which equals itself for certain."""
    equal = label == label
    return label is None or not isinstance(equal, bool | np.bool_) or not equal


def _check_length(owner: str, name: str, found: int, sequences: Sequences, index: int | None) -> None:
    expected = len(sequences) if index is None else sequences.lengths[index]
    if found != expected:
        hint = sequences.hint(index is not None and found == sequences.rows.shape[1])
        raise ValueError(
            f"{name} of {owner} has {found} entries, but X has {expected}: "
            f"inconsistent numbers of samples: [{expected}, {found}].{hint}"
        )


def _depth(member: Any) -> int:
    shape = getattr(member, "shape", None)
    if shape is not None:
        return len(shape)
    return 1 if isinstance(member, (list, tuple)) else 0


def _is_column(y: Targets) -> bool:
    shape: tuple[Any, ...] = getattr(y, "shape", ())
    return len(shape) == 2 and shape[1] == 1


def _per_step_text(owner: str, got: str) -> str:
    return (
        f"y of {owner} must give every step a number or a vector, like X (T,), (T, K), or a list of these. Got {got}."
    )
