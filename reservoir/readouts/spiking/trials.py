"""Trials of spikes as flat arrays, as kernels want them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.trains import SpikeTrains, read_records


class Trials(NamedTuple):
    """The spikes of all trials, one after the other."""

    times: np.ndarray  # (n_spikes,), seconds from the beginning of their trial
    units: np.ndarray  # (n_spikes,)
    offsets: np.ndarray  # (n_trials + 1,): trial k has offsets[k]:offsets[k + 1]
    durations: np.ndarray  # (n_trials,), seconds

    @classmethod
    def of(cls, records: list[SpikeTrains]) -> Trials:
        """Those of records."""
        return cls(
            np.concatenate([record.times for record in records]),
            np.concatenate([record.units for record in records]),
            np.concatenate([[0], np.cumsum([len(record) for record in records])]),
            np.array([record.duration for record in records]),
        )


def read_inputs(readout: Any, X: Any, *, reset: bool) -> list[SpikeTrains]:
    """The trials in X, of as many units as a readout was fitted to; with `reset` it is told how many these are."""
    owner = type(readout).__name__
    records, _ = read_records(owner, "X", X)
    n_units = records[0].n_units
    if reset and not n_units:
        raise ValueError(f"X of {owner} must hold spike trains of at least one unit.")
    if reset:
        readout.n_features_in_ = n_units
    elif n_units != readout.n_features_in_:
        expected = readout.n_features_in_
        raise ValueError(f"X has {n_units} features, but {owner} is expecting {expected} features as input.")
    return records
