"""Spikes through a first-order low-pass."""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.spikes import sampling
from reservoir.spikes.sampling import SMALLEST, LowPass, SpikesOfRows


class Exponential(LowPass):
    """Exponential trace: spikes through a first-order low-pass.

        trace(t) = sum over spikes s < t of exp(-(t - s) / time_constant)

    Row i is the trace at the end of the row, from the exact times of the spikes; see `Trace.filter`. The memory is one
    row, the trace at the end of the last row.

    Parameters
    ----------
    time_constant : float > 0, default 30e-3
        Seconds in which a trace decays to 1/e.

    Raises
    ------
    ValueError
        For a time constant that is not above 0, and a memory that is not of one row.

    References
    ----------
    Maass, Natschlaeger, Markram 2002, Real-time computing without stable states, Neural Computation 14(11):2531-2560,
    doi:10.1162/089976602760407955, where liquid states are such traces.

    Examples
    --------
    >>> from reservoir.spikes import Exponential, SpikeTrains
    >>> trains = SpikeTrains([0.01], [0], n_units=1, duration=0.04)
    >>> states, memory = Exponential(time_constant=0.01).filter(trains, step=0.01, n_rows=4)
    >>> states.ravel().round(3)
    array([0.   , 0.368, 0.135, 0.05 ])
    """

    def n_memory(self, step: float) -> int:
        """One row."""
        return 1

    def advance(self, spikes: SpikesOfRows, memory: np.ndarray, states: np.ndarray) -> None:
        """Fill states (n_rows, n_units) and move memory (1, n_units) on."""
        tau = self._decay()
        _advance(spikes.units, spikes.bounds, spikes.ages, tau, np.exp(-spikes.step / tau), memory[0], states)


@kernel()
def _add(units, ages, tau, trace):
    for n in range(units.size):
        trace[units[n]] += np.exp(-ages[n] / tau)


@kernel(sampling.__file__)
def _advance(units, bounds, ages, tau, keep, trace, states):
    for i in range(states.shape[0]):
        row = states[i]
        for k in range(row.size):
            decayed = keep * trace[k]
            trace[k] = decayed if decayed > SMALLEST else 0.0
        _add(units[bounds[i] : bounds[i + 1]], ages[bounds[i] : bounds[i + 1]], tau, trace)
        for k in range(row.size):
            row[k] = trace[k]
    _add(units[bounds[-2] : bounds[-1]], ages[bounds[-2] : bounds[-1]], tau, trace)
