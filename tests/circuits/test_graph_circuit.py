"""Any topology wires a circuit, by the places of its weights."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from reservoir import LiquidState
from reservoir.circuits import GraphCircuit, Synapses
from reservoir.topologies import Cycle, Random
from tests.circuits.generators import generator
from tests.topologies.families import FAMILIES, dense, make

N_UNITS = 24


def heard_by(circuit):
    """Who hears whom (n_units, n_units), row = receiver, counted."""
    counts = np.zeros((circuit.n_units,) * 2, dtype=int)
    np.add.at(counts, (circuit.recurrent.post, circuit.recurrent.pre), 1)
    return counts


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("allow_self", [False, True])
def test_every_topology_is_a_graph(family, allow_self):
    """One synapse where the matrix is not 0, of the sign of its sender; of a unit onto itself only where allowed."""
    graph = make(family, N_UNITS)
    circuit = GraphCircuit(N_UNITS, graph=graph, allow_self=allow_self).draw(generator(5), n_inputs=2)
    twin = generator(5)
    twin.permutation(N_UNITS)  # who is excitatory
    expected = dense(graph.draw(N_UNITS, twin)) != 0
    if not allow_self:
        np.fill_diagonal(expected, False)
    np.testing.assert_array_equal(heard_by(circuit), expected)
    signs = np.where(circuit.excitatory, 1, -1)[circuit.recurrent.pre]
    np.testing.assert_array_equal(np.sign(circuit.recurrent.weight), signs)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_matrix_and_its_multiple_wire_alike(family):
    """Neither sizes nor signs of the weights count."""

    class Scaled(family):
        def draw(self, n_units, rng):
            return super().draw(n_units, rng) * -3.0

    parts = make(family, N_UNITS), Scaled(**make(family, N_UNITS).get_params())
    one, other = (GraphCircuit(N_UNITS, graph=part).draw(generator()) for part in parts)
    assert one.equals(other)


class Given:
    """The topology of one matrix."""

    def __init__(self, matrix):
        self.matrix = matrix

    def draw(self, n_units, rng):
        return self.matrix


def test_stored_zeros_and_repeated_places():
    """What a matrix holds is one number for a pair of units, however it is stored."""
    stored = sparse.coo_array(([1.0, 2.0, 0.0, 1.0, -1.0], ([0, 0, 1, 2, 2], [1, 1, 0, 0, 0])), shape=(3, 3))
    circuit = GraphCircuit(3, graph=Given(stored)).draw(generator())
    assert (circuit.recurrent.pre.tolist(), circuit.recurrent.post.tolist()) == ([1], [0])


def test_the_parts_are_parameters():
    """Nested names reach the graph and the synapses, and scales change no draw."""
    part = GraphCircuit(30, graph=Random(in_degree=3), synapses=Synapses())
    plain = part.draw(generator())
    part.set_params(synapses__weight_scale=2.0, synapses__input_scale=0.5)
    scaled = part.draw(generator())
    np.testing.assert_array_equal(scaled.recurrent.weight, 2.0 * plain.recurrent.weight)
    np.testing.assert_array_equal(scaled.inputs.weight, 0.5 * plain.inputs.weight)
    part.set_params(graph__in_degree=30, allow_self=True)
    assert len(part.draw(generator()).recurrent) == 30 * 30


def test_default_parts_are_reached_by_name():
    part = GraphCircuit().set_params(graph__in_degree=2, synapses__excitatory_fraction=0.5)
    assert (part.graph.in_degree, part.synapses.excitatory_fraction) == (2, 0.5)
    changed = GraphCircuit().set_params(graph__in_degree=5, synapses__excitatory_fraction=0.8)
    assert GraphCircuit().draw(generator()).equals(changed.draw(generator()))


def test_a_liquid_is_searched_over_graphs_and_synapses():
    """Nested names reach through a system, and other settings make other states."""
    rows = np.random.default_rng(0).random((12, 2))
    circuit = GraphCircuit(20, graph=Random(in_degree=4), synapses=Synapses(weight_scale=3.0))
    system = LiquidState(circuit, random_state=0)
    plain = system.fit_transform(rows)
    other = clone(system).set_params(circuit__graph=Cycle(), circuit__synapses__input_scale=2.0)
    assert not np.array_equal(plain, other.fit_transform(rows))
    np.testing.assert_array_equal(plain, clone(system).fit_transform(rows))


def test_one_unit():
    assert len(GraphCircuit(1, graph=Cycle()).draw(generator()).recurrent) == 0
    assert len(GraphCircuit(1, graph=Cycle(), allow_self=True).draw(generator()).recurrent) == 1


@pytest.mark.parametrize(
    "part, name",
    [
        (GraphCircuit(0), "n_units"),
        (GraphCircuit(2.5), "n_units"),
        (GraphCircuit(graph="ring"), "graph"),
        (GraphCircuit(graph=Random), "graph"),
        (GraphCircuit(4, graph=Given(np.eye(5))), "graph"),
        (GraphCircuit(synapses="maass2002"), "synapses"),
        (GraphCircuit(synapses=Synapses), "synapses"),
        (GraphCircuit(allow_self=1), "allow_self"),
    ],
)
def test_parameters_out_of_range(part, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of GraphCircuit must be"):
        part.draw(generator())
