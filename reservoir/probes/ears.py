"""What the spikes of a liquid tell, heard on their way to its trace."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from reservoir.trains import SpikeTrains


class Ears:
    """A trace that keeps the spikes that it filters."""

    def __init__(self, trace: Any):
        self.trace = trace
        self.heard: list[SpikeTrains] = []

    def n_memory(self, step: float) -> int:
        """As of the trace itself."""
        return self.trace.n_memory(step)

    def filter(self, trains: SpikeTrains, *args: Any) -> tuple[np.ndarray, np.ndarray]:
        """States and memory, as of the trace itself."""
        self.heard.append(trains)
        return self.trace.filter(trains, *args)


def with_ears(system: Any) -> tuple[Any, Ears]:
    """A copy of a fitted liquid whose trace keeps the spikes."""
    listening = copy.copy(system)
    listening.trace_ = Ears(system.trace_)
    return listening, listening.trace_


def rates_of(records: list[SpikeTrains]) -> dict[str, Any]:
    """The fields of a `Diagnosis` about spikes, from records of the same units."""
    rates = np.sum([trains.counts() for trains in records], axis=0) / sum(trains.duration for trains in records)
    variation = interval_variation(records)
    return {
        "mean_rate": float(rates.mean()),
        "highest_rate": float(rates.max()),
        "silent_units": np.flatnonzero(rates == 0),
        "interval_variation": variation,
    }


def interval_variation(records: list[SpikeTrains]) -> float | None:
    """Standard deviation over mean of the intervals of a unit, mean over units with three spikes or more in a record.

    None without such units.
    """
    found = []
    for trains in records:
        for times in trains.to_lists():
            if len(times) >= 3:
                intervals = np.diff(times)
                found.append(intervals.std() / intervals.mean())
    return float(np.mean(found)) if found else None
