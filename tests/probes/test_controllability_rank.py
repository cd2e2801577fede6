"""Controllability rank against exact arithmetic, and against measured memory."""

import numpy as np
import pytest
from scipy.linalg import block_diag

from reservoir import EchoState
from reservoir.probes import controllability_rank, memory_capacity
from reservoir.topologies import Cycle, Hadamard, Orthogonal, Random
from tests import oracles
from tests.probes.systems import linear, unit


def cube(n):
    """The graph of the n-cube: n + 1 different eigenvalues among 2^n."""
    places = np.arange(2**n)
    return np.array([[int(bin(i ^ j).count("1") == 1) for j in places] for i in places])


def path(n):
    return np.diag(np.ones(n - 1, int), 1) + np.diag(np.ones(n - 1, int), -1)


def cycle(n):
    return np.roll(np.eye(n, dtype=int), 1, axis=0)


rng = np.random.default_rng(0)


INTEGERS = {
    "cube": (cube(3), unit(8)),
    "larger cube": (cube(5), unit(32)),
    "path from its end": (path(9), unit(9)),
    "path from its middle": (path(9), unit(9, 4)),
    "complete graph": (np.ones((7, 7), int) - np.eye(7, dtype=int), unit(7)),
    "cycle": (cycle(9), unit(9)),
    "cycle heard by every third": (cycle(9), np.tile([1, 0, 0], 3)),
    "two cycles": (block_diag(cycle(3), cycle(5)), np.ones(8, int) - 2 * unit(8) - 3 * unit(8, 4)),
    "equal blocks": (block_diag(cycle(4), cycle(4)), np.concatenate([unit(4), 2 * unit(4)])),
    "deaf block": (block_diag(cycle(4), path(5)), np.concatenate([unit(4), np.zeros(5, int)])),
    "delay line from unit 3": (np.eye(8, k=-1, dtype=int), unit(8, 3)),
    "idempotent": (np.ones((5, 5), int), np.arange(5)),
    "defective": (np.eye(6, dtype=int) + np.diag([1, 1, 0, 1, 1], 1), np.array([0, 0, 1, 0, 1, 1])),
    "random": (rng.integers(-3, 4, (9, 9)), rng.integers(-3, 4, 9)),
    "symmetric of low rank": (np.outer(np.arange(6), np.arange(6)) + 2 * np.eye(6, dtype=int), np.arange(6) ** 2),
    "nothing heard": (cycle(4), np.zeros(4, int)),
    "no connections": (np.zeros((4, 4), int), np.ones(4, int)),
    "two inputs": (block_diag(cycle(4), cycle(4)), np.array([np.eye(8)[0], np.eye(8)[4]], int).T),
    "two inputs, symmetric": (cube(3), np.array([unit(8), unit(8, 3)]).T),
}


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("scales", [(1.0, 1.0), (0.3, 1e-9), (1e-200, 1e200)])
def test_the_rank_is_that_of_exact_arithmetic(name, scales):
    W, w_in = INTEGERS[name]
    expected = oracles.exact_controllability_rank(W, w_in)
    assert controllability_rank(scales[0] * W, scales[1] * w_in) == expected


@pytest.mark.parametrize("n_different, n_units", [(5, 20), (14, 40), (30, 60)])
def test_equal_eigenvalues_of_a_symmetric_matrix_count_once(n_different, n_units):
    """And those to which the input is orthogonal do not count."""
    rng = np.random.default_rng(n_units)
    values = np.linspace(-1, 1, n_different)[np.arange(n_units) % n_different]
    vectors = np.linalg.qr(rng.standard_normal((n_units, n_units)))[0]
    W, w_in = vectors * values @ vectors.T, vectors @ rng.choice([-1, 1], n_units)
    W = (W + W.T) / 2
    assert controllability_rank(W, w_in) == n_different
    deaf = vectors[:, np.arange(n_units) % n_different == 2]
    assert controllability_rank(W, w_in - deaf @ (deaf.T @ w_in)) == n_different - 1


def test_the_powers_of_a_large_matrix_line_up_but_its_rank_is_full():
    rng = np.random.default_rng(0)
    W, w_in = rng.standard_normal((100, 100)) / 10, rng.standard_normal(100)
    powers = [w_in]
    for _ in range(99):
        powers.append(W @ powers[-1])
    assert np.linalg.matrix_rank(np.array(powers)) < 100
    assert controllability_rank(W, w_in) == 100
    assert controllability_rank(W, w_in, tolerance=0.9) < 100


@pytest.mark.parametrize("system", [
    EchoState(12, topology=Orthogonal(), activation="identity", random_state=0),
    EchoState(12, topology=Cycle(), activation="identity", random_state=0),
    EchoState(12, topology=Hadamard(), activation="identity", random_state=0),
    EchoState(9, topology=Orthogonal(), activation="identity", leak=0.7, random_state=0),
    linear(np.eye(10, k=-1), unit(10)), linear(np.eye(10, k=-1), unit(10, 4)),
    linear(0.9 * INTEGERS["deaf block"][0] / 2, INTEGERS["deaf block"][1]),
    linear(0.9 * INTEGERS["equal blocks"][0], INTEGERS["equal blocks"][1]),
    linear(0.9 * INTEGERS["two cycles"][0], INTEGERS["two cycles"][1]),
    linear(0.3 * cube(3), unit(8)), linear(0.45 * path(5), unit(5, 2)),
])  # fmt: skip
def test_measured_memory_is_the_rank(system):
    rank = controllability_rank(system)
    total = memory_capacity(system, 300, n_steps=20_000, random_state=0).total
    assert 0.97 * rank < total <= rank * (1 + 1e-9)


def test_measured_memory_of_a_large_random_reservoir_is_below_the_rank():
    system = EchoState(150, topology=Random(in_degree=10), activation="identity", random_state=0)
    assert memory_capacity(system, random_state=0).total < 120 < controllability_rank(system) <= 150


def test_a_leak_is_part_of_the_matrix():
    W, leak = np.random.default_rng(0).integers(-2, 3, (5, 5)), np.array([1, 0.5, 0.25, 1, 0.5])
    found = controllability_rank(linear(W, unit(5), leak=leak))
    assert found == controllability_rank(np.diag(1 - leak) + leak[:, None] * W, leak * unit(5))


@pytest.mark.parametrize("W, w_in, tolerance, name", [
    (np.zeros((2, 3)), [1, 1], None, "W"), ([[np.nan]], [1], None, "W"), ("x", [1], None, "W"),
    (EchoState(3, random_state=0), None, None, "W"), (np.eye(2), [1], None, "w_in"), (np.eye(2), None, None, "w_in"),
    (linear(np.eye(2), [1, 1]), [1, 1], None, "w_in"), (np.eye(2), [1, 1], 1.0, "tolerance"),
])  # fmt: skip
def test_what_is_no_linear_reservoir(W, w_in, tolerance, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of controllability_rank must be"):
        controllability_rank(W, w_in, tolerance=tolerance)
