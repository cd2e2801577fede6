"""Circuits made from matrices, graphs of networkx and synapses of Brian2, and circuits joined."""

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

import reservoir
from reservoir.circuits import Circuit, Connection, MaassColumn, Projection
from reservoir.neurons import LIF
from tests.circuits.generators import generator
from tests.circuits.test_circuit import a_circuit
from tests.circuits.test_pathways import mixed_circuit
from tests.spiking.test_same_spikes import trains_of

W = np.array([[0.0, -2e-9, 1e-9], [3e-9, 0.0, 0.0], [1e-9, -1e-9, 0.0]])
TAU = {"time_constant": 5e-3}


def weights_of(circuit):
    """The matrix, row = receiver, of a circuit that has no two synapses for one pair."""
    W, part = np.zeros((circuit.n_units,) * 2), circuit.recurrent
    W[part.post, part.pre] = part.weight
    return W


# Matrices


@pytest.mark.parametrize("made", [np.asarray, list, sparse.csr_array, sparse.coo_array, sparse.csc_matrix])
def test_a_matrix(made):
    circuit = Circuit.from_matrix(made(W), 2e-3, **TAU)
    np.testing.assert_array_equal(weights_of(circuit), W)
    assert circuit.excitatory.tolist() == [True, False, True] and len(circuit.recurrent) == 5
    assert (circuit.recurrent.delay == 2e-3).all() and circuit.n_inputs == 0 and not circuit.recurrent.dynamic
    assert np.array_equal(np.lexsort((circuit.recurrent.post, circuit.recurrent.pre)), np.arange(5))


def test_numbers_in_matrices():
    rng = generator()
    delays, tau, U = (size * rng.uniform(0.1, 1, (3, 3)) for size in (1e-3, 1e-2, 1))
    circuit = Circuit.from_matrix(W, delays=delays, time_constant=tau, U=U, D=0.2, F=sparse.csr_array(tau))
    part = circuit.recurrent
    for name, table in {"delay": delays, "time_constant": tau, "U": U, "F": tau}.items():
        np.testing.assert_array_equal(getattr(part, name), table[part.post, part.pre])
    assert (part.D == 0.2).all()


def test_stored_zeros_are_synapses():
    stored = sparse.csr_array((np.array([0.0, 1e-9]), np.array([1, 0]), np.array([0, 1, 2])), shape=(2, 2))
    circuit = Circuit.from_matrix(stored, **TAU, excitatory=np.array([True, False]))
    assert circuit.recurrent.pre.tolist() == [0, 1] and np.signbit(circuit.recurrent.weight).tolist() == [False, True]


def test_inputs_and_conductances():
    heard = Projection([0, 2], [1, 1], 1e-9, 0.0, 1e-3)
    assert Circuit.from_matrix(W, **TAU, inputs=heard).n_inputs == 3
    assert Circuit.from_matrix(W, **TAU, inputs=heard, n_inputs=5).n_inputs == 5
    kinds = np.array([True, False, True])
    circuit = Circuit.from_matrix(
        np.abs(W), **TAU, reversal=np.where(kinds, 0.0, -0.08) + np.zeros((3, 3)), excitatory=kinds
    )
    assert ((circuit.recurrent.reversal < 0) == (circuit.recurrent.pre == 1)).all()
    np.testing.assert_array_equal(weights_of(circuit), W)


