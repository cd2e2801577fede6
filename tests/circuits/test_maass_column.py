"""The column of Maass against the probabilities of its pairs."""

import itertools

import numpy as np
import pytest

from reservoir.circuits import MaassColumn, maass_column
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


@pytest.mark.parametrize("most_pairs", [maass_column._MOST_PAIRS, 0])
@pytest.mark.parametrize("lam", [0.7, 2.0, 8.0])
def test_probability_of_each_pair_of_the_column(lam, most_pairs, monkeypatch):
    """By kind and distance, the connections of many draws are as many as the sum of their probabilities."""
    monkeypatch.setattr(maass_column, "_MOST_PAIRS", most_pairs)
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


@pytest.mark.parametrize("allow_self", [False, True])
def test_pairs_of_a_large_column_are_drawn_by_their_distance(monkeypatch, allow_self):
    """Each pair by itself, none twice, as often in many draws as its probability says; a unit with itself if it may."""
    monkeypatch.setattr(maass_column, "_MOST_PAIRS", 0)
    column = MaassColumn((4, 3, 2), lam=1.5, allow_self=allow_self, excitatory_fraction=1.0)
    found = np.zeros((24, 24))
    for seed in range(N_DRAWS):
        drawn = column.draw(generator(seed)).recurrent
        np.add.at(found, (drawn.pre, drawn.post), 1)
    table = probabilities(column.draw(generator()).positions, np.ones(24, int), 1.5)
    if not allow_self:
        np.fill_diagonal(table, 0)
    spread = np.sqrt(N_DRAWS * table * (1 - table))
    assert found.max() <= N_DRAWS and (np.abs(found - N_DRAWS * table) <= 4.5 * spread + 1).all()
    assert abs(found.sum() - N_DRAWS * table.sum()) <= 4 * np.sqrt((spread**2).sum())


@pytest.mark.parametrize("sides", [(4, 3, 2), (1, 1, 5), (3, 1, 1)])
def test_ways_and_places_are_all_pairs(sides):
    sides = np.array(sides)
    ways = maass_column.ways_within(sides, 100.0)
    assert (np.diff((ways**2).sum(axis=1)) >= 0).all()
    boxes = np.prod(sides - np.abs(ways), axis=1)
    places = np.concatenate([np.arange(box) for box in boxes])
    senders, receivers = maass_column.pairs_at(sides, np.repeat(ways, boxes, axis=0), places)
    n_units = np.prod(sides)
    assert np.array_equal(np.sort(senders * n_units + receivers), np.arange(n_units**2))
    at = np.indices(sides).reshape(3, -1).T
    np.testing.assert_array_equal(at[receivers] - at[senders], np.repeat(ways, boxes, axis=0))
    assert len(maass_column.ways_within(sides, 0.5)) == 1


def test_a_long_column_is_drawn_in_no_time():
    """A row of 50,000 units: neither its draw nor the mean of it looks at all pairs."""
    column = MaassColumn((50_000, 1, 1))
    assert len(column.draw(generator()).recurrent) == pytest.approx(column.expected_synapses(), rel=0.05)


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
