"""The column of Maass against the probabilities of its pairs."""

import itertools

import numpy as np
import pytest

from reservoir.circuits import MaassColumn
from reservoir.circuits.synapse_statistics import KINDS, PRESETS
from tests.circuits.generators import generator, within_error

MAASS = PRESETS["maass2002"]
N_DRAWS = 200


def probabilities(positions, excitatory, lam):
    """The probability of every pair, one by one; no self-connections left out."""
    n_units = len(positions)
    table = np.zeros((n_units, n_units))
    for a, b in itertools.product(range(n_units), repeat=2):
        C = getattr(MAASS, "IE"[excitatory[a]] + "IE"[excitatory[b]]).probability
        table[a, b] = C * np.exp(-np.square(positions[a] - positions[b]).sum() / lam**2)
    return table


def test_expected_synapses_of_the_column():
    """The mean of the pair probabilities over who is excitatory, for every pair by itself."""
    places = np.array(list(itertools.product(range(15), range(3), range(3))), dtype=float)
    chance = {"EE": 108 * 107, "EI": 108 * 27, "IE": 27 * 108, "II": 27 * 26}
    C = sum(chance[kind] / (135 * 134) * getattr(MAASS, kind).probability for kind in KINDS)
    near = [np.exp(-np.square(a - b).sum() / 4) for a, b in itertools.permutations(places, 2)]
    assert MaassColumn().expected_synapses() == pytest.approx(C * sum(near), rel=1e-12)
    assert MaassColumn().expected_synapses() == pytest.approx(637.4, abs=0.05)
    own = MaassColumn(allow_self=True).expected_synapses() - MaassColumn().expected_synapses()
    assert own == pytest.approx(108 * 0.3 + 27 * 0.1, rel=1e-12)
    assert MaassColumn((1, 1, 1)).expected_synapses() == 0
    assert MaassColumn((1, 1, 1), allow_self=True).expected_synapses() == pytest.approx(0.3, rel=1e-12)


def test_number_of_synapses_of_the_column():
    drawn = [MaassColumn().draw(generator(seed)).recurrent for seed in range(N_DRAWS)]
    assert all((recurrent.pre != recurrent.post).all() for recurrent in drawn)
    counts = np.array([len(recurrent) for recurrent in drawn])
    assert within_error(counts, 637.4, counts.std())
    own = [MaassColumn(allow_self=True).draw(generator(seed)).recurrent for seed in range(N_DRAWS)]
    assert within_error([len(recurrent) for recurrent in own], 637.4 + 35.1, counts.std() + 6)
    assert within_error([np.sum(recurrent.pre == recurrent.post) for recurrent in own], 35.1, np.sqrt(35.1))
    assert len(MaassColumn(lam=0, allow_self=True).draw(generator()).recurrent) == 0
    assert MaassColumn(lam=0, allow_self=True).expected_synapses() == 0


@pytest.mark.parametrize("lam", [0.7, 2.0, 8.0])
def test_probability_of_each_pair_of_the_column(lam):
    """By kind and distance, the connections of many draws are as many as the sum of their probabilities."""
    expected, found, spread = (np.zeros((4, 30)) for _ in range(3))
    for seed in range(20):
        circuit = MaassColumn((5, 3, 2), lam).draw(generator(seed))
        assert (np.ptp(circuit.positions, axis=0) == [4, 2, 1]).all()
        table = probabilities(circuit.positions, circuit.excitatory.astype(int), lam)
        np.fill_diagonal(table, 0)
        connected = np.zeros(table.shape)
        connected[circuit.recurrent.pre, circuit.recurrent.post] = 1
        kind = 2 * ~circuit.excitatory[:, None] + ~circuit.excitatory
        squares = np.square(circuit.positions[:, None] - circuit.positions).sum(axis=2).astype(int)
        for total, part in ((expected, table), (found, connected), (spread, table * (1 - table))):
            np.add.at(total, (kind, squares), part)
    assert (np.abs(found - expected) <= 5 * np.sqrt(spread) + 1).all() and found.sum() > 50


def test_a_large_column_is_drawn_in_blocks():
    column = MaassColumn((30, 10, 10))
    counts = [len(column.draw(generator(seed)).recurrent) for seed in range(2)]
    assert np.mean(counts) == pytest.approx(column.expected_synapses(), rel=0.03)


@pytest.mark.parametrize(
    "part, name",
    [
        (MaassColumn((3, 3)), "shape"),
        (MaassColumn((3, 3, 0)), "shape"),
        (MaassColumn(9), "shape"),
        (MaassColumn(lam=-1), "lam"),
        (MaassColumn(lam=np.inf), "lam"),
        (MaassColumn(allow_self=None), "allow_self"),
    ],
)
def test_parameters_out_of_range(part, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {type(part).__name__} must be"):
        part.draw(generator())
