"""Linear predictions that do not depend on which other rows are predicted."""

from __future__ import annotations

from reservoir.compilation import REASSOCIATE, kernel


@kernel(fastmath=REASSOCIATE)
def affine(rows, coef, intercept, out):
    """out = rows coef^T + intercept, row by row: (n, F), (K, F), (K,) -> (n, K).

    BLAS sums in an order that depends on how many rows there are; here it depends on the features alone.
    """
    for t in range(rows.shape[0]):
        row = rows[t]
        for k in range(coef.shape[0]):
            weights = coef[k]
            total = 0.0
            for i in range(row.size):
                total += weights[i] * row[i]
            out[t, k] = total + intercept[k]
