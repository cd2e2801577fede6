"""Spike trains as a liquid hears them, cut and shuffled by steps as rows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.trains import SpikeTrains, tolerance
from reservoir.validation import Parameters


class Steps:
    """The steps of one record; what is taken of them is a record, in the order in which they are named."""

    def __init__(self, trains: SpikeTrains, step: float):
        self.trains, self.step = trains, step
        self._edges = np.searchsorted(trains.times, np.arange(len(self) + 1) * step - tolerance(step))

    def __len__(self) -> int:
        return int(self.trains.duration / self.step + 1e-6)

    def __getitem__(self, which: slice | np.ndarray) -> SpikeTrains:
        steps = np.arange(len(self))[which]
        if isinstance(which, slice) and len(steps) == len(self):
            return self.trains
        first, last = self._edges[steps], self._edges[steps + 1]
        spikes = np.concatenate([np.arange(*edges) for edges in zip(first, last, strict=True)] or [np.zeros(0, int)])
        moved = np.repeat((np.arange(len(steps)) - steps) * self.step, last - first)
        duration = len(steps) * self.step
        times = np.clip(self.trains.times[spikes] + moved, 0, np.nextafter(duration, 0))
        return SpikeTrains(times, self.trains.units[spikes], self.trains.n_units, duration)


@dataclass(frozen=True)
class SpikeRecords:
    """Records of spike trains, with what `Sequences` tells of rows."""

    steps: list[Steps]
    kind: str

    @classmethod
    def of(cls, system: Any, X: Any, records: list[SpikeTrains]) -> SpikeRecords:
        """The records in X, one or a list, in the steps of a liquid."""
        step = Parameters(system).real("step", 0, closed="neither", unit="second")
        return cls([Steps(trains, step) for trains in records], "series" if isinstance(X, SpikeTrains) else "list")

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps of each record (n_records,)."""
        return np.array([len(steps) for steps in self.steps])

    def members(self) -> list[Steps]:
        """The records, one after the other."""
        return self.steps


def records_of(X: Any) -> list[SpikeTrains] | None:
    """The spike trains in X, one record or a list of them; None where it holds something else."""
    if isinstance(X, SpikeTrains):
        return [X]
    known = isinstance(X, list | tuple) and len(X) > 0 and all(isinstance(one, SpikeTrains) for one in X)
    return list(X) if known else None
