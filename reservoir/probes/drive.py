"""How every probe drives a system: fitted if it is not, fed with rows, its states checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted


def fitted(system: Any, n_features: int = 1) -> Any:
    """The system as it is, if it is a fitted estimator; else a copy fitted to the number of features."""
    if isinstance(system, BaseEstimator):
        try:
            check_is_fitted(system)
            return system
        except NotFittedError:
            pass
    fresh = clone(system, safe=False)
    fresh.fit(np.zeros((1, n_features)))
    return fresh


def states_of(system: Any, rows: np.ndarray) -> np.ndarray:
    """The states (n_rows, n_states) of a fitted system that hears the rows (n_rows, n_features) from rest."""
    states = np.asarray(system.run(rows)[0])
    if states.ndim != 2 or len(states) != len(rows) or not np.isfinite(states).all():
        raise ValueError(
            f"The states of {type(system).__name__} must be a finite array of {len(rows)} rows. "
            f"Got one of shape {states.shape}."
        )
    return states


def n_features_of(system: Any) -> int:
    """Number of features that a fitted system hears; 1 where it does not say."""
    return int(getattr(system, "n_features_in_", 1))


def states_of_all(system: Any, streams: Any) -> list[np.ndarray]:
    """The states (n_rows, n_states) of a fitted system after every stream, each from rest.

    Streams that are one array of equal lengths, or spike trains, go to an estimator that takes stacks at once.
    """
    members = list(streams)
    together = isinstance(system, BaseEstimator) and get_tags(system).input_tags.three_d_array
    found = system.run(streams)[0] if together else [system.run(member)[0] for member in members]
    states = [np.asarray(rows) for rows in found]
    if not states or any(rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all() for rows in states):
        raise ValueError(f"The states of {type(system).__name__} must be finite arrays (n_rows, n_states).")
    return states


def final_states(system: Any, streams: Any) -> np.ndarray:
    """The last state of a fitted system after every stream, each from rest (n_streams, n_states)."""
    return np.stack([rows[-1] for rows in states_of_all(system, streams)])
