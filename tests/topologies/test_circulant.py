"""Circulant matrices against their definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reservoir.topologies import CirculantMatrix


@given(n=st.integers(1, 12), k=st.integers(1, 12), seed=st.integers(0, 2**32))
def test_circulant_matrix_is_what_it_says(n, k, seed):
    rng = np.random.default_rng(seed)
    offsets = rng.choice(n, size=min(k, n), replace=False)
    matrix = CirculantMatrix(rng.normal(size=(len(offsets), n)), offsets)
    expected = np.zeros((n, n))
    for weights, offset in zip(matrix.weights, matrix.offsets, strict=True):
        for i in range(n):
            expected[i, (i + offset) % n] = weights[i]
    x = rng.normal(size=n)
    np.testing.assert_array_equal(matrix.toarray(), expected)
    np.testing.assert_array_equal(np.asarray(matrix * 2.0), 2 * expected)
    np.testing.assert_allclose(matrix @ x, expected @ x, atol=1e-13)
