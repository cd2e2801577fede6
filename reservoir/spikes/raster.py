"""Rows that hold numbers of spikes."""

from __future__ import annotations

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.sequences import check_magnitude
from reservoir.spikes.scaling import read_step
from reservoir.trains import SpikeTrains
from reservoir.validation import parameter_error, real_array

_MOST = 10_000


class Raster(BaseEstimator):
    """Rows that already are spikes: how many of each channel in each row; one channel per feature.

    The n spikes of a row are spread evenly over it, at (i + (j + 1/2) / n) step for j = 0 ... n - 1. So spike trains,
    binned by ``trains.binned(step)``, go through everything that takes series: models, searches, cross-validation.

    Raises
    ------
    ValueError
        For rows that are not whole numbers from 0 to 10,000.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import Raster
    >>> Raster().encode(np.array([[1], [0], [2]]), 0.01).times
    array([0.005 , 0.0225, 0.0275])
    """

    draws = False

    def fit(self, rows: np.ndarray) -> Raster:
        """Nothing is learned."""
        return self

    def n_channels(self, n_features: int) -> int:
        """One channel per feature."""
        return n_features

    def encode(self, rows: np.ndarray, step: float, rng: np.random.Generator | None = None) -> SpikeTrains:
        """Spikes of rows (n_rows, n_features) that last `step` seconds each; nothing is drawn from `rng`."""
        numbers, step = self._read(rows), read_step(self, step)
        row, channel = np.nonzero(numbers)
        n_spikes = numbers[row, channel].astype(np.int64)
        which = np.arange(n_spikes.sum()) - np.repeat(np.cumsum(n_spikes) - n_spikes, n_spikes)
        times = (np.repeat(row, n_spikes) + (which + 0.5) / np.repeat(n_spikes, n_spikes)) * step
        return SpikeTrains(times, np.repeat(channel, n_spikes), numbers.shape[1], len(numbers) * step)

    def _read(self, rows: np.ndarray) -> np.ndarray:
        owner, numbers = type(self).__name__, real_array(rows)
        if numbers is not None and numbers.ndim == 2 and (numbers == np.round(numbers)).all():
            check_magnitude(numbers, "rows", owner)
            if ((numbers >= 0) & (numbers <= _MOST)).all():
                return numbers
        raise parameter_error(owner, "rows", f"whole numbers from 0 to {_MOST:,} (n_rows, n_features)", rows)
