"""From a weight matrix, dense, sparse or structured, to the form that kernels take."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np
from scipy import sparse

from reservoir.neurons.products import Circulant, Dense, Hadamard, Sparse
from reservoir.neurons.vectors import STRIPE
from reservoir.parts import Matrix, Numbers, Topology
from reservoir.topologies import CirculantMatrix, HadamardMatrix
from reservoir.validation import parameter_error, real_array

_MATRIX = "None, an object with draw(n_units, rng), or a square matrix with one row per unit"


def drawn_or_given(
    owner: str, name: str, value: Topology | Matrix | Numbers, n_units: int, rng: np.random.Generator
) -> Any:
    """The matrix (n_units, n_units) that a topology draws, or that is given as the parameter with this name."""
    matrix = value.draw(n_units, rng) if draws(value) else _given(owner, name, value)
    if matrix.shape != (n_units, n_units):
        raise parameter_error(owner, name, f"a matrix of shape ({n_units}, {n_units})", matrix.shape)
    return matrix


def draws(value: Any) -> TypeGuard[Topology]:
    """Whether this is a topology."""
    return hasattr(value, "draw") and not isinstance(value, type)


def _given(owner: str, name: str, matrix: Any) -> Any:
    if isinstance(matrix, CirculantMatrix | HadamardMatrix):
        return matrix
    if sparse.issparse(matrix):
        rows = sparse.csr_array(matrix, dtype=np.float64, copy=True)
        rows.sum_duplicates()
        values = rows.data
    else:
        rows = real_array(matrix)
        if rows is None:
            raise parameter_error(owner, name, _MATRIX, matrix)
        rows = values = np.asfortranarray(rows)
    if rows.ndim != 2 or rows.shape[0] != rows.shape[1]:
        raise parameter_error(owner, name, _MATRIX, f"an array of shape {rows.shape}")
    if not np.isfinite(values).all():
        raise parameter_error(owner, name, "free of NaN and infinity", matrix)
    return rows


def compiled_form(matrix: Any) -> Circulant | Sparse | Dense | Hadamard:
    """The arrays of a weight matrix for the kernel of its structure."""
    if isinstance(matrix, CirculantMatrix):
        return Circulant(_striped(matrix.weights), matrix.offsets)
    if isinstance(matrix, HadamardMatrix):
        return Hadamard(matrix.diagonals(), matrix.order)
    if sparse.issparse(matrix):
        return _sliced(sparse.csr_array(matrix))
    return Dense(np.ascontiguousarray(matrix.T))


def narrowest(matrix: sparse.csr_array) -> type:
    """The smallest unsigned type that holds a column of the matrix."""
    return np.uint16 if max(matrix.shape) <= 2**16 else np.uint32


def _sliced(rows: sparse.csr_array) -> Sparse:
    """Compressed sparse rows in slices of as many rows as numbers fill a vector, sorted by length."""
    height = 64 // rows.dtype.itemsize
    lengths = np.diff(rows.indptr).astype(np.int64)
    n_slices = -(-len(lengths) // height)
    order = np.argsort(-lengths, kind="stable")
    starts = np.concatenate([[0], np.cumsum(lengths[order[::height]])])
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    owner = np.repeat(np.arange(len(lengths)), lengths)
    position = np.arange(rows.nnz) - np.repeat(rows.indptr[:-1].astype(np.int64), lengths)
    place = starts[rank[owner] // height] + position, rank[owner] % height
    values = np.zeros((starts[-1], height), rows.dtype)
    columns = np.zeros((starts[-1], height), narrowest(rows))
    values[place], columns[place] = rows.data, rows.indices
    padded = np.append(order, np.zeros(height, int)).astype(np.uint64)  # unsigned, to skip the check for negatives
    return Sparse(values, columns, starts, np.resize(padded, (n_slices, height)))


def _striped(weights: np.ndarray) -> np.ndarray:
    """Weights (n_offsets, n_units) as (n_stripes, n_offsets, STRIPE), from the start of a cache line on."""
    n_offsets, n_units = weights.shape
    n_stripes = -(-n_units // STRIPE)
    size = n_stripes * n_offsets * STRIPE
    buffer = np.zeros(size + STRIPE, weights.dtype)
    skip = (-buffer.ctypes.data % 64) // weights.itemsize
    striped = buffer[skip : skip + size].reshape(n_stripes, n_offsets, STRIPE)
    whole = n_units - n_units % STRIPE
    striped[: whole // STRIPE] = weights[:, :whole].reshape(n_offsets, -1, STRIPE).transpose(1, 0, 2)
    striped[whole // STRIPE :, :, : n_units - whole] = weights[:, whole:]
    return striped


def multiplications(part: Any) -> int:
    """Numbers that a step reads, of compiled forms and coefficients: about as many multiplications as it takes."""
    if isinstance(part, Hadamard):
        return 4 * part.order.size * part.order.size.bit_length()
    if isinstance(part, tuple):
        return sum(multiplications(one) for one in part)
    return np.size(part)
