"""Spikes as other programs list them: times in any unit, units by any label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reservoir.validation import check_real, parameter_error, real_array, without_unit


def read_event_times(owner: str, times: Any, tick: float) -> np.ndarray:
    """Times (n_events,) in seconds, of any sign."""
    tick = check_real(owner, "tick", tick, 0, closed="neither", unit="second")
    seconds = real_array(without_unit(owner, "times", times, "second"))
    if seconds is None or seconds.ndim != 1 or not np.isfinite(seconds).all():
        raise parameter_error(owner, "times", "a 1-D array of finite numbers", times)
    return seconds * tick


def read_event_units(owner: str, units: Any, n_events: int, ids: Any) -> np.ndarray:
    """The unit of each event (n_events,): a number, or the place of its label among `ids`."""
    if units is None:
        return np.zeros(n_events, np.int64)
    given = np.asarray(units)
    if given.shape != (n_events,):
        raise parameter_error(owner, "units", f"None or a 1-D array of {n_events} units, one for each time", units)
    if ids is None:
        if n_events and given.dtype.kind not in "iu":
            raise parameter_error(owner, "units", "integers, or labels that stand among `ids`", units)
        return given.astype(np.int64)
    labels = list(np.asarray(ids).tolist())
    places = {label: place for place, label in enumerate(labels)}
    if len(places) < len(labels):
        raise parameter_error(owner, "ids", "labels that differ", ids)
    unknown = [label for label in given.tolist() if label not in places]
    if unknown:
        raise parameter_error(owner, "units", f"among the ids {labels[:20]}", unknown[0])
    return np.array([places[label] for label in given.tolist()], dtype=np.int64)


def read_lists(owner: str, lists: Any) -> list[Any]:
    """The times of each unit, as they are given: in a list, or in a dict by the number of the unit."""
    if isinstance(lists, Mapping) and set(lists) == set(range(len(lists))):
        return [lists[unit] for unit in range(len(lists))]
    if isinstance(lists, Sequence | np.ndarray) and not any(isinstance(one, str) or np.ndim(one) == 0 for one in lists):
        return list(lists)
    wanted = "a list with an array of times for each unit, or a dict of these by the numbers of all units from 0 on"
    raise parameter_error(owner, "lists", wanted, lists)


def read_neo(owner: str, spiketrains: Sequence[Any]) -> tuple[list[np.ndarray], float, float]:
    """Spike times of each train in seconds, the latest start and the earliest end of all."""
    trains = (
        list(spiketrains) if isinstance(spiketrains, Sequence | np.ndarray) or hasattr(spiketrains, "__iter__") else []
    )
    if not trains or not all(hasattr(one, "t_stop") and hasattr(one, "rescale") for one in trains):
        raise parameter_error(
            owner, "spiketrains", "a list of one or more neo.SpikeTrain, one for each unit", spiketrains
        )
    lists = [np.sort(_seconds(one)) for one in trains]
    starts, stops = ([float(_seconds(getattr(one, name))) for one in trains] for name in ("t_start", "t_stop"))
    if max(starts) >= min(stops):
        raise parameter_error(owner, "spiketrains", "of units that were recorded at the same time", spiketrains)
    return lists, max(starts), min(stops)


def _seconds(quantity: Any) -> np.ndarray:
    """A quantity of the package quantities as plain numbers; a train of neo rescales to one that holds its times."""
    scaled = quantity.rescale("s")
    return np.array(getattr(scaled, "magnitude", scaled), dtype=np.float64)
