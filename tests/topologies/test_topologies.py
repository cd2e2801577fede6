"""Truths that every topology must meet, found by walking the exports; each family against its definition."""

import inspect

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, sparse
from sklearn.base import clone

from reservoir import EchoState, topologies
from reservoir.topologies import (
    Bernoulli,
    Blocks,
    CirculantGraph,
    CirculantMatrix,
    Cycle,
    CycleWithJumps,
    DelayLine,
    DoubleCycle,
    ExcitatoryInhibitory,
    Graph,
    Hadamard,
    HadamardMatrix,
    Orthogonal,
    Permutation,
    Random,
    ScaleFree,
    SmallWorld,
    largest_singular_value,
    spectral_radius,
)
from reservoir.topologies.spectrum import perron_root, random_spectral_radius
from tests import oracles

FAMILIES = [part for part in vars(topologies).values() if inspect.isclass(part) and hasattr(part, "draw")]
# The sizes that are too small for a family; the parameters that make one for n units where the defaults do not.
LEAST = {CycleWithJumps: 7, DoubleCycle: 3, SmallWorld: 2, ScaleFree: 2}
SCALABLE = [family for family in FAMILIES if family is not DelayLine]


def make(family, n_units):
    """A topology of the family for this many units."""
    return Graph(nx.gnp_random_graph(n_units, 0.3, seed=1, directed=True)) if family is Graph else family()


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_units", [1, 2, 7, 50])
def test_draw(family, n_units):
    topology = make(family, n_units)
    if n_units < LEAST.get(family, 1):
        with pytest.raises(ValueError, match=rf"of {family.__name__} must be"):
            topology.draw(n_units, generator())
        return
    first, again = (clone(topology).draw(n_units, generator(3)) for _ in range(2))
    assert first.shape == (n_units, n_units)
    np.testing.assert_array_equal(np.asarray(dense(first)), np.asarray(dense(again)))
    if sparse.issparse(first):
        assert first.indices.dtype == first.indptr.dtype == np.int32 and first.has_canonical_format


def dense(matrix):
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


@pytest.mark.parametrize("family", SCALABLE)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_reservoir_has_the_asked_radius(family, dtype):
    system = EchoState(60, topology=make(family, 60), spectral_radius=0.7, random_state=1, dtype=dtype)
    W = system.fit(np.zeros((1, 1))).W_
    tolerance = 1e-9 if dtype == "float64" else 1e-5
    assert W.dtype == dtype
    assert np.abs(np.linalg.eigvals(dense(W).astype(float))).max() == pytest.approx(0.7, rel=tolerance)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n_units", [7, 64, 77])
def test_the_compiled_product_is_the_dense_product(family, n_units):
    topology = make(family, n_units)
    system = EchoState(n_units, topology=topology, spectral_radius=None, activation="identity", random_state=2)
    start, inputs = generator().normal(size=n_units), np.zeros((1, 1))
    W = system.fit(inputs).W_
    states, _ = system.run(inputs, start)
    np.testing.assert_allclose(states[0], dense(W) @ start, rtol=0, atol=1e-12 * max(1, np.abs(states).max()))
    np.testing.assert_allclose(states[0], W @ start, rtol=0, atol=1e-12 * max(1, np.abs(states).max()))


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


