"""Which container X is: one series, a stack or a list."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.sequences.numbers import refuse_masked
from reservoir.sequences.time_index import index_of, refuse_panel
from reservoir.trains import are_spikes


def container_kind(X: Any, owner: str, n_features: int | None = None) -> str:
    """The kind of container that X is: "series", "stack" or "list".

    `n_features`, where they are known, make the advice better that a 1-D array gets.
    """
    if not isinstance(X, list | tuple):  # members are looked at one by one
        refuse_masked(X, "X", owner)
    refuse_panel(X, "X", owner)
    if are_spikes(X):
        raise ValueError(
            f"X of {owner} is spike trains, which it does not read: LiquidState reads them, and so do models whose "
            "reservoir it is. Others take numbers of spikes, ``trains.binned(step)``."
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
    raise ValueError(
        f"X of {owner} must be one series (T, F), a stack (N, T, F) or a list of series (T_i, F). "
        f"Got {_described(X, depth)}.{_advice_to_reshape(X, n_features) if depth == 1 else ''}"
    )


def is_one_series(X: Any) -> bool:
    """Whether X is meant as one series, or one record of spike trains, rather than a stack or a list of them."""
    if isinstance(X, list | tuple) and len(X) and (n_dimensions(X[0]) == 2 or are_spikes(X)):
        return False
    return are_spikes(X) or n_dimensions(X) == 2


def n_dimensions(X: Any) -> int:
    """Number of dimensions of an array-like; 0 where it is none."""
    shape = getattr(X, "shape", None)
    if shape is not None:
        return len(shape)
    try:
        return np.asarray(X).ndim
    except (ValueError, TypeError):  # ragged nested lists, objects that are no arrays
        return 0


def hint_at_axes(n_rows: int, n_features: int) -> str:
    """What an error adds where the axes of X seem to be the other way round."""
    return (
        f" X has {n_rows} row(s) of {n_features} feature(s), and time stands before features: is it transposed? "
        "Collections of aeon have channels before time, see reservoir.sequences.from_aeon."
    )


def _described(X: Any, depth: int) -> str:
    shape = getattr(X, "shape", None)
    if isinstance(X, (list, tuple)) and not len(X):
        return "an empty list"
    return f"a {depth}-D array of shape {shape}" if shape is not None else f"{type(X).__name__}"


def _advice_to_reshape(X: Any, n_features: int | None) -> str:
    values = "X.to_numpy()" if hasattr(X, "to_numpy") else "X" if hasattr(X, "shape") else "np.asarray(X)"
    column = "X.to_frame()" if index_of(X) is not None else f"{values}.reshape(-1, 1)"
    series = f"{column} is one series with one feature"
    row = f"{values}.reshape(1, -1) is one row of {len(X)} features"
    ways = (row, series) if len(X) == n_features and n_features > 1 else (series, row)
    return f" Reshape your data: {ways[0]}, {ways[1]}."


def _is_object_array(X: Any) -> bool:
    return isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype == object
