"""Rows that are known in part, beside sequences: NaN where nothing is known."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from reservoir.sequences.containers import container_kind
from reservoir.sequences.numbers import LARGEST, numbers_with_gaps
from reservoir.sequences.time_index import check_index
from reservoir.validation import parameter_error


def read_observed(owner: str, estimator: Any, observed: Any, n_rows: int, n_series: int) -> list[np.ndarray]:
    """For each series the rows (n_rows, n_features), NaN where nothing is known; None is nothing at all.

    `observed` is a table for one series, or a stack or list of them. A table whose columns have names goes by the names
    of the columns that the estimator was fitted to, in any order; columns that are missing are unknown. Masked, NaN
    and None entries are unknown.
    """
    shape = (n_rows, estimator.n_features_in_)
    if observed is None:
        return [np.full(shape, np.nan)] * n_series
    tables = _tables(observed, owner)
    if len(tables) != n_series:
        wanted = f"{n_series} table(s) of {n_rows} row(s), one for every series"
        raise parameter_error(owner, "observed", wanted, _told(observed))
    return [_in_order(owner, estimator, table, shape) for table in tables]


def _tables(observed: Any, owner: str) -> list[Any]:
    """The tables in the container, with NaN for what is masked; none where it is no container of tables."""
    try:
        kind = container_kind(_unmasked(observed), owner)
    except (TypeError, ValueError):
        return []
    return [_unmasked(table) for table in ([observed] if kind == "series" else observed)]


def _unmasked(table: Any) -> Any:
    """NaN where a value is masked."""
    if isinstance(table, np.ma.MaskedArray) and table.dtype.kind in "fiubO":
        return np.ma.filled(table.astype(np.float64), np.nan)
    return table


def _in_order(owner: str, estimator: Any, table: Any, shape: tuple[int, int]) -> np.ndarray:
    """The numbers of a table, whose rows are in order of time, in the order of the columns of the estimator."""
    check_index(table, "observed", owner)
    columns = _columns_of(owner, estimator, table)
    values = _numbers(table)
    width = shape[1] if columns is None else len(columns)
    if values is None or values.shape != (shape[0], width):
        wanted = f"numbers of shape {(shape[0], width)} for every series, NaN where nothing is known, none beyond 1e100"
        raise parameter_error(owner, "observed", wanted, _told(table))
    if columns is None:
        return values
    rows = np.full(shape, np.nan)
    rows[:, columns] = values
    return rows


def _columns_of(owner: str, estimator: Any, table: Any) -> list[int] | None:
    """Which columns of the estimator those of a table are by their names; None where they go by their places."""
    columns = getattr(table, "column_names", getattr(table, "columns", ()))  # of pyarrow, or of pandas and polars
    names = [name for name in columns if isinstance(name, str)]
    if not names or len(names) < len(columns):
        return None
    if not hasattr(estimator, "feature_names_in_"):
        model = type(estimator).__name__
        warnings.warn(f"observed of {owner} has column names, but {model} was fitted without them.", stacklevel=5)
        return None
    known = list(estimator.feature_names_in_)
    if len(set(names)) < len(names) or not set(names) <= set(known):
        raise parameter_error(owner, "observed", f"a table with columns among {known}, each at most once", names)
    return [known.index(name) for name in names]


def _numbers(table: Any) -> np.ndarray | None:
    """The numbers of a table as a new float64 array, or None where it holds others, infinity or what is too large."""
    values = numbers_with_gaps(table)
    return values if values is not None and np.nanmax(np.abs(values), initial=0.0) <= LARGEST else None


def _told(observed: Any) -> str:
    """What was given, in a few words."""
    shape = getattr(observed, "shape", None)
    if shape is not None:
        return f"{type(observed).__name__} of shape {shape}"
    if isinstance(observed, list | tuple):
        return f"{type(observed).__name__} of {len(observed)}"
    return repr(observed)