@pytest.mark.parametrize("n_units", [5, 6, 12, 13, 60])
def test_cycle_families_against_their_definition(n_units):
    for jump in {2, (n_units - 1) // 2, 3} - {1}:
        if jump < n_units / 2:
            W = CycleWithJumps(jump, 0.3).draw(n_units)
            np.testing.assert_array_equal(W.toarray(), oracles.cycle_with_jumps(n_units, jump, 0.3))
            assert perron_root(W) == pytest.approx(np.abs(np.linalg.eigvals(W.toarray())).max(), rel=1e-12)
    np.testing.assert_array_equal(DelayLine().draw(n_units).toarray(), oracles.delay_line(n_units))
    np.testing.assert_array_equal(DelayLine(-0.2).draw(n_units).toarray(), oracles.delay_line(n_units, -0.2))
    for weight in (0.4, -0.4):
        W = DoubleCycle(weight).draw(n_units)
        np.testing.assert_array_equal(W.toarray(), oracles.double_cycle(n_units, weight))
        assert spectral_radius(W) == pytest.approx(np.abs(np.linalg.eigvals(W.toarray())).max(), rel=1e-12)
    np.testing.assert_array_equal(Cycle().draw(n_units, None).toarray(), oracles.double_cycle(n_units, 0.0))


@pytest.mark.parametrize("n_units", [2, 7, 50, 3000, 100_000])
@pytest.mark.parametrize("feedback", [0.05, 1.0, -0.3])
def test_radius_of_a_delay_line_with_feedback(n_units, feedback):
    """Far from normal: a general solver sees eigenvalues up to 1 + feedback."""
    expected = 2 * np.sqrt(abs(feedback)) * np.cos(np.pi / (n_units + 1))
    assert spectral_radius(DelayLine(feedback).draw(n_units)) == pytest.approx(expected, rel=1e-12)


def test_radius_of_large_rings():
    """Where jumps divide the ring it falls into Fourier modes; the slowest obeys r**jump = 1 + 2 w r**(jump - 1)."""
    radius = perron_root(CycleWithJumps(jump=4, jump_weight=0.5).draw(20_000))
    assert radius**4 == pytest.approx(1 + radius**3, rel=1e-12)
    assert spectral_radius(DoubleCycle(0.5).draw(20_000)) == pytest.approx(1.5, rel=1e-12)
    assert spectral_radius(Cycle().draw(20_000, None)) == 1


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


@pytest.mark.parametrize("graph", [CirculantGraph(in_degree=4), Random(in_degree=4), SmallWorld(4, 0.5)])
def test_in_degree(graph):
    W = graph.draw(30, generator()).toarray()
    assert (np.count_nonzero(W, axis=1) == 4).all()
    assert (np.count_nonzero(graph.draw(3, generator()).toarray(), axis=1) <= 3).all()


@pytest.mark.parametrize("in_degree", [1, 3, 5, 6])
def test_all_senders_are_equally_likely(in_degree):
    counts = sum(Random(in_degree).draw(6, generator(seed)).toarray() != 0 for seed in range(2000))
    assert (np.count_nonzero(Random(in_degree).draw(500, generator()).toarray(), axis=1) == in_degree).all()
    share = in_degree / 6
    assert np.abs(counts / 2000 - share).max() <= 5 * np.sqrt(share * (1 - share) / 2000)


@pytest.mark.parametrize("density", [0.001, 0.1, 0.9, 1.0])
def test_bernoulli_connections(density):
    W = Bernoulli(density).draw(600, generator())
    spread = 5 * np.sqrt(density * (1 - density))
    assert abs(W.nnz - density * 600**2) <= spread * 600
    for axis in (0, 1):
        counts = np.count_nonzero(W.toarray(), axis=axis)
        assert np.abs(counts - density * 600).max() <= spread * np.sqrt(600) + 5
        assert counts.var() == pytest.approx(600 * density * (1 - density), rel=0.3, abs=1e-12)


def test_small_world_between_lattice_and_random_graph():
    lattice = SmallWorld(4, rewiring=0.0).draw(50, generator()).toarray() != 0
    expected = sum(np.roll(np.eye(50, dtype=bool), step, axis=1) for step in (-2, -1, 1, 2))
    np.testing.assert_array_equal(lattice, expected)
    for rewiring in (0.2, 1.0):
        W = SmallWorld(10, rewiring).draw(2000, generator())
        far = ((W.tocoo().col - W.tocoo().row + 5) % 2000) > 10
        assert far.mean() == pytest.approx(rewiring, abs=0.02)
        assert not W.diagonal().any() and W.nnz == 20_000
    full = SmallWorld(49, rewiring=1.0).draw(50, generator()).toarray()
    np.testing.assert_array_equal(full != 0, ~np.eye(50, dtype=bool))


def test_scale_free_degrees():
    n_units, m = 4000, 3
    W = ScaleFree(m).draw(n_units, generator())
    heard = W.toarray() != 0
    degrees = heard.sum(axis=1)
    np.testing.assert_array_equal(heard, heard.T)
    assert W.nnz == m * (m + 1) + 2 * m * (n_units - m - 1) and degrees.min() == m and not W.diagonal().any()
    for k in (3, 4, 5, 8):
        expected = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
        assert (degrees == k).mean() == pytest.approx(expected, abs=5 * np.sqrt(expected / n_units))
    assert degrees.max() > 10 * degrees.mean()
    np.testing.assert_array_equal(ScaleFree(9).draw(5, generator()).toarray() != 0, ~np.eye(5, dtype=bool))


def test_blocks():
    W = Blocks(3, density_within=0.5, density_between=0.05).draw(1000, generator()).toarray() != 0
    block = np.arange(1000) * 3 // 1000
    together = block[:, None] == block
    assert W[together].mean() == pytest.approx(0.5, abs=0.01)
    assert W[~together].mean() == pytest.approx(0.05, abs=0.003)
    assert not Blocks(3, density_between=0.0).draw(90, generator()).toarray()[:30, 30:].any()


@pytest.mark.parametrize("fraction", [0.0, 0.5, 0.8, 1.0])
def test_dales_law(fraction):
    W = ExcitatoryInhibitory(fraction, density=0.2).draw(300, generator()).toarray()
    excitatory = round(fraction * 300)
    assert (W[:, :excitatory] >= 0).all() and (W[:, excitatory:] <= 0).all()
    assert np.count_nonzero(W) / 300**2 == pytest.approx(0.2, abs=0.01)
    both = W.any(axis=1) & (W > 0).any(axis=1) & (W < 0).any(axis=1)
    assert both.all() == (0 < fraction < 1)
    np.testing.assert_allclose(W[both].sum(axis=1), 0, atol=1e-12)


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.Graph, nx.MultiDiGraph])
def test_graph(kind):
    graph = kind()
    graph.add_nodes_from("dcba")
    graph.add_weighted_edges_from([("a", "b", 2.0), ("b", "c", -1.0), ("d", "d", 0.5), ("a", "b", 3.0)])
    expected = np.zeros((4, 4))
    nodes = list(graph)
    for u, v, weight in graph.edges(data="weight"):
        expected[nodes.index(v), nodes.index(u)] += weight
        if not graph.is_directed() and u != v:
            expected[nodes.index(u), nodes.index(v)] += weight
    np.testing.assert_array_equal(Graph(graph, weight="weight").draw(4, None).toarray(), expected)
    np.testing.assert_array_equal(Graph(graph).draw(4, generator()).toarray() != 0, expected != 0)


def test_what_is_no_graph_is_refused():
    for topology, name in [(Graph(np.eye(3)), "graph"), (Graph(nx.Graph([(0, 1)])), "graph"),
                           (Graph(nx.path_graph(3), weight="missing"), "weight")]:  # fmt: skip
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of Graph must be"):
            topology.draw(3, generator())


@pytest.mark.parametrize("topology", [
    Bernoulli(0), Bernoulli(1.5), Blocks(0), Blocks(density_within=-1), CirculantGraph(0), CycleWithJumps(1),
    CycleWithJumps(10), CycleWithJumps(jump_weight=0), DelayLine(0), DelayLine("x"), DoubleCycle(np.inf), Random(0),
    ExcitatoryInhibitory(1.1), ExcitatoryInhibitory(density=0), ScaleFree(0), SmallWorld(0), SmallWorld(rewiring=2),
])  # fmt: skip
def test_parameters_out_of_range(topology):
    with pytest.raises(ValueError, match=rf"The '\w+' parameter of {type(topology).__name__} must be"):
        topology.draw(20, generator())


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
