"""Orthogonal families are, and are drawn evenly."""

import numpy as np
import pytest

from reservoir.topologies import (
    Cycle,
    Hadamard,
    Orthogonal,
    Permutation,
    largest_singular_value,
    spectral_radius,
)
from tests.topologies.families import dense, generator


@pytest.mark.parametrize("family", [Orthogonal, Permutation, Hadamard, Cycle])
@pytest.mark.parametrize("n_units", [1, 2, 7, 64, 300])
def test_orthogonal_families(family, n_units):
    drawn = family().draw(n_units, generator(n_units))
    W = dense(drawn)
    np.testing.assert_allclose(W @ W.T, np.eye(n_units), rtol=0, atol=1e-12)
    assert getattr(family(), "spectral_radius", spectral_radius)(drawn) == pytest.approx(1, rel=1e-12)
    assert largest_singular_value(drawn) == pytest.approx(1, rel=1e-10)


def test_orthogonal_matrices_are_drawn_evenly():
    """Without the signs, the diagonal of Q has a mean far from zero."""
    diagonals = [np.diag(Orthogonal().draw(5, generator(seed))) for seed in range(400)]
    assert np.abs(np.mean(diagonals, axis=0)).max() < 5 / np.sqrt(5 * 400)
