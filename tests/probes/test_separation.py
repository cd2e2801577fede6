"""Separation against theory."""

import numpy as np
import pytest

from reservoir import EchoState
from reservoir.probes import separation
from reservoir.topologies import DelayLine, Orthogonal, Random
from tests.probes.systems import liquid


@pytest.mark.parametrize("topology", [Orthogonal(), Random(in_degree=3), DelayLine()])
def test_a_linear_system_separates_as_far_as_its_inputs_are(topology):
    options = {"spectral_radius": None, "activation": "identity", "bias_scaling": 0.0, "random_state": 0}
    system = EchoState(15, topology=topology, **options)
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
        separation(
            EchoState(100, spectral_radius=radius, input_scaling=0.1, bias_scaling=0.0, random_state=0),
            [0.05],
            random_state=0,
        )
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
    silent = separation(EchoState(5, input_scaling=0.0, bias_scaling=0.0, random_state=0), random_state=0)
    assert not silent.state_distances.any()


@pytest.mark.parametrize("name, value", [
    ("system", 3), ("distances", [2.0]), ("distances", []), ("distances", "x"), ("n_pairs", 1), ("n_steps", 0),
    ("random_state", "x"),
])  # fmt: skip
def test_parameters_out_of_range(name, value):
    parameters = {"system": EchoState(3, random_state=0), name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of separation must be"):
        separation(parameters.pop("system"), **parameters)
