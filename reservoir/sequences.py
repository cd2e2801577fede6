"""The one door for data: a series, a stack or a ragged list comes in, rows with offsets go through the house.

============== ======================================== ======================
kind           what the user gives                      what comes back
============== ======================================== ======================
``"series"``   2-D array or DataFrame (T, F)            array (T, K)
``"stack"``    3-D array (N, T, F)                      array (N, T, K)
``"list"``     list of N series (T_i, F), any lengths   list of arrays (T_i, K)
============== ======================================== ======================

Time stands before features, always. The structure decides the kind, never a length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from reservoir.validation import parameter_error

_TIMES = ("date", "time", "period", "duration")  # how the names of their types begin, in NumPy, pandas and polars
LARGEST = 1e100
"""Bound on the magnitude of data: its square and the sums of squares stay finite in float64."""


@dataclass(frozen=True)
class Sequences:
    """Sequences as concatenated rows (n_rows, n_features); sequence i is rows[offsets[i]:offsets[i + 1]]."""

    rows: np.ndarray
    offsets: np.ndarray
    kind: str

    @classmethod
    def of_members(cls, members: list[np.ndarray]) -> Sequences:
        """A ragged list of series (T_i, F) that have been checked."""
        offsets = np.concatenate([[0], np.cumsum([len(member) for member in members])])
        return cls(np.concatenate(members), offsets, "list")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of rows of each sequence (n_sequences,)."""
        return np.diff(self.offsets)

    def split(self, rows: np.ndarray) -> list[np.ndarray]:
        """Views of `rows` (n_rows, ...), one per sequence."""
        return [rows[a:b] for a, b in zip(self.offsets[:-1], self.offsets[1:], strict=True)]

    def members(self) -> list[np.ndarray]:
        """The sequences themselves, as views (T_i, n_features)."""
        return self.split(self.rows)

    def pack(self, rows: np.ndarray) -> Any:
        """`rows` (n_rows, ...) in the kind of container that came in."""
        if self.kind == "series":
            return rows
        if self.kind == "stack":
            return rows.reshape(len(self), -1, *rows.shape[1:])
        return self.split(rows)

    def check_lengths(self, n_rows: int, owner: str, washout: int) -> None:
        """Refuse a sequence of fewer than `n_rows` rows, which `owner` needs because of its `washout`."""
        short = np.flatnonzero(self.lengths < n_rows)
        if short.size:
            which = "X" if self.kind == "series" else f"Sequence {short[0]} of X"
            raise ValueError(
                f"{which} has {self.lengths[short[0]]} sample(s), but {owner} with washout={washout} needs at least "
                f"{n_rows} rows in every sequence.{self.hint(self.rows.shape[1] >= n_rows)}"
            )

    def hint(self, transposed: bool) -> str:
        """What an error adds where the axes of X seem to be the other way round, or nothing."""
        return hint_at_axes(self.lengths[0], self.rows.shape[1]) if transposed else ""


