"""From the parameter `delay` to the delay of every unit of a rate reservoir."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from reservoir.neurons.structures import draws, joins_delays
from reservoir.parts import Delays, check_draws
from reservoir.sizes import check_fits
from reservoir.validation import Parameters, real_array

_WANTED = "an integer >= 1, one for each of the {} units, or a part that draws them"


def check_delay(p: Parameters, n_units: int) -> None:
    """Refuse delays that are out of range for any data."""
    if draws(p.part.delay):
        check_draws(p.owner, "delay", p.part.delay, Delays)
    else:
        _read(p, p.part.delay, n_units)


def is_undelayed(delay: Any) -> bool:
    """Whether a parameter says that all units hear the step before."""
    return not draws(delay) and bool((np.asarray(delay) == 1).all())


def unit_delays(system: Any, n_units: int, lengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The delay of every unit (n_units,), as given, or drawn by the lengths of the training sequences."""
    given = system.delay
    if draws(given):
        part: Any = given
        given = part.draw(n_units, lengths, rng)
    return _read(Parameters(system), given, n_units)


def check_state(system: Any) -> None:
    """Refuse delays whose states do not fit into the memory, or that lie within what a unit mixes by itself."""
    p, delays, unit = Parameters(system), system.delays_, system.unit_
    n_bytes = float(system.bias_.dtype.itemsize) * int(delays.max()) * unit.n_arrays * len(delays)
    check_fits(p.owner, "delay", system.delay, n_bytes, f"the states of {delays.max()} steps")
    for name, matrix in system.unit_matrices_.items():
        if joins_delays(matrix, delays):
            raise p.error("delay", f"the same for all units that the {name!r} of {type(unit).__name__} joins")


def _read(p: Parameters, value: Any, n_units: int) -> np.ndarray:
    one = isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_)
    several = isinstance(value, list | tuple | np.ndarray) and np.asarray(value).dtype.kind in "iu"
    delays = real_array(value) if one or several else None
    if delays is None or delays.shape not in ((), (n_units,)) or not ((delays >= 1) & (delays < 2**53)).all():
        raise p.error("delay", _WANTED.format(n_units))
    return np.broadcast_to(delays, n_units).astype(np.int64)
