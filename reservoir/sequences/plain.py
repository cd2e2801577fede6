"""Data that are taken as they are: plain arrays in which nothing is wrong, of the width that is known.

Most data are such. All others are read by scikit-learn's `validate_data`, which says what is wrong, and takes longer
for a row than any kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from reservoir.sequences.time_index import index_of
from reservoir.validation import is_plain


def are_plain_rows(X: Any, estimator: Any, *, reset: bool) -> TypeGuard[np.ndarray]:
    """Whether X is rows (n_rows, n_features) that an estimator takes as they are; with `reset` it then knows them."""
    if not is_plain(X) or X.ndim != 2 or not X.size:
        return False
    if reset:
        estimator.n_features_in_ = X.shape[1]
        vars(estimator).pop("feature_names_in_", None)
        return True
    return X.shape[1] == getattr(estimator, "n_features_in_", None) and not hasattr(estimator, "feature_names_in_")


def joined_alike(members: Sequence[Any], kinds: str) -> np.ndarray | None:
    """Plain arrays (T_i, ...) one after the other, whose types are of these `kinds`, of one width, none empty.

    None for anything else.
    """
    width = np.shape(members[0])[1:] if type(members[0]) is np.ndarray else None
    for one in members:
        if type(one) is not np.ndarray or one.dtype.kind not in kinds or one.shape[1:] != width:
            return None
        if not one.size or not one.shape:
            return None
    return np.ascontiguousarray(np.concatenate(members))  # which keeps the order of columns that all have


def joined_numbers(members: Sequence[Any]) -> np.ndarray | None:
    """The same of real numbers, in float64."""
    rows = joined_alike(members, "fiub")
    return None if rows is None else rows.astype(np.float64, copy=False)


def numbers_of_tables(members: Sequence[Any]) -> Sequence[Any]:
    """Tables of pandas with the same columns as their numbers, and columns likewise; anything else as it is."""
    columns = getattr(members[0], "columns", None)
    for one in members:
        own = getattr(one, "columns", None)
        alike = own is columns or (own is not None and columns is not None and own.equals(columns))
        if index_of(one) is None or not alike:
            return members
    return [one.to_numpy() for one in members]
