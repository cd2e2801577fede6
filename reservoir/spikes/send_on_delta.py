"""Changes of a value as spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.spikes.scaling import Scaled, read_step
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters

_ARRIVAL = 0.99
_SMALLEST = 1e-6  # of the threshold: a row sends at most one over it spikes
# A level counts as reached within this share of the threshold.
_ROUNDING = 1e-9


@documented_with(Scaled)
@dataclass(eq=False, repr=False)
class SendOnDelta(Scaled):
    """A spike whenever the signal has moved by a threshold since the last one; two channels per feature, up and down.

        up:    level <- level + threshold   when x(t) >= level + threshold
        down:  level <- level - threshold   when x(t) <= level - threshold

    where x(t) in [0, 1] is the share of its range at which the feature lies, and the level begins at the first row. In
    row i, x moves on a straight line from the value of row i - 1, at the beginning of the row, to its own, which
    is reached at 0.99 of the row, so that every spike belongs to the row that causes it; then it rests. Hence nothing
    depends on rows to come, row 0 has no spikes, and the first value plus `threshold` times (ups - downs) is closer to
    x(t) than the threshold at any time. Feature j has the channels 2 j (up) and 2 j + 1 (down). Values outside the
    range are clipped; a feature that was constant in `fit` has no spikes.

    A system that goes on from a state keeps the level, and the value of the row before, in it: `encode_on`.

    Parameters
    ----------
    threshold : float in [1e-6, 1], default 0.1
        Share of the range.

    References
    ----------
    Miskowicz 2006, Send-on-delta concept: an event-based data reporting strategy, Sensors 6(1):49-63,
    doi:10.3390/s6010049. That the signal is interpolated between rows is the library's own choice.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import SendOnDelta
    >>> rows = np.array([[0.0], [0.5], [1.0], [0.0]])
    >>> SendOnDelta(threshold=0.5).fit(rows).encode(rows, 0.01, None).to_lists()
    [array([0.0199, 0.0299]), array([0.03495, 0.0399 ])]
    """

    threshold: float = 0.1
    low: float | Numbers | None = None
    high: float | Numbers | None = None

    draws = False

    def n_channels(self, n_features: int) -> int:
        """Two channels per feature."""
        return 2 * n_features

    def n_memory(self, n_features: int) -> int:
        """Whether there was a row before, and for each feature the first value, the level and the last value."""
        return 1 + 3 * n_features

    def encode(self, rows: np.ndarray, step: float, rng: np.random.Generator | None = None) -> SpikeTrains:
        """Spikes of rows (n_rows, n_features) that last `step` seconds each; nothing is drawn from `rng`."""
        return self.encode_on(rows, step, rng)[0]

    def encode_on(
        self, rows: np.ndarray, step: float, rng: Any = None, memory: np.ndarray | None = None
    ) -> tuple[SpikeTrains, np.ndarray]:
        """The same for a piece of a longer signal, and the memory (n_memory,) with which the next one begins.

        None, or zeros, stand for the beginning.
        """
        shares, step = self.shares(rows), read_step(self, step)
        n_features = shares.shape[1]
        kept = np.zeros(self.n_memory(n_features)) if memory is None else memory
        begun = kept[1:] if kept[0] else np.concatenate([shares[0], np.zeros(n_features), shares[0]])
        origin, reached, last = begun.reshape(3, n_features)
        position = (np.vstack([last, shares]) - origin) / Parameters(self).real("threshold", _SMALLEST, 1)
        levels = _levels(position, reached)
        trains = _crossings(position, levels, step)
        return trains, np.concatenate([[1.0], origin, levels[-1], shares[-1]])


def _crossings(position: np.ndarray, levels: np.ndarray, step: float) -> SpikeTrains:
    """A spike for every level that is crossed, from the last row of the piece before (n_rows + 1, n_features) on."""
    moves = np.diff(levels, axis=0).astype(np.int64)
    row, feature = np.nonzero(moves)
    counts = np.abs(moves[row, feature])
    nth = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    row, feature = np.repeat(row, counts), np.repeat(feature, counts)
    up = moves[row, feature] > 0
    level = levels[row, feature] + np.where(up, 1, -1) * (nth + 1)
    before, after = position[row, feature], position[row + 1, feature]
    reached = np.clip((level - before) / (after - before), 0, 1)
    n_rows, n_features = moves.shape
    return SpikeTrains((row + _ARRIVAL * reached) * step, 2 * feature + ~up, 2 * n_features, n_rows * step)


@kernel()
def _levels(position, reached):
    """Last level, a whole number, reached by each column of `position` (n_rows, n_features), from that of row 0 on."""
    levels = np.zeros(position.shape)
    levels[0] = reached
    for i in range(1, position.shape[0]):
        for j in range(position.shape[1]):
            x, level = position[i, j], levels[i - 1, j]
            if x >= level + 1 - _ROUNDING:
                level = np.floor(x + _ROUNDING)
            elif x <= level - 1 + _ROUNDING:
                level = np.ceil(x - _ROUNDING)
            levels[i, j] = level
    return levels
