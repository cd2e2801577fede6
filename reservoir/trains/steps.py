"""The steps of a record of spikes, cut and put in order as rows are."""

from __future__ import annotations

import numpy as np

from reservoir.trains.record import SpikeTrains, tolerance


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
