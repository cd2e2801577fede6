"""Spike trains as sequences: rows of counts that still hold the times of the spikes."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.sequences.rows import Sequences
from reservoir.trains import SpikeTrains, Steps, are_spikes, read_records
from reservoir.validation import parameter_error


class SpikeRows(np.ndarray):
    """Numbers of spikes (n_rows, n_units) in rows of `step` seconds, and the record that they count.

    A slice of consecutive rows has the record of these rows. What else comes of it, a sum or a copy, is a plain array
    in all but its type, and its `trains` are None.
    """

    trains: SpikeTrains | None
    step: float

    @classmethod
    def of(cls, trains: SpikeTrains, step: float) -> SpikeRows:
        """The whole rows of a record."""
        rows = trains.binned(step).view(cls)
        rows.trains, rows.step = trains, step
        return rows

    def __array_finalize__(self, source: Any) -> None:
        self.trains, self.step = None, getattr(source, "step", 0.0)

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if self.trains is not None and isinstance(key, slice) and key.step in (None, 1):
            found.trains = Steps(self.trains, self.step)[key]
        return found

    def __reduce__(self) -> Any:
        return super().__reduce__() if self.trains is None else (SpikeRows.of, (self.trains, self.step))

    def __deepcopy__(self, memo: Any) -> SpikeRows:
        return self if self.trains is None else SpikeRows.of(self.trains, self.step)


def read_spikes(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """X as sequences of `SpikeRows`, for an estimator that says how long a row lasts: its `spike_step`."""
    owner, step = type(estimator).__name__, estimator.spike_step
    records, many = read_records(owner, "X", X)
    for number, record in enumerate(records):
        if record.duration < step * (1 - 1e-6):
            which = f"Record {number} of X" if many else "X"
            raise ValueError(f"{which} of {owner} must last at least one step, {step:g} s. Got {record!r}.")
    n_units = records[0].n_units
    if not n_units:
        raise parameter_error(owner, "X", "spike trains of at least one unit", X)
    if reset:
        estimator.n_features_in_ = n_units
        vars(estimator).pop("feature_names_in_", None)
    elif n_units != estimator.n_features_in_:
        wanted = f"but {owner} is expecting {estimator.n_features_in_} features as input."
        raise ValueError(f"X has {n_units} features, {wanted}")
    members: list[np.ndarray] = [SpikeRows.of(record, step) for record in records]
    found = Sequences.of_members(members)
    return found if many else Sequences(found.rows, found.offsets, "series", members)


def holds_spikes(X: Any) -> bool:
    """Whether X is spike trains of any kind, or rows that hold them."""
    first = X[0] if isinstance(X, list | tuple) and len(X) else X
    return are_spikes(X) or spikes_of_rows(first) is not None


def records_of(owner: str, X: Any) -> list[SpikeTrains]:
    """The spike trains in X, one record or a list of them."""
    records = X if isinstance(X, list | tuple) else [X]
    rows = [spikes_of_rows(one) for one in records]
    known = [one if trains is None else trains for one, trains in zip(records, rows, strict=True)]
    return read_records(owner, "X", known)[0]


def spikes_of_rows(rows: Any) -> SpikeTrains | None:
    """The record that rows hold; None for plain rows, and for anything else."""
    if isinstance(rows, SpikeRows) and rows.trains is None:
        raise ValueError("Rows of spike trains can be cut, and not be computed with: give the spike trains.")
    return rows.trains if isinstance(rows, SpikeRows) else None
