"""Values as the rates of Poisson processes."""

from __future__ import annotations

import numpy as np

from reservoir.parts import Numbers
from reservoir.spikes.scaling import Scaled, read_step
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters

_MOST = 1e6  # spikes of a channel in a row; a simulation takes one per step


class Poisson(Scaled):
    """Independent Poisson processes, one channel per feature.

        rate(t) = min_rate + (max_rate - min_rate) x_i,   i step <= t < (i + 1) step

    where x_i in [0, 1] is the share of its range at which the feature lies in row i; values outside the range are
    clipped.

    A Poisson process knows no dead time: two spikes of one channel may be closer than a time step dt of a simulation,
    which counts them once. A channel then fires at (1 - exp(-rate dt)) / dt, 0.5 percent less than its rate at 100 Hz
    and dt = 0.1 ms.

    Parameters
    ----------
    max_rate : float >= min_rate, default 100.0
        Rate at the upper end of the range, hertz.
    min_rate : float >= 0, default 0.0
        Rate at the lower end, and of a feature that was constant in `fit`, hertz.
    low, high : None, float or array (n_features,), default None
        Ends of the range, in the unit of the feature; None learns them from the rows of `fit`.

    Raises
    ------
    ValueError
        For rates out of range, for more than a million spikes per row, and for rows that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import Poisson
    >>> encoder = Poisson(max_rate=50.0, low=0.0, high=1.0).fit(np.ones((1, 1)))
    >>> encoder.encode(np.ones((1000, 1)), 0.01, np.random.default_rng(0))
    <SpikeTrains: 524 spikes of 1 unit in 10 s>
    """

    piecewise = False

    def __init__(
        self,
        max_rate: float = 100.0,
        min_rate: float = 0.0,
        low: float | Numbers | None = None,
        high: float | Numbers | None = None,
    ):
        self.max_rate = max_rate
        self.min_rate = min_rate
        self.low = low
        self.high = high

    def encode(self, rows: np.ndarray, step: float, rng: np.random.Generator) -> SpikeTrains:
        """Spikes of rows (n_rows, n_features) that last `step` seconds each."""
        shares, step = self.shares(rows), read_step(self, step)
        p = Parameters(self)
        low = p.real("min_rate", 0, unit="hertz")
        high = p.real("max_rate", low, unit="hertz")
        if high * step > _MOST:
            raise p.error("max_rate", f"at most {_MOST:g} spikes in a step of {step:g} s")
        counts = rng.poisson((low + (high - low) * shares) * step)
        row, feature = np.repeat(np.argwhere(counts), counts[counts > 0], axis=0).T
        duration = len(shares) * step
        times = np.minimum((row + rng.random(len(row))) * step, np.nextafter(duration, 0))
        return SpikeTrains(times, feature, shares.shape[1], duration)
