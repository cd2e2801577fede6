"""Truths that every generator of circuits must meet, found by walking the exports; each against its definition."""

import inspect
import itertools
from dataclasses import fields, replace

import networkx as nx
import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.base import clone

from reservoir import circuits
from reservoir.circuits import (
    Circuit,
    MaassColumn,
    PairStatistics,
    PotjansDiesmann,
    Projection,
    RandomCircuit,
    ScaleFreeCircuit,
    SmallWorldCircuit,
    TwoWayPowerLawCircuit,
)
from reservoir.circuits.synapse_statistics import PRESETS

OTHERS = (Circuit, PotjansDiesmann)  # the latter is not drawn from a preset of synapses, and has tests of its own
FAMILIES = [
    part for part in vars(circuits).values() if inspect.isclass(part) and hasattr(part, "draw") and part not in OTHERS
]
GRAPHS = [family for family in FAMILIES if family is not MaassColumn]
KINDS = ("EE", "EI", "IE", "II")
MAASS = PRESETS["maass2002"]
N_DRAWS = 200


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def columns():
    return [MaassColumn(input_probability=0.5).draw(generator(seed), 2) for seed in range(N_DRAWS)]


def kinds_of(circuit):
    """The kinds of sender and receiver of each synapse, as text."""
    letters = np.where(circuit.excitatory, "E", "I")
    return np.char.add(letters[circuit.recurrent.pre], letters[circuit.recurrent.post])


def within_error(values, mean, deviation):
    """Whether the mean of the values lies within five standard errors."""
    return abs(np.mean(values) - mean) <= 5 * deviation / np.sqrt(np.size(values))


# What all generators share


@pytest.mark.parametrize("family", FAMILIES)
def test_draw(family):
    first, again = (clone(family()).draw(generator(3), n_inputs=2) for _ in range(2))
    other = family().draw(generator(4), n_inputs=2)
    assert isinstance(first, Circuit) and first.equals(again) and not first.equals(other)
    assert first.n_units == 135 and first.n_inputs == 2 and first.excitatory.sum() == 108
    assert not np.array_equal(first.excitatory, other.excitatory)
    for projection, n_sources in ((first.recurrent, 135), (first.inputs, 2)):
        assert 0 <= projection.pre.min() <= projection.pre.max() < n_sources
        assert 0 <= projection.post.min() <= projection.post.max() < 135
        pairs = list(zip(projection.pre.tolist(), projection.post.tolist(), strict=True))
        assert pairs == sorted(set(pairs))
    assert (first.recurrent.pre != first.recurrent.post).all()
    assert first.recurrent.dynamic and not first.inputs.dynamic
    signs = np.where(first.excitatory, 1, -1)[first.recurrent.pre]
    np.testing.assert_array_equal(np.sign(first.recurrent.weight), signs)


@pytest.mark.parametrize("family", FAMILIES)
def test_scales_and_inputs_change_no_other_draw(family):
    plain = family().draw(generator(1), 1)
    scaled = family(weight_scale=0.5, input_scale=-2.0).draw(generator(1), 1)
    more = family(input_probability=0.9).draw(generator(1), 3)
    np.testing.assert_array_equal(scaled.recurrent.weight, 0.5 * plain.recurrent.weight)
    np.testing.assert_array_equal(scaled.inputs.weight, -2 * plain.inputs.weight)
    assert replace(scaled, recurrent=plain.recurrent, inputs=plain.inputs).equals(plain)
    assert more.recurrent.equals(plain.recurrent)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_kinds_of_units(family, fraction):
    circuit = family(excitatory_fraction=fraction).draw(generator())
    assert circuit.excitatory.sum() == round(135 * fraction)
    total = sum(family(excitatory_fraction=fraction).draw(generator(seed)).excitatory for seed in range(100))
    assert np.abs(total / 100 - fraction).max() <= 5 * np.sqrt(0.25 / 100)


@pytest.mark.parametrize("family", FAMILIES)
def test_input_synapses(family):
    circuit = family(input_probability=0.3).draw(generator(), n_inputs=200)
    inputs = circuit.inputs
    assert within_error(np.arange(200 * 135) < len(inputs), 0.3, np.sqrt(0.3 * 0.7))
    np.testing.assert_array_equal(inputs.weight, np.where(circuit.excitatory[inputs.post], 18e-9, 9e-9))
    assert (inputs.time_constant == 3e-3).all() and (inputs.delay == 0).all()
    assert len(family(input_probability=1.0).draw(generator(), 2).inputs) == 270
    assert len(family(input_probability=0.0).draw(generator(), 2).inputs) == 0
    assert len(family().draw(generator(), 0).inputs) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_synapses_of_all_families_have_the_same_statistics(family):
    drawn = [family(weight_scale=2.0).draw(generator(seed)) for seed in range(20)]
    for kind in ("EE", "IE"):
        mean = 2 * getattr(MAASS, kind).weight
        weights = [circuit.recurrent.weight[kinds_of(circuit) == kind] for circuit in drawn]
        assert within_error(np.concatenate(weights), mean, abs(mean))


