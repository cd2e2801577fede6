"""Memory capacity against theory and a naive twin."""

import numpy as np
import pytest

from reservoir import EchoState
from reservoir.probes import MemoryCapacity, memory_capacity
from reservoir.probes.memory_capacity import delay_shares
from reservoir.probes.orthonormal_basis import orthonormal_basis
from reservoir.topologies import Cycle, DelayLine, Hadamard, Orthogonal, Random
from tests import oracles


def linear(topology, radius=0.9, n_units=20, seed=0, **parameters):
    return EchoState(
        n_units, topology=topology, spectral_radius=radius, activation="identity", random_state=seed, **parameters
    )


@pytest.mark.parametrize("topology", [Orthogonal(), Cycle(), Hadamard()])
@pytest.mark.parametrize("radius", [0.9, 0.95])
def test_a_linear_orthogonal_reservoir_remembers_as_many_inputs_as_it_has_units(topology, radius):
    for seed in range(3):
        total = memory_capacity(linear(topology, radius, seed=seed), random_state=seed).total
        assert 0.99 * 20 < total <= 20


@pytest.mark.parametrize("topology", [Orthogonal(), Random(in_degree=3)])
def test_every_delay_of_a_linear_reservoir(topology):
    """The exact capacity of a delay follows from the powers of W."""
    system = linear(topology, n_units=10, seed=4).fit(np.zeros((1, 1)))
    W = system.W_ if isinstance(system.W_, np.ndarray) else system.W_.toarray()
    found = memory_capacity(system, 60, n_steps=20_000, random_state=1)
    expected = oracles.linear_memory(W, system.W_in_[:, 0], 60)
    np.testing.assert_allclose(found.per_delay, np.where(found.per_delay > 0, expected, 0), atol=0.03)
    assert expected[found.per_delay == 0].max() < 2 * found.floor


def test_a_delay_line_is_a_perfect_memory_of_its_length():
    line = linear(DelayLine(), None, n_units=15, input_weights=np.eye(15)[:, :1])
    found = memory_capacity(line, 40, n_steps=2000, random_state=0)
    np.testing.assert_allclose(found.per_delay, np.arange(40) < 15, atol=1e-9)
    assert found.total == pytest.approx(15, rel=1e-9) and found.total <= 15 * (1 + 1e-12)


def test_no_memory():
    isolated = EchoState(8, topology=np.zeros((8, 8)), spectral_radius=None, bias_scaling=0.5, random_state=0)
    found = memory_capacity(isolated, 300, random_state=3)
    assert 0.9 < found.per_delay[0] <= 1
    assert np.count_nonzero(found.per_delay[1:]) <= 1  # 299 chances of 1e-4
    still = memory_capacity(EchoState(8, input_scaling=0.0, bias_scaling=0.0, random_state=0), 5, n_steps=100)
    assert still.total == still.floor == 0 and not still.per_delay.any()


def test_the_tail_does_not_inflate_the_sum():
    """Without floor and correction a thousand useless delays would add N a thousand times over n_steps."""
    system = EchoState(50, random_state=0)
    few, many = (memory_capacity(system, n, n_steps=8000, random_state=0).total for n in (60, 1500))
    assert many == pytest.approx(few, abs=0.2) and few < 50


@pytest.mark.parametrize("n_delays", [1, 2, 30])
def test_shares_equal_the_naive_regressions(n_delays):
    system = EchoState(7, random_state=0).fit(np.zeros((1, 1)))
    inputs = np.random.default_rng(0).uniform(-1, 1, 150)
    states = system.run(inputs[:, None])[0][-100:]
    basis = orthonormal_basis(states, centred=True)
    assert basis.shape == (100, 7)
    np.testing.assert_allclose(basis.T @ basis, np.eye(7), atol=1e-12)
    found = delay_shares(basis, inputs[-100 - n_delays + 1 :, None], n_delays)
    np.testing.assert_allclose(found[:, 0], oracles.memory_shares(states, inputs, n_delays), atol=1e-9)
    assert found.sum() <= 7 + 1e-12


