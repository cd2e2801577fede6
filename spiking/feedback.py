"""What synapses are told while a simulation runs; Brian2 itself comes as arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from reservoir.plasticity import Feedback
from reservoir.trains import SpikeTrains
from reservoir.validation import parameter_error, real_array
from spiking.circuit_text import Group


class Listener:
    """The spikes of all units of all tiles, stretch by stretch.

    own : spikes (n, 2), step and unit, that no monitor sees: of units that fire of themselves, and of before the run.
    first : the step with which the first stretch begins.
    """

    def __init__(
        self, groups: Sequence[Group], monitors: Sequence[Any], own: np.ndarray, n_units: int, dt: float, first: int
    ):
        self.parts = list(zip(groups, monitors, strict=True))
        self.own, self.n_units, self.dt = own, n_units, dt
        self.seen, self.last = [0] * len(self.parts), first

    def fired(self, step: int) -> np.ndarray:
        """Step and unit (n, 2), by its number among those of all tiles, of all spikes since the last call."""
        own = self.own[(self.own[:, 0] >= self.last) & (self.own[:, 0] < step)]
        found, self.last = [own], step
        for number, (group, monitor) in enumerate(self.parts):
            times, units = (monitor.variables[name].get_value()[self.seen[number] :] for name in "ti")
            self.seen[number] += len(units)
            found.append(numbered(group, times, units, self.n_units, self.dt))
        return np.concatenate(found)


def numbered(group: Group, times: np.ndarray, units: np.ndarray, n_units: int, dt: float) -> np.ndarray:
    """Step and unit (n, 2), by its number among those of all tiles, of spikes of a group."""
    tile, place = np.divmod(np.asarray(units, dtype=np.int64), len(group.units))
    steps = np.round(np.asarray(times) / dt).astype(np.int64)
    return np.column_stack([steps, tile * n_units + group.units[place]])


def teller_of(
    feedback: Feedback, clock: Any, listener: Listener, places: Sequence[tuple[Any, int]], n_tiles: int
) -> Callable[[], None]:
    """What tells synapses a number that comes from the simulation.

    places : arrays of a variable, and how many synapses a tile has.
    """
    values, n_units, dt = [_copied(feedback) for _ in range(n_tiles)], listener.n_units, listener.dt

    def tell() -> None:
        now = float(clock.variables["t"].get_value().item())
        step = round(now / dt)
        first, fired = listener.last, listener.fired(step)
        if feedback.exact and not step:
            return
        for tile, value in enumerate(values):
            mine = fired[fired[:, 1] // n_units == tile] - np.array([first, tile * n_units])
            if feedback.exact:
                spikes: Any = SpikeTrains(mine[:, 0] * dt, mine[:, 1], n_units, (step - first) * dt)
            else:
                spikes = np.bincount(mine[:, 1], minlength=n_units)
            told = _number(feedback, value(now, spikes))
            for array, size in places:
                array[tile * size : (tile + 1) * size] = told

    return tell


def _copied(feedback: Feedback) -> Callable[[float, Any], float]:
    """The function for one trial: an object that remembers begins each of them as it was given."""
    try:
        return deepcopy(feedback.value)
    except Exception as error:  # whatever its parts raise
        wanted = f"a function, or an object that can be copied for each trial ({type(error).__name__}: {error})"
        raise parameter_error(*feedback.said_by, wanted, feedback.value) from None


def _number(feedback: Feedback, value: Any) -> float:
    array = real_array(value)
    if array is None or array.size != 1 or not np.isfinite(array).all():
        raise parameter_error(*feedback.said_by, "a function that gives finite numbers", value)
    return float(array.item())
