"""Truths that every topology must meet, found by walking the exports, and the spectral radius against theory."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, sparse

from reservoir import EchoState, topologies
from reservoir.topologies import CirculantGraph, CirculantMatrix, Random, spectral_radius

FAMILIES = [part for part in vars(topologies).values() if inspect.isclass(part) and hasattr(part, "draw")]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_units", [1, 2, 7, 50])
def test_draw(family, n_units):
    first, again = (family().draw(n_units, np.random.default_rng(3)) for _ in range(2))
    assert first.shape == (n_units, n_units)
    np.testing.assert_array_equal(first.toarray(), again.toarray())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_reservoir_has_the_asked_radius(family):
    W = EchoState(60, topology=family(), spectral_radius=0.7, random_state=1).fit(np.zeros((1, 1))).W_
    assert np.abs(np.linalg.eigvals(W.toarray())).max() == pytest.approx(0.7, rel=1e-9)


@pytest.mark.parametrize("graph", [CirculantGraph(in_degree=4), Random(in_degree=4)])
def test_in_degree(graph):
    W = graph.draw(30, np.random.default_rng(0)).toarray()
    assert (np.count_nonzero(W, axis=1) == 4).all()
    assert (np.count_nonzero(graph.draw(3, np.random.default_rng(0)).toarray(), axis=1) <= 3).all()


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


@pytest.mark.parametrize("n", [5, 300, 700])
def test_radius_of_random_matrices(n):
    for seed in range(3):
        W = sparse.random_array((n, n), density=min(1, 10 / n), rng=seed, format="csr")
        W.data -= 0.5
        assert spectral_radius(W) == pytest.approx(np.abs(np.linalg.eigvals(W.toarray())).max(), rel=1e-6)
        assert spectral_radius(W) == spectral_radius(W.copy())


@pytest.mark.parametrize("n", [4, 400])
def test_radius_in_closed_form(n):
    rng = np.random.default_rng(n)
    order = rng.permutation(n)
    nilpotent = np.triu(rng.normal(size=(n, n)), k=1)
    assert spectral_radius(nilpotent) == 0
    assert spectral_radius(nilpotent[order][:, order]) == 0
    cycle = np.roll(np.diag(rng.uniform(0.5, 2, n)), 1, axis=0)
    assert spectral_radius(cycle) == pytest.approx(np.exp(np.log(cycle[cycle > 0]).mean()), rel=1e-12)
    orthogonal = np.linalg.qr(rng.normal(size=(n, n)))[0]
    assert spectral_radius(orthogonal) == pytest.approx(1, rel=1e-9)
    assert spectral_radius(np.zeros((n, n))) == 0
    assert spectral_radius(np.diag(np.arange(n) - n)) == n


def test_radius_of_disconnected_components():
    rng = np.random.default_rng(0)
    blocks = [rng.normal(size=(size, size)) / size for size in (300, 5, 1, 40)]
    blocks[1] *= 100  # the smallest component decides
    W = sparse.csr_array(linalg.block_diag(*blocks))
    order = rng.permutation(W.shape[0])
    assert spectral_radius(W[order][:, order]) == pytest.approx(np.abs(np.linalg.eigvals(blocks[1])).max(), rel=1e-9)


def test_radius_of_a_large_sparse_matrix():
    """The radius of independent weights of deviation s with k inputs a unit tends to s sqrt(k)."""
    W = Random(in_degree=10).draw(8000, np.random.default_rng(0))
    radius = spectral_radius(W)
    assert radius == pytest.approx(np.sqrt(10 / 3), rel=0.05)
    assert radius == spectral_radius(W)


def test_radius_zero_is_refused_unless_none():
    delay_line = np.eye(5, k=-1)
    with pytest.raises(ValueError, match=r"The 'topology' parameter of EchoState .* spectral radius 0"):
        EchoState(5, topology=delay_line).fit(np.zeros((3, 1)))
    W = EchoState(5, topology=delay_line, spectral_radius=None).fit(np.zeros((3, 1))).W_
    np.testing.assert_array_equal(W, delay_line)


def test_radius_needs_a_square_matrix():
    with pytest.raises(ValueError, match="square"):
        spectral_radius(np.ones((2, 3)))
