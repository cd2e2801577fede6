"""Edge-of-stability units: what they become at the ends, and what may turn the state."""

import numpy as np
import pytest
from scipy import sparse

from reservoir import EchoState
from reservoir.neurons.rate import EdgeOfStability
from reservoir.topologies import Cycle, Hadamard, Orthogonal, Permutation, Random
from tests import oracles

X = np.random.default_rng(0).uniform(-1, 1, (50, 2))
OPTIONS = {"n_units": 20, "bias_scaling": 0.2, "random_state": 0}


@pytest.mark.parametrize("topology", [None, Random(4), np.eye(20, k=1) + np.eye(20, k=-1)])
@pytest.mark.parametrize("matrix", [None, Permutation(), Cycle()])
def test_without_a_share_of_the_linear_part_it_is_the_plain_network(topology, matrix):
    plain = EchoState(topology=topology, **OPTIONS).fit_transform(X)
    found = EchoState(topology=topology, unit=EdgeOfStability(1.0, matrix), **OPTIONS).fit_transform(X)
    np.testing.assert_allclose(found, plain, rtol=0, atol=1e-13)


@pytest.mark.parametrize("identity", [np.eye(20), sparse.eye_array(20)])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_with_the_identity_it_is_the_leaky_network(identity, activation):
    leaky = EchoState(leak=0.3, activation=activation, **OPTIONS).fit_transform(X)
    found = EchoState(unit=EdgeOfStability(0.3, identity, activation), **OPTIONS).fit_transform(X)
    np.testing.assert_allclose(found, leaky, rtol=0, atol=1e-13)


@pytest.mark.parametrize("part", [Orthogonal(), Permutation(), Cycle(), Hadamard()])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_cheap_forms_are_their_dense_matrix(part, dtype):
    system = EchoState(unit=EdgeOfStability(0.2, part), dtype=dtype, **OPTIONS).fit(X)
    turn = system.unit_matrices_["matrix"]
    assert type(turn) is type(part.draw(20, np.random.default_rng(0))) and turn.dtype == dtype
    full = EchoState(unit=EdgeOfStability(0.2, oracles.dense(turn)), dtype=dtype, **OPTIONS)
    tolerance = 1e-13 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(system.transform(X), full.fit_transform(X), rtol=0, atol=tolerance)


def test_the_matrix_is_drawn_from_the_seed_and_changes_no_other_draw():
    options = [OPTIONS | {"random_state": seed, "unit": EdgeOfStability()} for seed in (0, 0, 1)]
    first, again, other = (EchoState(**one).fit(X) for one in options)
    turns = [one.unit_matrices_["matrix"] for one in (first, again, other)]
    np.testing.assert_array_equal(turns[0], turns[1])
    assert not np.array_equal(turns[0], turns[2])
    plain = EchoState(**OPTIONS).fit(X)
    np.testing.assert_array_equal(first.W_.toarray(), plain.W_.toarray())
    np.testing.assert_array_equal(first.bias_, plain.bias_)


def test_the_jacobian_lies_in_a_ring():
    """Ceni and Gallicchio: of a W of norm r, all eigenvalues have a modulus within (1 - beta) +- beta r."""
    W = np.random.default_rng(1).normal(size=(20, 20))
    W *= 0.9 / np.linalg.norm(W, 2)
    system = EchoState(
        topology=W, spectral_radius=None, unit=EdgeOfStability(0.1, activation="identity"), **OPTIONS
    ).fit(X)
    rest = np.zeros(20)
    jacobian = np.array([system.run(X[:1], d)[1] - system.run(X[:1], rest)[1] for d in np.eye(20)]).T
    moduli = np.abs(np.linalg.eigvals(jacobian))
    assert moduli.min() >= 0.9 - 0.09 - 1e-9 and moduli.max() <= 0.9 + 0.09 + 1e-9


@pytest.mark.parametrize(
    "matrix", [Random(3), 2 * np.eye(20), np.ones((20, 20)), np.eye(19), "turn", Orthogonal, np.eye(20) * np.nan]
)
def test_what_is_not_orthogonal_is_refused(matrix):
    with pytest.raises(ValueError, match="The 'matrix' parameter of EdgeOfStability must be"):
        EchoState(unit=EdgeOfStability(matrix=matrix), **OPTIONS).fit(X)
