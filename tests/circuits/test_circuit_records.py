"""The records of circuits, and damaged ones."""

import copy
import itertools
import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.circuits import (
    Circuit,
    MaassColumn,
    Projection,
    RandomCircuit,
    damaged,
)
from tests.circuits.test_circuits import FAMILIES, generator, within_error

# Damage


@pytest.fixture(scope="module")
def circuit():
    return RandomCircuit(4000, 3).draw(generator(), n_inputs=2)


@pytest.mark.parametrize("kind", ["dead", "noise", "combined"])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 1.0])
def test_damaged_units(circuit, kind, fraction):
    before = copy.deepcopy(circuit)
    hurt = damaged(circuit, kind=kind, fraction=fraction, rng=generator(1), rate=30.0)
    assert hurt is not circuit and circuit.equals(before)
    dead = np.zeros(4000, dtype=bool) if hurt.dead is None else hurt.dead
    noisy = np.zeros(4000, dtype=bool) if hurt.spontaneous_rate is None else hurt.spontaneous_rate > 0
    spread = np.sqrt(fraction * (1 - fraction))
    assert within_error(dead | noisy, fraction, spread) and not (dead & noisy).any()
    share = {"dead": 1.0, "noise": 0.0, "combined": 0.5}[kind]
    assert within_error(dead, share * fraction, np.sqrt(share * fraction * (1 - share * fraction)))
    assert noisy.sum() == 0 or (hurt.spontaneous_rate[noisy] == 30.0).all()
    assert hurt.recurrent.equals(circuit.recurrent.select(~dead[circuit.recurrent.pre]))
    assert replace(hurt, dead=None, spontaneous_rate=None, recurrent=circuit.recurrent).equals(circuit)


def test_the_same_units_are_hit(circuit):
    hit = []
    for kind, fraction in (("dead", 0.1), ("noise", 0.1), ("combined", 0.1), ("dead", 0.2)):
        hurt = damaged(circuit, kind=kind, fraction=fraction, rng=generator(1))
        parts = [part for part in (hurt.dead, hurt.spontaneous_rate) if part is not None]
        hit.append(np.any(parts, axis=0))
    assert (hit[0] == hit[1]).all() and (hit[0] == hit[2]).all() and (hit[3] >= hit[0]).all()


def test_damage_adds_up(circuit):
    rng = generator(2)
    dead = damaged(circuit, fraction=0.3, rng=rng)
    both = damaged(dead, kind="noise", fraction=0.5, rng=rng)
    np.testing.assert_array_equal(both.dead, dead.dead)
    assert (both.spontaneous_rate[dead.dead] == 0).all() and (both.spontaneous_rate > 0).mean() > 0.25
    noisy = damaged(circuit, kind="noise", fraction=0.5, rng=rng)
    more = damaged(noisy, kind="combined", fraction=0.5, rng=rng, rate=5.0)
    assert (more.spontaneous_rate[more.dead] == 0).all() and set(more.spontaneous_rate) == {0.0, 5.0, 20.0}
    last = damaged(more, fraction=1.0, rng=rng)
    assert last.dead.all() and not last.spontaneous_rate.any() and len(last.recurrent) == 0


@pytest.mark.parametrize("fraction", [0.0, 0.2, 1.0])
def test_damaged_synapses(circuit, fraction):
    hurt = damaged(circuit, fraction=fraction, of="synapses", rng=generator(1))
    n_synapses = len(circuit.recurrent)
    kept = len(hurt.recurrent)
    assert within_error(np.arange(n_synapses) < kept, 1 - fraction, np.sqrt(fraction * (1 - fraction)))
    every = set(zip(circuit.recurrent.pre, circuit.recurrent.post, circuit.recurrent.weight, strict=True))
    assert set(zip(hurt.recurrent.pre, hurt.recurrent.post, hurt.recurrent.weight, strict=True)) <= every
    assert replace(hurt, recurrent=circuit.recurrent).equals(circuit)


@pytest.mark.parametrize("change", [
    {"kind": "broken"}, {"fraction": 1.5}, {"of": "inputs"}, {"rate": 0.0}, {"circuit": MaassColumn()},
    {"of": "synapses", "kind": "noise"},
])  # fmt: skip
def test_damage_out_of_range(circuit, change):
    given = {"circuit": circuit, "fraction": 0.1, "rng": generator()} | change
    with pytest.raises(ValueError, match=rf"The '{list(change)[-1]}' parameter of damaged must be"):
        damaged(given.pop("circuit"), **given)


# The records


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
    assert projection.pre.dtype == projection.post.dtype == np.int64
    for name in ("weight", "delay", "time_constant", "U", "D", "F"):
        assert getattr(projection, name).dtype == np.float64 and getattr(projection, name).shape == (3,)
    np.testing.assert_array_equal(projection.D, [1, 1, 1])
    assert len(a_projection(pre=[], post=[], weight=[])) == 0 and len(a_projection(pre=0, post=1, weight=1e-9)) == 1
    static = replace(projection, U=None, D=None, F=None)
    assert not static.dynamic and static.equals(a_projection()) and not static.equals(projection)
    assert repr(static) == "Projection(3 static synapses)" and repr(projection) == "Projection(3 dynamic synapses)"
    assert not static.equals(None) and not static.equals(replace(static, delay=2e-3))


@pytest.mark.parametrize("change", [
    {"post": [0, 1]}, {"pre": [0, 1, -1]}, {"pre": [0.0, 1.0, 2.0]}, {"post": [[1, 2, 0]]}, {"post": [True] * 3},
    {"weight": [1, 2]}, {"weight": np.nan}, {"weight": "x"}, {"delay": -1e-3}, {"delay": [0, 0, np.inf]},
    {"time_constant": 0}, {"U": 0.5}, {"U": 0, "D": 1, "F": 1}, {"U": 1.1, "D": 1, "F": 1}, {"D": 0, "U": 1, "F": 1},
    {"F": -1, "U": 1, "D": 1}, {"reversal": "x"}, {"reversal": [0.0, 1.0]}, {"reversal": np.nan},
])  # fmt: skip
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


@pytest.mark.parametrize("change", [
    {"excitatory": [1, 0, 1]}, {"excitatory": np.zeros((1, 3), dtype=bool)}, {"excitatory": np.zeros(0, dtype=bool)},
    {"n_inputs": 0.5}, {"n_inputs": -1}, {"recurrent": None}, {"recurrent": a_projection(pre=[3, 0, 1])},
    {"recurrent": a_projection(post=[3, 0, 1])}, {"inputs": a_projection()}, {"inputs": (0, 1)},
    {"positions": np.zeros((3, 2))}, {"positions": np.full((3, 3), np.nan)}, {"dead": [0, 1, 0]}, {"dead": True},
    {"spontaneous_rate": -1}, {"spontaneous_rate": [1, 2]},
])  # fmt: skip
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


@pytest.mark.parametrize("family", FAMILIES)
def test_generators_are_copied_and_cloned(family):
    part = pickle.loads(pickle.dumps(clone(family(excitatory_fraction=0.7))))
    assert part.draw(generator()).equals(family(excitatory_fraction=0.7).draw(generator()))
    assert clone(a_circuit(), safe=False).equals(a_circuit())
