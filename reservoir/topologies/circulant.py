"""Graphs whose connections are the same offsets for every unit, and the matrix they are stored in."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.memory import check_memory
from reservoir.parts import FloatType
from reservoir.topologies.drawing import check_weights, random_weights
from reservoir.topologies.spectrum import random_spectral_radius
from reservoir.validation import Parameters, parameter_error, real_array


class CirculantMatrix:
    """Weights in which unit i hears units i + offset, modulo the number of units.

        (W x)_i = sum_k weights[k, i] * x[(i + offsets[k]) mod n]

    Every weight may be different: the graph is circulant, the matrix in general is not. It is read in
    contiguous pieces, where a random sparse matrix needs one scattered load per connection. A weight may be zero, where
    a unit does not hear the other one. `spectral_radius` and `largest_singular_value` know the closed form where all
    weights of an offset are equal.

    Parameters
    ----------
    weights : array (n_offsets, n_units)
    offsets : integer array (n_offsets,), distinct modulo n_units

    Raises
    ------
    ValueError
        For arrays of another shape, and for offsets that are no integers.
    """

    def __init__(self, weights: np.ndarray, offsets: np.ndarray):
        owner, numbers, places = type(self).__name__, real_array(weights), real_array(offsets)
        if numbers is None or numbers.ndim != 2 or not numbers.size:
            raise parameter_error(owner, "weights", "an array of numbers (n_offsets, n_units)", weights)
        if places is None or places.shape != numbers.shape[:1] or np.asarray(offsets).dtype.kind not in "iu":
            raise parameter_error(owner, "offsets", f"{len(numbers)} integers", offsets)
        self.weights = np.ascontiguousarray(weights)
        self.offsets = np.asarray(offsets, dtype=np.int64) % self.weights.shape[1]
        self.shape = (self.weights.shape[1], self.weights.shape[1])

    @property
    def dtype(self) -> np.dtype:
        """Type of the weights."""
        return self.weights.dtype

    @property
    def nnz(self) -> int:
        """Number of stored weights."""
        return self.weights.size

    def astype(self, dtype: FloatType) -> CirculantMatrix:
        """A copy with weights of another type."""
        return CirculantMatrix(self.weights.astype(dtype), self.offsets)

    def tocsr(self) -> sparse.csr_array:
        """The same matrix in compressed sparse rows, with 32-bit indices."""
        n = self.shape[0]
        units = np.arange(n)
        senders = ((units[:, None] + self.offsets) % n).astype(np.int32)
        starts = np.arange(0, self.nnz + 1, len(self.offsets), dtype=np.int32)
        rows = sparse.csr_array((self.weights.T.ravel(), senders.ravel(), starts), shape=self.shape)
        rows.sum_duplicates()
        return rows

    def toarray(self) -> np.ndarray:
        """The same matrix as a dense array (n_units, n_units)."""
        check_memory(type(self).__name__, "the dense matrix", 8.0 * self.shape[0] ** 2)
        return self.tocsr().toarray()

    def radius_in_closed_form(self) -> float | None:
        """Largest modulus of an eigenvalue where all weights of an offset are equal, else None.

        Such a matrix has the Fourier modes for eigenvectors: eigenvalue j is sum_k w_k exp(2 pi i j offset_k / n).
        """
        if (self.weights != self.weights[:, :1]).any():
            return None
        if len(self.offsets) == 1:
            return float(abs(self.weights[0, 0]))
        row = np.zeros(self.shape[0])
        np.add.at(row, self.offsets, self.weights[:, 0])
        return float(np.abs(np.fft.rfft(row)).max())

    def norm_in_closed_form(self) -> float | None:
        """Largest singular value; a circulant matrix is normal, so that it is the radius."""
        return self.radius_in_closed_form()

    def __array__(self, dtype: np.dtype[Any] | None = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.toarray(), dtype=dtype)

    def __mul__(self, factor: float) -> CirculantMatrix:
        return CirculantMatrix(self.weights * factor, self.offsets)

    def __matmul__(self, x: np.ndarray) -> np.ndarray:
        return self.tocsr() @ x

    def __repr__(self) -> str:
        return f"CirculantMatrix(n_units={self.shape[0]}, n_offsets={len(self.offsets)}, dtype={self.dtype})"


@dataclass(eq=False, repr=False)
class CirculantGraph(BaseEstimator):
    """Circulant graph: every unit hears the units at the same random offsets, with random weights.

        (W x)_i = sum_k w_ki x[(i + o_k) mod n_units]

    The offsets o_k are drawn without replacement from 1 to n_units - 1, the weights w_ki from the
    `distribution`.
    The reservoir that it makes does the work of a random graph of the same in-degree, and its state update runs
    on contiguous memory. The spectral radius is computed (see `spectral_radius`) for up to 10,000 units, and taken
    from the circular law above (see `random_spectral_radius`, which says how accurate that is).

    Parameters
    ----------
    in_degree : int >= 1, default 10
        Connections that a unit receives; at most n_units - 1 are drawn (one for a single unit).
    distribution : as in `Random`, default "uniform"

    Raises
    ------
    ValueError
        For an in-degree out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import CirculantGraph
    >>> W = CirculantGraph(in_degree=3).draw(8, np.random.default_rng(0))
    >>> W.shape, W.nnz
    ((8, 8), 24)
    """

    in_degree: int = 10
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator) -> CirculantMatrix:
        """A matrix (n_units, n_units); row = receiver."""
        in_degree = Parameters(self).integer("in_degree", 1)
        check_weights(self, n_units, n_units * min(in_degree, n_units), 16)
        possible = np.arange(1, n_units) if n_units > 1 else np.zeros(1, dtype=np.int64)
        offsets = np.sort(rng.choice(possible, size=min(in_degree, len(possible)), replace=False))
        return CirculantMatrix(random_weights(self, (len(offsets), n_units), rng), offsets)

    def spectral_radius(self, matrix: CirculantMatrix) -> float:
        """Radius of a drawn matrix: computed, or by the circular law above 10,000 units."""
        return random_spectral_radius(matrix)
