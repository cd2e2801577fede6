"""Rows kept as they are, rather than as sums over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class KeptRows:
    """Weighted rows x (n_features,) with targets y (n_outputs,).

    Attributes
    ----------
    X : array (n, n_features)
    y : array (n, n_outputs)
    weights : array (n,)
    centred : bool
    solver : "gram" or "qr"
    """

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    centred: bool
    solver: str

    @property
    def weight(self) -> float:
        """Sum of the weights."""
        return float(self.weights.sum())

    @property
    def n_rows(self) -> int:
        """Number of rows of a weight > 0."""
        return int(np.count_nonzero(self.weights))

    @property
    def n_features(self) -> int:
        """Number of features."""
        return self.X.shape[1]

    @property
    def n_outputs(self) -> int:
        """Number of targets."""
        return self.y.shape[1]

    def intercept(self, coef: np.ndarray) -> np.ndarray:
        """What is left of the means (..., n_outputs) for a coef (n_features, ..., n_outputs)."""
        if not self.centred:
            return np.zeros(coef.shape[1:])
        mean_x, mean_y = self.means()
        return mean_y - np.tensordot(mean_x, coef, 1)

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Weighted means of the rows (n_features,) and of their targets (n_outputs,)."""
        weights = None if (self.weights == 1).all() else self.weights
        mean_x, mean_y = (np.average(rows, axis=0, weights=weights) for rows in (self.X, self.y))
        return mean_x, mean_y

    def with_rows_of(self, other: KeptRows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """X, y and weights of both together."""
        pairs = ((self.X, other.X), (self.y, other.y), (self.weights, other.weights))
        X, y, weights = map(np.concatenate, pairs)
        return X, y, weights
