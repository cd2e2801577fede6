"""First and second moments of rows and targets: the fast record for least squares, exact under merging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from reservoir.compilation import kernel
from reservoir.readouts.penalty import Principal, Tridiagonal
from reservoir.readouts.record import check_alike
from reservoir.threads import n_threads, shares, spread

_FEW = 3  # penalties that are each solved for by Cholesky


@kernel()
def _add(one, other, dx, dy, factor, out):
    """out = one + other + factor dx dy^T for matrices (n, m), in one pass."""
    for i in range(dx.size):
        for j in range(dy.size):
            out[i, j] = (one[i, j] + other[i, j]) + (dx[i] * dy[j]) * factor


@dataclass(frozen=True)
class Moments:
    """Weighted sums over rows x (n_features,) with targets y (n_outputs,).

    With ``centred`` the products are about the means, which keeps digits when a mean is large; the means are zero
    otherwise. Products square the condition number of the rows: penalties below about 1e-8 of their scale drown in
    rounding (see `Triangle`). A record is never changed: `merged` returns a new one.

    Attributes
    ----------
    weight : float, the sum of the weights
    n_rows : int, how many rows have a weight > 0
    mean_x : array (n_features,)
    mean_y : array (n_outputs,)
    xx : array (n_features, n_features), sum of w (x - mean_x)(x - mean_x)^T
    xy : array (n_features, n_outputs)
    yy : array (n_outputs,)
    centred : bool
    """

    weight: float
    n_rows: int
    mean_x: np.ndarray
    mean_y: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray
    centred: bool

    @classmethod
    def of_rows(cls, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, centred: bool) -> Moments:
        """Moments of one block of rows (n_rows, n_features) with targets (n_rows, n_outputs)."""
        total = float(len(X) if weights is None else weights.sum())
        n_rows = len(X) if weights is None else int(np.count_nonzero(weights))
        mean_x, mean_y = np.zeros(X.shape[1]), np.zeros(y.shape[1])
        if centred and total > 0:
            mean_x, mean_y = np.average(X, axis=0, weights=weights), np.average(y, axis=0, weights=weights)
            X, y = X - mean_x, y - mean_y
        if weights is not None:
            roots = np.sqrt(weights)[:, None]
            X, y = X * roots, y * roots
        return cls(total, n_rows, mean_x, mean_y, X.T @ X, X.T @ y, np.einsum("tk,tk->k", y, y), centred)

    @property
    def n_features(self) -> int:
        """Number of features."""
        return len(self.mean_x)

    @property
    def n_outputs(self) -> int:
        """Number of targets."""
        return len(self.mean_y)

    def merged(self, other: Moments) -> Moments:
        """Moments of both sets of rows together (Chan, Golub and LeVeque 1983, doi:10.2307/2683386)."""
        check_alike(self, other)
        total = self.weight + other.weight
        share = other.weight / total if total > 0 else 0.0
        dx, dy = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        xx = np.empty(self.xx.shape)

        def add(rows: slice) -> None:
            _add(self.xx[rows], other.xx[rows], dx[rows], dx, self.weight * share, xx[rows])

        spread(add, shares(len(dx), n_threads(dx.size**2)))
        return Moments(
            total,
            self.n_rows + other.n_rows,
            self.mean_x + share * dx,
            self.mean_y + share * dy,
            xx,
            self.xy + other.xy + self.weight * share * np.outer(dx, dy),
            self.yy + other.yy + self.weight * share * dy * dy,
            self.centred,
        )

    @property
    def trace(self) -> float:
        """Sum of the squared singular values."""
        return float(np.trace(self.xx))

    def solve(self, alpha: float) -> np.ndarray | None:
        """(xx + alpha I)^-1 xy by Cholesky (n_features, n_outputs); None where rounding spoils it."""
        return self._solved(alpha, self.xy)

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """coef (n_features, n_outputs) for one penalty per target (n_outputs,).

        By Cholesky where penalties are few and stand above rounding, which takes a quarter of `factorised` for each.
        """
        alphas, which = np.unique(alpha, return_inverse=True)
        rounding = 2 * len(self.xx) * np.finfo(float).eps * float(linalg.norm(self.xx.ravel(), check_finite=False))
        if len(alphas) > _FEW or alphas[0] <= rounding:
            return self.factorised().coefficients(alpha)
        coef = np.empty(self.xy.shape)
        for index, one in enumerate(alphas.tolist()):
            found = self._solved(one, self.xy[:, which == index])
            if found is None:
                return self.factorised().coefficients(alpha)
            coef[:, which == index] = found
        return coef

    def _solved(self, alpha: float, products: np.ndarray) -> np.ndarray | None:
        raised = self.xx.copy()
        raised.flat[:: len(raised) + 1] += alpha
        try:  # LAPACK takes the transpose, which is the same, as it stands in memory
            return linalg.cho_solve(linalg.cho_factor(raised.T, overwrite_a=True), products)
        except linalg.LinAlgError:
            return None

    def intercept(self, coef: np.ndarray) -> np.ndarray:
        """What is left of the means (..., n_outputs) for a coef (n_features, ..., n_outputs)."""
        return self.mean_y - np.tensordot(self.mean_x, coef, 1)

    def factorised(self) -> Principal | Tridiagonal:
        """What solves for every penalty."""
        if len(self.xx) == 1:
            return self.principal()
        return Tridiagonal.of_products(self.xx, self.xy, self.yy, self.n_rows, self.centred)

    def principal(self) -> Principal:
        """The rows along the eigenvectors of xx; what rounding cannot tell from zero is left out."""
        values, vectors = linalg.eigh(self.xx)
        known = values > len(values) * np.finfo(float).eps * max(values[-1], 0.0)
        sizes = np.sqrt(values[known])
        shares = (vectors[:, known].T @ self.xy) / sizes[:, None]
        rest = np.maximum(self.yy - (shares**2).sum(axis=0), 0.0)
        return Principal(sizes, vectors[:, known], shares, rest, len(values), self.n_rows, self.centred)

    def squared_errors(self, coef: np.ndarray, intercept: np.ndarray) -> np.ndarray:
        """Sums of w (y - coef x - intercept)^2 over these rows (n_alphas, n_outputs).

        For coef (n_features, n_alphas, n_outputs) and intercept (n_alphas, n_outputs).
        """
        inner = self.yy + (coef * (np.tensordot(self.xx, coef, 1) - 2 * self.xy[:, None])).sum(axis=0)
        return np.maximum(inner, 0.0) + self.weight * (self.intercept(coef) - intercept) ** 2
