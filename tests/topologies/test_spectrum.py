"""Radius and norm of any matrix against all its eigenvalues and singular values."""

import numpy as np
import pytest
from scipy import linalg, sparse

from reservoir import EchoState
from reservoir.topologies import (
    Bernoulli,
    CirculantGraph,
    Cycle,
    CycleWithJumps,
    DelayLine,
    DoubleCycle,
    Random,
    largest_singular_value,
    spectral_radius,
    spectrum,
)
from reservoir.topologies.spectrum import random_spectral_radius
from tests.topologies.families import dense, generator


def test_large_reservoirs_are_drawn_and_measured_at_once():
    """100,000 units; the circular law stands in for the radius, and both agree where both can be had."""
    for topology in (Random(), CirculantGraph(), Bernoulli(1e-4)):
        W = topology.draw(100_000, generator())
        assert topology.spectral_radius(W) == pytest.approx(np.sqrt(10 / 3), rel=0.01)
    for topology in (Random(), CirculantGraph(), Bernoulli(2e-3)):
        W = topology.draw(5000, generator())
        values = W.weights if hasattr(W, "weights") else W.data
        assert random_spectral_radius(W) == spectral_radius(W) == spectral_radius(W)
        assert np.sqrt(np.square(values).sum() / 5000) == pytest.approx(spectral_radius(W), rel=0.03)


@pytest.mark.parametrize("n", [5, 300, 400])
def test_radius_and_norm_of_random_matrices(n):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        W = sparse.csr_array(rng.uniform(-0.5, 0.5, (n, n)) * (rng.random((n, n)) < 10 / n))
        assert spectral_radius(W) == pytest.approx(np.abs(np.linalg.eigvals(W.toarray())).max(), rel=1e-6)
        assert spectral_radius(W) == spectral_radius(W.copy())
        for part in (W, W[: n // 2], W[:, : n // 2]):
            assert largest_singular_value(part) == pytest.approx(np.linalg.norm(part.toarray(), 2), rel=1e-9)
        assert largest_singular_value(W) == largest_singular_value(W.toarray())


@pytest.mark.parametrize("topology", [Cycle(), DelayLine(), DelayLine(0.2), DoubleCycle(-0.4), CycleWithJumps()])
@pytest.mark.parametrize("n", [9, 400])
def test_norm_of_structured_matrices(topology, n):
    W = topology.draw(n, None)
    assert largest_singular_value(W) == pytest.approx(np.linalg.norm(W.toarray(), 2), rel=1e-9)
    assert largest_singular_value(np.zeros((n, n))) == 0


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


def test_radius_zero_is_refused_unless_none():
    for delay_line in (np.eye(5, k=-1), DelayLine()):
        with pytest.raises(ValueError, match=r"The 'topology' parameter of EchoState .* spectral radius 0"):
            EchoState(5, topology=delay_line).fit(np.zeros((3, 1)))
        W = EchoState(5, topology=delay_line, spectral_radius=None).fit(np.zeros((3, 1))).W_
        np.testing.assert_array_equal(dense(W), np.eye(5, k=-1))


def test_radius_needs_a_square_matrix():
    with pytest.raises(ValueError, match="square"):
        spectral_radius(np.ones((2, 3)))


def test_a_radius_is_computed_once_for_fits_with_one_seed(monkeypatch):
    """Whatever they are scaled to, and however large the input."""
    computed, component_radius = [], spectrum._component_radius
    monkeypatch.setattr(spectrum, "_component_radius", lambda rows: computed.append(1) or component_radius(rows))
    X, seed = np.zeros((1, 1)), 20_261_128
    fitted = [EchoState(30, spectral_radius=radius, leak=radius, random_state=seed).fit(X) for radius in (0.5, 0.9)]
    assert len(computed) == 1
    np.testing.assert_allclose(fitted[0].W_.weights / 0.5, fitted[1].W_.weights / 0.9, rtol=1e-14)
    EchoState(30, random_state=seed + 1).fit(X)
    assert len(computed) == 2
