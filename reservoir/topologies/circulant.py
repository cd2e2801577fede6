"""Graphs whose connections are the same offsets for every unit, and the matrix they are stored in."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from reservoir.validation import check_integer


class CirculantMatrix:
    """Weights in which unit i hears units i + offset, modulo the number of units.

        (W x)_i = sum_k weights[k, i] * x[(i + offsets[k]) mod n]

    Every weight may be different: the graph is circulant, the matrix in general is not. It is read in
    contiguous pieces, where a random sparse matrix needs one scattered load a connection.

    Parameters
    ----------
    weights : array (n_offsets, n_units)
    offsets : integer array (n_offsets,), distinct modulo n_units
    """

    def __init__(self, weights: np.ndarray, offsets: np.ndarray):
        self.weights = np.ascontiguousarray(weights)
        self.offsets = np.asarray(offsets, dtype=np.int64) % self.weights.shape[1]
        self.shape = (self.weights.shape[1], self.weights.shape[1])

    @property
    def dtype(self) -> np.dtype:
        """Type of the weights."""
        return self.weights.dtype

    @property
    def nnz(self) -> int:
        """Number of connections."""
        return self.weights.size

    def astype(self, dtype) -> CirculantMatrix:
        """A copy with weights of another type."""
        return CirculantMatrix(self.weights.astype(dtype), self.offsets)

    def tocsr(self) -> sparse.csr_array:
        """The same matrix in compressed sparse rows."""
        n = self.shape[0]
        receivers = np.tile(np.arange(n), len(self.offsets))
        senders = (np.arange(n) + self.offsets[:, None]) % n
        return sparse.csr_array((self.weights.ravel(), (receivers, senders.ravel())), shape=self.shape)

    def toarray(self) -> np.ndarray:
        """The same matrix as a dense array (n_units, n_units)."""
        return self.tocsr().toarray()

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self.toarray(), dtype=dtype)

    def __mul__(self, factor: float) -> CirculantMatrix:
        return CirculantMatrix(self.weights * factor, self.offsets)

    def __matmul__(self, x: np.ndarray) -> np.ndarray:
        return self.tocsr() @ x

    def __repr__(self) -> str:
        return f"CirculantMatrix(n_units={self.shape[0]}, n_offsets={len(self.offsets)}, dtype={self.dtype})"


class CirculantGraph(BaseEstimator):
    """Circulant graph: every unit hears the units at the same random offsets, with random weights.

    The offsets are drawn without replacement from 1 to n_units - 1, the weights uniformly from [-1, 1).
    The reservoir that it makes does the work of a random graph of the same in-degree, and its state update runs
    on contiguous memory. The spectral radius is computed by `spectral_radius`.

    Parameters
    ----------
    in_degree : int >= 1, default 10
        Connections a unit receives; at most n_units - 1 are drawn (one for a single unit).

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import CirculantGraph
    >>> W = CirculantGraph(in_degree=3).draw(8, np.random.default_rng(0))
    >>> W.shape, W.nnz
    ((8, 8), 24)
    """

    def __init__(self, in_degree: int = 10):
        self.in_degree = in_degree

    def draw(self, n_units: int, rng: np.random.Generator) -> CirculantMatrix:
        """A matrix (n_units, n_units); row = receiver."""
        in_degree = check_integer("CirculantGraph", "in_degree", self.in_degree, 1)
        possible = np.arange(1, n_units) if n_units > 1 else np.zeros(1, dtype=np.int64)
        offsets = np.sort(rng.choice(possible, size=min(in_degree, len(possible)), replace=False))
        return CirculantMatrix(rng.uniform(-1, 1, size=(len(offsets), n_units)), offsets)
