"""Tuned channels."""

import math

import numpy as np
import pytest

from reservoir.spikes import GaussianReceptiveFields


def test_receptive_fields_peak_at_their_centres():
    n_fields = 7
    encoder = GaussianReceptiveFields(n_fields, low=-2.0, high=3.0).fit(np.zeros((1, 1)))
    for k in range(1, n_fields - 1):
        row = np.array([[-2 + 5 * (k - 0.5) / (n_fields - 2)]])
        first = [times[0] if len(times) else 1.0 for times in encoder.encode(row, 1.0, None).to_lists()]
        assert np.argmin(first) == k and first[k] == pytest.approx(0, abs=1e-12)
        activations = [math.exp(-((1.5 * (k - j)) ** 2) / 2) for j in range(n_fields)]
        np.testing.assert_allclose(first, [1 - a if a > 0.1 else 1.0 for a in activations], atol=1e-12)
    rows = np.column_stack([np.linspace(-2, 3, 100), np.linspace(3, -2, 100)])
    counts = encoder.fit(rows).encode(rows, 1.0, None).counts()
    np.testing.assert_array_equal(counts[:n_fields], counts[n_fields:])
    assert (counts[1:6] > counts[0]).all()
