"""From a weight matrix, dense, sparse or structured, to the form that kernels take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from scipy import sparse

from reservoir.neurons.products import (
    BLOCKS,
    Circulant,
    CirculantBlocks,
    Dense,
    DenseBlocks,
    Hadamard,
    HadamardBlocks,
    Lagged,
    Sparse,
)
from reservoir.neurons.vectors import STRIPE
from reservoir.parts import Matrix, Numbers, Topology
from reservoir.topologies import CirculantMatrix, HadamardMatrix
from reservoir.validation import parameter_error, real_array

Form: TypeAlias = Circulant | Sparse | Lagged | Dense | Hadamard | CirculantBlocks | DenseBlocks | HadamardBlocks
"""A weight matrix as the kernels take it."""

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


class BlockDiagonal:
    """Matrices of one size, dense, sparse or structured, along the diagonal of a larger one."""

    def __init__(self, blocks: Sequence[Any]):
        self.blocks = list(blocks)
        size = sum(block.shape[0] for block in blocks)
        self.shape, self.dtype = (size, size), blocks[0].dtype

    def astype(self, dtype: Any) -> BlockDiagonal:
        """A copy with weights of another type."""
        return BlockDiagonal([block.astype(dtype) for block in self.blocks])

    def tocsr(self) -> sparse.csr_array:
        """The same matrix in compressed sparse rows."""
        return sparse.csr_array(sparse.block_diag([_rows_of(block) for block in self.blocks], format="csr"))

    def toarray(self) -> np.ndarray:
        """The same matrix as a dense array."""
        return self.tocsr().toarray()

    def __mul__(self, factor: float) -> BlockDiagonal:
        return BlockDiagonal([block * factor for block in self.blocks])

    def __matmul__(self, x: np.ndarray) -> np.ndarray:
        return np.concatenate([one @ own for one, own in zip(self.blocks, np.split(x, len(self.blocks)), strict=True)])


def compiled_form(matrix: Any) -> Form:
    """The arrays of a weight matrix for the kernel of its structure."""
    if isinstance(matrix, BlockDiagonal):
        return joined_form(matrix.blocks, [compiled_form(block) for block in matrix.blocks])
    if isinstance(matrix, CirculantMatrix):
        return Circulant(_striped(matrix.weights), matrix.offsets)
    if isinstance(matrix, HadamardMatrix):
        return Hadamard(matrix.diagonals(), matrix.order)
    if sparse.issparse(matrix):
        return _sliced(sparse.csr_array(matrix))
    return Dense(np.ascontiguousarray(matrix.T))


def delayed_form(matrix: Any, delays: np.ndarray, n_arrays: int) -> Form:
    """The same for units that hear the states of `delays` (n_units,) steps ago, n_arrays for every unit.

    Units that hear those of another delay need their rows at several times.
    """
    if not joins_delays(matrix, delays):
        return compiled_form(matrix)
    return Lagged(*_sliced(lagged_rows(matrix, delays, n_arrays)))


def joins_delays(matrix: Any, delays: np.ndarray) -> bool:
    """Whether a unit hears one of another delay."""
    if (delays == delays[0]).all():
        return False
    rows = _rows_of(matrix).tocoo()
    return bool((delays[rows.row] != delays[rows.col])[rows.data != 0].any())


def lagged_rows(matrix: Any, delays: np.ndarray, n_arrays: int) -> sparse.csr_array:
    """W (n_units, n_units) as rows over the states of all steps that are kept, the newest first, each of n_arrays.

    Row i has its weights at the states of delays[i] steps ago.
    """
    rows, size = _rows_of(matrix).tocoo(), n_arrays * len(delays)
    places = rows.row, (delays[rows.row] - 1) * size + rows.col
    found = sparse.csr_array((rows.data, places), shape=(len(delays), int(delays.max()) * size))
    found.eliminate_zeros()
    return found


def joined_form(matrices: Sequence[Any], forms: Sequence[Form]) -> Form:
    """The form of matrices of one size along a diagonal, from theirs: their structure, where it is the same in all."""
    structure, shapes = type(forms[0]), {tuple(np.shape(array) for array in form) for form in forms}
    if all(type(form) is structure for form in forms) and structure in BLOCKS and len(shapes) == 1:
        joined: Form = BLOCKS[structure](*map(np.stack, zip(*forms, strict=True)))
        return joined
    slices = [
        form if isinstance(form, Sparse) else _sliced(_rows_of(matrix))
        for form, matrix in zip(forms, matrices, strict=True)
    ]
    return _stacked(slices, [matrix.shape[0] for matrix in matrices])


def _stacked(forms: Sequence[Any], sizes: list[int]) -> Sparse:
    """Slices of rows one after the other; those of a matrix hear the units of their own."""
    values, columns, starts, orders = zip(*forms, strict=True)
    units = np.cumsum([0, *sizes])
    places = np.cumsum([0, *(len(one) for one in values)])
    room = np.empty((places[-1], values[0].shape[1]), narrowest(int(units[-1])))
    for own, first, unit in zip(columns, places, units[:-1], strict=False):
        np.add(own, unit, out=room[first : first + len(own)], casting="unsafe")
    moved = [own[:-1] + first for own, first in zip(starts, places, strict=False)]
    order = [own + own.dtype.type(unit) for own, unit in zip(orders, units, strict=False)]
    return Sparse(np.concatenate(values), room, np.concatenate([*moved, places[-1:]]), np.concatenate(order))


def _rows_of(matrix: Any) -> sparse.csr_array:
    return sparse.csr_array(matrix.tocsr() if hasattr(matrix, "tocsr") else matrix)


def narrowest(n_columns: int) -> type:
    """The smallest unsigned type that holds the number of any of so many columns."""
    return np.uint16 if n_columns <= 2**16 else np.uint32


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
    columns = np.zeros((starts[-1], height), narrowest(max(rows.shape)))
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
    if isinstance(part, np.ndarray):
        return part.size
    if isinstance(part, Hadamard | HadamardBlocks):
        return 4 * part.order.size * part.order.size.bit_length()
    return sum(map(multiplications, part)) if isinstance(part, tuple) else 1
