"""A random orthogonal matrix that is applied in n log n steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.memory import check_memory
from reservoir.parts import FloatType
from reservoir.topologies.drawing import check_weights
from reservoir.validation import check_real, parameter_error, real_array


class HadamardMatrix:
    """A scale times two Hadamard transforms between random signs, then a permutation, without the matrix itself.

        W = scale P H_last S H_first R

    With m the greatest power of two up to n, H_first transforms the first m units, H_last the last m ones, each times
    m**-0.5; the others pass unchanged. R and S are diagonal.

    Parameters
    ----------
    signs : array (2, n_units)
        The diagonals R and S, of 1 and -1; their type is that of the matrix.
    order : integer array (n_units,)
        Unit i hears place order[i] of the transformed state: a permutation.
    scale : float, default 1.0

    Raises
    ------
    ValueError
        For signs of another shape, an order that is no permutation, and a scale that is no number.
    """

    def __init__(self, signs: np.ndarray, order: np.ndarray, scale: float = 1.0):
        owner, numbers, places = type(self).__name__, real_array(signs), real_array(order)
        if numbers is None or numbers.ndim != 2 or len(numbers) != 2 or not (np.abs(numbers) == 1).all():
            raise parameter_error(owner, "signs", "an array (2, n_units) of 1 and -1", signs)
        n_units = numbers.shape[1]
        if not n_units or places is None or not np.array_equal(np.sort(places, axis=None), np.arange(n_units)):
            raise parameter_error(owner, "order", f"a permutation of {n_units} units", order)
        self.scale = check_real(owner, "scale", scale)
        self.signs = np.ascontiguousarray(signs)
        self.order = np.asarray(order).astype(np.uint32)
        self.shape = (len(self.order), len(self.order))

    @property
    def dtype(self) -> np.dtype:
        """Type of the matrix."""
        return self.signs.dtype

    @property
    def block(self) -> int:
        """Units that a transform mixes: the greatest power of two up to n_units."""
        return 1 << (self.shape[0].bit_length() - 1)

    @property
    def nnz(self) -> int:
        """Additions and multiplications of a product, for those who plan by work."""
        return 2 * self.block * (self.block.bit_length() - 1) + 3 * self.shape[0]

    def astype(self, dtype: FloatType) -> HadamardMatrix:
        """A copy of another type."""
        return HadamardMatrix(self.signs.astype(dtype), self.order, self.scale)

    def diagonals(self) -> np.ndarray:
        """R and S times all normalisation, so that the transforms themselves are sums and differences (2, n_units)."""
        factors = np.ones((2, self.shape[0]))
        factors[0, : self.block] = self.block**-0.5
        factors[1, -self.block :] = self.block**-0.5
        factors[1] *= self.scale
        return (factors * self.signs).astype(self.dtype)

    def toarray(self) -> np.ndarray:
        """The same matrix as a dense array (n_units, n_units)."""
        check_memory(type(self).__name__, "the dense matrix", 16.0 * self.shape[0] ** 2)
        return self @ np.eye(self.shape[0], dtype=self.dtype)

    def tocsr(self) -> sparse.csr_array:
        """The same matrix in compressed sparse rows, though it is full."""
        return sparse.csr_array(self.toarray())

    def radius_in_closed_form(self) -> float:
        """Largest modulus of an eigenvalue: all have the modulus of the scale."""
        return abs(self.scale)

    def norm_in_closed_form(self) -> float:
        """Largest singular value: all are the scale."""
        return self.radius_in_closed_form()

    def __array__(self, dtype: np.dtype[Any] | None = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.toarray(), dtype=dtype)

    def __mul__(self, factor: float) -> HadamardMatrix:
        return HadamardMatrix(self.signs, self.order, self.scale * float(factor))

    def __matmul__(self, x: np.ndarray) -> np.ndarray:
        x, m = np.asarray(x), self.block
        first, second = self.diagonals().reshape(2, -1, *[1] * (x.ndim - 1))
        y = first * x
        y[:m] = _transform(y[:m])
        y *= second
        y[-m:] = _transform(y[-m:])
        return y[self.order]

    def __repr__(self) -> str:
        return f"HadamardMatrix(n_units={self.shape[0]}, dtype={self.dtype})"


def _transform(x: np.ndarray) -> np.ndarray:
    """The Hadamard transform of the first axis (2**p, ...), not normalised."""
    half = 1
    while half < len(x):
        pairs = x.reshape(-1, 2, half, *x.shape[1:])
        x = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).reshape(x.shape)
        half *= 2
    return x


class Hadamard(BaseEstimator):
    """Structured orthogonal reservoir: a random orthogonal matrix with O(N log N) work per step and O(N) memory.

        W = P H_last S H_first R

    R and S are diagonal with random signs, P is a random permutation, and H_first (H_last) is the Hadamard matrix
    of size 2**p times 2**(-p/2) on the first (last) 2**p units, p = floor(log2 n_units), and 1 on the others. Each
    factor is orthogonal, so W is, for any n_units; the spectral radius and all singular values are exactly 1. Where
    n_units is a power of two both transforms mix all units, and every weight is a sum of n_units signs over n_units.

    References
    ----------
    Dong, Ohana, Rafayelyan, Krzakala 2020, Reservoir computing meets recurrent kernels and structured transforms,
    Advances in Neural Information Processing Systems 33, doi:10.48550/arXiv.2006.07310.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Hadamard
    >>> W = Hadamard().draw(50, np.random.default_rng(0)).toarray()
    >>> bool(np.allclose(W @ W.T, np.eye(50)))
    True
    """

    def draw(self, n_units: int, rng: np.random.Generator) -> HadamardMatrix:
        """A matrix (n_units, n_units); row = receiver."""
        check_weights(self, n_units, 3 * n_units, 16)
        return HadamardMatrix(rng.choice([-1.0, 1.0], size=(2, n_units)), rng.permutation(n_units))
