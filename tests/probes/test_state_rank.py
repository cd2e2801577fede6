"""Kernel and generalisation rank against theory."""

import numpy as np
import pytest

from reservoir import EchoState, LiquidState
from reservoir.probes import generalisation_rank, kernel_rank
from reservoir.spikes import SpikeTrains
from spiking import Microcircuit
from tests.probes.systems import linear, liquid, unit


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
    system = EchoState(40, input_scaling=1.0, bias_scaling=0.0, random_state=0)
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


def test_a_liquid_that_is_not_fitted_hears_the_range_that_is_drawn():
    fresh = LiquidState(random_state=0)
    fitted = LiquidState(random_state=0).fit([[-1.0], [1.0]])
    found = [kernel_rank(system, n_streams=20, n_steps=10, random_state=0) for system in (fresh, fitted)]
    np.testing.assert_array_equal(found[0].singular_values, found[1].singular_values)
    assert found[0].rank > 5 and not hasattr(fresh, "circuit_")


def test_ranks_of_spike_trains():
    rng = np.random.default_rng(0)
    trains = [SpikeTrains(np.sort(rng.uniform(0, 0.2, 60)), rng.integers(0, 4, 60), 4, 0.2) for _ in range(6)]
    system = LiquidState(random_state=0).fit(trains)
    assert 1 < kernel_rank(system, trains).rank <= 6 and generalisation_rank(system, trains[:1] * 3).rank == 1


@pytest.mark.parametrize("probe, name, value", [
    *[(probe, name, value) for probe in (kernel_rank, generalisation_rank) for name, value in [
        ("system", 3), ("n_streams", 0), ("n_steps", 0), ("tolerance", 1.0), ("noise", -1), ("random_state", "x")]],
    (generalisation_rank, "n_shared", 101), (generalisation_rank, "jitter", -1),
])  # fmt: skip
def test_parameters_out_of_range(probe, name, value):
    parameters = {"system": EchoState(3, random_state=0), name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {probe.__name__} must be"):
        probe(parameters.pop("system"), **parameters)
