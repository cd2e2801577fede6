"""The whole path of penalties from one factorisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh_tridiagonal, eigvalsh_tridiagonal, lapack

from reservoir.compilation import kernel

_EPSILON = float(np.finfo(float).eps)


class Conditioning(NamedTuple):
    """How well the rows determine the coefficients."""

    condition: float  # largest over smallest singular value of the (centred) rows; inf where the rank is deficient
    rank: int
    n_features: int
    degrees_of_freedom: np.ndarray  # sum of s^2 / (s^2 + alpha), for every target


class Principal(NamedTuple):
    """Centred rows and targets along their principal directions.

    With singular values s, the coefficients for a penalty alpha are basis (s / (s^2 + alpha) shares).
    """

    sizes: np.ndarray  # singular values (rank,)
    basis: np.ndarray  # right singular vectors (n_features, rank)
    shares: np.ndarray  # targets along the left ones (rank, n_outputs)
    rest: np.ndarray  # squared length of the targets outside (n_outputs,)
    n_features: int
    n_rows: int  # of a weight > 0
    centred: bool

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """coef (n_features, n_outputs) for one penalty per target (n_outputs,)."""
        return self.basis @ (self.sizes[:, None] / (self.sizes[:, None] ** 2 + alpha) * self.shares)

    def conditioning(self, alpha: np.ndarray) -> Conditioning:
        """How well these rows determine coefficients, and degrees of freedom for penalties (n_outputs,)."""
        rank, squares = len(self.sizes), self.sizes[:, None] ** 2
        condition = self.sizes.max() / self.sizes.min() if rank == self.n_features else np.inf
        return Conditioning(float(condition), rank, self.n_features, (squares / (squares + alpha)).sum(axis=0))

    def path(self, alphas: np.ndarray) -> np.ndarray:
        """coef (n_features, n_alphas, n_outputs) for every penalty and target."""
        kept = self.sizes[:, None] / (self.sizes[:, None] ** 2 + alphas)
        return np.tensordot(self.basis, kept[:, :, None] * self.shares[:, None], 1)

    @property
    def trace(self) -> float:
        """Sum of the squared singular values."""
        return float((self.sizes**2).sum())

    def generalised_cross_validation(self, alphas: np.ndarray) -> np.ndarray:
        """Scores (n_alphas, n_outputs), smaller is better."""
        return _scores(alphas, self.sizes, self.shares, self.rest, self.n_rows, self.centred)


@dataclass(frozen=True)
class Tridiagonal:
    """Products of centred rows as Q T Q^T with T tridiagonal, a third of the work of finding eigenvectors.

    The eigenvalues of T and what the targets have along its eigenvectors, all that a score needs, come by rotations
    of the targets alone, when they are first asked for; coefficients come from T + alpha, where rounding lets it be
    solved.
    """

    diagonal: np.ndarray  # of T (n_features,)
    beside: np.ndarray  # the diagonal below (n_features - 1,)
    reflectors: np.ndarray  # below the diagonal the vectors of Q, as LAPACK stores them (n_features, n_features)
    factors: np.ndarray  # their factors (n_features - 1,)
    products: np.ndarray  # Q^T times the products of rows and targets (n_features, n_outputs)
    squares: np.ndarray  # squared length of the targets (n_outputs,)
    n_rows: int  # of a weight > 0
    centred: bool

    @classmethod
    def of_products(cls, xx: np.ndarray, xy: np.ndarray, yy: np.ndarray, n_rows: int, centred: bool) -> Tridiagonal:
        """The products (n_features, n_features), (n_features, n_outputs) and (n_outputs,) of at least two features."""
        reflectors, diagonal, beside, factors, _ = lapack.dsytrd(xx, lower=1, lwork=64 * len(xx))
        products = _reflected(reflectors, factors, xy, "T")
        return cls(diagonal, beside, reflectors, factors, products, yy, n_rows, centred)

    @cached_property
    def _along(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues in no order (n_features,), and the products along the eigenvectors (n_features, n_outputs)."""
        scale = max(np.abs(self.diagonal).max(), np.abs(self.beside).max()) or 1.0
        values, shares = self.diagonal / scale, np.array(self.products, order="C")
        _diagonalise(values, np.append(self.beside / scale, 0.0), shares)
        return scale * values, shares

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue, without what the targets have along the eigenvectors."""
        values = eigvalsh_tridiagonal(self.diagonal, self.beside, lapack_driver="sterf")
        return float(values[0]), float(values[-1])

    @cached_property
    def unknown(self) -> float:
        """Eigenvalues up to here rounding cannot tell from zero."""
        return len(self.diagonal) * _EPSILON * max(self._ends[1], 0.0)

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """coef (n_features, n_outputs) for one penalty per target (n_outputs,)."""
        alphas, which = np.unique(alpha, return_inverse=True)
        inner = np.empty_like(self.products)
        for index, solve in enumerate(self._solutions(alphas)):
            inner[:, which == index] = solve(self.products[:, which == index])
        return _reflected(self.reflectors, self.factors, inner, "N")

    def path(self, alphas: np.ndarray) -> np.ndarray:
        """coef (n_features, n_alphas, n_outputs) for every penalty and target."""
        inner = np.stack([solve(self.products) for solve in self._solutions(alphas)], axis=1)
        outer = _reflected(self.reflectors, self.factors, inner.reshape(len(inner), -1), "N")
        return outer.reshape(inner.shape)

    @property
    def trace(self) -> float:
        """Sum of the squared singular values."""
        return float(self.diagonal.sum())

    def generalised_cross_validation(self, alphas: np.ndarray) -> np.ndarray:
        """Scores (n_alphas, n_outputs), smaller is better."""
        values, along = self._along
        known = values > self.unknown
        sizes = np.sqrt(values[known])
        shares = along[known] / sizes[:, None]
        rest = np.maximum(self.squares - (shares**2).sum(axis=0), 0.0)
        return _scores(alphas, sizes, shares, rest, self.n_rows, self.centred)

    def _solutions(self, alphas: np.ndarray) -> Iterator[Callable[[np.ndarray], np.ndarray]]:
        """For each penalty a function from a right side to (T + alpha)^-1 times it.

        Where rounding spoils that, it goes along the known eigenvectors alone, which are found at most once.
        """
        known = None
        for alpha in alphas:
            if self._can_be_solved(alpha):
                diagonal, beside, _ = lapack.dpttrf(self.diagonal + alpha, self.beside)
                yield partial(_solved, diagonal, beside)
            else:
                known = known or self._known_eigenvectors()
                yield partial(_along_known, *known, alpha)

    def _can_be_solved(self, alpha: float) -> bool:
        """Whether the eigenvalues of T + alpha stand above rounding; those of T are found only where that is close."""
        beside = np.abs(self.beside)
        largest = (np.abs(self.diagonal) + np.append(beside, 0.0) + np.append(0.0, beside)).max()
        return alpha > 2 * len(self.diagonal) * _EPSILON * largest or self._ends[0] + alpha > self.unknown

    def _known_eigenvectors(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues (n_known, 1) of T that stand above rounding, and their eigenvectors (n_features, n_known)."""
        values, vectors = eigh_tridiagonal(self.diagonal, self.beside)
        known = values > self.unknown
        return values[known, None], vectors[:, known]


