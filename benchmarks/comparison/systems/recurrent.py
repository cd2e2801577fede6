"""Networks trained by backpropagation, for all three kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from reservoir.rnn import RNNClassifier, RNNRegressor

WASHOUT = 50


def space(kind: str) -> dict[str, list]:
    """Size, rate and length of training, and how the data are cut."""
    shared = {"n_units": [32, 16, 64], "learning_rate_init": [0.01, 0.003, 0.03]}
    if kind == "classify":
        return {
            **shared,
            "pooling": ["mean", "last"],
            "variational_dropout": [0.0, 0.25],
            "bidirectional": [False, True],
            "max_iter": [60, 30],
        }
    epochs = {"max_iter": [200, 100, 400, 800], "alpha": [0.0, 1e-4, 1e-3]}
    return {**shared, "length": [100, 200], "batch_size": [8, 4], **epochs}


def build(cell: str, kind: str, settings: dict, seed: int) -> Any:
    """A network of one layer."""
    options = {name: value for name, value in settings.items() if name not in ("n_units", "length")}
    options["tol"] = None  # all epochs: the loss of few windows is too rough to end by
    if kind == "classify":
        return RNNClassifier(cell, settings["n_units"], random_state=seed, **options)
    network = RNNRegressor(cell, settings["n_units"], washout=WASHOUT, random_state=seed, **options)
    return (InWindows if kind == "regress" else InLoop)(network, settings["length"])


def trained(model: Any) -> int:
    """All weights of the network."""
    network = getattr(model, "network", model)
    return int(sum(array.size for array in network.parameters_.values()))


class InWindows(BaseEstimator):
    """A network that learns from windows of one series, and answers for the whole.

    Targets are brought to zero mean and unit variance; windows overlap by the washout of the network.
    """

    def __init__(self, network: Any, length: int):
        self.network = network
        self.length = length

    def fit(self, X: np.ndarray, y: np.ndarray) -> InWindows:
        """X (n_rows, n_features); y (n_rows,) or (n_rows, n_outputs)."""
        self.mean_, self.spread_ = y.mean(axis=0), y.std(axis=0)
        targets = (y - self.mean_) / self.spread_
        firsts = range(0, len(X) - self.length - WASHOUT + 1, self.length)
        windows = [slice(first, first + self.length + WASHOUT) for first in firsts]
        self.network.fit(np.stack([X[w] for w in windows]), np.stack([targets[w] for w in windows]))
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """An answer for every row."""
        return self.network.predict(X) * self.spread_ + self.mean_


class InLoop(InWindows):
    """A network that learns the change from each row to the next, and goes on by itself."""

    def fit(self, X: np.ndarray, y: Any = None) -> InLoop:
        """X (n_rows, n_features)."""
        return super().fit(X[:-1], np.diff(X, axis=0))

    def forecast(self, n_rows: int, context: np.ndarray) -> np.ndarray:
        """The rows (n_series, n_rows, n_features) after the contexts (n_series, n_context, n_features)."""
        changes, state = self.network.run(context)
        rows, future = context[:, -1:], []
        for _ in range(n_rows):
            rows = rows + np.clip(changes[:, -1:] * self.spread_ + self.mean_, -1e3, 1e3)
            rows = np.clip(rows, -1e6, 1e6)
            future.append(rows)
            changes, state = self.network.run(rows, state)
        return np.concatenate(future, axis=1)
