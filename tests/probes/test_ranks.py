"""Controllability rank, kernel and generalisation rank, and separation, against theory."""

import numpy as np
import pytest
from scipy.linalg import block_diag

from reservoir import EchoState, LiquidState
from reservoir.probes import controllability_rank, generalisation_rank, kernel_rank, memory_capacity, separation
from reservoir.spikes import Current, SpikeTrains
from reservoir.topologies import Cycle, DelayLine, Hadamard, Orthogonal, Random
from spiking import Microcircuit
from tests import oracles


def linear(W, w_in, **parameters):
    W = np.asarray(W, float)
    given = {"activation": "identity", "spectral_radius": None, "input_weights": np.reshape(w_in, (len(W), -1))}
    return EchoState(len(W), topology=W, **given | parameters)


def cube(n):
    """The graph of the n-cube: n + 1 different eigenvalues among 2^n."""
    places = np.arange(2**n)
    return np.array([[int(bin(i ^ j).count("1") == 1) for j in places] for i in places])


def path(n):
    return np.diag(np.ones(n - 1, int), 1) + np.diag(np.ones(n - 1, int), -1)


def cycle(n):
    return np.roll(np.eye(n, dtype=int), 1, axis=0)


def unit(n, place=0):
    return np.eye(n, dtype=int)[place]


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


def liquid(kind=LiquidState, **parameters):
    return kind(encoder=Current(low=-1.0, high=1.0), random_state=0, **parameters).fit(np.zeros((1, 1)))


def test_the_kernel_rank_of_a_delay_line_is_what_it_holds():
    line = linear(np.eye(10, k=-1), unit(10))
    for n_streams, n_steps in ((4, 30), (10, 30), (25, 30), (25, 6)):
        found = kernel_rank(line, n_streams=n_streams, n_steps=n_steps, random_state=0)
        assert found.rank == min(n_streams, n_steps, 10)
        assert found.singular_values.shape == (min(n_streams, 10),)


def test_streams_with_equal_ends_differ_by_what_a_system_still_holds():
    """A delay line of 10 units that has heard n equal rows holds 10 - n others, and the equal ones as one direction."""
    line = linear(np.eye(10, k=-1), unit(10))
    for n_shared in (0, 3, 9, 10, 20):
        found = generalisation_rank(line, n_streams=30, n_steps=30, n_shared=n_shared, jitter=0.0, random_state=1)
        assert found.rank == max(10 - n_shared, 0) + (n_shared > 0)


def test_ranks_of_given_streams():
    line, rows = linear(np.eye(5, k=-1), unit(5)), np.random.default_rng(0).uniform(-1, 1, (6, 12, 1))
    states = np.array([row[:-6:-1, 0] for row in rows])
    found = kernel_rank(line, rows)
    np.testing.assert_allclose(found.singular_values, np.linalg.svd(states, compute_uv=False))
    assert kernel_rank(line, [*rows, rows[0, 4:]]).rank == 5 and kernel_rank(line, rows[[0, 0, 0]]).rank == 1


def test_noise_has_no_rank():
    """A system that adds noise to one direction has full rank, and one with the threshold of the noise."""

    class Noisy:
        def fit(self, X):
            self.rng = np.random.default_rng(0)
            return self

        def run(self, X):
            states = 5 * X * np.ones(40) + 0.01 * self.rng.standard_normal((len(X), 40))
            return states, states[-1]

    assert kernel_rank(Noisy(), n_streams=60, n_steps=3, random_state=0).rank == 40
    assert kernel_rank(Noisy(), n_streams=60, n_steps=3, noise=0.01, random_state=0).rank == 1


def test_a_tolerance_tells_different_streams_from_jittered_ones():
    system = EchoState(40, random_state=0)
    different = kernel_rank(system, tolerance=1e-2, random_state=0)
    alike = generalisation_rank(system, jitter=0.01, tolerance=1e-2, random_state=0)
    assert 1 <= alike.rank < different.rank <= 40
    assert alike.threshold == pytest.approx(1e-2 * alike.singular_values[0])


