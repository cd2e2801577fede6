"""A series and what is asked of it."""

from typing import NamedTuple

import numpy as np


class Task(NamedTuple):
    """Rows to learn from, and rows that forecasts from origins among them are held against."""

    rows: np.ndarray  # (n_rows, n_channels)
    n_train: int
    horizon: int
    season: int = 1  # told to the baselines, and not to the forecaster

    @property
    def train(self):
        """The rows to learn from."""
        return self.rows[: self.n_train]

    @property
    def deviations(self):
        """Standard deviations of the channels in the training rows, 1 where there is none."""
        deviations = self.train.std(axis=0)
        return np.where(deviations > 1e-12 * (1 + np.abs(self.train.mean(axis=0))), deviations, 1.0)

    def origins(self, n_origins):
        """Rows that are known at each of so many origins (fewer where rows are)."""
        return np.unique(np.linspace(self.n_train, len(self.rows) - self.horizon, n_origins).astype(int))


def task(values, n_train, horizon, season=1):
    """A task of one channel (n_rows,) or several (n_rows, n_channels)."""
    values = np.asarray(values, dtype=float)
    return Task(values[:, None] if values.ndim == 1 else values, n_train, horizon, season)
