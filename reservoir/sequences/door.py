"""From X to checked rows: what is plainly right as it is, all else through scikit-learn's `validate_data`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from reservoir.sequences.axes import MANY
from reservoir.sequences.containers import container_kind, hint_at_axes, n_dimensions
from reservoir.sequences.doubts import warn_of_data
from reservoir.sequences.numbers import LARGEST, check_magnitude, first_gap, magnitude_of, refuse_masked
from reservoir.sequences.plain import are_plain_rows, joined_numbers, numbers_of_tables
from reservoir.sequences.rows import Sequences
from reservoir.sequences.spikes import read_spikes
from reservoir.sequences.time_index import check_index, is_time
from reservoir.trains import are_spikes


def read_sequences(estimator: Any, X: Any, *, reset: bool, gaps: bool = False) -> Sequences:
    """Read X of any kind; what has been read already comes back as it is.

    With ``reset=True``, as in `fit`, `n_features_in_` and `feature_names_in_` of the estimator are set, otherwise
    X is checked against them. Raises ValueError for NaN, infinity, a magnitude above 1e100, no rows,
    no features, a wrong number of features, 1-D or 4-D data, and a table that is not in order of time. With `gaps`
    NaN comes through.
    """
    if isinstance(X, Sequences):
        return X
    found = _as_it_is(estimator, X, reset)
    if found is not None:
        return found
    if are_spikes(X) and getattr(estimator, "spike_step", None) is not None:
        return read_spikes(estimator, X, reset=reset)
    owner = type(estimator).__name__
    kind = container_kind(X, owner, None if reset else getattr(estimator, "n_features_in_", None))
    if kind == "series":
        _look_at_index([X], ["X"], owner)
        rows = _validated(estimator, X, reset, gaps=gaps)
        return Sequences(rows, np.array([0, len(rows)]), kind)
    if kind == "stack":
        stack = np.asarray(X)
        if 0 in stack.shape:
            raise ValueError(f"X of {owner} must not be empty. Got a stack of shape {stack.shape}.")
        joined = stack.reshape(-1, stack.shape[2])
        rows = _validated(estimator, joined, reset, stack.shape[1], stacked=True, gaps=gaps)
        return Sequences(rows, np.arange(len(stack) + 1) * stack.shape[1], kind)
    return _read_members(estimator, list(X), reset, gaps)


def _as_it_is(estimator: Any, X: Any, reset: bool) -> Sequences | None:
    """The rows of plain arrays in which nothing is wrong; None for anything else."""
    if isinstance(X, list | tuple):
        joined = joined_numbers(X) if X else None
        if not are_plain_rows(joined, estimator, reset=reset):
            return None
        return Sequences.of_lengths(joined, list(map(len, X)))
    if not isinstance(X, np.ndarray) or X.ndim not in (2, 3) or not X.size:
        return None
    rows = X if X.ndim == 2 else X.reshape(-1, X.shape[2])
    if not are_plain_rows(rows, estimator, reset=reset):
        return None
    kind, n_rows = ("series", len(X)) if X.ndim == 2 else ("stack", X.shape[1])
    return Sequences(rows, np.arange(0, len(rows) + 1, n_rows), kind)


def _look_at_index(tables: list[Any], names: list[str], owner: str) -> None:
    """Refuse tables that are not in order of time, and warn of the first whose index is doubtful."""
    doubts = [check_index(table, name, owner) for table, name in zip(tables, names, strict=True)]
    found = [doubt for doubt in doubts if doubt is not None]
    if found:
        more = f" {len(found) - 1} more sequence(s) are like this." if len(found) > 1 else ""
        warn_of_data(f"{found[0]}{more}")


def _validated(
    estimator: Any, rows: Any, reset: bool, n_rows: int | None = None, *, stacked: bool = False, gaps: bool = False
) -> np.ndarray:
    """Checked rows of one series, or of several of which the first has `n_rows`, as all have in a stack."""
    owner = type(estimator).__name__
    columns = _columns(rows)
    for name, kind in [*columns, ("", str(getattr(rows, "dtype", "")))]:
        if is_time(kind):
            where = f"Column {name!r} holds" if columns else "Got"
            raise ValueError(f"X of {owner} must hold numbers. {where} dates or times: {kind}.")
    try:
        finite = "allow-nan" if gaps else True
        checked = validate_data(estimator, rows, reset=reset, dtype=np.float64, order="C", ensure_all_finite=finite)
    except OverflowError as error:
        raise ValueError(f"X of {owner} has a number too large for float64.") from error
    except (ValueError, TypeError) as error:
        found = [f"column {name!r} of X holds {kind}" for name, kind in columns if not _are_numbers(rows[name])]
        missing = str(error).startswith("Input") or "NAType" in str(error)
        names = [name for name, _ in columns] or None
        gap = first_gap(rows, names, n_rows if stacked else None, infinity_only=gaps) if missing else None
        if gap is not None:
            raise ValueError(f"X of {owner} contains {gap}. {_way_out(estimator, gap)}") from error
        length, width = n_rows or np.shape(rows)[0], np.shape(rows)[1]
        known = None if reset else getattr(estimator, "n_features_in_", None)
        more = f" ({found[0]})" if found else _hint_at_width(length, width, known, n_rows is None)
        if not more:
            raise
        raise (ValueError if isinstance(error, ValueError) else TypeError)(f"{error}{more}") from error
    return check_magnitude(checked, "X", owner, gaps=gaps)


def _hint_at_width(n_rows: int, n_features: int, n_known: int | None, alone: bool) -> str:
    """What an error adds where features seem to be steps; the rows of a series that is `alone` may be recordings."""
    if n_known == n_rows != n_features:
        return hint_at_axes(n_rows, n_features)
    if alone and n_known == 1 and n_features >= MANY:
        return f" If X has one recording of {n_features} steps a row, give X[..., None]."
    return ""


def _way_out(estimator: Any, gap: str) -> str:
    """What can be done about NaN or infinity."""
    if gap.startswith("infinity"):
        return "A system hears every row: give a finite number in its place, or NaN where nothing was measured."
    split = ", or gaps='split', which does that" if estimator.get_params(deep=False).get("gaps") == "refuse" else ""
    return (
        "A system hears every row: give the pieces between gaps as a list of series (T_i, F), which may have any "
        f"lengths and need no padding{split}, or fill the gaps, as X.interpolate() of pandas does."
    )


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


def _read_members(estimator: Any, members: list[Any], reset: bool, gaps: bool) -> Sequences:
    """Members of a list: numbers are checked together, where they can be, and names of columns in the first."""
    owner = type(estimator).__name__
    for index, member in enumerate(members):
        if n_dimensions(member) != 2:
            raise ValueError(
                f"Sequence {index} of X of {owner} must be 2-D (T_i, F). Got {n_dimensions(member)} dimensions."
            )
        refuse_masked(member, f"Sequence {index} of X", owner)
    numbers = numbers_of_tables(members)
    rows = _joined(numbers, gaps)
    lengths = [] if rows is None else list(map(len, numbers))
    if rows is not None and numbers is members:
        return Sequences.of_lengths(_validated(estimator, rows, reset, lengths[0], gaps=gaps), lengths)
    _look_at_index(members, [f"Sequence {index} of X" for index in range(len(members))], owner)
    checked = []
    for index, member in enumerate(members if rows is None else members[:1]):
        try:
            checked.append(_validated(estimator, member, reset and index == 0, gaps=gaps))
        except (ValueError, TypeError) as error:
            raise type(error)(f"Sequence {index}: {error}") from error
    return Sequences.of_members(checked) if rows is None else Sequences.of_lengths(rows, lengths)


def _joined(members: Sequence[Any], gaps: bool) -> np.ndarray | None:
    """All rows, where the members are arrays of numbers and equal width, and nothing is wrong with them; else None."""
    if any(hasattr(member, "columns") or sparse.issparse(member) for member in members):
        return None
    rows = joined_numbers([np.asarray(member) for member in members])
    return rows if rows is not None and magnitude_of(rows, gaps=gaps) <= LARGEST else None
