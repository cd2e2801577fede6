"""The records of circuits: what they take, keep and refuse."""

import copy
import itertools
import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.circuits import Circuit, MaassColumn, Projection, damaged
from tests.circuits.generators import generator


def a_projection(**changes):
    given = dict(pre=[0, 1, 2], post=[1, 2, 0], weight=[1e-9, -2e-9, 3e-9], delay=1e-3, time_constant=3e-3)
    return Projection(**given | changes)


def a_circuit(**changes):
    inputs = Projection(pre=0, post=[0, 2], weight=1.8e-8, delay=0, time_constant=3e-3)
    given = dict(excitatory=np.array([True, False, True]), recurrent=a_projection(), inputs=inputs, n_inputs=1)
    return Circuit(**given | changes)


def arrays_of(record):
    for field in fields(record):
        value = getattr(record, field.name)
        yield from arrays_of(value) if isinstance(value, Projection) else [value] * isinstance(value, np.ndarray)


def test_projection():
    weight = np.array([1e-9, -2e-9, 3e-9])
    projection = a_projection(weight=weight, U=0.5, D=1, F=[0.1, 0.2, 0.3])
    weight[0] = 7
    assert projection.weight[0] == 1e-9 and len(projection) == 3 and projection.dynamic
    assert projection.pre.dtype == projection.post.dtype == np.int32
    for name in ("weight", "delay", "time_constant", "U", "D", "F"):
        assert getattr(projection, name).dtype == np.float64 and getattr(projection, name).shape == (3,)
    np.testing.assert_array_equal(projection.D, [1, 1, 1])
    assert len(a_projection(pre=[], post=[], weight=[])) == 0 and len(a_projection(pre=0, post=1, weight=1e-9)) == 1
    static = replace(projection, U=None, D=None, F=None)
    assert not static.dynamic and static.equals(a_projection()) and not static.equals(projection)
    assert repr(static) == "Projection(3 static synapses)" and repr(projection) == "Projection(3 dynamic synapses)"
    assert not static.equals(None) and not static.equals(replace(static, delay=2e-3))


@pytest.mark.parametrize(
    "change",
    [
        {"post": [0, 1]},
        {"pre": [0, 1, -1]},
        {"pre": [0.0, 1.0, 2.0]},
        {"post": [[1, 2, 0]]},
        {"post": [True] * 3},
        {"weight": [1, 2]},
        {"weight": np.nan},
        {"weight": "x"},
        {"delay": -1e-3},
        {"delay": [0, 0, np.inf]},
        {"time_constant": [0, 1e-3, 1e-3]},
        {"U": 0.5},
        {"U": 0, "D": 1, "F": 1},
        {"U": 1.1, "D": 1, "F": 1},
        {"D": 0, "U": 1, "F": 1},
        {"F": -1, "U": 1, "D": 1},
        {"reversal": "x"},
        {"reversal": [0.0, 1.0]},
        {"reversal": np.nan},
    ],
)
def test_what_is_no_projection_is_refused(change):
    name = next(iter(change))
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of Projection must be"):
        a_projection(**change)


def test_select_and_join():
    projection = a_projection(U=[0.1, 0.2, 0.3], D=1, F=1)
    parts = [projection.select([2, 0]), projection.select(np.array([False, True, False])), projection.select([])]
    assert [len(part) for part in parts] == [2, 1, 0] and parts[2].dynamic
    joined = Projection.joined([*parts, a_projection(pre=[], post=[], weight=[])])
    np.testing.assert_array_equal(joined.U, [0.3, 0.1, 0.2])
    assert joined.equals(projection.select([2, 0, 1])) and joined.select([1, 2, 0]).equals(projection)
    assert len(Projection.joined([parts[2]])) == 0 and len(parts[2].select(np.zeros(0, dtype=bool))) == 0
    for chosen in ([3], [-1], [0.5], [True], [[0]], [[]]):
        with pytest.raises(ValueError, match=r"The 'chosen' parameter of Projection.select must be"):
            projection.select(chosen)
    for projections in ([], [projection, a_projection()]):
        with pytest.raises(ValueError, match=r"The 'projections' parameter of Projection.joined must be"):
            Projection.joined(projections)


def test_circuit():
    circuit = a_circuit(positions=np.arange(9).reshape(3, 3), dead=np.array([True, False, False]), spontaneous_rate=2)
    assert circuit.n_units == 3 and circuit.positions.dtype == np.float64
    np.testing.assert_array_equal(circuit.spontaneous_rate, [2, 2, 2])
    assert circuit.draw(generator(), 1) is circuit and a_circuit(inputs=a_projection(), n_inputs=3).n_inputs == 3
    with pytest.raises(ValueError, match=r"The 'n_inputs' parameter of Circuit must be 1, as in the given circuit\."):
        circuit.draw(generator(), n_inputs=2)
    assert repr(circuit) == "Circuit(3 units, 3 synapses, 1 inputs)"
    assert circuit.equals(replace(circuit)) and not circuit.equals(a_circuit())


@pytest.mark.parametrize(
    "change",
    [
        {"excitatory": [1, 0, 1]},
        {"excitatory": np.zeros((1, 3), dtype=bool)},
        {"excitatory": np.zeros(0, dtype=bool)},
        {"n_inputs": 0.5},
        {"n_inputs": -1},
        {"recurrent": None},
        {"recurrent": a_projection(pre=[3, 0, 1])},
        {"recurrent": a_projection(post=[3, 0, 1])},
        {"inputs": a_projection()},
        {"inputs": (0, 1)},
        {"positions": np.zeros((3, 2))},
        {"positions": np.full((3, 3), np.nan)},
        {"dead": [0, 1, 0]},
        {"dead": True},
        {"spontaneous_rate": -1},
        {"spontaneous_rate": [1, 2]},
    ],
)
def test_what_is_no_circuit_is_refused(change):
    with pytest.raises(ValueError, match=rf"The '{next(iter(change))}' parameter of Circuit must be"):
        a_circuit(**change)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda record: pickle.loads(pickle.dumps(record))])
def test_copies_are_equal_and_read_only(copied):
    drawn = MaassColumn((3, 3, 3)).draw(generator())
    for record in (drawn, drawn.recurrent, damaged(drawn, kind="combined", fraction=0.5, rng=generator())):
        again = copied(record)
        assert again.equals(record) and record.equals(again)
        for array in itertools.chain(arrays_of(record), arrays_of(again)):
            assert not array.flags.writeable
    assert clone(a_circuit(), safe=False).equals(a_circuit())


def test_a_subclass_is_told_its_own_name():
    class Own(Projection):
        """A projection of a user."""

    for change in ({"delay": -1}, {"pre": [-1, 0, 0]}, {"U": 0.5}):
        with pytest.raises(ValueError, match="parameter of Own must be"):
            Own(**vars(a_projection()) | change)
    assert type(Own(**vars(a_projection())).select([0])) is Own
