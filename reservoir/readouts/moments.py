"""First and second moments of rows and targets: all that least squares needs, exact under merging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """Weighted sums over rows x (n_features,) with targets y (n_outputs,).

    With ``centred`` the products are about the means, which keeps digits when a mean is large; the means are zero
    otherwise. A record is never changed: `merged` returns a new one.

    Attributes
    ----------
    weight : float, the sum of the weights
    mean_x : array (n_features,)
    mean_y : array (n_outputs,)
    xx : array (n_features, n_features), sum of w (x - mean_x)(x - mean_x)^T
    xy : array (n_features, n_outputs)
    centred : bool
    """

    weight: float
    mean_x: np.ndarray
    mean_y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    centred: bool

    @classmethod
    def of_rows(cls, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, centred: bool) -> Moments:
        """Moments of one block of rows (n_rows, n_features) with targets (n_rows, n_outputs)."""
        total = float(len(X) if weights is None else weights.sum())
        mean_x, mean_y = np.zeros(X.shape[1]), np.zeros(y.shape[1])
        if centred and total > 0:
            mean_x, mean_y = np.average(X, axis=0, weights=weights), np.average(y, axis=0, weights=weights)
            X, y = X - mean_x, y - mean_y
        if weights is not None:
            roots = np.sqrt(weights)[:, None]
            X, y = X * roots, y * roots
        return cls(total, mean_x, mean_y, X.T @ X, X.T @ y, centred)

    def merged(self, other: Moments) -> Moments:
        """Moments of both sets of rows together (Chan, Golub and LeVeque 1983, doi:10.2307/2683386)."""
        total = self.weight + other.weight
        share = other.weight / total if total > 0 else 0.0
        dx, dy = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        between = self.weight * share
        return Moments(
            total,
            self.mean_x + share * dx,
            self.mean_y + share * dy,
            self.xx + other.xx + between * np.outer(dx, dx),
            self.xy + other.xy + between * np.outer(dx, dy),
            self.centred,
        )
