"""What circuits hear: spikes and currents on a grid of time steps, and which random numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit
from reservoir.parts import Numbers
from reservoir.quantities import doubt
from reservoir.random_numbers import SPONTANEOUS, Places, fill, steps_of
from reservoir.sizes import LONGEST_RUN, check_patience
from reservoir.systems.circuit_state import CircuitState, Starts, check_sent
from reservoir.trains import SpikeTrains, read_trains, steps_of_times
from reservoir.validation import bare, check_real, parameter_error, real_array

_MISSED = 1e-6  # share by which a duration may miss a whole multiple of dt
_STEP_SECONDS, _UNIT_SECONDS = 4e-8, 1e-9  # of a step and of a unit in it, a third of what was measured

NUMBERS_HELD = 2_000_000
"""Random numbers that are made at a time."""


class Stimulus(NamedTuple):
    """What a circuit hears in some steps."""

    events: np.ndarray  # (n_events, 2), step and sender, see `input_events`
    currents: np.ndarray | None  # (n_rows, n_units), amperes
    n_steps: int
    rows: np.ndarray | None = None  # (n_steps,), the row of currents in each step; None: rows share the steps evenly
    seed: int = 0
    places: Places | None = None  # which trial and step the random numbers of each step are of; None: trial 0

    @property
    def number(self) -> int:
        """The number of the trial in which it begins."""
        return 0 if self.places is None else int(self.places.trials[0])

    def shared_rows(self) -> np.ndarray:
        """The row of currents in each step; (0,) without currents."""
        if self.currents is None:
            return np.zeros(0, np.int64)
        return even_rows(len(self.currents), self.n_steps) if self.rows is None else self.rows

    def numbers_of(self, first: int, last: int) -> Places:
        """Of which trial and step the numbers of the steps from `first` to `last` are."""
        places = steps_of(0, 0, self.n_steps) if self.places is None else self.places
        return places.rows(first, last)


class Heard(NamedTuple):
    """One trial of a simulation."""

    trains: SpikeTrains
    stimulus: Stimulus
    state: CircuitState | None  # where it begins; None: at rest


def even_rows(n_rows: int, n_steps: int) -> np.ndarray:
    """The row of every step (n_steps,) where rows share the time evenly: step * n_rows // n_steps."""
    return np.arange(n_steps) * n_rows // n_steps


def input_events(
    circuit: Circuit, trains: SpikeTrains, n_steps: int, dt: float, seed: int, places: Places
) -> np.ndarray:
    """(step, sender) of all spikes that come from outside or of themselves, sorted; two in one step stand twice."""
    steps, senders = [trains.steps(dt)], [trains.units + len(circuit.excitatory)]
    if circuit.spontaneous_rate is not None:
        units = np.flatnonzero(circuit.spontaneous_rate > 0)
        fires, which = _spontaneous(-np.expm1(-circuit.spontaneous_rate[units] * dt), n_steps, seed, places)
        steps.append(fires)
        senders.append(units[which])
    events = np.column_stack([np.concatenate(steps), np.concatenate(senders)]).astype(np.int64)
    events = events[events[:, 0] < n_steps]
    return events[np.lexsort((events[:, 1], events[:, 0]))]