def _solved(diagonal: np.ndarray, beside: np.ndarray, right: np.ndarray) -> np.ndarray:
    """What the tridiagonal matrix with these factors takes to the right side (n_features, n_outputs)."""
    return lapack.dpttrs(diagonal, beside, right)[0]


def _along_known(values: np.ndarray, vectors: np.ndarray, alpha: float, right: np.ndarray) -> np.ndarray:
    """The same along known eigenvectors (n_features, n_known), whose eigenvalues (n_known, 1) the penalty raises."""
    return vectors @ (vectors.T @ right / (values + alpha))


def _reflected(reflectors: np.ndarray, factors: np.ndarray, columns: np.ndarray, side: str) -> np.ndarray:
    """Q times the columns (n_features, any), or Q^T times them with "T"; Q leaves the first row alone."""
    n_work = 64 * max(columns.shape[1], 1)
    rest, _, _ = lapack.dormqr("L", side, reflectors[1:, :-1], factors, columns[1:], n_work)
    return np.vstack([columns[:1], rest])


@kernel()
def _diagonalise(diagonal, beside, shares):
    """Eigenvalues, in place of the diagonal, of a tridiagonal matrix of size 1 by the implicit QL algorithm.

    The rotations go over `shares` (n, K), which end as the sums along the eigenvectors (Golub and Welsch 1969,
    doi:10.2307/2004418). `beside` (n,) ends with a zero.
    """
    n = diagonal.size
    for first in range(n):
        for _ in range(60):  # two or three are common
            last = first
            while abs(beside[last]) > _EPSILON:
                last += 1
            if last == first:
                break
            ahead = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first])
            root = np.sqrt(ahead * ahead + 1.0)
            ahead = diagonal[last] - diagonal[first] + beside[first] / (ahead + np.copysign(root, ahead))
            sine, cosine, moved = 1.0, 1.0, 0.0
            for i in range(last - 1, first - 1, -1):
                bulge, carried = sine * beside[i], cosine * beside[i]
                # Never zero: where the sine vanishes, `ahead` is about beside[i + 1], which is larger than _EPSILON.
                root = np.sqrt(bulge * bulge + ahead * ahead)
                beside[i + 1] = root
                sine, cosine = bulge / root, ahead / root
                ahead = diagonal[i + 1] - moved
                root = (diagonal[i] - ahead) * sine + 2.0 * cosine * carried
                moved = sine * root
                diagonal[i + 1] = ahead + moved
                ahead = cosine * root - carried
                for k in range(shares.shape[1]):
                    above, below = shares[i, k], shares[i + 1, k]
                    shares[i + 1, k] = sine * above + cosine * below
                    shares[i, k] = cosine * above - sine * below
            diagonal[first] -= moved
            beside[first] = ahead
            beside[last] = 0.0


def _scores(
    alphas: np.ndarray, sizes: np.ndarray, shares: np.ndarray, rest: np.ndarray, n_rows: int, centred: bool
) -> np.ndarray:
    """V(alpha) = n |y - prediction|^2 / (n - trace(H))^2, where H takes the targets to the predictions.

    n counts rows, whatever they weigh: weights c times as large ask for an alpha c times as large.

    Golub, Heath and Wahba 1979, Technometrics 21(2):215-223, doi:10.1080/00401706.1979.10489751.
    """
    lost = alphas[:, None] / (sizes**2 + alphas[:, None])  # 1 less the eigenvalues of H
    n_outside = max(n_rows - centred - len(sizes), 0)  # dimensions of the targets that no coefficients reach
    residual = (rest if n_outside else 0.0) + lost**2 @ shares**2
    free = (n_outside + lost.sum(axis=1))[:, None]
    return n_rows * residual / free / free
