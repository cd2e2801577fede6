"""Euler state networks: the matrix that they make, in the structure that it has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reservoir import EchoState
from reservoir.neurons.rate import Euler
from reservoir.topologies import CirculantGraph, CirculantMatrix, Cycle, Hadamard, Random
from tests import oracles

X = np.random.default_rng(0).uniform(-1, 1, (50, 1))


@given(n_units=st.integers(1, 12), n_offsets=st.integers(1, 12), seed=st.integers(0, 2**32))
def test_a_circulant_matrix_stays_one(n_units, n_offsets, seed):
    rng = np.random.default_rng(seed)
    offsets = rng.choice(n_units, min(n_offsets, n_units), replace=False)
    W = CirculantMatrix(rng.normal(size=(len(offsets), n_units)), offsets)
    found, full = Euler(diffusion=0.2).recurrent(W), W.toarray()
    assert isinstance(found, CirculantMatrix) and len(set(found.offsets.tolist())) == len(found.offsets)
    np.testing.assert_array_equal(found.toarray(), full - full.T - 0.2 * np.eye(n_units))


SPARSE = sparse.csr_array(np.triu(np.arange(81.0).reshape(9, 9) % 7))


@pytest.mark.parametrize("W", [np.arange(16.0).reshape(4, 4), SPARSE], ids=["dense", "sparse"])
def test_other_structures_stay_what_they_are(W):
    found, full = Euler(diffusion=0.5).recurrent(W), W.toarray() if sparse.issparse(W) else W
    assert type(found) is (np.ndarray if isinstance(W, np.ndarray) else sparse.csr_array)
    np.testing.assert_array_equal(oracles.dense(found), full - full.T - 0.5 * np.eye(len(full)))


@pytest.mark.parametrize("topology", [None, CirculantGraph(3), Cycle(), Random(4), np.eye(20, k=3)])
def test_the_matrix_is_made_of_the_scaled_one(topology):
    radius = None if isinstance(topology, np.ndarray) else 0.7
    options = {"topology": topology, "spectral_radius": radius, "random_state": 0}
    W, found = (oracles.dense(EchoState(20, unit=unit, **options).fit(X).W_) for unit in (None, Euler()))
    np.testing.assert_allclose(found, W - W.T - 0.001 * np.eye(20), rtol=0, atol=1e-15)


def test_linear_units_follow_the_matrix_exponential():
    """With the identity and no input the steps are those of Euler's method for dx/dt = M x, exact as they get small."""
    times, errors = 1.0, []
    start = np.random.default_rng(1).normal(size=20)
    for step in (0.01, 0.005):
        system = EchoState(20, unit=Euler(step, activation="identity"), bias_scaling=0.0, random_state=0).fit(X)
        values, vectors = np.linalg.eig(system.W_.toarray())
        exact = (vectors @ (np.exp(values * times) * np.linalg.solve(vectors, start + 0j))).real
        errors.append(np.abs(system.run(np.zeros((round(times / step), 1)), start)[1] - exact).max())
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.05)


def test_a_hadamard_matrix_is_refused():
    with pytest.raises(ValueError, match=r"of Euler must be .* Hadamard"):
        EchoState(20, topology=Hadamard(), unit=Euler()).fit(X)
