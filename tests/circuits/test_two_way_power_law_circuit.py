"""Circuits of two power laws have both."""

import itertools

import numpy as np
import pytest

from reservoir.circuits import TwoWayPowerLawCircuit
from tests.circuits.generators import decay, degrees, generator


@pytest.mark.parametrize("in_exponent, out_exponent", [(2.5, 2.5), (3.0, 2.3)])
def test_two_way_power_law_circuit(in_exponent, out_exponent):
    part = TwoWayPowerLawCircuit(3000, 10, in_exponent=in_exponent, out_exponent=out_exponent)
    heard, sent = degrees(part.draw(generator()))
    assert decay(heard) == pytest.approx(-1 / (in_exponent - 1), abs=0.07)
    assert decay(sent) == pytest.approx(-1 / (out_exponent - 1), abs=0.07)
    assert min(heard.max(), sent.max()) > 10 * 10
    assert abs(np.corrcoef(heard, sent)[0, 1]) < 0.2


def expected_shares(table, axis):
    """Mean shares of the ranks over all ways in which the two orders can meet."""
    shares = []
    for order in itertools.permutations(range(4)):
        allowed = table.copy()
        allowed[np.arange(4), order] = 0
        shares.append(allowed.sum(axis=axis) / allowed.sum())
    return np.mean(shares, axis=0)


@pytest.mark.parametrize("n_circuits", [1200, pytest.param(4000, marks=pytest.mark.long)])
def test_two_way_power_law_draws_pairs_in_proportion(n_circuits):
    """One synapse in four units: which ranks it joins, over many draws. A second generator tells the ranks."""
    part, sending, hearing = TwoWayPowerLawCircuit(4, 0.25, in_exponent=3.0), np.zeros(4), np.zeros(4)
    for seed in range(n_circuits):
        rng, twin = generator(seed), generator(seed)
        recurrent = part.draw(rng).recurrent
        twin.permutation(4)  # who is excitatory
        ranks = twin.permutation(4), twin.permutation(4)
        sending[ranks[0][recurrent.pre[0]]] += 1
        hearing[ranks[1][recurrent.post[0]]] += 1
    table = np.outer(np.arange(1, 5) ** (-1 / 1.5), np.arange(1, 5) ** (-1 / 2.0))
    for counts, axis in ((sending, 1), (hearing, 0)):
        assert np.abs(counts / n_circuits - expected_shares(table, axis)).max() < 5 * np.sqrt(0.25 / n_circuits)


@pytest.mark.parametrize(
    "part, name",
    [
        (TwoWayPowerLawCircuit(in_exponent=2), "in_exponent"),
        (TwoWayPowerLawCircuit(out_exponent=1), "out_exponent"),
    ],
)
def test_parameters_out_of_range(part, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {type(part).__name__} must be"):
        part.draw(generator())
