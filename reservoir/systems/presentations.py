"""Stimuli one after the other, as a circuit hears them that learns, whatever the engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reservoir.circuits import Circuit
from reservoir.random_numbers import Places, steps_of
from reservoir.systems.stimuli import Stimulus, input_events
from reservoir.trains import SpikeTrains


def silence(circuit: Circuit, dt: float, seed: int, trial: int, first: int, n_steps: int) -> Stimulus:
    """Steps of a trial, from this one on, in which no channel fires; noise, background and units of their own go on."""
    nothing = SpikeTrains(np.zeros(0), np.zeros(0, int), circuit.n_inputs, n_steps * dt)
    places = steps_of(trial, first, n_steps)
    events = input_events(circuit, nothing, n_steps, dt, seed, places)
    return Stimulus(events, None, n_steps, seed=seed, places=places)


def in_a_row(stimuli: Sequence[Stimulus], longest: int | None = None) -> Stimulus:
    """One stimulus of several, each with the random numbers of its own trial; at most so many steps of it."""
    lengths = [one.n_steps for one in stimuli]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    n_steps = int(offsets[-1]) if longest is None else min(int(offsets[-1]), longest)
    events = np.concatenate([
        one.events + np.array([first, 0]) for one, first in zip(stimuli, offsets[:-1].tolist(), strict=True)
    ])  # fmt: skip
    currents, rows = _joined_currents(stimuli)
    places = [one.numbers_of(0, one.n_steps) for one in stimuli]
    joined = Places(
        np.concatenate([one.trials for one in places]),
        np.concatenate([one.firsts for one in places]),
        np.concatenate([[0], *(one.offsets[1:] + first for one, first in zip(places, offsets, strict=False))]),
    )
    return Stimulus(
        events[events[:, 0] < n_steps], currents, n_steps, None if rows is None else rows[:n_steps],
        stimuli[0].seed, joined.rows(0, n_steps),
    )  # fmt: skip


def _joined_currents(stimuli: Sequence[Stimulus]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """All currents, each table once, and the row of every step; row 0 is silence. None where there are no currents."""
    tables = {id(one.currents): one.currents for one in stimuli if one.currents is not None}
    if not tables:
        return None, None
    widths = [len(table) for table in tables.values()]
    begins = dict(zip(tables, np.concatenate([[1], 1 + np.cumsum(widths)]).tolist(), strict=False))
    rows = [
        np.zeros(one.n_steps, np.int64) if one.currents is None else begins[id(one.currents)] + one.shared_rows()
        for one in stimuli
    ]
    n_units = next(iter(tables.values())).shape[1]
    return np.concatenate([np.zeros((1, n_units)), *tables.values()]), np.concatenate(rows)