@pytest.mark.parametrize(
    ("W", "options", "name"),
    [
        (np.full((2, 3), 1e-9), {}, "W"),
        (np.full(3, 1e-9), {}, "W"),
        ("x", {}, "W"),
        (np.zeros((0, 0)), {}, "W"),
        (W.T, {}, "excitatory"),
        (np.abs(W), {"reversal": 0.0}, "excitatory"),
        (W, {"delays": np.full((2, 2), 1e-3)}, "delays"),
        (W, {"delays": "x"}, "delays"),
        (W, {"U": np.ones(3)}, "U"),
    ],
)
def test_what_a_matrix_may_not_be(W, options, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of Circuit.from_matrix must be"):
        Circuit.from_matrix(W, **TAU, **options)


# Graphs


def test_a_directed_graph():
    graph = nx.DiGraph()
    graph.add_node("silent", kind=True)
    graph.add_edge("x", "y", weight=1e-9, delay=1e-3)
    graph.add_edge("y", "silent", weight=-2e-9, delay=2e-3)
    circuit = Circuit.from_networkx(graph, **TAU)
    assert circuit.recurrent.pre.tolist() == [1, 2] and circuit.recurrent.post.tolist() == [2, 0]
    assert circuit.recurrent.delay.tolist() == [1e-3, 2e-3] and circuit.excitatory.tolist() == [True, True, False]
    nx.set_node_attributes(graph, {"silent": False, "x": True, "y": False}, "kind")
    assert Circuit.from_networkx(graph, **TAU, excitatory="kind").excitatory.tolist() == [False, True, False]


def test_graphs_of_other_kinds():
    path = nx.path_graph(3)
    circuit = Circuit.from_networkx(path, **TAU, weight=1e-9, delay=0.0)
    assert sorted(zip(circuit.recurrent.pre, circuit.recurrent.post, strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1)]
    several = nx.MultiDiGraph([(0, 1), (0, 1)])
    assert len(Circuit.from_networkx(several, **TAU, weight=1e-9, delay=0.0).recurrent) == 2
    for options, name in [
        ({}, "weight"),
        ({"weight": 1e-9}, "delay"),
        ({"weight": 1e-9, "delay": 0, "excitatory": "q"}, "excitatory"),
    ]:
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of Circuit.from_networkx must be"):
            Circuit.from_networkx(path, **TAU, **options)


# Brian2


@pytest.fixture(scope="module")
def brian2():
    import spiking

    spiking.warm_up()
    import brian2

    target = brian2.prefs.codegen.target
    brian2.prefs.codegen.target = "numpy"
    yield brian2
    brian2.prefs.codegen.target = target


def test_synapses_of_a_network(brian2):
    b = brian2
    cells = b.NeuronGroup(10, "v : volt\nI : amp", threshold="v > volt", reset="v = 0 * volt", name="cells")
    other, outside = (
        b.NeuronGroup(4, "I : amp", threshold="I > amp", reset="I = 0 * amp", name="other"),
        b.PoissonGroup(3, 5 * b.Hz, name="outside"),
    )

    def connected(source, target, text, i, j, **options):
        made = b.Synapses(source, target, text, on_pre="I_post += 1 * nA", **options)
        made.connect(i=i, j=j)
        return made

    one = connected(cells[:6], cells, "w : amp\nplain : 1\ntau : second", [0, 5], [9, 0], delay=2 * b.ms)
    two = connected(cells[6:], other, "w : amp\ntau : second", [0, 3], [1, 2])
    heard = connected(outside, other, "w : amp\ntau : second", [2], [3])
    one.w, two.w, heard.w = [1, 2] * b.nA, [-3, -4] * b.nA, 5 * b.nA
    two.delay, heard.delay, one.plain = [1, 4] * b.ms, 0 * b.ms, 3
    one.tau, two.tau, heard.tau = 3 * b.ms, [6, 7] * b.ms, 1 * b.ms
    names = {"recurrent": one, "IO": two, "heard": heard}
    circuit = Circuit.from_synapses(names, time_constant="tau", inputs=["heard"])
    assert circuit.n_units == 14 and circuit.n_inputs == 3
    assert circuit.excitatory.tolist() == [True] * 6 + [False, True, True, False] + [True] * 4
    assert circuit.recurrent.pre.tolist() == [0, 5] and circuit.recurrent.post.tolist() == [9, 0]
    part = circuit.projection("IO")
    assert (
        part.pre.tolist() == [6, 9]
        and part.post.tolist() == [11, 12]
        and circuit.projection("heard").pre.tolist() == [2]
    )
    np.testing.assert_allclose(part.weight, [-3e-9, -4e-9])
    np.testing.assert_allclose(part.delay, [1e-3, 4e-3])
    np.testing.assert_allclose(circuit.recurrent.delay, 2e-3)
    np.testing.assert_allclose(part.time_constant, [6e-3, 7e-3])
    assert np.flatnonzero(circuit.population("other")).tolist() == [10, 11, 12, 13]
    scaled = Circuit.from_synapses(
        one, weight=np.asarray(one.plain) * 1e-9, time_constant={"recurrent": 5 * b.ms}, delay=0.0
    )
    np.testing.assert_allclose(scaled.recurrent.weight, 3e-9)
    assert scaled.n_units == 10 and (scaled.recurrent.delay == 0).all()
    for weight, words in (
        ("plain", "numbers, or the name of a variable with a unit"),
        ("nothing", "numbers, or the name"),
        ("tau", ""),
    ):
        with pytest.raises(ValueError, match=f"The 'weight' parameter of .* must be .*{words}"):
            Circuit.from_synapses(one, weight=weight, **TAU)


# Joined


def test_joined_circuits_run_as_each_alone():
    parts = {"one": mixed_circuit(0, 20), "two": mixed_circuit(1, 15)}
    whole = Circuit.joined(parts)
    assert whole.n_units == 35 and whole.n_inputs == 10 and len(whole.pathways()) == 2 + 2 * 7
    np.testing.assert_array_equal(np.flatnonzero(whole.population("two")), np.arange(20, 35))
    np.testing.assert_array_equal(whole.population("one_I")[:20], ~parts["one"].excitatory)
    assert whole.population("one_first").sum() == 10 and not whole.population("two_first")[:20].any()
    assert (whole.projection("two_slow").pre >= 20).all() and (whole.projection("two_drive").pre >= 5).all()
    currents, still = generator().uniform(0, 2e-8, (500, 35)), LIF(initial=0.0135)
    options = {"neuron": still, "record": "voltages"}
    recording = reservoir.simulate(whole, currents=currents, **options)
    assert len(recording.spikes) > 50
    for name, part in parts.items():
        units = whole.population(name)
        alone = reservoir.simulate(part, currents=currents[:, units], **options)
        np.testing.assert_allclose(recording.voltages[:, units], alone.voltages, rtol=0, atol=1e-12)


def test_between_joined_circuits():
    rng = generator()
    columns = [MaassColumn((2, 3, 3)).draw(rng), MaassColumn((2, 3, 3)).draw(rng)]
    across = Connection("a_E", "b_I", graph="all_to_all", weight=1e-9, delay=1e-3, time_constant=3e-3)
    back = Projection([20], [0], -1e-9, 0.0, 1e-3)
    whole = Circuit.joined(columns, {"across": across, "back": back}, rng=rng)
    sizes = whole.population("a_E").sum() * whole.population("b_I").sum()
    assert len(whole.projection("across")) == sizes and whole.positions.shape == (36, 3)
    assert whole.population("a_E")[whole.projection("across").pre].all()
    assert whole.projection("back").equals(back) and whole.projection("b_recurrent").pre.min() >= 18
    assert len(reservoir.simulate(whole, trains_of(0, 0.1, 40, 2), random_state=0).spikes) > 0


def test_what_some_of_the_joined_have():
    dead = np.array([True, False, False])
    whole = Circuit.joined([a_circuit(dead=dead), a_circuit(spontaneous_rate=3.0)])
    assert whole.dead.tolist() == [*dead, False, False, False] and whole.spontaneous_rate.tolist() == [0, 0, 0, 3, 3, 3]
    assert whole.positions is None and whole.background is None


@pytest.mark.parametrize("circuits", [[], {}, None, {"a__b": a_circuit()}, [a_circuit(), 3], {"a": MaassColumn()}])
def test_what_cannot_be_joined(circuits):
    with pytest.raises(ValueError, match=r"The 'circuits' parameter of Circuit.joined must be"):
        Circuit.joined(circuits)
    for between in ([], {"x": 3}, {"a_recurrent": a_circuit().recurrent}):
        with pytest.raises(ValueError, match=r"The 'between' parameter of Circuit.joined must be"):
            Circuit.joined([a_circuit()], between)