@pytest.mark.parametrize("kind", [LiquidState, Microcircuit])
def test_ranks_of_spiking_systems(kind):
    system = liquid(kind)
    different = kernel_rank(system, n_streams=20, n_steps=20, random_state=0)
    alike = generalisation_rank(system, n_streams=20, n_steps=20, jitter=0.0, random_state=0)
    assert different.rank == 20 and alike.rank == 1


def test_ranks_of_spike_trains():
    rng = np.random.default_rng(0)
    trains = [SpikeTrains(np.sort(rng.uniform(0, 0.2, 60)), rng.integers(0, 4, 60), 4, 0.2) for _ in range(6)]
    system = LiquidState(random_state=0).fit(trains)
    assert 1 < kernel_rank(system, trains).rank <= 6 and generalisation_rank(system, trains[:1] * 3).rank == 1


@pytest.mark.parametrize("topology", [Orthogonal(), Random(in_degree=3), DelayLine()])
def test_a_linear_system_separates_as_far_as_its_inputs_are(topology):
    system = EchoState(15, topology=topology, spectral_radius=None, activation="identity", random_state=0)
    if isinstance(topology, Random):
        system.set_params(spectral_radius=0.8)
    if isinstance(topology, Orthogonal):
        system.set_params(spectral_radius=0.9)
    found = separation(system, [0.0, 0.1, 0.5, 1.0], n_pairs=300, n_steps=40, random_state=0)
    assert not found.state_distances[0].any()
    off = (found.state_distances[1:, -1] - found.input_distances[1:]) / found.standard_errors[1:, -1]
    assert (np.abs(off) < 5).all()
    other = separation(system.set_params(input_scaling=7.0), [0.1], n_pairs=10, random_state=1)
    same = separation(system.set_params(input_scaling=1.0), [0.1], n_pairs=10, random_state=1)
    np.testing.assert_allclose(other.state_distances, same.state_distances, rtol=1e-9)


def test_chaos_separates_more_than_fading_memory():
    tame, wild = (
        separation(EchoState(100, spectral_radius=radius, input_scaling=0.1, random_state=0), [0.05], random_state=0)
        for radius in (0.5, 3.0)
    )
    assert tame.state_distances[0, -20:].mean() < 0.1 < 0.5 < wild.state_distances[0, -20:].mean()


def test_standard_errors_shrink_with_the_pairs():
    system = EchoState(20, random_state=0).fit(np.zeros((1, 2)))
    few, many = (separation(system, [0.3], n_pairs=n, random_state=0).standard_errors.mean() for n in (25, 400))
    assert few / many == pytest.approx(4, rel=0.3)


def test_separation_of_a_liquid_grows_with_the_distance():
    found = separation(liquid(), [0.0, 0.1, 1.0], n_pairs=15, n_steps=30, random_state=0)
    near, far = found.state_distances[1:, -10:].mean(axis=1)
    assert not found.state_distances[0].any() and 0 < near < far
    silent = separation(EchoState(5, input_scaling=0.0, random_state=0), random_state=0)
    assert not silent.state_distances.any()


@pytest.mark.parametrize("probe, name, value", [
    *[(probe, name, value) for probe in (kernel_rank, generalisation_rank) for name, value in [
        ("system", 3), ("n_streams", 0), ("n_steps", 0), ("tolerance", 1.0), ("noise", -1), ("random_state", "x")]],
    (generalisation_rank, "n_shared", 101), (generalisation_rank, "jitter", -1),
    *[(separation, name, value) for name, value in [
        ("system", 3), ("distances", [2.0]), ("distances", []), ("distances", "x"), ("n_pairs", 1), ("n_steps", 0),
        ("random_state", "x")]],
])  # fmt: skip
def test_parameters_out_of_range(probe, name, value):
    parameters = {"system": EchoState(3, random_state=0), name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {probe.__name__} must be"):
        probe(parameters.pop("system"), **parameters)