def read_sequences(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Read X of any kind through scikit-learn's `validate_data`.

    With ``reset=True``, as in `fit`, `n_features_in_` and `feature_names_in_` of the estimator are set, otherwise
    X is checked against them. Raises ValueError for NaN, infinity, a magnitude above 1e100, no rows,
    no features, a wrong number of features, 1-D or 4-D data.
    """
    owner = type(estimator).__name__
    kind = container_kind(X, owner)
    if kind == "series":
        rows = _validated(estimator, X, reset)
        return Sequences(rows, np.array([0, len(rows)]), kind)
    if kind == "stack":
        stack = np.asarray(X)
        if 0 in stack.shape:
            raise ValueError(f"X of {owner} must not be empty. Got a stack of shape {stack.shape}.")
        rows = _validated(estimator, stack.reshape(-1, stack.shape[2]), reset, stack.shape[1])
        return Sequences(rows, np.arange(len(stack) + 1) * stack.shape[1], kind)
    return Sequences.of_members(_validated_members(estimator, list(X), reset))


def from_aeon(X: Any) -> Any:
    """The same sequences with time before features, from a collection of aeon, whose channels stand before time.

    Parameters
    ----------
    X : array (N, n_channels, T), list of N tables (n_channels, T_i), or array (N, T) of one channel

    Returns
    -------
    sequences : stack (N, T, n_channels), list of N arrays (T_i, n_channels), or stack (N, T, 1)

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.sequences import from_aeon, to_aeon
    >>> cases = np.zeros((10, 3, 150))
    >>> from_aeon(cases).shape
    (10, 150, 3)
    >>> to_aeon(from_aeon(cases)).shape
    (10, 3, 150)
    """
    if isinstance(X, list | tuple) and len(X) and all(n_dimensions(case) == 2 for case in X):
        return [np.ascontiguousarray(np.asarray(case).T) for case in X]
    depth = 0 if isinstance(X, list | tuple) else n_dimensions(X)
    if depth not in (2, 3):
        wanted = "an array (n_cases, n_channels, n_timepoints) or (n_cases, n_timepoints), or a list of tables"
        raise parameter_error("from_aeon", "X", wanted, X)
    cases = np.asarray(X)
    return np.ascontiguousarray(cases[:, :, None] if depth == 2 else cases.swapaxes(1, 2))


def to_aeon(X: Any) -> Any:
    """A collection of aeon, channels before time, from sequences with time before features.

    Parameters
    ----------
    X : stack (N, T, F), list of N series (T_i, F), or one series (T, F)

    Returns
    -------
    collection : array (N, F, T), list of N arrays (F, T_i), or array (1, F, T)

    Raises
    ------
    ValueError
        For anything else.
    """
    kind = container_kind(X, "to_aeon")
    if kind == "list":
        if any(n_dimensions(series) != 2 for series in X):
            raise parameter_error("to_aeon", "X", "a list of series (T_i, F)", X)
        return [np.ascontiguousarray(np.asarray(series).T) for series in X]
    stack = np.asarray(X)[None] if kind == "series" else np.asarray(X)
    return np.ascontiguousarray(stack.swapaxes(1, 2))


def container_kind(X: Any, owner: str) -> str:
    """The kind of container that X is: "series", "stack" or "list"."""
    refuse_masked(X, "X", owner)
    if hasattr(X, "binned") or (isinstance(X, list | tuple) and len(X) and hasattr(X[0], "binned")):
        raise ValueError(
            f"X of {owner} is spike trains, which it does not read: give ``trains.binned(step)`` to a LiquidState with "
            "this step and the encoder Raster(), or use LiquidState.transform, which reads them."
        )
    if isinstance(X, (list, tuple)) and len(X):
        first = n_dimensions(X[0])
        if first == 2:
            return "list"
        if hasattr(X[0], "shape") and first == 1:
            raise ValueError(
                f"X of {owner} is a list of 1-D arrays, which could be read in two ways. Make each a series with "
                "one feature, [x.reshape(-1, 1) for x in X], or one series with one feature per member, "
                "np.column_stack(X)."
            )
    elif _is_object_array(X) and len(X) and n_dimensions(X[0]) == 2:
        return "list"
    depth = n_dimensions(X)
    if depth in (2, 3):
        return "series" if depth == 2 else "stack"
    shape = getattr(X, "shape", None)
    got = f"a {depth}-D array of shape {shape}" if shape is not None else f"{type(X).__name__}"
    if isinstance(X, (list, tuple)) and not len(X):
        got = "an empty list"
    ways = "X.reshape(-1, 1) is one series with one feature, X.reshape(1, -1) is one row of several"
    advice = f" Reshape your data: {ways}." if depth == 1 else ""
    raise ValueError(
        f"X of {owner} must be one series (T, F), a stack (N, T, F) or a list of series (T_i, F). Got {got}.{advice}"
    )


def joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The parts, row after row, as one array; a single one is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def is_one_series(X: Any) -> bool:
    """Whether X is meant as one series, or one record of spike trains, rather than a stack or a list of them."""
    if isinstance(X, list | tuple) and len(X) and n_dimensions(X[0]) == 2:
        return False
    return hasattr(X, "binned") or n_dimensions(X) == 2


def n_dimensions(X: Any) -> int:
    """Number of dimensions of an array-like; 0 where it is none."""
    shape = getattr(X, "shape", None)
    if shape is not None:
        return len(shape)
    try:
        return np.asarray(X).ndim
    except (ValueError, TypeError):  # ragged nested lists, objects that are no arrays
        return 0


def refuse_masked(data: Any, name: str, owner: str) -> None:
    """Refuse masked values, whose numbers NumPy would use all the same."""
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise ValueError(f"{name} of {owner} has masked values: fill them or leave them out.")


def check_magnitude(rows: np.ndarray, name: str, owner: str) -> np.ndarray:
    """Refuse numbers beyond the stated bound, whose squares would overflow, and NaN."""
    largest = max(rows.max(initial=0.0), -rows.min(initial=0.0))
    if np.isnan(largest):
        raise ValueError(f"{name} of {owner} contains NaN or None.")
    if largest > LARGEST:
        raise ValueError(f"{name} of {owner} must lie within [-1e+100, 1e+100]. Got a value of magnitude {largest:g}.")
    return rows


def _is_object_array(X: Any) -> bool:
    return isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype == object


def hint_at_axes(n_rows: int, n_features: int) -> str:
    """What an error adds where the axes of X seem to be the other way round."""
    return (
        f" X has {n_rows} row(s) of {n_features} feature(s), and time stands before features: is it transposed? "
        "Collections of aeon have channels before time, see reservoir.sequences.from_aeon."
    )


def _validated(estimator: Any, rows: Any, reset: bool, n_rows: int | None = None) -> np.ndarray:
    """Checked rows of one series, or of several of which the first has `n_rows`."""
    owner = type(estimator).__name__
    columns = _columns(rows)
    for name, kind in [*columns, ("", str(getattr(rows, "dtype", "")))]:
        if kind.lower().startswith(_TIMES):
            where = f"Column {name!r} holds" if columns else "Got"
            raise ValueError(f"X of {owner} must hold numbers. {where} dates or times: {kind}.")
    try:
        checked = validate_data(estimator, rows, reset=reset, dtype=np.float64, order="C")
    except OverflowError as error:
        raise ValueError(f"X of {owner} has a number too large for float64.") from error
    except (ValueError, TypeError) as error:
        found = [f"column {name!r} of X holds {kind}" for name, kind in columns if not _are_numbers(rows[name])]
        length, width = n_rows or np.shape(rows)[0], np.shape(rows)[1]
        swapped = not reset and getattr(estimator, "n_features_in_", None) == length != width
        more = f" ({found[0]})" if found else hint_at_axes(length, width) if swapped else ""
        if not more:
            raise
        raise (ValueError if isinstance(error, ValueError) else TypeError)(f"{error}{more}") from error
    return check_magnitude(checked, "X", owner)


def _are_numbers(column: Any) -> bool:
    try:
        np.asarray(column).astype(np.float64)
    except (TypeError, ValueError):
        return False
    return True


def _columns(table: Any) -> list[tuple[Any, str]]:
    """Names and types of the columns of a table; none for what is no table."""
    if not hasattr(table, "columns") or not hasattr(table, "dtypes"):
        return []
    return [(name, str(kind)) for name, kind in zip(table.columns, table.dtypes, strict=True)]


def _validated_members(estimator: Any, members: list[Any], reset: bool) -> list[np.ndarray]:
    """Members as float64 arrays; plain arrays are checked together, others one by one for their column names."""
    for index, member in enumerate(members):
        if n_dimensions(member) != 2:
            raise ValueError(
                f"Sequence {index} of X of {type(estimator).__name__} must be 2-D (T_i, F). "
                f"Got {n_dimensions(member)} dimensions."
            )
        refuse_masked(member, f"Sequence {index} of X", type(estimator).__name__)
    plain = _joined_numbers(members)
    if plain is not None:
        rows = _validated(estimator, plain, reset, len(members[0]))
        return np.split(rows, np.cumsum([len(member) for member in members])[:-1])
    checked = []
    for index, member in enumerate(members):
        try:
            checked.append(_validated(estimator, member, reset and index == 0))
        except (ValueError, TypeError) as error:
            raise type(error)(f"Sequence {index}: {error}") from error
    return checked


def _joined_numbers(members: list[Any]) -> np.ndarray | None:
    """All rows, where the members are plain arrays of finite numbers and equal width; otherwise None."""
    if any(hasattr(member, "columns") or sparse.issparse(member) for member in members):
        return None
    arrays = [np.asarray(member) for member in members]
    if not all(array.dtype.kind in "fiub" and len(array) for array in arrays):
        return None
    if len({array.shape[1] for array in arrays}) > 1:
        return None
    rows = np.concatenate(arrays)
    return rows if np.isfinite(rows).all() else None
