"""Numbers of spikes in a sliding window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.compilation import kernel
from reservoir.spikes.sampling import SpikesOfRows, Trace
from reservoir.validation import Parameters, check_real


@dataclass(eq=False, repr=False)
class Counts(Trace):
    """Numbers of spikes in the last `window` seconds.

        trace(t) = number of spikes s with t - window <= s < t

    Row i is the trace at the end of the row; see `Trace.filter`. The memory has a row for each step of the window: the
    counts of the last rows but the first of a window, and of the spikes on the end of the last row.

    Parameters
    ----------
    window : float > 0, default 0.1
        Seconds, a whole multiple of the step.

    Raises
    ------
    ValueError
        For a window that is no whole multiple of the step, and a memory of another shape.

    Examples
    --------
    >>> from reservoir.spikes import Counts, SpikeTrains
    >>> trains = SpikeTrains([0.011, 0.012, 0.021], [0, 0, 0], n_units=1, duration=0.05)
    >>> states, memory = Counts(window=0.02).filter(trains, step=0.01, n_rows=5)
    >>> states.ravel()
    array([0., 2., 3., 1., 0.])
    """

    window: float = 0.1

    def n_memory(self, step: float) -> int:
        """A row for each step of the window."""
        p = Parameters(self)
        step = check_real(p.owner, "step", step, 0, closed="neither", unit="second")
        n_steps = p.real("window", 0, closed="neither", unit="second") / step
        if not 0.5 < n_steps < 2**31 or abs(n_steps - round(n_steps)) > 1e-6:
            raise p.error("window", f"a whole multiple of the step, {step:g} s")
        return round(n_steps)

    def advance(self, spikes: SpikesOfRows, memory: np.ndarray, states: np.ndarray) -> None:
        """Fill states (n_rows, n_units) and move memory (n_memory, n_units) on."""
        counted = np.concatenate([memory, np.zeros_like(states)])
        _advance(spikes.units, spikes.bounds, counted, states)
        memory[:] = counted[len(states) :]


@kernel()
def _advance(units, bounds, counted, states):
    """counted (n_memory + n_rows, n_units): the spikes of row i are added to its row n_memory - 1 + i."""
    n_rows = states.shape[0]
    n_steps = counted.shape[0] - n_rows
    for i in range(n_rows + 1):
        for n in range(bounds[i], bounds[i + 1]):
            counted[n_steps - 1 + i, units[n]] += 1.0
    total = np.zeros(states.shape[1])
    for i in range(n_steps - 1):
        for k in range(total.size):
            total[k] += counted[i, k]
    for i in range(n_rows):
        first, last, row = counted[i], counted[n_steps - 1 + i], states[i]
        for k in range(total.size):
            row[k] = total[k] + last[k]
            total[k] = row[k] - first[k]
