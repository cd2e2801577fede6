"""Free forecasts of any system, for many starts in step with one another."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

LARGEST = 1e6


class InStep(BaseEstimator):
    """A readout that tells the next row from state and row, and hears its own answer.

        y(t) = W [x(t), u(t)] + b,    u(t + 1) = y(t)

    All starts take a step at once. Answers are kept within +-1e6, where a forecast is long lost.
    """

    def __init__(self, reservoir: Any, readout: Any, washout: int):
        self.reservoir = reservoir
        self.readout = readout
        self.washout = washout

    def fit(self, X: np.ndarray, y: Any = None) -> InStep:
        """X (n_rows, n_features)."""
        self.reservoir_ = self.reservoir.fit(X[:-1])
        states, _ = self.reservoir_.run(X[:-1])
        features = np.concatenate([states, X[:-1]], axis=1)
        self.readout_ = self.readout.fit(features[self.washout :], X[1 + self.washout :])
        return self

    def forecast(self, n_rows: int, context: np.ndarray) -> np.ndarray:
        """The rows (n_series, n_rows, n_features) after the contexts (n_series, n_context, n_features)."""
        states, memory = self.reservoir_.run(context)
        features, future = np.concatenate([states[:, -1], context[:, -1]], axis=1), []
        for _ in range(n_rows):
            answer = self.readout_.predict(features).reshape(len(context), -1)
            answer = np.clip(answer, -LARGEST, LARGEST)
            future.append(answer)
            states, memory = self.reservoir_.run(answer[:, None], memory)
            features = np.concatenate([states[:, 0], answer], axis=1)
        return np.stack(future, axis=1)
