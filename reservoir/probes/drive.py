"""How every probe drives a system: fitted if it is not, fed with rows, its states checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
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
