"""The states of a driven system: fitted if it is not, fed with rows, its states checked."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator
from reservoir.parts import FittedModel, SequenceData, System, check_part, without_noise
from reservoir.sequences import Sequences, read_sequences
from reservoir.validation import parameter_error, real_array


def fitted(owner: str, system: System) -> System:
    """The system as it is, if it is a fitted estimator; else a copy fitted to one feature."""
    check_part(owner, "system", system, System)
    if isinstance(system, BaseEstimator) and not _lacks_fit(system):
        return system
    fresh: System = clone(system, safe=False)
    fresh.fit(np.zeros((1, 1)))
    return fresh


def states_of(system: System, rows: np.ndarray) -> np.ndarray:
    """The states (n_rows, n_states) of a fitted system that hears the rows (n_rows, n_features) from rest."""
    states = np.asarray(system.run(rows)[0])
    if states.ndim != 2 or len(states) != len(rows) or not np.isfinite(states).all():
        raise ValueError(
            f"The states of {type(system).__name__} must be a finite array of {len(rows)} rows. "
            f"Got one of shape {states.shape}."
        )
    return states


def n_features_of(system: System) -> int:
    """Number of features that a fitted system hears; 1 where it does not say."""
    return int(getattr(system, "n_features_in_", 1))


def states_of_all(system: System, streams: Any) -> list[np.ndarray]:
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


def final_states(system: System, streams: Any) -> np.ndarray:
    """The last state of a fitted system after every stream, each from rest (n_streams, n_states)."""
    return np.stack([rows[-1] for rows in states_of_all(system, streams)])


def driven(owner: str, system: System | FittedModel, X: SequenceData) -> tuple[System, Sequences]:
    """The fitted system without its noise, and the data as it hears them.

    Of a fitted model this is its reservoir. Of a system that is not fitted, a copy is fitted to X.
    """
    heard: Any = X
    if hasattr(system, "reservoir_"):
        if getattr(system, "feedback_scaling", 1.0) != 1.0:
            heard = _scaled(system, X)
        elif isinstance(system, BaseEstimator):  # which knows the names of the columns
            heard = read_sequences(system, X, reset=False)
        system = system.reservoir_
    check_part(owner, "system", system, System)
    if _lacks_fit(system):
        if hasattr(system, "readout") or get_tags(system).target_tags.required:
            raise parameter_error(owner, "system", "a system, or a fitted model", system)
        system = clone(system).fit(heard)
    return _read(owner, without_noise(system), heard)


def one_series(owner: str, sequences: Sequences, n_rows: int) -> np.ndarray:
    """The rows (T, n_features) of data that must be one series of at least n_rows rows."""
    if sequences.kind != "series" or len(sequences.rows) < n_rows:
        what = f"{sequences.kind} of {len(sequences.rows)} rows"
        raise parameter_error(owner, "X", f"one series (T, n_features) of at least {n_rows} rows", what)
    return sequences.rows


def is_spiking(system: System) -> bool:
    """Whether the state holds spikes on their way, as that of a circuit does, so that no little can be added to it."""
    return hasattr(system, "circuit_") or any(is_spiking(layer) for layer in getattr(system, "layers_", ()))


def _lacks_fit(system: Any) -> bool:
    if not isinstance(system, BaseEstimator):
        return False
    try:
        check_is_fitted(system)
    except NotFittedError:
        return True
    return False


def _scaled(forecaster: Any, X: Any) -> Any:
    """The data of a forecaster with `feedback_scaling`, as its reservoir hears them."""
    sequences = read_sequences(forecaster, X, reset=False)
    factors = np.full(sequences.rows.shape[1], float(forecaster.feedback_scaling))
    factors[np.asarray(forecaster.exogenous, dtype=int)] = 1.0
    return sequences.pack(sequences.rows * factors)


def _read(owner: str, system: Any, X: Any) -> tuple[Any, Sequences]:
    if isinstance(system, BaseEstimator) or isinstance(X, Sequences):
        sequences = read_sequences(system, X, reset=False)
        if hasattr(system, "feature_names_in_"):  # checked above, and not asked for again
            system = copy.copy(system)
            del system.feature_names_in_
        return system, sequences
    rows = real_array(X)
    if rows is None or rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise parameter_error(owner, "X", "a finite array (T, n_features)", X)
    return system, Sequences(rows, np.array([0, len(rows)]), "series")
