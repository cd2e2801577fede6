"""Named populations, named projections of any kind, and who is inhibitory, in both engines."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

import reservoir
from reservoir.circuits import Circuit, Projection, damaged
from reservoir.neurons import LIF
from reservoir.plasticity import STDP, InhibitorySTDP
from tests.circuits.generators import generator
from tests.circuits.test_circuit import a_circuit, a_projection
from tests.oracles import spiking_circuit
from tests.spiking.test_same_spikes import NONE, assert_same, trains_of
from tests.systems.test_simulation import recording_start

DYNAMIC = dict(U=0.4, D=0.2, F=0.05)
DT = 1e-4


def mixed_circuit(seed=0, n_units=40):
    """Static and dynamic currents and conductances, each in a projection of its own, from units and from channels."""
    rng = generator(seed)
    excitatory = rng.random(n_units) < 0.7

    def drawn(n_senders, size, probability=0.15, **options):
        pre, post = np.nonzero(rng.random((n_senders, n_units)) < probability)
        sign = np.where(excitatory[pre], 1.0, -1.0) if n_senders == n_units else 1.0
        weight = sign * size * rng.random(len(pre))
        return Projection(pre, post, weight, rng.uniform(0, 3e-3, len(pre)), **options)

    return Circuit(
        excitatory,
        drawn(n_units, 4e-9, time_constant=3e-3),
        drawn(5, 12e-9, 0.4, time_constant=3e-3),
        5,
        populations={"first": np.arange(n_units) < 10, "E": excitatory},
        projections={
            "fast": drawn(n_units, 20e-9, time_constant=2e-3, **DYNAMIC),
            "slow": drawn(n_units, 2e-8, time_constant=2e-2, reversal=0.1),
            "tired": drawn(n_units, 5e-8, time_constant=6e-3, reversal=-0.01, **DYNAMIC),
        },
        input_projections={
            "drive": drawn(5, 1e-7, 0.4, time_constant=4e-3, reversal=0.06),
            "facilitating": drawn(5, 30e-9, 0.4, time_constant=3e-3, **DYNAMIC),
        },
    )


NAMES = ["recurrent", "inputs", "fast", "slow", "tired", "drive", "facilitating"]


def test_names():
    circuit = mixed_circuit()
    assert [pathway.name for pathway in circuit.pathways()] == NAMES
    assert [source for _, source, _ in circuit.pathways()] == ["units", "inputs", *["units"] * 3, *["inputs"] * 2]
    assert circuit.projection("slow") is circuit.projections["slow"] and circuit.projection("inputs") is circuit.inputs
    np.testing.assert_array_equal(circuit.population("I"), ~circuit.excitatory)
    assert circuit.population("first").sum() == 10 and not circuit.population("first").flags.writeable
    assert "fast, slow, tired" in repr(circuit) and a_circuit().populations == {}
    for name in ("Q", None, 0):
        with pytest.raises(ValueError, match=r"The 'name' parameter of Circuit.population must be one of E, I, first"):
            circuit.population(name)
        with pytest.raises(
            ValueError, match=r"The 'name' parameter of Circuit.projection must be one of recurrent, in"
        ):
            circuit.projection(name)
    with pytest.raises(TypeError):
        circuit.populations["new"] = circuit.excitatory


@pytest.mark.parametrize("name", NAMES)
def test_replaced(name):
    circuit = mixed_circuit()
    part = circuit.projection(name)
    other = circuit.replaced(name, part.select([0, 2]))
    assert len(other.projection(name)) == 2 and circuit.projection(name) is part
    assert [one.name for one in other.pathways() if one.projection is not circuit.projection(one.name)] == [name]


@pytest.mark.parametrize(
    "change",
    [
        {"populations": {"a__b": np.ones(3, bool)}},
        {"populations": {"1": np.ones(3, bool)}},
        {"populations": {"a": np.ones(2, bool)}},
        {"populations": {"a": [0, 1, 2]}},
        {"populations": {"E": np.ones(3, bool)}},
        {"populations": [np.ones(3, bool)]},
        {"projections": {"recurrent": a_projection()}},
        {"projections": {"a": a_projection(pre=[3, 0, 0])}},
        {"projections": {"a": None}},
        {"projections": a_projection()},
        {"projections": {3: a_projection()}},
        {"input_projections": {"inputs": NONE}},
        {"input_projections": {"a": a_projection()}},
        {"input_projections": {"a": NONE}, "projections": {"a": a_projection()}},
    ],
)
def test_what_is_refused(change):
    with pytest.raises(ValueError, match=rf"The '{next(iter(change))}' parameter of Circuit must be"):
        a_circuit(**change)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda record: pickle.loads(pickle.dumps(record))])
def test_copies_are_equal(copied):
    circuit = mixed_circuit()
    again = copied(circuit)
    assert again.equals(circuit) and not again.equals(circuit.replaced("slow", NONE))
    assert not again.equals(dataclasses.replace(circuit, populations=None))
    assert all(not units.flags.writeable for units in again.populations.values())


@pytest.mark.parametrize("seed", range(2))
def test_the_twin_walks_all_of_them(seed):
    circuit, trains = mixed_circuit(seed, 15), trains_of(seed, 0.06, 60)
    recording = reservoir.simulate(circuit, trains, record="voltages", random_state=seed)
    fired, history = spiking_circuit(circuit, LIF(), trains, recording_start(circuit, seed), DT)
    assert len(fired) > 15 and recording.voltages.shape == history.shape
    np.testing.assert_array_equal(np.round(recording.spikes.times / DT), fired[:, 0])
    np.testing.assert_array_equal(recording.spikes.units, fired[:, 1])


def test_an_empty_one_changes_nothing():
    circuit, trains = a_circuit(), trains_of(0, 0.1, 30, 1)
    more = dataclasses.replace(circuit, projections={"none": NONE}, input_projections={"more": NONE})
    one, other = (reservoir.simulate(part, trains, record="voltages", random_state=0) for part in (circuit, more))
    np.testing.assert_array_equal(one.voltages, other.voltages)


def test_projections_add():
    """One projection cut in two by name gives the same voltages, to the order of sums."""
    circuit, trains = mixed_circuit(), trains_of(1, 0.1, 40)
    cut = np.arange(len(circuit.recurrent)) % 3 == 0
    more = {**circuit.projections, "rest": circuit.recurrent.select(cut)}
    parted = dataclasses.replace(circuit, recurrent=circuit.recurrent.select(~cut), projections=more)
    one, other = (reservoir.simulate(part, trains, record="voltages", random_state=0) for part in (circuit, parted))
    assert len(one.spikes) > 20 and one.spikes == other.spikes
    np.testing.assert_allclose(one.voltages, other.voltages, rtol=0, atol=1e-12)


def test_same_spikes_in_both_engines():
    circuit = mixed_circuit()
    assert_same(circuit, [trains_of(k, 0.1, rate=60) for k in range(2)], fewest=50)
    hurt = damaged(circuit, kind="combined", fraction=0.3, rng=generator())
    assert_same(hurt, [trains_of(0, 0.1)])


def test_what_learns_is_written_back_in_its_place():
    from spiking import simulate

    circuit, trains, names = mixed_circuit(), trains_of(0, 0.1, 60), ("recurrent", "fast", "slow", "drive")
    rules = {name: STDP(A_plus=0.1, w_max=1e-6) for name in names}
    options = {"record": ("weights", "traces"), "random_state": 0, "codegen": "numpy"}
    recording = simulate(circuit, trains, plasticity=rules, **options)
    assert set(recording.traces) == set(names)
    for name, _, part in circuit.pathways():
        learned = recording.circuit.projection(name).weight
        assert np.array_equal(learned, part.weight) == (name not in names)
        still = np.signbit(part.weight)
        np.testing.assert_array_equal(learned[still], part.weight[still])
        assert name not in names or recording.traces[name]["arrivals"].shape == (len(part),)
    with pytest.raises(ValueError, match=r"by projection, 'recurrent' or 'inputs' or 'fast' or"):
        simulate(circuit, trains, plasticity={"nothing": STDP()})


def test_damage_reaches_every_projection_between_units():
    circuit = mixed_circuit()
    whole = damaged(circuit, of="synapses", fraction=1.0, rng=generator())
    sizes = {name: len(part) for name, _, part in whole.pathways()}
    assert all(
        (size == 0) == (source == "units")
        for size, (_, source, _) in zip(sizes.values(), whole.pathways(), strict=True)
    )
    hurt = damaged(circuit, fraction=0.4, rng=generator())
    for _, source, part in hurt.pathways():
        assert not hurt.dead[part.pre].any() if source == "units" else len(part)


# Who is inhibitory


def test_zero_weights_are_of_the_kind_of_their_sender():
    circuit = a_circuit(recurrent=a_projection(weight=0.0), projections={"more": a_projection(weight=[-0.0, -1e-9, 0])})
    assert np.signbit(circuit.recurrent.weight).tolist() == [False, True, False]
    assert np.signbit(circuit.projections["more"].weight).tolist() == [False, True, False]
    free = a_circuit(recurrent=a_projection(weight=[-1e-9, 2e-9, 0.0]))
    np.testing.assert_array_equal(free.recurrent.weight, [-1e-9, 2e-9, 0.0])  # Dale's law is not asked of currents


def test_conductances_are_of_the_kind_of_their_sender():
    circuit = a_circuit(recurrent=a_projection(weight=[-1e-9, 2e-9, 3e-9], reversal=[0.0, -0.08, 0.0]))
    np.testing.assert_array_equal(circuit.recurrent.weight, [1e-9, -2e-9, 3e-9])


@pytest.mark.parametrize("reversal", [None, -0.01])
def test_weights_that_begin_at_zero_learn_as_what_they_are(reversal):
    """Inhibitory synapses at 0 grow by the inhibitory rule, and no other rule makes them excitatory."""
    from spiking import simulate

    rng, n_units = generator(), 20
    excitatory = np.arange(n_units) < 12
    pre, post = np.nonzero(rng.random((n_units, n_units)) < 0.3)
    weight = np.where(excitatory[pre], 1e-9, 0.0)
    part = Projection(pre, post, weight, 1e-3, 3e-3, reversal=None if reversal is None else np.full(len(pre), reversal))
    inputs = Projection([0] * n_units, np.arange(n_units), 60e-9, 0.0, 3e-3)
    circuit, trains = Circuit(excitatory, part, inputs, 1), trains_of(0, 0.2, 100, 1)
    inhibitory = ~excitatory[pre]
    options = dict(record="weights", random_state=0, codegen="numpy")
    grown = simulate(
        circuit, trains, plasticity={"recurrent": InhibitorySTDP(eta=0.1, target_rate=0, w_max=1e-9)}, **options
    )
    learned = grown.circuit.recurrent.weight
    assert (learned[inhibitory] < 0).mean() > 0.9 and np.array_equal(learned[~inhibitory], weight[~inhibitory])
    other = simulate(circuit, trains, plasticity={"recurrent": STDP(A_plus=0.1, w_max=1e-8)}, **options)
    changed = other.circuit.recurrent.weight
    assert (changed[inhibitory] == 0).all() and np.signbit(changed[inhibitory]).all() and (changed != weight).any()
