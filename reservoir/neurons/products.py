"""``out += W x`` for every matrix structure that a reservoir may have.

A structure is a NamedTuple of arrays and one compiled function; `add_product` finds the function by the
type of the tuple, when the calling kernel is compiled. Row i of W holds what unit i hears. The order of
summation depends on the matrix alone, so a result does not depend on what else is computed.

A new structure is one NamedTuple, one function, and one entry of ``_PRODUCTS``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import overload

from reservoir.compilation import REASSOCIATE, kernel


class Sparse(NamedTuple):
    """Compressed sparse rows."""

    values: np.ndarray  # (n_connections,)
    columns: np.ndarray  # (n_connections,), unsigned; 16 bits where they suffice, to read less
    starts: np.ndarray  # (n_units + 1,), int64


class Dense(NamedTuple):
    """A full matrix, transposed, so that row j holds the weights that leave unit j."""

    transposed: np.ndarray  # (n_units, n_units)


class Circulant(NamedTuple):
    """Unit i hears units i + offset (modulo the number of units), each with a weight of its own."""

    weights: np.ndarray  # (n_offsets, n_units)
    offsets: np.ndarray  # (n_offsets,), in [0, n_units)


class Hadamard(NamedTuple):
    """Two Hadamard transforms, on the first and the last 2**p units, between diagonals; then a permutation."""

    diagonals: np.ndarray  # (2, n_units)
    order: np.ndarray  # (n_units,), uint32: unit i takes place order[i]


@kernel(fastmath=REASSOCIATE)
def _add_sparse(matrix, x, twice, out):
    values, columns, starts = matrix.values, matrix.columns, matrix.starts
    for i in range(out.size):
        weights, senders = values[starts[i] : starts[i + 1]], columns[starts[i] : starts[i + 1]]
        total = out[i]
        for p in range(weights.size):  # unsigned senders and no slice bounds inside: the compiler gathers in vectors
            total += weights[p] * x[senders[p]]
        out[i] = total


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
def _add_dense(matrix, x, twice, out):
    for j in range(0, x.size, 8):
        add_columns(matrix.transposed[j : j + 8], x[j : j + 8], out)


@kernel(fastmath={"contract", "nsz"})
def _add_eight_offsets(w, o, x, out):
    """out[i] += w[0, i] x[o[0] + i] + ... + w[7, i] x[o[7] + i], with `out` read and written once."""
    n = out.size
    w0, w1, w2, w3, w4, w5, w6, w7 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
    x0, x1, x2, x3 = x[o[0] : o[0] + n], x[o[1] : o[1] + n], x[o[2] : o[2] + n], x[o[3] : o[3] + n]
    x4, x5, x6, x7 = x[o[4] : o[4] + n], x[o[5] : o[5] + n], x[o[6] : o[6] + n], x[o[7] : o[7] + n]
    for i in range(n):
        low = (w0[i] * x0[i] + w1[i] * x1[i]) + (w2[i] * x2[i] + w3[i] * x3[i])
        high = (w4[i] * x4[i] + w5[i] * x5[i]) + (w6[i] * x6[i] + w7[i] * x7[i])
        out[i] += low + high


@kernel(fastmath={"contract", "nsz"})
def _add_circulant(matrix, x, twice, out):
    weights, offsets = matrix.weights, matrix.offsets
    n = out.size
    first, second = twice[:n], twice[n:]
    for i in range(n):  # a loop, since Numba copies slices one by one
        first[i] = x[i]
        second[i] = x[i]
    whole = offsets.size - offsets.size % 8
    for k in range(0, whole, 8):
        _add_eight_offsets(weights[k : k + 8], offsets[k : k + 8], twice, out)
    for k in range(whole, offsets.size):
        row, shifted = weights[k], twice[offsets[k] : offsets[k] + n]
        for i in range(n):
            out[i] += row[i] * shifted[i]


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
def _add_hadamard(matrix, x, twice, out):
    first, second, order = matrix.diagonals[0], matrix.diagonals[1], matrix.order
    n = out.size
    block = 1
    while 2 * block <= n:
        block *= 2
    work = twice[:n]
    for i in range(n):
        work[i] = first[i] * x[i]
    _transform(work[:block])
    for i in range(n):
        work[i] *= second[i]
    _transform(work[n - block :])
    for i in range(n):
        out[i] += work[order[i]]


_PRODUCTS = {Sparse: _add_sparse, Dense: _add_dense, Circulant: _add_circulant, Hadamard: _add_hadamard}


def add_product(matrix, x, twice, out):
    """Add W x (n_units,) to `out`; `twice` (2 n_units,) is scratch space."""
    _PRODUCTS[type(matrix)](matrix, x, twice, out)


@overload(add_product)
def _typed_add_product(matrix, x, twice, out):
    product = _PRODUCTS.get(getattr(matrix, "instance_class", type(None)))
    if product is None:
        return None
    return lambda matrix, x, twice, out: product(matrix, x, twice, out)