def _spontaneous(shares: np.ndarray, n_steps: int, seed: int, places: Places) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and which of the units, when each fires in this share of the steps."""
    chunk = max(1, NUMBERS_HELD // max(1, len(shares)))
    steps, which = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first in range(0, n_steps, chunk):
        last = min(first + chunk, n_steps)
        numbers = np.empty((last - first, len(shares)))
        fill(seed, SPONTANEOUS, places.rows(first, last), None, numbers)
        fires, units = np.nonzero(numbers < shares)
        steps.append(first + fires)
        which.append(units)
    return np.concatenate(steps), np.concatenate(which)


def whole_steps(owner: str, name: str, given: Any, seconds: float, dt: float, least: int = 1) -> int:
    """How many steps of `dt` there are in these seconds, which must be a whole multiple of it."""
    n_steps = round(seconds / dt)
    if n_steps < least or abs(seconds / dt - n_steps) > _MISSED * max(1, n_steps):
        raise parameter_error(owner, name, f"a whole multiple of dt, {dt:g} s", given)
    return n_steps


def check_steps(owner: str, name: str, value: Any, n_steps: float, n_units: int) -> None:
    """Refuse more steps of so many units than could be simulated in days."""
    seconds, what = n_steps * (_STEP_SECONDS + n_units * _UNIT_SECONDS), f"{n_steps:.3g} steps of {n_units} units"
    check_patience(owner, name, value, seconds, LONGEST_RUN, what)


def read_trials(
    circuit: Circuit,
    spikes: SpikeTrains | Sequence[SpikeTrains] | None,
    currents: Numbers | Sequence[Numbers] | None,
    dt: float,
    current_dt: float | None,
    starts: Starts,
) -> tuple[Iterator[Heard], bool]:
    """Every trial, and whether a list of them was given."""
    many = isinstance(spikes, list | tuple) or isinstance(currents, list | tuple)
    trains = list(spikes) if isinstance(spikes, list | tuple) else [spikes]
    injected = list(currents) if isinstance(currents, list | tuple) else [currents]
    if spikes is None and currents is None:
        raise parameter_error("simulate", "spikes", "given, or else `currents`", spikes)
    if not trains or not injected:
        raise parameter_error("simulate", "currents" if trains else "spikes", "of at least one trial", [])
    if many and spikes is not None and currents is not None and len(trains) != len(injected):
        raise parameter_error("simulate", "currents", f"a list of {len(trains)} arrays, as many as spikes", currents)
    if current_dt is not None:
        current_dt = check_real("simulate", "current_dt", current_dt, dt, unit="second")
        if currents is None:
            raise parameter_error("simulate", "current_dt", "None without currents", current_dt)
    n_trials = max(len(trains), len(injected))
    states, which = starts.of_trials(n_trials, many)
    for state in states:
        if state is not None:
            check_sent(state, circuit.n_units + circuit.n_inputs)
    trains, injected = (trials * n_trials if len(trials) == 1 else trials for trials in (trains, injected))
    parts = zip(trains, injected, states, which.tolist(), strict=True)
    return (_read_trial(circuit, dt, current_dt, starts.seed, *one) for one in parts), many


def _read_trial(
    circuit: Circuit, dt: float, current_dt: float | None, seed: int,
    trains: Any, currents: Any, state: CircuitState | None, trial: int,
) -> Heard:  # fmt: skip
    n_units = len(circuit.excitatory)
    table = None if currents is None else _read_currents(currents, n_units)
    without_spikes = trains is None
    if trains is None and table is not None:
        duration = len(table) * (dt if current_dt is None else current_dt)
        trains = SpikeTrains(np.zeros(0), np.zeros(0, int), circuit.n_inputs, duration)
    trains = read_trains("simulate", "spikes", trains)
    if trains.n_units != circuit.n_inputs:
        raise parameter_error("simulate", "spikes", f"SpikeTrains of {circuit.n_inputs} channels", trains)
    check_steps("simulate", "currents" if without_spikes else "spikes", trains, trains.duration / dt, n_units)
    n_steps = round(trains.duration / dt)
    rows = None if table is None or current_dt is None else _rows_of(len(table), n_steps, dt, current_dt)
    places = steps_of(trial, 0 if state is None else state.step, n_steps)
    events = input_events(circuit, trains, n_steps, dt, seed, places)
    return Heard(trains, Stimulus(events, table, n_steps, rows, seed, places), state)


def _read_currents(currents: Any, n_units: int) -> np.ndarray:
    rows = real_array(bare("simulate", "currents", currents, "amp"))
    if rows is None or rows.ndim != 2 or rows.shape[1] != n_units or not len(rows) or not np.isfinite(rows).all():
        raise parameter_error("simulate", "currents", f"a finite array (n_rows, {n_units})", currents)
    doubt("simulate", "currents", currents, "amp")
    return np.ascontiguousarray(rows)  # the loop is compiled for these


def _rows_of(n_rows: int, n_steps: int, dt: float, current_dt: float) -> np.ndarray:
    """The row of every step (n_steps,), where each lasts `current_dt` seconds: that in which the step begins."""
    rows = steps_of_times(np.arange(n_steps) * dt, current_dt)
    n_wanted = int(rows[-1]) + 1 if n_steps else 0
    if n_rows != n_wanted:
        wanted = f"of {n_wanted} rows of {current_dt:g} s, as {n_steps * dt:g} s have"
        raise parameter_error("simulate", "currents", wanted, f"{n_rows} rows")
    return rows
