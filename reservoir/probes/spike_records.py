"""Spike trains as a liquid hears them, cut and shuffled by steps as rows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.trains import SpikeTrains, Steps, are_spikes, read_records
from reservoir.validation import Parameters


@dataclass(frozen=True)
class SpikeRecords:
    """Records of spike trains, with what `Sequences` tells of rows."""

    steps: list[Steps]
    kind: str

    @classmethod
    def of(cls, system: Any, X: Any, records: list[SpikeTrains]) -> SpikeRecords:
        """The records in X, one or a list, in the steps of a liquid."""
        step = Parameters(system).real("step", 0, closed="neither", unit="second")
        return cls([Steps(trains, step) for trains in records], "list" if isinstance(X, list | tuple) else "series")

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps of each record (n_records,)."""
        return np.array([len(steps) for steps in self.steps])

    def members(self) -> list[Steps]:
        """The records, one after the other."""
        return self.steps


def records_of(owner: str, X: Any) -> list[SpikeTrains] | None:
    """The spike trains in X, one record or a list of them; None where it holds something else."""
    return read_records(owner, "X", X)[0] if are_spikes(X) else None
