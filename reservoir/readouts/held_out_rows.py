"""Rows that are each held out once: the record for ridge regression by exact leave-one-out errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from reservoir.readouts.kept_rows import KeptRows
from reservoir.readouts.penalty import Principal
from reservoir.readouts.record import check_alike

_EPSILON = float(np.finfo(float).eps)
_ROWS_AT_ONCE = 256
HELD_OUT = {"gram": "gram of rows", "qr": "qr of rows"}
"""The record of a solver, by its name, where every row is held out."""


@dataclass(frozen=True)
class HeldOutRows(KeptRows):
    """Rows of a weight > 0, kept to tell how well each is predicted by all others."""

    @classmethod
    def of_rows(
        cls, solver: str, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, centred: bool
    ) -> HeldOutRows:
        """Rows (n, n_features) with targets (n, n_outputs), copied; what weighs nothing is left out."""
        known = np.ones(len(X)) if weights is None else np.array(weights, dtype=np.float64)
        kept = known > 0
        return cls(X[kept], y[kept], known[kept], centred, solver)

    def merged(self, other: HeldOutRows) -> HeldOutRows:
        """Both sets of rows together."""
        check_alike(self, other)
        return HeldOutRows(*self.with_rows_of(other), self.centred, self.solver)

    def solve(self, alpha: float) -> np.ndarray:
        """Coefficients (n_features, n_outputs) for one penalty > 0."""
        return self.factorised().coefficients(np.full(self.n_outputs, alpha))

    def factorised(self) -> LeftVectors:
        """What solves for every penalty."""
        roots = np.sqrt(self.weights)[:, None]
        rows, targets, heads = self.X, self.y, np.zeros(len(self.X))
        if self.centred and len(rows):
            mean_x, mean_y = self.means()
            rows, targets, heads = rows - mean_x, targets - mean_y, self.weights / self.weight
        if not (roots == 1).all():
            rows, targets = roots * rows, roots * targets
        squares, left = _left_vectors(rows, np.sqrt(heads), self.solver)
        return LeftVectors.of(rows, targets, heads, squares, left)

    def principal(self) -> Principal:
        """The rows along their principal directions; what rounding cannot tell from zero is left out."""
        return self.factorised().principal()


@dataclass(frozen=True)
class LeftVectors:
    """Centred rows Z, times the roots of their weights, by the eigenvectors U of Z Z^T: the work is that of the fewer.

    With targets q, treated alike, and eigenvalues s^2 the coefficients are Z^T U (s^2 + alpha)^-1 U^T q, and what is
    lost of q_i is divided by what row i does not tell of itself to be the error of all other rows about it:

        e_i = [q - U s^2 / (s^2 + alpha) U^T q]_i / (1 - w_i / W - sum_k U_ik^2 s_k^2 / (s_k^2 + alpha))

    The share w_i / W of the sum of weights is that of the intercept.
    """

    rows: np.ndarray  # Z (n, n_features)
    squares: np.ndarray  # s^2 (m,), descending
    left: np.ndarray  # U (n, m)
    shares: np.ndarray  # U^T q (m, n_outputs)
    rest: np.ndarray  # what of q no coefficients reach (n, n_outputs)
    free: np.ndarray  # what of every row lies there (n,)
    centred: bool

    @classmethod
    def of(
        cls, rows: np.ndarray, targets: np.ndarray, heads: np.ndarray, squares: np.ndarray, left: np.ndarray
    ) -> LeftVectors:
        """Rows and targets, the share of the intercept in every row, eigenvalues and eigenvectors."""
        shares = left.T @ targets
        rest, free = np.zeros_like(targets), np.zeros(len(rows))
        centred = bool(heads.any())
        if left.shape[1] < len(rows) - centred:
            free = 1.0 - heads - np.einsum("nk,nk->n", left, left)
            beyond = free > len(rows) * _EPSILON
            free[~beyond] = 0.0
            rest[beyond] = (targets - left @ shares)[beyond]
        return cls(rows, squares, left, shares, rest, free, centred)

    @property
    def trace(self) -> float:
        """Sum of the squared singular values."""
        return float(self.squares.sum())

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """coef (n_features, n_outputs) for one penalty per target (n_outputs,)."""
        return self.rows.T @ (self.left @ (self.shares / (self.squares[:, None] + alpha)))

    def path(self, alphas: np.ndarray) -> np.ndarray:
        """coef (n_features, n_alphas, n_outputs) for every penalty and target."""
        inner = self.shares[:, None] / (self.squares[:, None] + alphas)[:, :, None]
        return np.tensordot(self.rows.T, np.tensordot(self.left, inner, 1), 1)

    def leave_one_out(self, alphas: np.ndarray) -> np.ndarray:
        """Sums (n_alphas,) over rows and targets of the squared errors about each row by what all others teach."""
        lost = alphas[:, None] / (self.squares + alphas[:, None])
        free = np.empty((len(self.left), len(alphas)))
        for rows in (slice(first, first + _ROWS_AT_ONCE) for first in range(0, len(free), _ROWS_AT_ONCE)):
            free[rows] = self.free[rows, None] + self.left[rows] ** 2 @ lost.T
        missed = (self.rest + self.left @ (own[:, None] * self.shares) for own in lost)
        return np.array([((one / own[:, None]) ** 2).sum() for one, own in zip(missed, free.T, strict=True)])

    def generalised_cross_validation(self, alphas: np.ndarray) -> np.ndarray:
        """Scores (n_alphas, n_outputs), smaller is better."""
        return self.principal().generalised_cross_validation(alphas)

    def principal(self) -> Principal:
        """The rows along their principal directions; what rounding cannot tell from zero is left out."""
        known = self.squares > _unknown(self.rows) * self.squares.max(initial=0.0)
        sizes = np.sqrt(self.squares[known])
        basis = self.rows.T @ (self.left[:, known] / sizes)
        rest = (self.rest**2).sum(axis=0) + (self.shares[~known] ** 2).sum(axis=0)
        return Principal(sizes, basis, self.shares[known], rest, self.rows.shape[1], len(self.rows), self.centred)


def bytes_to_solve(kind: str, n_rows: int, n_features: int) -> float:
    """What the record, the rows about their mean and the work of LAPACK take together, or left vectors in its place."""
    rows, square = 8.0 * n_rows * n_features, 8.0 * min(n_rows, n_features) ** 2
    if kind == HELD_OUT["gram"]:
        return max(2 * rows + 3 * square, 3 * rows + square)
    return 4 * (rows + square)


def _left_vectors(rows: np.ndarray, ones: np.ndarray, solver: str) -> tuple[np.ndarray, np.ndarray]:
    """Squared singular values of rows Z (n, n_features) and left vectors (n, m).

    Of no more rows than features they are all that stand on `ones`, (n,), the column of the intercept, which Z does
    not hold: beside Z as a column of its own, longer than all of Z, it is the first of them, and goes.
    """
    wide, centred = len(rows) <= rows.shape[1], bool(ones.any())
    length = 2.0 * float(np.linalg.norm(rows)) or 1.0
    if solver == "qr":
        left, squares = _by_singular_values(rows, length * ones if wide and centred else None)
    elif wide:
        products = rows @ rows.T
        if centred:
            products += length**2 * np.outer(ones, ones)
        squares, left = _eigenvectors(products)
    else:
        squares, right = _eigenvectors(rows.T @ rows)
        n_known = int(np.count_nonzero(squares > _unknown(rows) * squares[0]))
        squares, right = squares[:n_known], right[:, :n_known]
        right /= np.sqrt(squares)
        return squares, rows @ right
    if wide:
        return squares[int(centred) :], left[:, int(centred) :]
    n_known = int(np.count_nonzero(np.sqrt(squares) > _unknown(rows) * np.sqrt(squares[0])))
    return squares[:n_known], left[:, :n_known]


def _by_singular_values(rows: np.ndarray, column: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Left vectors (n, m) and squared singular values, descending, of rows with one more column (n,) perhaps."""
    seen = np.empty((len(rows), rows.shape[1] + (column is not None)), order="F")
    seen[:, : rows.shape[1]] = rows
    if column is not None:
        seen[:, -1] = column
    left, sizes, _ = linalg.svd(seen, full_matrices=False, check_finite=False, overwrite_a=True)
    return left, sizes**2


def _eigenvectors(products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (n,) >= 0 of a symmetric matrix, which is overwritten, the largest first, and its eigenvectors."""
    if len(products) == 1:  # SciPy 1.12 asks this driver for too little room
        return np.maximum(products[0], 0.0), np.ones((1, 1))
    columns = products.T  # in the order of LAPACK, which copies what is in another
    values, vectors = linalg.eigh(columns, check_finite=False, overwrite_a=True, driver="evd")
    return np.maximum(values[::-1], 0.0), vectors[:, ::-1]


def _unknown(rows: np.ndarray) -> float:
    """What, beside the largest, rounding cannot tell from zero."""
    return max(rows.shape) * _EPSILON
