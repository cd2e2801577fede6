"""The one door for spikes: what a record, a recording, a monitor, or a list of trials of these comes in as."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.trains.record import SpikeTrains
from reservoir.validation import parameter_error

_WANTED = "SpikeTrains, a Recording, a SpikeMonitor of Brian2 or a Segment of neo"


def are_spikes(X: Any) -> bool:
    """Whether X is a record of spikes of any kind, or a list of such."""
    first = X[0] if isinstance(X, list | tuple) and len(X) else X
    return _is_record(first)


def read_trains(owner: str, name: str, value: Any) -> SpikeTrains:
    """One record of spikes: `SpikeTrains` as it is, or what the spikes of something else are.

    ============================== ===================== ==========================================
    what                           units                 duration
    ============================== ===================== ==========================================
    `Recording`                    of its ``spikes``     of its ``spikes``
    ``SpikeMonitor`` of Brian2     of its source         time of its clock, where the simulation ended
    ``i`` and ``t`` alone          up to the largest     right after the last spike
    ``Segment`` of neo             its ``spiketrains``   which all of them cover, see `SpikeTrains.from_neo`
    ============================== ===================== ==========================================
    """
    if isinstance(value, SpikeTrains):
        return value
    if isinstance(getattr(value, "spikes", None), SpikeTrains):
        found: SpikeTrains = value.spikes
        return found
    if hasattr(value, "spiketrains"):
        return SpikeTrains.from_neo(value.spiketrains)
    if _is_monitor(value):
        return _of_monitor(value)
    raise parameter_error(owner, name, _WANTED + _advice(value), value)


def read_records(owner: str, name: str, value: Any) -> tuple[list[SpikeTrains], bool]:
    """Records of the same units, and whether a list of them was given; a list of none is refused."""
    many = isinstance(value, list | tuple)
    given = list(value) if many else [value]
    if not given or not all(map(_is_record, given)):
        strange = next((one for one in given if not _is_record(one)), None)
        raise parameter_error(owner, name, f"{_WANTED}, or a list of one or more trials{_advice(strange)}", value)
    records = [read_trains(owner, name, one) for one in given]
    if len({record.n_units for record in records}) > 1:
        raise parameter_error(owner, name, "a list of trials of the same units", value)
    return records, many


def _is_record(value: Any) -> bool:
    if hasattr(value, "shape"):  # a table may have columns of any name
        return False
    known = isinstance(value, SpikeTrains) or isinstance(getattr(value, "spikes", None), SpikeTrains)
    return known or hasattr(value, "spiketrains") or _is_monitor(value)


def _is_monitor(value: Any) -> bool:
    return hasattr(value, "i") and hasattr(value, "t") and not isinstance(value, type)


def _of_monitor(monitor: Any) -> SpikeTrains:
    """What a monitor of spikes holds; quantities of Brian2 are in seconds."""
    times, units = np.asarray(monitor.t[:], dtype=np.float64), np.asarray(monitor.i[:])
    source, clock = getattr(monitor, "source", None), getattr(monitor, "clock", None)
    duration = None if clock is None else float(np.asarray(clock.t, dtype=np.float64))
    return SpikeTrains.from_events(
        times, units.astype(np.int64), n_units=None if source is None else len(source), duration=duration or None
    )


def _advice(value: Any) -> str:
    if hasattr(value, "t_stop"):
        return ": a list of spike trains of neo is one record, SpikeTrains.from_neo(list)"
    return ""
