"""Collections of other libraries, in and out."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.sequences.containers import container_kind, n_dimensions
from reservoir.sequences.numbers import numbers_with_gaps, refuse_masked
from reservoir.sequences.time_index import index_of, is_time
from reservoir.validation import parameter_error


def from_aeon(X: Any) -> Any:
    """The same sequences with time before features, from a collection of aeon or a panel of sktime.

    Collections of aeon have channels before time. A panel is a table with an index of several levels: the last is time,
    those before it say which series a row belongs to.

    Parameters
    ----------
    X : array (N, n_channels, T), list of N tables (n_channels, T_i), array (N, T) of one channel, or table or column of
        pandas whose index has several levels

    Returns
    -------
    sequences : stack (N, T, n_channels), list of N arrays (T_i, n_channels), stack (N, T, 1), or list of tables or
        columns of pandas, each with its time as index, in the order of their first rows

    Raises
    ------
    ValueError
        For anything else, and for what is masked or no real number.

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
    refuse_masked(X, "X", "from_aeon")
    index = index_of(X)
    if index is not None and index.nlevels > 1:
        names = list(range(index.nlevels - 1))
        by = names[0] if len(names) == 1 else names  # releases of pandas differ about a list of one
        return [part.droplevel(names) for _, part in X.groupby(level=by, sort=False)]
    if isinstance(X, list | tuple) and len(X) and all(n_dimensions(case) == 2 for case in X):
        if any(index_of(case) is not None and is_time(str(index_of(case).dtype)) for case in X):
            wanted = "tables with channels before time. These have an index of times, so they are sequences as they are"
            raise parameter_error("from_aeon", "X", wanted, X)
        return [np.ascontiguousarray(_numbers("from_aeon", case).T) for case in X]
    depth = 0 if isinstance(X, list | tuple) else n_dimensions(X)
    if depth not in (2, 3):
        wanted = "an array (n_cases, n_channels, n_timepoints) or (n_cases, n_timepoints), or a list of tables"
        raise parameter_error("from_aeon", "X", wanted, X)
    cases = _numbers("from_aeon", X)
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
        For anything else, and for what is masked or no real number.
    """
    refuse_masked(X, "X", "to_aeon")
    kind = container_kind(X, "to_aeon")
    if kind == "list":
        if any(n_dimensions(series) != 2 for series in X):
            raise parameter_error("to_aeon", "X", "a list of series (T_i, F)", X)
        return [np.ascontiguousarray(_numbers("to_aeon", series).T) for series in X]
    numbers = _numbers("to_aeon", X)
    return np.ascontiguousarray((numbers[None] if kind == "series" else numbers).swapaxes(1, 2))


def _numbers(owner: str, cases: Any) -> np.ndarray:
    """Real numbers of their own type where NumPy has it, else as float64."""
    dense = np.asarray(cases.toarray() if hasattr(cases, "toarray") else cases)
    numbers = dense if dense.dtype.kind in "fiub" else numbers_with_gaps(cases)
    if numbers is None or numbers.ndim != dense.ndim:
        raise parameter_error(owner, "X", "of real numbers", cases)
    return numbers
