"""Values as the time of one spike per row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.spikes.scaling import Scaled, read_step
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters


@documented_with(Scaled)
@dataclass(eq=False, repr=False)
class Latency(Scaled):
    """One spike per row and feature, the earlier the larger the value; one channel per feature.

        time = (i + 1 - x_i) step   if x_i > cut, else no spike

    where x_i in [0, 1] is the share of its range at which the feature lies in row i; values outside the range are
    clipped. So the largest value fires at the beginning of its row, and the smallest does not fire, nor does a
    feature that was constant in `fit`. No two spikes of a channel meet in a step dt of a simulation where rows last
    whole steps and cut > 0.001 dt / step. The law is the library's own choice.

    Parameters
    ----------
    cut : float in [1e-6, 1), default 0.01
        Share of the range up to which there is no spike.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import Latency
    >>> rows = np.array([[0.0], [0.5], [1.0]])
    >>> Latency().fit(rows).encode(rows, 0.01, None).times
    array([0.015, 0.02 ])
    """

    cut: float = 0.01
    low: float | Numbers | None = None
    high: float | Numbers | None = None

    draws = False

    def encode(self, rows: np.ndarray, step: float, rng: np.random.Generator | None = None) -> SpikeTrains:
        """Spikes of rows (n_rows, n_features) that last `step` seconds each; nothing is drawn from `rng`."""
        return spikes_in_rows(self.shares(rows), read_cut(self), read_step(self, step))


def read_cut(part: Scaled) -> float:
    """Activation without a spike, checked: so large that no spike is rounded into the next row."""
    return Parameters(part).real("cut", 1e-6, 1, closed="left")


def spikes_in_rows(activations: np.ndarray, cut: float, step: float) -> SpikeTrains:
    """A spike at (i + 1 - activation) step for all activations (n_rows, n_channels), in [0, 1], above `cut`."""
    row, channel = np.nonzero(activations > cut)
    times = (row + (1 - activations[row, channel])) * step
    return SpikeTrains(times, channel, activations.shape[1], len(activations) * step)
