"""Circuits of a given mean degree have as many synapses as they say."""

import numpy as np
import pytest

from reservoir.circuits import RandomCircuit, SmallWorldCircuit, TwoWayPowerLawCircuit
from tests.circuits.generators import MEAN_DEGREE, generator, within_error


@pytest.mark.parametrize("family", MEAN_DEGREE)
@pytest.mark.parametrize("n_units, mean", [(200, 4.7), (200, 4), (50, 12.3), (9, 4.0), (2, 0.5), (30, 0), (30, 0.1)])
def test_number_of_synapses(family, n_units, mean):
    part = family(n_units, mean)
    assert part.expected_synapses() == n_units * mean
    drawn = [part.draw(generator(seed)).recurrent for seed in range(30)]
    assert all((recurrent.pre != recurrent.post).all() for recurrent in drawn)
    counts = [len(recurrent) for recurrent in drawn]
    if family is RandomCircuit:
        share = mean / (n_units - 1)
        assert within_error(counts, n_units * mean, np.sqrt(n_units * mean * (1 - share)))
        part = RandomCircuit(n_units, mean, degree="in_degree")
        counts = [len(part.draw(generator(seed)).recurrent) for seed in range(30)]
    assert counts == [round(n_units * mean)] * 30


@pytest.mark.parametrize("family", [RandomCircuit, SmallWorldCircuit, TwoWayPowerLawCircuit])
def test_complete_graphs(family):
    recurrent = family(20, 19).draw(generator()).recurrent
    assert len(set(zip(recurrent.pre.tolist(), recurrent.post.tolist(), strict=True))) == 20 * 19


@pytest.mark.parametrize("family", MEAN_DEGREE)
@pytest.mark.parametrize(
    "n_units, mean, name",
    [
        (1, 1.0, "n_units"),
        (2.5, 1.0, "n_units"),
        (True, 1.0, "n_units"),
        (9, -1, "n_synapses_per_unit"),
        (9, 8.5, "n_synapses_per_unit"),
        (9, "x", "n_synapses_per_unit"),
    ],
)
def test_parameters_out_of_range(family, n_units, mean, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {family.__name__} must be"):
        family(n_units, mean).draw(generator())