def test_shares_of_several_inputs_equal_the_naive_regressions():
    """Each after those of shorter delays, and of the inputs before it at the same delay."""
    rng = np.random.default_rng(1)
    inputs, n_delays = rng.uniform(-1, 1, (130, 2)), 4
    states = EchoState(9, random_state=0).fit(inputs).run(inputs)[0][-100:]
    found = delay_shares(orthonormal_basis(states, centred=True), inputs[-100 - n_delays + 1 :], n_delays)
    delayed = np.column_stack([inputs[len(inputs) - 100 - k : len(inputs) - k] for k in range(n_delays)])
    known, rows = np.ones((100, 1)), np.column_stack([np.ones(100), states])
    for share, column in zip(found.ravel(), delayed.T, strict=True):
        new = column - known @ np.linalg.lstsq(known, column, rcond=None)[0]
        left = new - rows @ np.linalg.lstsq(rows, new, rcond=None)[0]
        assert share == pytest.approx(1 - left @ left / (new @ new), abs=1e-9)
        known = np.column_stack([known, column])


def test_several_inputs_share_the_states():
    line = linear(DelayLine(), None, n_units=12, input_weights=np.eye(12)[:, :2]).fit(np.zeros((1, 2)))
    found = memory_capacity(line, 20, n_steps=2000, random_state=0)
    assert found.per_input.shape == (2, 20) and found.total <= 12
    np.testing.assert_allclose(found.per_input.sum(axis=0), found.per_delay)
    assert found.per_input[0, 0] == pytest.approx(1) and found.per_input[1].sum() > 3 < found.per_input[0].sum()
    cycle = linear(Cycle(), 0.9, n_units=20).fit(np.zeros((1, 3)))
    assert 0.97 * 20 < memory_capacity(cycle, random_state=0).total <= 20


def test_the_first_delay_and_the_amplitude():
    line = linear(DelayLine(), None, n_units=15, input_weights=np.eye(15)[:, :1])
    late = memory_capacity(line, 40, first_delay=5, n_steps=2000, random_state=0)
    np.testing.assert_allclose(late.per_delay, np.arange(40) < 10, atol=1e-9)
    system = EchoState(20, bias_scaling=0.0, input_scaling=1.0, random_state=0)
    small, large = (memory_capacity(system, amplitude=size, n_steps=5000, random_state=0).total for size in (0.01, 3.0))
    assert small > 1.3 * large


def test_states_that_repeat_each_other_count_once():
    class Twofold:
        def fit(self, X):
            return self

        def run(self, X):
            x = np.column_stack([X[:, 0], np.append(0, X[:-1, 0])])
            return np.column_stack([x, 3 * x + 1, np.ones(len(x))]), x[-1]

    found = memory_capacity(Twofold(), 10, n_steps=500, random_state=0)
    np.testing.assert_allclose(found.per_delay, np.arange(10) < 2, atol=1e-9)


def test_a_fitted_system_is_asked_and_an_unfitted_one_is_left_alone():
    system = EchoState(15, random_state=0)
    first = memory_capacity(system, n_steps=2000, random_state=5)
    assert not hasattr(system, "W_") and isinstance(first, MemoryCapacity)
    again = memory_capacity(system.fit(np.zeros((1, 1))), n_steps=2000, random_state=5)
    np.testing.assert_array_equal(first.per_delay, again.per_delay)
    assert first.per_delay.shape == (2 * 15 + 100,)


def test_other_types_of_states():
    double, single = (
        memory_capacity(EchoState(20, random_state=0, dtype=dtype), n_steps=3000, random_state=0).total
        for dtype in ("float64", "float32")
    )
    assert single == pytest.approx(double, rel=0.01)


@pytest.mark.parametrize("name, value", [
    ("system", 3), ("n_delays", 0), ("n_steps", 12), ("washout", -1), ("significance", 0), ("random_state", "x"),
    ("amplitude", 0), ("first_delay", -1),
])  # fmt: skip
def test_parameters_out_of_range(name, value):
    parameters = {"system": EchoState(10, random_state=0), "n_delays": 5, "n_steps": 100, name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of memory_capacity must be"):
        memory_capacity(parameters.pop("system"), **parameters)
