"""Targets beside sequences: a value or a label for every step, or one for every sequence; NaN where there is none.

What is read has a number or label everywhere; `known` says which of them were given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array, column_or_1d

from reservoir.parts import Targets
from reservoir.sequences import Sequences, check_magnitude, n_dimensions, refuse_masked
from reservoir.sequences.axes import warn_of_axes
from reservoir.sequences.numbers import LARGEST, first_gap, magnitude_of, numbers_with_gaps
from reservoir.sequences.plain import joined_alike, joined_numbers, numbers_of_tables
from reservoir.sequences.time_index import check_index
from reservoir.validation import is_plain


class Values(NamedTuple):
    """Numbers to be answered, per row or per sequence."""

    numbers: np.ndarray  # (n, n_outputs), 0 where there is none
    flat: bool  # whether y, or each member of it, was 1-D, so that predictions can follow it
    known: np.ndarray  # (n,), bool


class KnownLabels(NamedTuple):
    """Labels, per row or per sequence."""

    labels: np.ndarray  # (n,), one of the others where there is none
    per_step: bool
    known: np.ndarray  # (n,), bool


def read_step_values(owner: str, y: Targets, sequences: Sequences, pooled_by: str = "a pooling") -> Values:
    """Numbers for every step, joined; `pooled_by` is what a model needs for numbers of whole sequences."""
    _require(owner, y)
    if sequences.kind == "series":
        joined = _numbers(owner, y, "y", sequences, 0)
        warn_of_axes(owner, sequences, per_step=True)
        return _known_values(owner, joined, sequences)
    members = _one_per_sequence(owner, y, sequences)
    if _depth(members[0]) == 0:
        raise ValueError(_wanted(owner, 0, f"one number per sequence (that needs {pooled_by})"))
    plain = _joined_numbers(owner, members, sequences)
    if plain is not None:
        return _known_values(owner, plain, sequences)
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
    return _known_values(owner, np.concatenate(checked), sequences)


def read_sequence_values(owner: str, y: Targets, sequences: Sequences) -> Values:
    """One number or vector per sequence."""
    _require(owner, y)
    _refuse_series(owner, sequences)
    values = _numbers(owner, y, "y", sequences)
    warn_of_axes(owner, sequences, per_step=False)
    return _known_values(owner, values)


def read_labels(owner: str, y: Targets, sequences: Sequences) -> KnownLabels:
    """Labels, one for every row or one for every sequence: the depth of y decides."""
    _require(owner, y)
    if sequences.kind == "series":
        if n_dimensions(y) == 0:
            raise ValueError(f"y of {owner} is one label for one series: wrap both, fit([X], [y]).")
        labels = _labels(owner, y, "y", sequences, 0)
        warn_of_axes(owner, sequences, per_step=True)
        return _known_labels(owner, labels, True)
    members = _one_per_sequence(owner, y, sequences)
    shape: tuple[Any, ...] = getattr(y, "shape", ())
    if len(shape) == 2 and shape[1] > 1 and (sequences.lengths != shape[1]).all():
        raise ValueError(f"y of {owner} must hold labels, not indicators. Got shape {shape}.")
    if _depth(members[0]) == 0 or _is_column(y):
        warn_of_axes(owner, sequences, per_step=False)
        return _known_labels(owner, _labels(owner, y if _is_column(y) else members, "y", sequences), False)
    plain = joined_alike(members, members[0].dtype.kind if isinstance(members[0], np.ndarray) else "")
    if plain is not None and plain.ndim == 1 and plain.dtype.kind in "iubSU" and _are_long(members, sequences):
        return _known_labels(owner, plain, True)
    joined = [_labels(owner, member, f"Member {i} of y", sequences, i) for i, member in enumerate(members)]
    return _known_labels(owner, np.concatenate(joined), True)


def _known_values(owner: str, values: np.ndarray, sequences: Sequences | None = None) -> Values:
    """Numbers with 0 where none is given; all of them are, or none, in a row of several outputs."""
    numbers = values.reshape(len(values), -1)
    missing = np.isnan(numbers)
    known = ~missing.any(axis=1)
    odd = np.flatnonzero(~known & ~missing.all(axis=1))
    if odd.size:
        row = int(odd[0])
        which = f"entry {row}"
        if sequences is not None:
            member = int(np.searchsorted(sequences.offsets, row, side="right")) - 1
            which = f"row {row - sequences.offsets[member]}" + f" of sequence {member}" * (sequences.kind != "series")
        raise ValueError(
            f"y of {owner} has NaN in some outputs and numbers in others ({which}): a row is learnt whole or not at "
            "all. Fit one model for each output, fit(X, y[:, k])."
        )
    if not known.any():
        raise ValueError(f"y of {owner} contains NaN or None alone: there is no target.")
    return Values(np.nan_to_num(numbers, nan=0.0) if odd.size or not known.all() else numbers, values.ndim == 1, known)


def _known_labels(owner: str, labels: np.ndarray, per_step: bool) -> KnownLabels:
    missing = _missing(labels)
    if not missing.any():
        return KnownLabels(labels, per_step, ~missing)
    if missing.all():
        raise ValueError(f"y of {owner} contains NaN or None alone: there is no label.")
    given = labels[~missing]
    if labels.dtype == object and len({isinstance(label, str) for label in given}) == 1:
        given = np.array(given.tolist())
    filled = np.full(len(labels), given[0], dtype=given.dtype)
    filled[~missing] = given
    return KnownLabels(filled, per_step, ~missing)


def _require(owner: str, y: Targets) -> None:
    if y is None:
        raise ValueError(f"{owner} requires y to be passed, but the target y is None.")


def _refuse_series(owner: str, sequences: Sequences) -> None:
    if sequences.kind == "series":
        raise ValueError(
            f"{owner} pools, and takes one target per sequence, but X is one series: wrap it, [X]. If it has one "
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


def _joined_numbers(owner: str, members: list[Any], sequences: Sequences) -> np.ndarray | None:
    """The numbers of all members, where these are arrays of one type, or columns, in which nothing is wrong."""
    numbers = numbers_of_tables(members)
    if numbers is not members:
        for index, member in enumerate(members):
            check_index(member, f"Member {index} of y", owner)
    rows = joined_numbers(numbers)
    if rows is None or rows.ndim > 2 or not _are_long(numbers, sequences):
        return None
    return rows if magnitude_of(rows, gaps=True) <= LARGEST else None


def _are_long(members: Sequence[Any], sequences: Sequences) -> bool:
    """Whether members are as long as the sequences."""
    return list(map(len, members)) == sequences.lengths.tolist()


def _numbers(owner: str, y: Targets, name: str, sequences: Sequences, index: int | None = None) -> np.ndarray:
    """Numbers for the rows of the sequence of this index, or for all sequences."""
    if is_plain(y) and y.ndim in (1, 2) and y.size:
        _check_length(owner, name, len(y), sequences, index)
        return y
    refuse_masked(y, name, owner)
    if index is not None:
        check_index(y, name, owner)
    try:
        shape: dict[str, Any] = {"ensure_2d": False, "allow_nd": True, "ensure_all_finite": "allow-nan"}
        plain = numbers_with_gaps(y) if hasattr(y, "iloc") and np.asarray(y).dtype == object else None  # NA is NaN
        numbers = y if plain is None else plain
        values = check_array(numbers, dtype=np.float64, input_name="y", estimator=owner, **shape)
    except (ValueError, TypeError) as error:
        gap = first_gap(y, getattr(y, "columns", None), infinity_only=True)
        if gap is not None:
            raise ValueError(f"{name} of {owner} contains {gap}.") from error
        if "inhomogeneous" in str(error):
            raise ValueError(_wanted(owner, index, "members of different lengths")) from error
        labels = ". Labels are for a classifier." if "could not convert string" in str(error) else ""
        raise type(error)(f"{name} of {owner}: {error}{labels}") from error
    if values.ndim not in (1, 2) or 0 in values.shape:
        raise ValueError(_wanted(owner, index, f"shape {values.shape}"))
    _check_length(owner, name, len(values), sequences, index)
    return check_magnitude(values, "y", owner, gaps=True)


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
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        raise ValueError(f"Input {name} of {owner} contains infinity.")
    if labels.dtype.kind in "US" and isinstance(y, list | tuple) and not all(isinstance(v, str | bytes) for v in y):
        labels = np.array([None if _is_missing(label) else label for label in y], dtype=object)
        if not all(label is None or isinstance(label, str | bytes) for label in labels):
            raise ValueError(f"The labels {name} of {owner} must be of one type that sorts.")
    return labels


def _missing(labels: np.ndarray) -> np.ndarray:
    """Where labels (n,) are NaN, None, NaT or pandas' NA."""
    if labels.dtype == object:
        return np.array([_is_missing(label) for label in labels], dtype=bool)
    if labels.dtype.kind in "mM":
        return np.isnat(labels)
    return np.isnan(labels) if labels.dtype.kind == "f" else np.zeros(len(labels), dtype=bool)


def filled_labels(owner: str, y: Any) -> Any:
    """Labels (n,) as they are, or where some are missing with one of the others in their place."""
    labels = np.array([None if _is_missing(label) else label for label in y], dtype=object)
    return _known_labels(owner, labels, False).labels if _missing(labels).any() else y


def known_rows(targets: np.ndarray) -> np.ndarray:
    """Where rows of numbers or labels (n,) or (n, n_outputs) have a target, in at least one output."""
    missing = [_missing(column) for column in targets.reshape(len(targets), -1).T]
    return np.asarray(~np.stack(missing).all(axis=0))


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


def _wanted(owner: str, index: int | None, got: str) -> str:
    """What y must be for the rows of the sequence of this index, or for all sequences."""
    if index is None:
        each = "every sequence a number or a vector, (N,) or (N, K), since it answers once a sequence"
    else:
        each = "every step a number or a vector, like X (T,), (T, K), or a list of these"
    return f"y of {owner} must give {each}. Got {got}."
