"""Rows times a matrix, with an order of summation that does not depend on how many rows there are.

Each number of the result is one chain of fused additions over the rows of the matrix, from the first to the last, so a
sequence gets the same bits alone and among others. Four rows are served at once, which reads the matrix once for all.
"""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel

_BLOCK = 256  # rows of which `sum_over_rows` makes one sum


@kernel(fastmath={"contract", "nsz"})
def _add_row(x, matrix, out):
    """out (m,) += x (n,) matrix (n, m)."""
    whole = x.size // 8 * 8
    for k in range(0, whole, 8):
        w0, w1, w2, w3 = matrix[k], matrix[k + 1], matrix[k + 2], matrix[k + 3]
        w4, w5, w6, w7 = matrix[k + 4], matrix[k + 5], matrix[k + 6], matrix[k + 7]
        x0, x1, x2, x3, x4, x5, x6, x7 = x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7]
        for j in range(out.size):
            head = out[j] + w0[j] * x0 + w1[j] * x1 + w2[j] * x2 + w3[j] * x3
            out[j] = head + w4[j] * x4 + w5[j] * x5 + w6[j] * x6 + w7[j] * x7
    for k in range(whole, x.size):
        row, value = matrix[k], x[k]
        for j in range(out.size):
            out[j] += row[j] * value


@kernel(fastmath={"contract", "nsz"})
def _add_four_rows(x, matrix, out):
    """out (4, m) += x (4, n) matrix (n, m), in the order of `_add_row`."""
    a, b, c, d = x[0], x[1], x[2], x[3]
    out_a, out_b, out_c, out_d = out[0], out[1], out[2], out[3]
    whole = a.size // 4 * 4
    for k in range(0, whole, 4):
        w0, w1, w2, w3 = matrix[k], matrix[k + 1], matrix[k + 2], matrix[k + 3]
        a0, a1, a2, a3 = a[k], a[k + 1], a[k + 2], a[k + 3]
        b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
        c0, c1, c2, c3 = c[k], c[k + 1], c[k + 2], c[k + 3]
        d0, d1, d2, d3 = d[k], d[k + 1], d[k + 2], d[k + 3]
        for j in range(out_a.size):
            p, q, r, s = w0[j], w1[j], w2[j], w3[j]
            out_a[j] = out_a[j] + p * a0 + q * a1 + r * a2 + s * a3
            out_b[j] = out_b[j] + p * b0 + q * b1 + r * b2 + s * b3
            out_c[j] = out_c[j] + p * c0 + q * c1 + r * c2 + s * c3
            out_d[j] = out_d[j] + p * d0 + q * d1 + r * d2 + s * d3
    for k in range(whole, a.size):
        row, ak, bk, ck, dk = matrix[k], a[k], b[k], c[k], d[k]
        for j in range(out_a.size):
            p = row[j]
            out_a[j] += p * ak
            out_b[j] += p * bk
            out_c[j] += p * ck
            out_d[j] += p * dk


@kernel()
def add_row_products(x, matrix, out):
    """out (n_rows, m) += x (n_rows, n) matrix (n, m)."""
    whole = len(x) // 4 * 4
    for row in range(0, whole, 4):
        _add_four_rows(x[row : row + 4], matrix, out[row : row + 4])
    for row in range(whole, len(x)):
        _add_row(x[row], matrix, out[row])


@kernel()
def affine_rows(x, matrix, bias, out):
    """out (n_rows, m) = x (n_rows, n) matrix (n, m) + bias (m,)."""
    for first in range(0, len(x), 4):
        last = min(first + 4, len(x))
        for row in range(first, last):
            target = out[row]
            for j in range(bias.size):
                target[j] = bias[j]
        add_row_products(x[first:last], matrix, out[first:last])


@kernel()
def _add_blocks(x, y, out):
    """out (n, m) += x (n_rows, n).T y (n_rows, m), in blocks of rows whose sums are added one by one."""
    part = np.empty_like(out)
    for first in range(0, len(y), _BLOCK):
        last = min(first + _BLOCK, len(y))
        part[:] = 0
        add_row_products(np.ascontiguousarray(x[first:last].T), y[first:last], part)
        for i in range(len(out)):
            target, more = out[i], part[i]
            for j in range(more.size):
                target[j] += more[j]


def sum_over_rows(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of weights (n, m) = x (n_rows, n).T y (n_rows, m), where there are many more rows than columns.

    Single-precision blocks of rows that stay in the cache are summed here faster than by BLAS, the rest is not.
    """
    (n_rows, m), n = y.shape, x.shape[1]
    if y.dtype != np.float32 or n_rows < _BLOCK or not 64 <= m <= 512 or n > 256:
        return x.T @ y
    out = np.zeros((n, m), y.dtype)
    _add_blocks(np.ascontiguousarray(x), np.ascontiguousarray(y), out)
    return out
