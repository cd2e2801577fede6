"""The triangle of a streaming QR decomposition: the careful record for least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from reservoir.readouts.penalty import Principal
from reservoir.readouts.record import check_alike


@dataclass(frozen=True)
class Triangle:
    """R of the QR decomposition of weighted rows [1, x, y]; the first column is absent without ``centred``.

    Behind the column of ones, R is the triangle of the centred rows, so the intercept stays unpenalised. The
    condition number is that of the rows, not its square, which leaves penalties down to about 1e-16 of their scale.
    Blocks are joined by the QR decomposition of their triangles, one on the other, in any order.

    Attributes
    ----------
    weight : float, the sum of the weights
    n_rows : int, how many rows have a weight > 0
    factor : array (1 + n_features + n_outputs, the same), upper triangular
    n_outputs : int
    centred : bool
    """

    weight: float
    n_rows: int
    factor: np.ndarray
    n_outputs: int
    centred: bool

    @classmethod
    def of_rows(cls, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, centred: bool) -> Triangle:
        """Triangle of one block of rows (n_rows, n_features) with targets (n_rows, n_outputs)."""
        total = float(len(X) if weights is None else weights.sum())
        n_rows = len(X) if weights is None else int(np.count_nonzero(weights))
        rows = np.hstack([np.ones((len(X), int(centred))), X, y])
        if weights is not None:
            rows *= np.sqrt(weights)[:, None]
        return cls(total, n_rows, _triangle(rows), y.shape[1], centred)

    @property
    def n_features(self) -> int:
        """Number of features."""
        return self.factor.shape[1] - self.n_outputs - int(self.centred)

    def merged(self, other: Triangle) -> Triangle:
        """Triangle of both sets of rows together."""
        check_alike(self, other)
        factor = _triangle(np.vstack([self.factor, other.factor]))
        n_rows = self.n_rows + other.n_rows
        return Triangle(self.weight + other.weight, n_rows, factor, self.n_outputs, self.centred)

    def solve(self, alpha: float) -> np.ndarray | None:
        """Least squares of [R; sqrt(alpha) I] against [r; 0] by QR (n_features, n_outputs)."""
        square, right, _ = self._parts()
        n = square.shape[1]
        stacked = np.block([[square, right], [np.sqrt(alpha) * np.eye(n), np.zeros((n, self.n_outputs))]])
        factor = _triangle(stacked)
        return linalg.solve_triangular(factor[:n, :n], factor[:n, n:])

    def intercept(self, coef: np.ndarray) -> np.ndarray:
        """What is left of the means (..., n_outputs) for a coef (n_features, ..., n_outputs)."""
        if not self.centred:
            return np.zeros(coef.shape[1:])
        first = self.factor[0, 1:]
        return (first[len(coef) :] - np.tensordot(first[: len(coef)], coef, 1)) / self.factor[0, 0]

    def factorised(self) -> Principal:
        """What solves for every penalty."""
        return self.principal()

    def principal(self) -> Principal:
        """The rows along the right singular vectors of R; what rounding cannot tell from zero is left out."""
        square, right, rest = self._parts()
        left, sizes, basis = linalg.svd(square, full_matrices=False)
        known = sizes > len(sizes) * np.finfo(float).eps * sizes[0]
        shares = left.T @ right
        lost = (right**2).sum(axis=0) - (shares[known] ** 2).sum(axis=0)
        rest = (rest**2).sum(axis=0) + np.where(known.all(), 0.0, np.maximum(lost, 0.0))
        n_features = square.shape[1]
        return Principal(sizes[known], basis[known].T, shares[known], rest, n_features, self.n_rows, self.centred)

    def squared_errors(self, coef: np.ndarray, intercept: np.ndarray) -> np.ndarray:
        """Sums of w (y - coef x - intercept)^2 over these rows (n_alphas, n_outputs).

        For coef (n_features, n_alphas, n_outputs) and intercept (n_alphas, n_outputs).
        """
        start = int(self.centred)
        n = start + len(coef)
        left = self.factor[:, None, n:] - np.tensordot(self.factor[:, start:n], coef, 1)
        if self.centred:
            left = left - self.factor[:, 0, None, None] * intercept
        return (left**2).sum(axis=0)

    def _parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The triangle of the features, the targets beside it, and below it."""
        start = int(self.centred)
        stop = self.factor.shape[1] - self.n_outputs
        return self.factor[start:stop, start:stop], self.factor[start:stop, stop:], self.factor[stop:, stop:]


def _triangle(rows: np.ndarray) -> np.ndarray:
    """R (n, n) of rows (m, n), filled up with zeros where m < n."""
    n = rows.shape[1]
    factor = linalg.qr(rows, mode="r", check_finite=False, overwrite_a=True)[0][:n]
    return factor if len(factor) == n else np.vstack([factor, np.zeros((n - len(factor), n))])