@pytest.mark.parametrize("family", GRAPHS)
@pytest.mark.parametrize("n_units, mean", [(200, 4.7), (200, 4), (50, 12.3), (9, 4.0), (2, 0.5), (30, 0), (30, 0.1)])
def test_number_of_synapses(family, n_units, mean):
    part = family(n_units, mean)
    assert part.expected_synapses() == n_units * mean
    counts = [len(part.draw(generator(seed)).recurrent) for seed in range(30)]
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


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name, value", [
    ("excitatory_fraction", 1.1), ("preset", "maass2003"), ("preset", None), ("weight_scale", np.nan),
    ("input_scale", "1"), ("input_probability", -0.1),
])  # fmt: skip
def test_shared_parameters_out_of_range(family, name, value):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {family.__name__} must be"):
        family(**{name: value}).draw(generator())
    with pytest.raises(ValueError, match=rf"The 'n_inputs' parameter of {family.__name__} must be"):
        family().draw(generator(), -1)


@pytest.mark.parametrize("part, name", [
    *((family(n_units), "n_units") for family in GRAPHS for n_units in (1, 2.5, True)),
    *((family(9, mean), "n_synapses_per_unit") for family in GRAPHS for mean in (-1, 8.5, "x")),
    (ScaleFreeCircuit(9, 4.5), "n_synapses_per_unit"), (RandomCircuit(degree="out"), "degree"),
    (RandomCircuit(allow_self=1), "allow_self"), (SmallWorldCircuit(rewiring=2), "rewiring"),
    (TwoWayPowerLawCircuit(in_exponent=2), "in_exponent"), (TwoWayPowerLawCircuit(out_exponent=1), "out_exponent"),
    (MaassColumn((3, 3)), "shape"), (MaassColumn((3, 3, 0)), "shape"), (MaassColumn(9), "shape"),
    (MaassColumn(lam=-1), "lam"), (MaassColumn(lam=np.inf), "lam"), (MaassColumn(allow_self=None), "allow_self"),
])  # fmt: skip
def test_parameters_out_of_range(part, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {type(part).__name__} must be"):
        part.draw(generator())


# The column


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


def test_number_of_synapses_of_the_column(columns):
    counts = np.array([len(circuit.recurrent) for circuit in columns])
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


def moments(mean, variation, upper=np.inf):
    """Mean and deviation of a normal value, drawn anew from [0, 2 mean] where negative, and cut at `upper`."""
    normal = stats.norm(mean, variation * mean)

    def expectation(power):
        def value(x):
            return min(x, upper) ** power

        whole = integrate.quad(lambda x: value(x) * normal.pdf(x), 0, 20 * mean, points=[mean, 2 * mean])[0]
        return whole + normal.cdf(0) * integrate.quad(value, 0, 2 * mean)[0] / (2 * mean)

    return expectation(1), np.sqrt(expectation(2) - expectation(1) ** 2)


@pytest.mark.parametrize("kind", KINDS)
def test_moments_of_the_synapses(columns, kind):
    pair = getattr(MAASS, kind)
    chosen = Projection.joined([circuit.recurrent.select(kinds_of(circuit) == kind) for circuit in columns])
    assert len(chosen) > 1000
    assert (chosen.delay == pair.delay).all() and (chosen.time_constant == pair.time_constant).all()
    expected = {"weight": (pair.weight, abs(pair.weight)), "U": moments(pair.U, 0.5, 1.0)}
    expected |= {name: moments(getattr(pair, name), 0.5) for name in ("D", "F")}
    for name, (mean, deviation) in expected.items():
        values = getattr(chosen, name)
        assert within_error(values, mean, deviation)
        squares = np.square(values - mean)
        assert within_error(squares, deviation**2, squares.std())
    assert stats.kstest(chosen.weight / pair.weight, "expon").pvalue > 1e-6


def test_the_table_of_the_preset():
    """The table of the paper, column by column: C, weight in nA, U, D, F, delay and decay in ms."""
    table = {
        "EE": (0.3, 30, 0.5, 1.1, 0.05, 1.5, 3), "EI": (0.2, 60, 0.05, 0.125, 1.2, 0.8, 3),
        "IE": (0.4, -19, 0.25, 0.7, 0.02, 0.8, 6), "II": (0.1, -19, 0.32, 0.144, 0.06, 0.8, 6),
    }  # fmt: skip
    for kind, (C, weight, U, D, F, delay, decay) in table.items():
        pair = PairStatistics(C, weight * 1e-9, delay * 1e-3, decay * 1e-3, U, D, F)
        for field in fields(pair):
            expected = getattr(pair, field.name)
            expected = expected if expected is None else pytest.approx(expected, rel=1e-12)
            assert getattr(getattr(MAASS, kind), field.name) == expected


def test_statistics_of_ones_own():
    same = replace(MAASS.EE, variation=0.0, weight_variation=0.0)
    circuit = MaassColumn(preset=replace(MAASS, EE=same)).draw(generator())
    chosen = circuit.recurrent.select(kinds_of(circuit) == "EE")
    for name in ("weight", "U", "D", "F"):
        assert (getattr(chosen, name) == getattr(MAASS.EE, name)).all()
    narrow = replace(MAASS.EE, weight_variation=0.2)
    drawn = [MaassColumn(preset=replace(MAASS, EE=narrow)).draw(generator(seed)) for seed in range(20)]
    weights = np.concatenate([circuit.recurrent.weight[kinds_of(circuit) == "EE"] for circuit in drawn])
    assert weights.std() == pytest.approx(0.2 * 30e-9, rel=0.05) and weights.mean() == pytest.approx(30e-9, rel=0.02)
    for name, value in [("U", 1.5), ("D", 0), ("weight", np.inf), ("delay", -1e-3), ("probability", 2)]:
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of PairStatistics must be"):
            replace(same, **{name: value})
    for name, value in [("EE", None), ("input_delay", -1), ("input_time_constant", 0)]:
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of SynapseStatistics must be"):
            replace(MAASS, **{name: value})


# The graphs


def degrees(circuit):
    """In-degree and out-degree of every unit."""
    return (np.bincount(ends, minlength=circuit.n_units) for ends in (circuit.recurrent.post, circuit.recurrent.pre))


def decay(degree):
    """Slope of log degree over log rank among the hubs: -1 / (exponent - 1) for a power law."""
    ranks = np.arange(3, len(degree) // 20)
    return np.polyfit(np.log(ranks), np.log(np.sort(degree)[::-1][ranks - 1]), 1)[0]


@pytest.mark.parametrize("allow_self", [False, True])
def test_random_circuit(allow_self):
    n_units, mean = 1000, 7.4
    pairs = RandomCircuit(n_units, mean, allow_self=allow_self).draw(generator())
    fixed = RandomCircuit(n_units, mean, degree="in_degree", allow_self=allow_self).draw(generator())
    for degree in degrees(pairs):
        assert within_error(degree, mean, np.sqrt(mean)) and degree.var() == pytest.approx(mean, rel=0.25)
    heard, sent = degrees(fixed)
    np.testing.assert_array_equal(np.bincount(heard)[7:], [600, 400])
    assert sent.var() == pytest.approx(mean, rel=0.25)
    for circuit in (pairs, fixed):
        loops = np.sum(circuit.recurrent.pre == circuit.recurrent.post)
        assert (0 < loops < 25) == allow_self and (loops == 0) != allow_self
        assert abs(decay(next(degrees(circuit)))) < 0.25


@pytest.mark.parametrize("degree", ["pairs", "in_degree"])
@pytest.mark.parametrize("allow_self", [False, True])
def test_all_pairs_are_equally_likely(degree, allow_self):
    counts = np.zeros((6, 6))
    part = RandomCircuit(6, 2.5, degree=degree, allow_self=allow_self)
    for seed in range(2000):
        recurrent = part.draw(generator(seed)).recurrent
        counts[recurrent.pre, recurrent.post] += 1
    pairs = counts[~np.eye(6, dtype=bool)] if not allow_self else counts
    share = 2.5 / (6 if allow_self else 5)
    assert np.abs(pairs / 2000 - share).max() <= 5 * np.sqrt(share * (1 - share) / 2000)


def graph_of(circuit):
    graph = nx.Graph()
    graph.add_nodes_from(range(circuit.n_units))
    graph.add_edges_from(zip(circuit.recurrent.pre.tolist(), circuit.recurrent.post.tolist(), strict=True))
    return graph


def test_small_world_circuit():
    """Clustered as the lattice, yet with short paths as the random circuit."""
    lattice, small_world, scattered = (
        graph_of(SmallWorldCircuit(300, 8, rewiring=rewiring).draw(generator())) for rewiring in (0.0, 0.1, 1.0)
    )
    clustering = [nx.average_clustering(graph) for graph in (lattice, small_world, scattered)]
    lengths = [nx.average_shortest_path_length(graph) for graph in (lattice, small_world, scattered)]
    assert clustering[0] == pytest.approx(3 * (8 - 2) / (4 * (8 - 1)), rel=1e-12)
    assert clustering[1] > 5 * clustering[2] and lengths[1] < 0.3 * lengths[0]
    heard, _ = degrees(SmallWorldCircuit(300, 8.25).draw(generator()))
    np.testing.assert_array_equal(np.bincount(heard)[8:], [225, 75])
    ring = SmallWorldCircuit(900, 2.5, rewiring=0.0).draw(generator()).recurrent  # neighbours are left out evenly
    counts = np.unique((ring.pre - ring.post) % 900, return_counts=True)[1]
    assert len(counts) == 3 and np.abs(counts - 750).max() < 5 * np.sqrt(450 * 2 / 9)


def test_scale_free_circuit():
    circuit = ScaleFreeCircuit(4000, 5).draw(generator())
    heard, sent = degrees(circuit)
    assert decay(heard + sent) == pytest.approx(-1 / (3 - 1), abs=0.06)
    for degree in (heard, sent):
        assert degree.max() > 10 * degree.mean() and decay(degree) == pytest.approx(-0.5, abs=0.08)
    older = circuit.recurrent.pre < circuit.recurrent.post
    assert within_error(older, 0.5, 0.5)
    assert np.corrcoef(heard, sent)[0, 1] > 0.8
    youngest = 5 * np.sqrt(4000 / np.arange(3001, 4001))  # links are left out evenly
    assert (heard + sent)[3000:].mean() == pytest.approx(youngest.mean(), rel=0.03)
    hubs = np.flatnonzero(heard > 50)
    shares = heard[hubs] / (heard + sent)[hubs]
    assert np.abs(shares - 0.5).max() < 5 * 0.5 / np.sqrt((heard + sent)[hubs].min())


@pytest.mark.parametrize("in_exponent, out_exponent", [(2.5, 2.5), (3.0, 2.3)])
def test_two_way_power_law_circuit(in_exponent, out_exponent):
    part = TwoWayPowerLawCircuit(3000, 10, in_exponent=in_exponent, out_exponent=out_exponent)
    heard, sent = degrees(part.draw(generator()))
    assert decay(heard) == pytest.approx(-1 / (in_exponent - 1), abs=0.07)
    assert decay(sent) == pytest.approx(-1 / (out_exponent - 1), abs=0.07)
    assert min(heard.max(), sent.max()) > 10 * 10
    assert abs(np.corrcoef(heard, sent)[0, 1]) < 0.2


def test_two_way_power_law_draws_pairs_in_proportion():
    """One synapse in four units: which ranks it joins, over many draws. A second generator tells the ranks."""
    part, sending, hearing = TwoWayPowerLawCircuit(4, 0.25, in_exponent=3.0), np.zeros(4), np.zeros(4)
    for seed in range(4000):
        rng, twin = generator(seed), generator(seed)
        recurrent = part.draw(rng).recurrent
        twin.permutation(4)  # who is excitatory
        ranks = twin.permutation(4), twin.permutation(4)
        sending[ranks[0][recurrent.pre[0]]] += 1
        hearing[ranks[1][recurrent.post[0]]] += 1
    table = np.outer(np.arange(1, 5) ** (-1 / 1.5), np.arange(1, 5) ** (-1 / 2.0))
    for counts, axis in ((sending, 1), (hearing, 0)):
        assert np.abs(counts / 4000 - expected_shares(table, axis)).max() < 5 * np.sqrt(0.25 / 4000)


def expected_shares(table, axis):
    """Mean shares of the ranks over all ways in which the two orders can meet."""
    shares = []
    for order in itertools.permutations(range(4)):
        allowed = table.copy()
        allowed[np.arange(4), order] = 0
        shares.append(allowed.sum(axis=axis) / allowed.sum())
    return np.mean(shares, axis=0)
