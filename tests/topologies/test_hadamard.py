"""Hadamard matrices against a slow twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir import EchoState
from reservoir.topologies import Hadamard, HadamardMatrix, largest_singular_value, spectral_radius
from tests import oracles
from tests.topologies.families import generator


@given(n=st.integers(1, 300), scale=st.floats(-2, 2), seed=st.integers(0, 2**32))
def test_hadamard_matrix_is_what_it_says(n, scale, seed):
    drawn = Hadamard().draw(n, np.random.default_rng(seed))
    matrix = drawn * scale
    expected = oracles.hadamard_product(drawn.signs, drawn.order, scale)
    np.testing.assert_allclose(matrix.toarray(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.asarray(matrix.astype("float32")), expected, rtol=0, atol=1e-5)
    assert spectral_radius(matrix) == largest_singular_value(matrix) == abs(scale)
    assert matrix.nnz >= n and sorted(drawn.order) == list(range(n))


def test_a_given_structured_matrix_is_used():
    matrix = Hadamard().draw(40, generator()) * 0.5
    system = EchoState(40, topology=matrix, spectral_radius=0.8, random_state=0).fit(np.zeros((1, 1)))
    assert isinstance(system.W_, HadamardMatrix) and spectral_radius(system.W_) == pytest.approx(0.8, rel=1e-15)
