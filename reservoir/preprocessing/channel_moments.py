"""Mean and variance of every channel, from blocks of rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ChannelMoments(NamedTuple):
    """Rows seen, means and variances of channels; rows in which a channel is NaN do not count for it."""

    counts: np.ndarray  # (n_channels,), int
    means: np.ndarray  # (n_channels,), 0 where nothing was seen
    variances: np.ndarray  # (n_channels,), of all that was seen: divided by the counts

    @classmethod
    def of_rows(cls, rows: np.ndarray) -> ChannelMoments:
        """Moments of rows (n_rows, n_channels), NaN where nothing is known."""
        known = ~np.isnan(rows)
        counts = known.sum(axis=0)
        seen = np.maximum(counts, 1)
        means = np.sum(rows, axis=0, where=known) / seen
        off = rows - means
        drift = np.sum(off, axis=0, where=known) / seen  # what rounding has left in the means
        variances = np.maximum(np.sum(off**2, axis=0, where=known) / seen - drift**2, 0.0)
        return cls(counts, means + drift, variances)

    def merged(self, other: ChannelMoments) -> ChannelMoments:
        """Moments of both sets of rows together (Chan, Golub and LeVeque 1983, doi:10.2307/2683386)."""
        counts = self.counts + other.counts
        share = other.counts / np.maximum(counts, 1)
        apart = other.means - self.means
        inner = (1 - share) * self.variances + share * other.variances
        return ChannelMoments(counts, self.means + share * apart, inner + share * (1 - share) * apart**2)

    @property
    def deviations(self) -> np.ndarray:
        """Standard deviations, 1 for channels that are constant up to rounding."""
        eps = np.finfo(np.float64).eps
        rounding = self.counts * eps * self.variances + (self.counts * eps * self.means) ** 2
        return np.where(self.variances <= rounding, 1.0, np.sqrt(self.variances))
