"""What a probe asks: a fitted system, or that of a model, which hears data as there, and its states, checked."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import AnyEstimator
from reservoir.parts import FittedModel, SequenceData, System, check_part, without_noise
from reservoir.probes.spike_records import SpikeRecords, records_of
from reservoir.sequences import Sequences, read_sequences
from reservoir.trains import are_spikes
from reservoir.trials import Trial, run_trial
from reservoir.validation import parameter_error, real_array

Driven: TypeAlias = Sequences | SpikeRecords
_DRAWN = np.array([[-1.0], [1.0]])  # the range of the numbers that probes draw


class Asked(NamedTuple):
    """A fitted system, and the model that it belongs to and hears data through; None where it stands alone."""

    system: Any
    model: Any = None

    def heard(self, X: Any) -> Any:
        """The data as the system hears them, in their container: checked by the model, and scaled as it scales them."""
        if hasattr(self.model, "heard"):
            return self.model.heard(X)
        if not isinstance(self.model, AnyEstimator):
            return X
        sequences = read_sequences(self.model, X, reset=False)
        return sequences.pack(sequences.rows)

    def unnamed(self) -> Asked:
        """The same, for numbers of a probe's own, which have no names."""
        return Asked(*map(_without_names, self))

    @property
    def n_features(self) -> int:
        """Number of features; 1 where the system does not say."""
        given = self.system if self.model is None else self.model  # a model may let its system hear more
        return int(getattr(given, "n_features_in_", getattr(self.system, "n_features_in_", 1)))

    def states(self, rows: np.ndarray) -> np.ndarray:
        """The states (n_rows, n_states) after rows (n_rows, n_features) from rest."""
        heard = self.heard(rows)
        states = np.asarray(states_of(self.system, heard))
        if states.ndim != 2 or len(states) != len(heard) or not np.isfinite(states).all():
            raise ValueError(
                f"The states of {type(self.system).__name__} must be a finite array of {len(heard)} rows. "
                f"Got one of shape {states.shape}."
            )
        return states

    def states_of_all(self, streams: Any, trial: Trial | None = None) -> list[np.ndarray]:
        """The states (n_rows, n_states) after every stream, each from rest.

        Where no trial is said, stream k is trial k, but all are trial 0 of a spiking system: what streams have in
        common hears the same dice there, so that states differ by what the circuit makes of the rest.

        Streams that are one array of equal lengths, or spike trains, go to an estimator that takes stacks at once.
        """
        heard = streams if are_spikes(streams) else self.heard(streams)
        trial = 0 if trial is None and is_spiking(self.system) else trial
        together = isinstance(self.system, AnyEstimator) and get_tags(self.system).input_tags.three_d_array
        if together:
            found = states_of(self.system, heard, range(len(heard)) if trial is None else trial)
        else:
            trials = range(len(heard)) if trial is None else np.broadcast_to(trial, len(heard)).tolist()
            found = [states_of(self.system, member, one) for one, member in zip(trials, heard, strict=True)]
        states = [np.asarray(rows) for rows in found]
        if not states or any(rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all() for rows in states):
            raise ValueError(f"The states of {type(self.system).__name__} must be finite arrays (n_rows, n_states).")
        return states

    def final_states(self, streams: Any, trial: Trial | None = None) -> np.ndarray:
        """The last state after every stream, each from rest (n_streams, n_states)."""
        return np.stack([rows[-1] for rows in self.states_of_all(streams, trial)])


def asked(owner: str, system: System | FittedModel, X: SequenceData | None = None, *, name: str = "system") -> Asked:
    """What a probe asks: a fitted system as it is, and of a fitted model, or of a search, the reservoir.

    A system that is not fitted is left as it is, and a copy fitted to X, or without data to one feature of the range in
    which probes draw, which an encoder or a scaler learns. `name` is the parameter that holds it.
    """
    model: Any = getattr(system, "best_estimator_", system)
    known = hasattr(model, "reservoir_")
    one = Asked(model.reservoir_, model) if known else Asked(model)
    check_part(owner, name, one.system, System)
    if known or _is_fitted(model):
        return one
    if hasattr(model, "readout") or (isinstance(model, AnyEstimator) and get_tags(model).target_tags.required):
        raise parameter_error(owner, name, "a system, or a fitted model", model)
    fresh: Any = clone(model, safe=False)
    fresh.fit(_DRAWN if X is None else X)
    return Asked(fresh)


def driven(owner: str, system: System | FittedModel, X: SequenceData) -> tuple[System, Driven]:
    """The system that a probe asks, without its noise, and the data as it hears them.

    Spike trains are taken where the system has spiking units. A system that is no estimator is taken to be fitted.
    """
    foreign = not isinstance(system, AnyEstimator) and not hasattr(system, "reservoir_")
    if foreign:
        check_part(owner, "system", system, System)
    one = Asked(system) if foreign else asked(owner, system, X)
    quiet, records = without_noise(one.system), records_of(owner, X)
    if records is None:
        return _read(owner, quiet, one.heard(X))
    if not is_spiking(quiet):
        raise parameter_error(owner, "X", f"rows of numbers, as {type(quiet).__name__} hears them", X)
    return quiet, SpikeRecords.of(quiet, X, records)


def one_series(owner: str, data: Driven, n_rows: int) -> Any:
    """The rows (T, n_features), or steps of spike trains, of data that must be one series of at least n_rows rows."""
    if data.kind != "series" or data.lengths[0] < n_rows:
        what = f"{data.kind} of {data.lengths.sum()} rows"
        raise parameter_error(owner, "X", f"one series (T, n_features) of at least {n_rows} rows", what)
    return data.members()[0]


def states_of(system: Any, X: Any, trial: Any = 0) -> Any:
    """States from rest in a trial; of a trained network what it computes inside, and not its answers."""
    return system.states(X) if hasattr(system, "states") else run_trial(system, X, trial=trial)[0]


def is_spiking(system: System) -> bool:
    """Whether the state holds spikes on their way, as that of a circuit does, so that no little can be added to it."""
    held = (*getattr(system, "layers_", ()), *getattr(system, "systems_", ()))
    return hasattr(system, "circuit_") or any(map(is_spiking, held))


def _without_names(part: Any) -> Any:
    """The part itself, or where it knows names of features a copy that does not."""
    if not hasattr(part, "feature_names_in_"):
        return part
    part = copy.copy(part)
    del part.feature_names_in_
    return part


def _is_fitted(system: Any) -> bool:
    if not isinstance(system, AnyEstimator):
        return False
    try:
        check_is_fitted(system)
    except NotFittedError:
        return False
    return True


def _read(owner: str, system: Any, X: Any) -> tuple[Any, Sequences]:
    if isinstance(system, AnyEstimator):
        sequences = read_sequences(system, X, reset=False)
        return _without_names(system), sequences  # which were checked, and are not asked for again
    rows = real_array(X)
    if rows is None or rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise parameter_error(owner, "X", "a finite array (T, n_features)", X)
    return system, Sequences(rows, np.array([0, len(rows)]), "series")
