"""Which spikes synapses release; Brian2 itself comes as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from reservoir.random_numbers import RELEASE, numbers_of_events
from spiking.circuit_text import Trial
from spiking.pathways import Path


def chance_of(brian2: ModuleType, clock: Any, trials: Sequence[Trial], path: Path) -> Any:
    """A function of Brian2: the random numbers of synapses, by their number in the path, their tile, and which spike.

    They are those of the step in which a spike was sent, as the loop in Numba has them; of one that was sent before the
    run, those of its trial.
    """
    when = [trial.heard.numbers_of(0, trial.n_steps).each().astype(np.int64) for trial in trials]
    names, delays, behind = path.first + path.which, path.delay, trials[0].behind

    def chances(number: Any, tile: Any, nth: Any) -> Any:
        number, tile, nth = (np.asarray(one, dtype=np.int64) for one in (number, tile, nth))
        number, tile = np.broadcast_arrays(np.atleast_1d(number), np.atleast_1d(tile))
        sent = int(clock.variables["timestep"].get_value().item()) - behind - delays[number]
        found = np.ones(number.shape)
        for one in np.unique(tile):
            mine = np.flatnonzero((tile == one) & (sent < len(when[one])))
            told = when[one][np.maximum(sent[mine], 0)] + np.column_stack([0 * mine, np.minimum(sent[mine], 0)])
            for trial, step in np.unique(told, axis=0).tolist():
                here = mine[(told == (trial, step)).all(axis=1)]
                counts = np.full(here.size, int(nth) + 1)
                steps = np.full(here.size, step)
                numbers = numbers_of_events(trials[one].seed, RELEASE, trial, steps, names[number[here]], counts)
                found[here] = numbers[int(nth) :: int(nth) + 1]
        return found

    function = brian2.Function(chances, arg_units=[1, 1, 1], return_unit=1, arg_types=["integer"] * 3)
    function.implementations.add_numpy_implementation(wrapped_func=chances)
    return function
