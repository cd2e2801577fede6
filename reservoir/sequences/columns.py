"""Columns by name: which channels are meant, and what is known of rows of which some values are unknown."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.sequences.numbers import numbers_with_gaps
from reservoir.sequences.time_index import check_index
from reservoir.validation import check_channels, parameter_error


def read_channels(estimator: Any, name: str, channels: Any) -> np.ndarray:
    """Indices of channels, each given by its number or by its name among `feature_names_in_`."""
    owner, names = type(estimator).__name__, list(getattr(estimator, "feature_names_in_", ()))
    if isinstance(channels, str):
        raise parameter_error(owner, name, "a list of numbers or names of columns", channels)
    given = list(channels) if isinstance(channels, list | tuple | np.ndarray) or hasattr(channels, "to_numpy") else None
    if given and any(isinstance(channel, str) for channel in given):
        if not all(isinstance(channel, str) and channel in names for channel in given) or len(set(given)) < len(given):
            known = f"of {names}" if names else "if the data of fit have names, or their numbers"
            raise parameter_error(owner, name, f"distinct names {known}", channels)
        channels = [names.index(channel) for channel in given]
    return check_channels(owner, name, channels, estimator.n_features_in_)


def read_known(estimator: Any, owner: str, name: str, table: Any) -> np.ndarray | None:
    """What is known of rows of the data of an estimator (n_rows, n_features), NaN where it is not.

    Unknown are NaN, None, masked values, and the columns that a table with names lacks. None is returned for what is no
    such table of finite numbers; a table that is not in order of time, or has foreign columns, is refused.
    """
    check_index(table, name, owner)
    numbers = numbers_with_gaps(table)
    if numbers is None or numbers.ndim != 2 or np.isinf(numbers).any():
        return None
    features = list(getattr(estimator, "feature_names_in_", ()))
    columns = list(table.columns) if hasattr(table, "columns") else None
    if not features or columns is None:
        return numbers if numbers.shape[1] == estimator.n_features_in_ else None
    foreign = [column for column in columns if column not in features]
    if foreign or len(set(columns)) < len(columns):
        raise parameter_error(owner, name, f"a table with columns among {features}", columns)
    known = np.full((len(numbers), len(features)), np.nan)
    known[:, [features.index(column) for column in columns]] = numbers
    return known
