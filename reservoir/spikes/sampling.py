"""What all traces share: which spikes a row counts, and the memory between pieces of a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.trains import SpikeTrains, earliest_on, tolerance
from reservoir.validation import Parameters, check_finite_array, check_integer, check_real, parameter_error

SMALLEST = 1e-290
"""Traces that have decayed below become 0, before arithmetic with denormal numbers makes kernels slow."""


class SpikesOfRows(NamedTuple):
    """Spikes sorted by time, and which of them fall into which row."""

    times: np.ndarray  # (n_spikes,), seconds
    units: np.ndarray  # (n_spikes,)
    bounds: np.ndarray  # (n_rows + 2,): row i has bounds[i]:bounds[i + 1], the end of the last row the spikes after it
    step: float  # seconds per row
    ages: np.ndarray  # (n_spikes,), seconds from a spike to the end of its row; of those after all rows, since the end


class Trace(BaseEstimator):
    """Part that turns spikes into states, one row per `step` seconds.

    Row i is the trace at time (i + 1) step, of the spikes strictly before; a spike within a thousandth of a step, at
    most 1e-6 s, of that time counts as on it. A subclass has `n_memory` and ``advance(spikes, memory, states)``, which
    fills `states` and moves `memory` on in place: with the spikes on the end of the last row, too.
    """

    def n_memory(self, step: float) -> int:
        """Number of rows of memory for rows of `step` seconds."""
        raise NotImplementedError

    def advance(self, spikes: SpikesOfRows, memory: np.ndarray, states: np.ndarray) -> None:
        """Fill states (n_rows, n_units) and move memory (n_memory, n_units) on, see above."""
        raise NotImplementedError

    def filter(
        self, trains: SpikeTrains, step: float, n_rows: int, memory: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """States at the ends of rows, and what the next piece of the record needs.

        Parameters
        ----------
        trains : SpikeTrains of n_units units
            Spikes at n_rows * step or later belong to the next piece and are left out.
        step : float > 0
            Seconds per row.
        n_rows : int >= 0
        memory : None or array (n_memory, n_units), default None
            What the piece before has returned; None stands for silence before.

        Returns
        -------
        states : array (n_rows, n_units)
        memory : array (n_memory, n_units)
            With it the next piece, whose times begin at 0, gives what one long piece gives, up to rounding.
        """
        owner = type(self).__name__
        if not isinstance(trains, SpikeTrains):
            raise parameter_error(owner, "trains", "SpikeTrains", trains)
        step = check_real(owner, "step", step, 0, closed="neither", unit="second")
        n_rows = check_integer(owner, "n_rows", n_rows, 0)
        last = earliest_on(n_rows * step, trains.duration)
        ends = np.concatenate([np.arange(n_rows + 1) * step - tolerance(step), [last]])
        bounds = np.searchsorted(trains.times, ends)
        row = np.repeat(np.arange(n_rows + 1), np.diff(bounds))
        times, units = trains.times[: bounds[-1]], trains.units[: bounds[-1]]
        ages = np.minimum(row + 1, n_rows) * step - times
        return self._advanced(SpikesOfRows(times, units, bounds, step, ages), trains.n_units, n_rows, memory)

    def filter_steps(
        self,
        fired: np.ndarray,
        n_units: int,
        dt: float,
        steps_a_row: int,
        n_rows: int,
        memory: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same for spikes (n_spikes, 2), step and unit, on a grid of `dt` seconds, sorted by steps.

        Pieces, whose steps begin at 0, have the bits of the whole.
        """
        steps, units = fired[:, 0], fired[:, 1]
        bounds = np.append(np.searchsorted(steps, np.arange(n_rows + 1) * steps_a_row), len(steps))
        ages = (steps_a_row - steps % steps_a_row) * dt
        spikes = SpikesOfRows(steps * dt, units, bounds, steps_a_row * dt, ages)
        return self._advanced(spikes, n_units, n_rows, memory)

    def _advanced(
        self, spikes: SpikesOfRows, n_units: int, n_rows: int, memory: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """States and memory, see `filter`."""
        owner, shape = type(self).__name__, (self.n_memory(spikes.step), n_units)
        memory = np.zeros(shape) if memory is None else check_finite_array(owner, "memory", memory, shape)
        memory = np.ascontiguousarray(memory)
        states = np.empty((n_rows, n_units))
        self.advance(spikes, memory, states)
        return states, memory


@dataclass(eq=False, repr=False)
class LowPass(Trace):
    """Trace that decays to 1/e within `time_constant` seconds."""

    time_constant: float = 30e-3

    def _decay(self) -> float:
        return Parameters(self).real("time_constant", 0, closed="neither", unit="second")
