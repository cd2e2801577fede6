"""Spikes through the alpha function."""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.spikes import sampling
from reservoir.spikes.sampling import SMALLEST, LowPass, SpikesOfRows


class Alpha(LowPass):
    """Alpha-function trace, which rises to 1 at `time_constant` after a spike and then decays.

        trace(t) = sum over spikes s < t of (t - s) / time_constant exp(1 - (t - s) / time_constant)

    Row i is the trace at the end of the row, from the exact times of the spikes; see `Trace.filter`. The memory is two
    rows: the sum of exp(-(t - s) / time_constant) at the end of the last row, and the trace there over e.

    Parameters
    ----------
    time_constant : float > 0, default 30e-3
        Seconds from a spike to the peak of its trace.

    Raises
    ------
    ValueError
        For a time constant that is not above 0, and a memory that is not of two rows.

    Examples
    --------
    >>> from reservoir.spikes import Alpha, SpikeTrains
    >>> trains = SpikeTrains([0.01], [0], n_units=1, duration=0.04)
    >>> states, memory = Alpha(time_constant=0.01).filter(trains, step=0.01, n_rows=4)
    >>> states.ravel().round(3)
    array([0.   , 1.   , 0.736, 0.406])
    """

    def n_memory(self, step: float) -> int:
        """Two rows."""
        return 2

    def advance(self, spikes: SpikesOfRows, memory: np.ndarray, states: np.ndarray) -> None:
        """Fill states (n_rows, n_units) and move memory (2, n_units) on."""
        tau = self._decay()
        _advance(*spikes, tau, np.exp(-spikes.step / tau), memory[0], memory[1], states)


@kernel()
def _add(times, units, end, tau, decaying, rising):
    for n in range(times.size):
        lag = (end - times[n]) / tau
        weight = np.exp(-lag)
        decaying[units[n]] += weight
        rising[units[n]] += lag * weight


@kernel(sampling.__file__)
def _advance(times, units, bounds, step, tau, keep, decaying, rising, states):
    for i in range(states.shape[0]):
        row = states[i]
        for k in range(row.size):
            risen = keep * (rising[k] + step / tau * decaying[k])
            rising[k] = risen if risen > SMALLEST else 0.0
            decayed = keep * decaying[k]
            decaying[k] = decayed if decayed > SMALLEST else 0.0
        _add(times[bounds[i] : bounds[i + 1]], units[bounds[i] : bounds[i + 1]], (i + 1) * step, tau, decaying, rising)
        for k in range(row.size):
            row[k] = np.e * rising[k]
    _add(times[bounds[-2] : bounds[-1]], units[bounds[-2] : bounds[-1]], len(states) * step, tau, decaying, rising)
