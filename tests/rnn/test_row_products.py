"""Products of rows with a matrix."""

import numpy as np
import pytest

from reservoir.rnn.row_products import sum_over_rows


@pytest.mark.parametrize("n_rows", [255, 256, 700])
@pytest.mark.parametrize(("n", "m"), [(1, 64), (7, 100), (9, 63), (300, 70)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_of_weights_are_sums_over_rows(n_rows, n, m, dtype):
    """Against extended precision, within the bound of rounding; `y` may be some columns of a larger array."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(n_rows, n)).astype(dtype), rng.normal(size=(n_rows, m + 5)).astype(dtype)[:, 2 : m + 2]
    wide = x.astype(np.longdouble), y.astype(np.longdouble)
    result = sum_over_rows(x, y)
    assert result.dtype == dtype
    bound = n_rows * np.finfo(dtype).eps * (np.abs(wide[0]).T @ np.abs(wide[1]))
    assert np.all(np.abs(result - wide[0].T @ wide[1]) <= bound)
