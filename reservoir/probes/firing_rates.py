"""How fast the units of a liquid fire, and how regularly."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from reservoir.spikes import firing_rates
from reservoir.spikes import interval_variation as interval_variation_of_units
from reservoir.trains import SpikeTrains


class RecordingTrace:
    """A trace that keeps the spikes that it filters."""

    def __init__(self, trace: Any):
        self.trace = trace
        self.records: list[SpikeTrains] = []

    def n_memory(self, step: float) -> int:
        """As of the trace itself."""
        n_memory: int = self.trace.n_memory(step)
        return n_memory

    def filter(
        self, trains: SpikeTrains, step: float, n_rows: int, memory: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """States and memory, as of the trace itself."""
        self.records.append(trains)
        found: tuple[np.ndarray, np.ndarray] = self.trace.filter(trains, step, n_rows, memory)
        return found


class RecordingVoltages(RecordingTrace):
    """A trace of voltages that keeps the spikes beside them."""

    def sample(self, voltages: np.ndarray, trains: SpikeTrains) -> np.ndarray:
        """States, as of the trace itself."""
        self.records.append(trains)
        states: np.ndarray = self.trace.sample(voltages, trains)
        return states


def recording(system: Any) -> tuple[Any, RecordingTrace]:
    """A copy of a fitted liquid, and its trace, which keeps the spikes."""
    copied = copy.copy(system)
    copied.trace_ = (RecordingVoltages if hasattr(system.trace_, "sample") else RecordingTrace)(system.trace_)
    return copied, copied.trace_


def rates_of(records: list[SpikeTrains]) -> dict[str, Any]:
    """The fields of a `Diagnosis` about spikes, from records of the same units."""
    rates = firing_rates(records)
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
    found = np.concatenate([interval_variation_of_units(trains) for trains in records])
    known = found[~np.isnan(found)]
    return float(known.mean()) if known.size else None
