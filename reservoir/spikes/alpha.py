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
        keep, lags = np.exp(-spikes.step / tau), spikes.ages / tau
        _advance(spikes.units, spikes.bounds, lags, spikes.step / tau, keep, memory[0], memory[1], states)


@kernel()
def _add(units, lags, decaying, rising):
    for n in range(units.size):
        weight = np.exp(-lags[n])
        decaying[units[n]] += weight
        rising[units[n]] += lags[n] * weight


@kernel(sampling.__file__)
def _advance(units, bounds, lags, step, keep, decaying, rising, states):
    """The lags of the spikes, and the step, in time constants."""
    for i in range(states.shape[0]):
        row = states[i]
        for k in range(row.size):
            risen = keep * (rising[k] + step * decaying[k])
            rising[k] = risen if risen > SMALLEST else 0.0
            decayed = keep * decaying[k]
            decaying[k] = decayed if decayed > SMALLEST else 0.0
        _add(units[bounds[i] : bounds[i + 1]], lags[bounds[i] : bounds[i + 1]], decaying, rising)
        for k in range(row.size):
            row[k] = np.e * rising[k]
    _add(units[bounds[-2] : bounds[-1]], lags[bounds[-2] : bounds[-1]], decaying, rising)
