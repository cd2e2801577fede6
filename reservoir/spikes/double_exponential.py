"""Spikes through a rise and a decay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.compilation import kernel
from reservoir.spikes import sampling
from reservoir.spikes.sampling import SMALLEST, SpikesOfRows, Trace
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class DoubleExponential(Trace):
    """Trace that rises and decays with time constants of its own, as a synaptic current does; its peak is 1.

        trace(t) = sum over spikes s < t of k (exp(-(t - s) / decay_time) - exp(-(t - s) / rise_time))
        1 / k = r^(rise_time / (decay_time - rise_time)) - r^(decay_time / (decay_time - rise_time))

    with r = rise_time / decay_time. The peak comes decay_time rise_time / (decay_time - rise_time) ln(1 / r) after a
    spike. Row i is the trace at the end of the row, from the exact times of the spikes; see `Trace.filter`. The memory
    is two rows, the sums of both exponentials at the end of the last row.

    Parameters
    ----------
    decay_time : float > 0, default 30e-3
        Seconds in which a trace decays to 1/e, in the end.
    rise_time : float in (0, decay_time), default 5e-3
        Seconds. `Alpha` is the limit of equal times.

    Raises
    ------
    ValueError
        For times out of range, and a memory that is not of two rows.

    References
    ----------
    Roth, van Rossum 2009, Modeling synapses, in De Schutter (ed.), Computational Modeling Methods for Neuroscientists,
    MIT Press, 139-160, doi:10.7551/mitpress/9780262013277.003.0007.

    Examples
    --------
    >>> from reservoir.spikes import DoubleExponential, SpikeTrains
    >>> trains = SpikeTrains([0.01], [0], n_units=1, duration=0.04)
    >>> states, memory = DoubleExponential(decay_time=0.02, rise_time=0.005).filter(trains, step=0.01, n_rows=4)
    >>> states.ravel().round(3)
    array([0.   , 0.997, 0.74 , 0.467])
    """

    decay_time: float = 30e-3
    rise_time: float = 5e-3

    def n_memory(self, step: float) -> int:
        """Two rows."""
        return 2

    def advance(self, spikes: SpikesOfRows, memory: np.ndarray, states: np.ndarray) -> None:
        """Fill states (n_rows, n_units) and move memory (2, n_units) on."""
        p = Parameters(self)
        decay = p.real("decay_time", 0, closed="neither", unit="second")
        rise = p.real("rise_time", 0, decay, closed="neither", unit="second")
        ratio, gap = rise / decay, decay - rise
        scale = 1 / (ratio ** (rise / gap) - ratio ** (decay / gap))
        taus = np.array([decay, rise])
        _advance(spikes.units, spikes.bounds, spikes.ages, np.exp(-spikes.step / taus), taus, scale, memory, states)


@kernel()
def _add(units, ages, taus, memory):
    for n in range(units.size):
        for k in range(2):
            memory[k, units[n]] += np.exp(-ages[n] / taus[k])


@kernel(sampling.__file__)
def _advance(units, bounds, ages, keep, taus, scale, memory, states):
    for i in range(states.shape[0]):
        row = states[i]
        for k in range(2):
            for unit in range(row.size):
                decayed = keep[k] * memory[k, unit]
                memory[k, unit] = decayed if decayed > SMALLEST else 0.0
        _add(units[bounds[i] : bounds[i + 1]], ages[bounds[i] : bounds[i + 1]], taus, memory)
        for unit in range(row.size):
            row[unit] = scale * (memory[0, unit] - memory[1, unit])
    _add(units[bounds[-2] : bounds[-1]], ages[bounds[-2] : bounds[-1]], taus, memory)
