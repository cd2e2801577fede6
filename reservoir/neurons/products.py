"""``out += W x`` for every matrix structure that a reservoir may have.

A structure is a NamedTuple of arrays and one compiled function; `add_product` finds the function by the
type of the tuple, when the calling kernel is compiled. Row i of W holds what unit i hears. The order of
summation depends on the matrix alone, so a result does not depend on what else is computed.

A new structure is one NamedTuple, one function, and one entry of ``_PRODUCTS``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from reservoir.compilation import kernel
from reservoir.neurons import vectors
from reservoir.neurons.vectors import STRIPE, add_stripe, sum_slice


class Sparse(NamedTuple):
    """Rows of a sparse matrix in slices as high as a vector, the longest rows first; short ones end in zeros."""

    values: np.ndarray  # (n_columns_of_all_slices, height)
    columns: np.ndarray  # the same shape, unsigned; 16 bits where they suffice, to read less
    starts: np.ndarray  # (n_slices + 1,), where the columns of a slice begin
    order: np.ndarray  # (n_slices, height), which row of the matrix it is; 0 beyond the last


class Lagged(NamedTuple):
    """The same of a matrix whose columns are units at several times: those of the newest states first."""

    values: np.ndarray
    columns: np.ndarray
    starts: np.ndarray
    order: np.ndarray


class Dense(NamedTuple):
    """A full matrix, transposed, so that row j holds the weights that leave unit j."""

    transposed: np.ndarray  # (n_units, n_units)


class Circulant(NamedTuple):
    """Unit i hears units i + offset (modulo the number of units), each with a weight of its own.

    The weights stand in the order in which they are read: stripes of units, then offsets, then the units of a stripe.
    """

    weights: np.ndarray  # (n_stripes, n_offsets, STRIPE), zero beyond the last unit
    offsets: np.ndarray  # (n_offsets,), in [0, n_units)


class Hadamard(NamedTuple):
    """Two Hadamard transforms, on the first and the last 2**p units, between diagonals; then a permutation."""

    diagonals: np.ndarray  # (2, n_units)
    order: np.ndarray  # (n_units,), uint32: unit i takes place order[i]


class DenseBlocks(NamedTuple):
    """Full matrices of one size along the diagonal: reservoirs that do not hear one another."""

    transposed: np.ndarray  # (n_blocks, n_units of a block, the same)


class CirculantBlocks(NamedTuple):
    """The same of `Circulant` ones."""

    weights: np.ndarray  # (n_blocks, n_stripes, n_offsets, STRIPE)
    offsets: np.ndarray  # (n_blocks, n_offsets)


class HadamardBlocks(NamedTuple):
    """The same of `Hadamard` ones."""

    diagonals: np.ndarray  # (n_blocks, 2, n_units of a block)
    order: np.ndarray  # (n_blocks, n_units of a block)


@kernel(vectors.__file__)
def _add_sparse(matrix, x, scratch, out):
    values, columns, starts, order = matrix
    height = order.shape[1]
    sums = scratch[:height]
    for s in range(len(order)):
        sum_slice(values, columns, starts[s], starts[s + 1], x, sums)
        for j in range(height):
            out[order[s, j]] += sums[j]


@kernel(fastmath={"contract", "nsz"})
def add_columns(w, x, out):
    """out += x[0] w[0] + ... + x[m - 1] w[m - 1] for m <= 8; with eight, `out` is read and written once."""
    if x.size < 8:
        for j in range(x.size):
            row, xj = w[j], x[j]
            for i in range(out.size):
                out[i] += row[i] * xj
        return
    w0, w1, w2, w3, w4, w5, w6, w7 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
    x0, x1, x2, x3, x4, x5, x6, x7 = x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
    for i in range(out.size):
        low = (w0[i] * x0 + w1[i] * x1) + (w2[i] * x2 + w3[i] * x3)
        high = (w4[i] * x4 + w5[i] * x5) + (w6[i] * x6 + w7[i] * x7)
        out[i] += low + high


@kernel(fastmath={"contract", "nsz"})
def _add_dense(matrix, x, scratch, out):
    for j in range(0, x.size, 8):
        add_columns(matrix.transposed[j : j + 8], x[j : j + 8], out)


@kernel(vectors.__file__)
def _add_circulant(matrix, x, scratch, out):
    n = out.size
    first, second = scratch[:n], scratch[n : 2 * n]
    for i in range(n):  # a loop, since Numba copies slices one by one
        first[i] = x[i]
        second[i] = x[i]
    weights, offsets, n_offsets = matrix.weights, matrix.offsets, matrix.offsets.size
    whole = n // STRIPE
    for stripe in range(whole):
        add_stripe(weights, stripe, offsets, n_offsets, scratch, out, stripe * STRIPE)
    if whole < len(weights):  # the last stripe reaches beyond the units
        last = np.zeros(STRIPE, out.dtype)
        add_stripe(weights, whole, offsets, n_offsets, scratch, last, 0)
        for i in range(whole * STRIPE, n):
            out[i] += last[i - whole * STRIPE]


@kernel(fastmath={"contract"})
def _butterflies(x, half):
    """Sums and differences of the entries `half` apart, in place, for all pairs of blocks of this size."""
    for start in range(0, x.size, 2 * half):
        a, b = x[start : start + half], x[start + half : start + 2 * half]
        for i in range(half):
            total, difference = a[i] + b[i], a[i] - b[i]
            a[i], b[i] = total, difference


@kernel(fastmath={"contract"})
def _transform(x):
    """The Hadamard transform, not normalised, of 2**p values, in place; small blocks first, while they are in cache."""
    inner = min(x.size, 2048)
    for start in range(0, x.size, inner):
        block = x[start : start + inner]
        half = 1
        while half < inner:
            _butterflies(block, half)
            half *= 2
    half = inner
    while half < x.size:
        _butterflies(x, half)
        half *= 2


@kernel(fastmath={"contract"})
def _add_hadamard(matrix, x, scratch, out):
    first, second, order = matrix.diagonals[0], matrix.diagonals[1], matrix.order
    n = out.size
    block = 1
    while 2 * block <= n:
        block *= 2
    work = scratch[:n]
    for i in range(n):
        work[i] = first[i] * x[i]
    _transform(work[:block])
    for i in range(n):
        work[i] *= second[i]
    _transform(work[n - block :])
    for i in range(n):
        out[i] += work[order[i]]


@kernel(fastmath={"contract", "nsz"})
def _add_dense_blocks(matrix, x, scratch, out):
    n = matrix.transposed.shape[1]
    for b in range(len(matrix.transposed)):
        block = slice(b * n, (b + 1) * n)
        _add_dense(Dense(matrix.transposed[b]), x[block], scratch, out[block])


@kernel(vectors.__file__)
def _add_circulant_blocks(matrix, x, scratch, out):
    n = out.size // len(matrix.offsets)
    for b in range(len(matrix.offsets)):
        block = slice(b * n, (b + 1) * n)
        _add_circulant(Circulant(matrix.weights[b], matrix.offsets[b]), x[block], scratch, out[block])


@kernel(fastmath={"contract"})
def _add_hadamard_blocks(matrix, x, scratch, out):
    n = matrix.order.shape[1]
    for b in range(len(matrix.order)):
        block = slice(b * n, (b + 1) * n)
        _add_hadamard(Hadamard(matrix.diagonals[b], matrix.order[b]), x[block], scratch, out[block])


BLOCKS: dict[type, type] = {Dense: DenseBlocks, Circulant: CirculantBlocks, Hadamard: HadamardBlocks}
"""Of a structure that of several such matrices along a diagonal, whose arrays have one axis more."""

_PRODUCTS: dict[type, Any] = {
    Sparse: _add_sparse, Lagged: _add_sparse, Dense: _add_dense, Circulant: _add_circulant, Hadamard: _add_hadamard,
    DenseBlocks: _add_dense_blocks, CirculantBlocks: _add_circulant_blocks, HadamardBlocks: _add_hadamard_blocks,
}  # fmt: skip


def add_product(matrix: Any, x: np.ndarray, scratch: np.ndarray, out: np.ndarray) -> None:
    """Add W x (n_units,) to `out`; `scratch` (2 n_units + STRIPE,) is overwritten."""
    _PRODUCTS[type(matrix)](matrix, x, scratch, out)


@overload(add_product)
def _typed_add_product(matrix, x, scratch, out):
    product = _PRODUCTS.get(getattr(matrix, "instance_class", type(None)))
    if product is None:
        return None
    return lambda matrix, x, scratch, out: product(matrix, x, scratch, out)
