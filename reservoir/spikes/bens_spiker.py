"""Ben's spiker algorithm: spikes from which a filter makes the signal again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel, rows_per_call
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.spikes.scaling import Scaled, read_step
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters, check_finite_array

_MOST_TAPS = 100_000


@documented_with(Scaled)
@dataclass(eq=False, repr=False)
class BensSpiker(Scaled):
    """Ben's spiker algorithm (BSA): a spike wherever the impulse of a filter, taken away, leaves less of the signal.

        fire at sample k   if   sum_j |e_j| - sum_j |e_j - h_j| >= threshold sum_j h_j
        then   e_j <- e_j - h_j

    where e_j, j = 0 ... M - 1, is what is left of the samples k - M + 1 ... k, and h is a Hann window of M samples
    with sum 1. So the spikes through that filter are the signal again, M - 1 samples later: a spike needs to know the
    whole window that it stands for, and comes at the end of it, so that nothing depends on rows to come. The signal is
    the share x in [0, 1] of its range at which the feature lies, held for a row and sampled every `interval`; a feature
    at its upper end fires at every sample, one that was constant in `fit` never. One channel per feature. The filter is
    the library's own choice.

    Parameters
    ----------
    threshold : float in [0, 1], default 0.9
        How much of the impulse must be in the signal. Lower ones give more spikes.
    n_taps : int in [1, 100000], default 10
        Length of the filter in samples, the M above: what is faster is lost.
    interval : None or float > 0, default None
        Time between samples, and the least between two spikes, seconds; rows last a whole multiple of it. None: a
        sample a row.

    References
    ----------
    Schrauwen, Van Campenhout 2003, BSA, a fast and accurate spike train encoding scheme, IJCNN 2003, 4:2825-2830,
    doi:10.1109/IJCNN.2003.1224019.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import BensSpiker
    >>> rows = np.linspace(0, 1, 100)[:, None]
    >>> trains = BensSpiker().fit(rows).encode(rows, 0.01, None)
    >>> trains.window(0.0, 0.5).rates().item() < trains.window(0.5, 1.0).rates().item()
    True
    """

    threshold: float = 0.9
    n_taps: int = 10
    interval: float | None = None
    low: float | Numbers | None = None
    high: float | Numbers | None = None

    draws = False

    def taps(self) -> np.ndarray:
        """The filter (n_taps,), whose sum is 1."""
        n_taps = Parameters(self).integer("n_taps", 1, _MOST_TAPS)
        window = np.sin(np.pi * (np.arange(n_taps) + 0.5) / n_taps) ** 2
        return window / window.sum()

    def n_memory(self, n_features: int) -> int:
        """How many samples were heard, and for each feature what is left of the last ones."""
        return 1 + n_features * (len(self.taps()) - 1)

    def encode(self, rows: np.ndarray, step: float, rng: np.random.Generator | None = None) -> SpikeTrains:
        """Spikes of rows (n_rows, n_features) that last `step` seconds each; nothing is drawn from `rng`."""
        return self.encode_on(rows, step, rng)[0]

    def encode_on(
        self, rows: np.ndarray, step: float, rng: Any = None, memory: np.ndarray | None = None
    ) -> tuple[SpikeTrains, np.ndarray]:
        """The same for a piece of a longer signal, and the memory (n_memory,) with which the next one begins.

        None, or zeros, stand for the beginning.
        """
        shares, step, taps, p = self.shares(rows), read_step(self, step), self.taps(), Parameters(self)
        threshold, interval = p.real("threshold", 0, 1), step
        if self.interval is not None:
            interval = p.real("interval", 0, step, closed="right", unit="second")
        n_samples = round(step / interval)
        if abs(step / interval - n_samples) > 1e-6 * n_samples:
            raise p.error("interval", f"such that a row of {step:g} s lasts a whole number of them")
        n_features, shape = shares.shape[1], (self.n_memory(shares.shape[1]),)
        kept = np.zeros(shape) if memory is None else check_finite_array(p.owner, "memory", memory, shape)
        left = np.zeros((n_features, len(taps)))
        left[:, 1:] = kept[1:].reshape(n_features, -1)
        spikes, heard = [], int(kept[0])
        chunk = rows_per_call(2 * n_samples * n_features * len(taps), "update")
        for first in range(0, len(shares), chunk):
            piece = shares[first : first + chunk]
            fired = np.zeros((len(piece) * n_samples, n_features), np.bool_)
            _fire(piece, n_samples, taps, threshold, heard, left, fired)
            heard = min(heard + len(fired), len(taps))
            spikes.append(np.argwhere(fired) + np.array([first * n_samples, 0]))
        sample, feature = np.concatenate(spikes).T
        trains = SpikeTrains((sample + 0.5) * interval, feature, n_features, len(shares) * step)
        return trains, np.concatenate([[float(heard)], left[:, 1:].ravel()])


@kernel()
def _fire(shares, n_samples, taps, threshold, heard, left, fired):
    """Which samples (n_rows n_samples, n_features) fire; left[:, 1:] are the samples before, and those after."""
    n_taps = taps.size
    for k in range(fired.shape[0]):
        for j in range(left.shape[0]):
            window = left[j]
            for i in range(n_taps - 1):
                window[i] = window[i + 1]
            window[n_taps - 1] = shares[k // n_samples, j]
            gained = 0.0
            for i in range(n_taps):
                gained += abs(window[i]) - abs(window[i] - taps[i])
            if heard + k + 1 >= n_taps and gained >= threshold - 1e-9:
                fired[k, j] = True
                for i in range(n_taps):
                    window[i] -= taps[i]
