"""Damaged circuits lose what they are said to lose."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from reservoir.circuits import MaassColumn, RandomCircuit, damaged
from tests.circuits.generators import generator, within_error


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


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "broken"},
        {"fraction": 1.5},
        {"of": "inputs"},
        {"rate": 0.0},
        {"circuit": MaassColumn()},
        {"of": "synapses", "kind": "noise"},
    ],
)
def test_damage_out_of_range(circuit, change):
    given = {"circuit": circuit, "fraction": 0.1, "rng": generator()} | change
    with pytest.raises(ValueError, match=rf"The '{list(change)[-1]}' parameter of damaged must be"):
        damaged(given.pop("circuit"), **given)
